use jiff::Timestamp;

use super::*;
use crate::{
    AlarmConfiguration, AliasState, AutoRollback, Cause, Creator, Deployment, Ending, Error, ErrorCode, Halt,
    LambdaTarget, NewRevision, Order, RevisionKind, Routing, Slot, Status, Target,
};

fn version(number: u64) -> Version {
    number.to_string().parse().unwrap()
}

fn wish(number: u64) -> AliasWish {
    AliasWish {
        application: "shop".parse().unwrap(),
        group: "orders".parse().unwrap(),
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:orders:live".to_owned(),
        function: "orders".parse().unwrap(),
        alias: "live".parse().unwrap(),
        version: version(number),
        before: None,
        after: None,
        settings: AliasSettings::default(),
        old_settings: None,
        waits: true,
        more_waiting: false,
        adopts: false,
    }
}

fn alias(main: &str, weights: &[(&str, f64)]) -> AliasState {
    AliasState {
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:orders:live".to_owned(),
        main: main.to_owned(),
        weights: weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect(),
        revision: "r".to_owned(),
    }
}

fn claim(moved: Option<(u64, u64)>) -> Claim {
    Claim::Alias {
        function: "orders".parse().unwrap(),
        alias: "live".parse().unwrap(),
        role: "arn:aws:iam::111122223333:role/deployer".parse().unwrap(),
        application: "shop".parse().unwrap(),
        group: "orders".parse().unwrap(),
        moved: moved.map(|(from, to)| (version(from), version(to))),
    }
}

fn deployment(from: u64, to: u64) -> Deployment {
    let target = LambdaTarget {
        // The same function, named by its ARN.
        function: "arn:aws:lambda:eu-west-1:111122223333:function:orders".parse().unwrap(),
        alias: "live".parse().unwrap(),
        current: version(from),
        target: version(to),
        before: None,
        after: None,
    };
    let order = Order {
        application: "shop".parse().unwrap(),
        application_id: "a-id".to_owned(),
        group: "orders".parse().unwrap(),
        group_id: "g-id".to_owned(),
        slot: Slot { home: "shop".to_owned(), name: "orders".to_owned() },
        config: "CodeDeployDefault.LambdaCanary10Percent5Minutes".parse().unwrap(),
        routing: Routing::canary(10, 5),
        revision: NewRevision::text(RevisionKind::AppSpecContent, target.appspec()).location,
        previous_revision: None,
        target: Target::Lambda(target),
        role: "arn:aws:iam::111122223333:role/deployer".parse().unwrap(),
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        rollback: AutoRollback::default(),
        triggers: Vec::new(),
        creator: Creator::User,
        rolls_back: None,
        description: None,
        restarts: false,
    };
    Deployment::new(DeploymentId::from_number(7), order, Timestamp::UNIX_EPOCH)
}

#[test]
fn an_alias_is_made_settled_or_moved() {
    let next =
        |wanted, found: Option<&AliasState>, moved| next_alias_step(&wish(wanted), found, Some(&claim(moved)), None);
    assert_eq!(next_alias_step(&wish(1), None, None, None), AliasStep::Make);
    assert_eq!(next(1, None, None), AliasStep::Make, "somebody deleted it");
    assert_eq!(next(1, Some(&alias("1", &[])), None), AliasStep::Settle);
    assert_eq!(next(2, Some(&alias("1", &[])), None), AliasStep::Move { from: version(1), back: false });
    let unsuitable = |state: AliasState| AliasStep::Refuse(Fault::AliasUnsuitable(state));
    for state in [alias("1", &[("2", 0.1)]), alias("2", &[("1", 0.1)]), alias("$LATEST", &[])] {
        assert_eq!(next(2, Some(&state), None), unsuitable(state.clone()), "{state}");
    }
}

#[test]
fn only_the_way_that_it_came_is_the_way_back() {
    let next = |wanted, found: &str, moved| {
        next_alias_step(&wish(wanted), Some(&alias(found, &[])), Some(&claim(moved)), None)
    };
    assert_eq!(next(1, "2", Some((1, 2))), AliasStep::Move { from: version(2), back: true });
    assert_eq!(next(3, "2", Some((1, 2))), AliasStep::Move { from: version(2), back: false });
    assert_eq!(next(2, "1", Some((1, 2))), AliasStep::Move { from: version(1), back: false }, "the same way again");
    assert_eq!(next(1, "3", Some((1, 2))), AliasStep::Move { from: version(3), back: false }, "moved by others since");
}

#[test]
fn an_alias_of_somebody_else_is_taken_over_only_on_request() {
    let found = alias("1", &[]);
    let exists = AliasStep::Refuse(Fault::AliasExists(found.clone()));
    assert_eq!(next_alias_step(&wish(1), Some(&found), None, None), exists);
    let adopting = AliasWish { adopts: true, ..wish(2) };
    let moved = AliasStep::Move { from: version(1), back: false };
    assert_eq!(next_alias_step(&adopting, Some(&found), None, None), moved);
}

#[test]
fn a_deployment_in_the_way_ends_first_and_one_that_leads_away_is_stopped() {
    let next = |wanted, active: &Deployment| {
        next_alias_step(&wish(wanted), Some(&alias("1", &[("2", 0.1)])), Some(&claim(Some((1, 2)))), Some(active))
    };
    let active = deployment(1, 2);
    let id = active.id.clone();
    assert_eq!(next(1, &active), AliasStep::Stop(id.clone()));
    assert_eq!(next(2, &active), AliasStep::Await(id.clone()));
    assert_eq!(next(3, &active), AliasStep::Await(id.clone()));

    let mut halted = active.clone();
    halted.halt = Some(Halt { cause: Cause::Stop { rollback: None }, at: Timestamp::UNIX_EPOCH });
    assert_eq!(next(1, &halted), AliasStep::Await(id.clone()), "it is on its way back already");

    let mut rollback = active.clone();
    rollback.order.rolls_back = Some(DeploymentId::from_number(1));
    assert_eq!(next(1, &rollback), AliasStep::Await(id.clone()), "a rollback cannot be stopped");

    let mut other = active;
    let Target::Lambda(target) = &mut other.order.target else { panic!("a target") };
    target.alias = "beta".parse().unwrap();
    assert_eq!(next(1, &other), AliasStep::Await(id), "another alias of the group");
}

#[test]
fn faults_say_what_happened_to_what_and_what_to_do() {
    let mut failed = deployment(1, 2);
    failed.ending = Some(Ending {
        status: Status::Failed,
        error: Some(Error { code: ErrorCode::HookExecutionFailure, message: "A hook said no.".to_owned() }),
        at: Timestamp::UNIX_EPOCH,
        rolled_back_by: None,
        rollback_message: None,
    });
    let mut missing = failed.clone();
    missing.ending.as_mut().unwrap().error.as_mut().unwrap().code = ErrorCode::InvalidLambdaFunction;
    let id = failed.id.clone();
    let name = |text: &str| text.to_owned();
    let faults = [
        Fault::Exists { what: name("Application shop") },
        Fault::Platform("shop".parse().unwrap()),
        Fault::ConfigChanged("slow".parse().unwrap()),
        Fault::AliasExists(alias("1", &[])),
        Fault::AliasUnsuitable(alias("1", &[("2", 0.1)])),
        Fault::of(&failed).unwrap(),
        Fault::of(&missing).unwrap(),
        Fault::NoDeployment(id.clone()),
        Fault::StillRunning(id.clone()),
        Fault::Blocked(id),
    ];
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live";
    let expected = [
        name("Application shop exists already, and this resource did not make it. Give it another name."),
        name("The platform of application shop cannot change. For another platform, give it another name."),
        name("Deployment configuration slow cannot change. Give the new one another name, or none."),
        format!(
            "Alias {arn} exists already (100 % to version 1), and this resource did not make it. Give the alias another \
             name, or say Adopt: true to take it over; then see to it that nothing else deletes it, such as a resource \
             AWS::Lambda::Alias that a stack had until now without DeletionPolicy: Retain."
        ),
        format!(
            "Alias {arn} was changed by somebody else: 10 % to version 2 and 90 % to version 1. Nothing was changed. Have \
             it send all traffic to one published version first."
        ),
        name("d-HAAAAAAAA failed. A hook said no."),
        name(
            "d-HAAAAAAAA failed. A hook said no. Where a stack cannot roll back for this, continue its rollback without \
             this resource (--resources-to-skip).",
        ),
        name("There is no deployment d-HAAAAAAAA."),
        name(
            "d-HAAAAAAAA is still running, and CloudFormation waits no longer than an hour for a resource. It goes on \
             unless the stack rolls back. Let more resources Custom::SpillwayWait wait for it, or say WaitForCompletion: \
             false.",
        ),
        name(
            "Deployment d-HAAAAAAAA has the deployment group and is still running, and CloudFormation waits no longer \
             than an hour for a resource. Try again when it has ended.",
        ),
    ];
    assert_eq!(words, expected);
}

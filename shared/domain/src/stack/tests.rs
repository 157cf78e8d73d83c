use jiff::Timestamp;

use crate::catalog::alarms::AlarmConfiguration;
use crate::catalog::group::DeploymentLock;
use crate::catalog::revision::{NewRevision, RevisionKind};
use crate::catalog::rollback::AutoRollback;
use crate::catalog::routing::Routing;
use crate::deployment::error_code::ErrorCode;
use crate::deployment::halt::{Cause, Halt};
use crate::deployment::lifecycle::{Diagnostics, DiagnosticsCode};
use crate::deployment::record::{Deployment, Ending, Error, Status};
use crate::deployment::spec::{Creator, DeploymentSpec, Target};
use crate::lambda::alias::AliasState;
use crate::lambda::target::LambdaTarget;
use crate::names::{DeploymentId, Version};
use crate::stack::alias::{AliasSeen, AliasStep, next_alias_step};
use crate::stack::fault::Fault;
use crate::stack::resource::{AliasSettings, DesiredAlias, Moved, Ownership};

fn version(number: u64) -> Version {
    number.to_string().parse().unwrap()
}

fn desired(number: u64) -> DesiredAlias {
    DesiredAlias {
        application: "shop".parse().unwrap(),
        group: "orders".parse().unwrap(),
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:orders:live".to_owned(),
        function: "orders".parse().unwrap(),
        alias: "live".parse().unwrap(),
        version: version(number),
        old_version: None,
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

fn ownership(moved: Option<(u64, u64, u64)>) -> Ownership {
    Ownership::Alias {
        function: "orders".parse().unwrap(),
        alias: "live".parse().unwrap(),
        role: "arn:aws:iam::111122223333:role/deployer".parse().unwrap(),
        application: "shop".parse().unwrap(),
        group: "orders".parse().unwrap(),
        moved: moved.map(|(from, to, instead_of)| Moved {
            from: version(from),
            to: version(to),
            instead_of: version(instead_of),
        }),
        adopted: false,
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
    let spec = DeploymentSpec {
        application: "shop".parse().unwrap(),
        application_id: "a-id".to_owned(),
        group: "orders".parse().unwrap(),
        group_id: "g-id".to_owned(),
        lock: DeploymentLock { home: "shop".to_owned(), name: "orders".to_owned() },
        platform: Default::default(),
        environment: Default::default(),
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
        caller: None,
        lifecycle_action: None,
        failed_launches: 0,
        follows: None,
        rolls_back: None,
        description: None,
        restarts: false,
        archive_of: None,
    };
    Deployment::new(DeploymentId::from_number(7), spec, Timestamp::UNIX_EPOCH)
}

/// What is known of an alias of the stack.
fn seen<'a>(
    found: Option<&'a AliasState>,
    ownership: Option<&'a Ownership>,
    active: Option<&'a Deployment>,
) -> AliasSeen<'a> {
    AliasSeen { found, ownership, known: true, active }
}

#[test]
fn an_alias_is_made_settled_or_moved() {
    let next = |wanted, found: Option<&AliasState>| {
        next_alias_step(&desired(wanted), seen(found, Some(&ownership(None)), None))
    };
    assert_eq!(next(1, None), AliasStep::Make(version(1)), "also when somebody deleted it");
    assert_eq!(next(1, Some(&alias("1", &[]))), AliasStep::Settle);
    let moved = AliasStep::Move { from: version(1), to: version(2), back: false };
    assert_eq!(next(2, Some(&alias("1", &[]))), moved);
    for state in [alias("1", &[("2", 0.1)]), alias("2", &[("1", 0.1)]), alias("$LATEST", &[])] {
        let unsuitable = AliasStep::Refuse(Fault::AliasUnsuitable(state.clone()));
        assert_eq!(next(2, Some(&state)), unsuitable, "{state}");
    }
}

#[test]
fn what_a_request_is_not_about_stays_where_it_is() {
    let same = DesiredAlias { old_version: Some(version(2)), ..desired(2) };
    let split = alias("2", &[("3", 0.1)]);
    let theirs = deployment(2, 3);
    assert_eq!(next_alias_step(&same, seen(Some(&split), Some(&ownership(None)), Some(&theirs))), AliasStep::Settle);
    assert_eq!(next_alias_step(&same, seen(Some(&alias("1", &[])), Some(&ownership(None)), None)), AliasStep::Settle);
}

#[test]
fn what_undoes_the_request_before_goes_back_to_where_the_alias_was() {
    let next = |old: u64, wanted: u64, found: &str, moved: (u64, u64, u64)| {
        let desired = DesiredAlias { old_version: Some(version(old)), ..desired(wanted) };
        next_alias_step(&desired, seen(Some(&alias(found, &[])), Some(&ownership(Some(moved))), None))
    };
    let step = |from, to, back| AliasStep::Move { from: version(from), to: version(to), back };
    assert_eq!(next(2, 1, "2", (1, 2, 1)), step(2, 1, true));
    assert_eq!(next(2, 1, "1", (1, 2, 1)), AliasStep::Settle, "it is back already");
    assert_eq!(next(2, 3, "2", (1, 2, 1)), step(2, 3, false));
    assert_eq!(next(1, 2, "1", (1, 2, 1)), step(1, 2, false), "the same way once more, after a rollback");
    // Version 2 has failed while the stack did not wait, so that the alias was on 1 when 3 took the place of 2.
    assert_eq!(next(3, 2, "3", (1, 3, 2)), step(3, 1, true));
    assert_eq!(next(3, 2, "1", (1, 3, 2)), AliasStep::Settle, "version 2 is not tried again");
}

#[test]
fn an_alias_of_somebody_else_is_taken_over_only_on_request() {
    let found = alias("1", &[]);
    let exists = AliasStep::Refuse(Fault::AliasExists(found.clone()));
    let unknown = AliasSeen { known: false, ..seen(Some(&found), None, None) };
    assert_eq!(next_alias_step(&desired(1), unknown), exists);
    let adopting = DesiredAlias { adopts: true, ..desired(2) };
    let moved = AliasStep::Move { from: version(1), to: version(2), back: false };
    assert_eq!(next_alias_step(&adopting, unknown), moved);
    let restored = next_alias_step(&desired(2), seen(Some(&found), None, None));
    assert_eq!(restored, moved, "CloudFormation knows it, and only the note of it is lost");
}

#[test]
fn a_deployment_in_the_way_is_followed_stopped_or_waited_for() {
    let next = |wanted, active: &Deployment, moved| {
        next_alias_step(&desired(wanted), seen(Some(&alias("1", &[("2", 0.1)])), Some(&ownership(moved)), Some(active)))
    };
    let own = Some((1, 2, 1));
    let active = deployment(1, 2);
    let id = active.id.clone();
    assert_eq!(next(1, &active, own), AliasStep::Stop(id.clone()));
    assert_eq!(next(1, &active, None), AliasStep::Await(id.clone()), "this resource did not begin it");
    assert_eq!(next(2, &active, None), AliasStep::Follow(id.clone()));
    assert_eq!(next(3, &active, own), AliasStep::Await(id.clone()));

    let mut halted = active.clone();
    halted.halt = Some(Halt { cause: Cause::Stop { rollback: None, caller: None }, at: Timestamp::UNIX_EPOCH });
    assert_eq!(next(1, &halted, own), AliasStep::Await(id.clone()), "it is on its way back already");
    assert_eq!(next(2, &halted, own), AliasStep::Await(id.clone()), "and not on its way to where it led");

    let mut rollback = deployment(2, 1);
    rollback.spec.rolls_back = Some(DeploymentId::from_number(1));
    assert_eq!(next(1, &rollback, own), AliasStep::Follow(id.clone()));
    assert_eq!(next(3, &rollback, own), AliasStep::Await(id.clone()), "a rollback cannot be stopped");

    let mut other = active;
    let Target::Lambda(target) = &mut other.spec.target else { panic!("a target") };
    target.alias = "beta".parse().unwrap();
    let beside = |wanted, found: &AliasState| {
        next_alias_step(&desired(wanted), seen(Some(found), Some(&ownership(None)), Some(&other)))
    };
    assert_eq!(beside(2, &alias("1", &[])), AliasStep::Await(id), "the group has one deployment at a time");
    assert_eq!(beside(1, &alias("1", &[])), AliasStep::Settle, "and nothing to deploy needs no group");
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
        followed_by: None,
    });
    let mut missing = failed.clone();
    missing.ending.as_mut().unwrap().error.as_mut().unwrap().code = ErrorCode::InvalidLambdaFunction;
    let name = |text: &str| text.to_owned();
    let mut said = failed.clone();
    said.events[0].diagnostics = Some(Diagnostics {
        code: DiagnosticsCode::ScriptFailed,
        script: name("smoke-test"),
        message: name("no table for orders"),
        log_tail: name("START"),
    });
    let id = failed.id.clone();
    let faults = [
        Fault::Exists { what: name("Application shop") },
        Fault::Platform("shop".parse().unwrap()),
        Fault::ConfigChanged("slow".parse().unwrap()),
        Fault::AliasExists(alias("1", &[])),
        Fault::AliasUnsuitable(alias("1", &[("2", 0.1)])),
        Fault::of(&failed).unwrap(),
        Fault::of(&said).unwrap(),
        Fault::of(&missing).unwrap(),
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
             name, or take it over. If this stack has had it until now, say AdoptAliases: true in Metadata.Spillway, \
             which keeps it. If something else has it, say AdoptAliases: FromElsewhere there, or Adopt: true here where \
             the template is not rewritten, and see to it that nothing deletes it: a stack that had it deletes it unless \
             it got DeletionPolicy: Retain in an update before."
        ),
        format!(
            "Alias {arn} was changed outside Spillway: 10 % to version 2 and 90 % to version 1. Spillway changed \
             nothing. Point the alias at one published version first."
        ),
        name("d-HAAAAAAAA failed. A hook said no."),
        name("d-HAAAAAAAA failed. A hook said no. smoke-test: no table for orders"),
        name(
            "d-HAAAAAAAA failed. A hook said no. Where a stack cannot roll back for this, continue its rollback without \
             this resource (--resources-to-skip).",
        ),
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

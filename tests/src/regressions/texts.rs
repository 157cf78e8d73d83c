//! What people read when a deployment does not succeed, word by word.

use jiff::SignedDuration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::halt::{Cause, FailedCall, HookFault};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::spec::DeploymentSpec;
use spillway_domain::problem::Call;
use spillway_domain::server::fleet::Shortage;
use spillway_domain::server::progress::HostFailure;
use spillway_testkit::{Accident, Event, Harm, HookPlan, Runner, Story, World, check};
use spillway_tests::template::machine;

use super::{ending, play};

#[test]
fn every_cause_has_its_status_code_and_words() {
    let event = EventName::BeforeAllowTraffic;
    let said = || "Lambda said no.".to_owned();
    let call = || FailedCall { call: None, words: said() };
    let causes = [
        Cause::Alarm(vec!["errors".parse().unwrap(), "latency".parse().unwrap()]),
        Cause::AlarmsUnreadable(said()),
        Cause::Stop { rollback: None, caller: None },
        Cause::Hook { event, fault: HookFault::Failed },
        Cause::Hook { event, fault: HookFault::TimedOut },
        Cause::Hook { event, fault: HookFault::Denied },
        Cause::Revision(vec!["version is missing.".to_owned(), "Resources is missing.".to_owned()]),
        Cause::AliasUnsuitable("What it holds.".to_owned()),
        Cause::AliasBusy("Who has it.".to_owned()),
        Cause::AliasDrifted("What it holds now.".to_owned()),
        Cause::ServiceUnsuitable("What it is like.".to_owned()),
        Cause::ListenerUnsuitable("What it does.".to_owned()),
        Cause::ServiceDrifted("What it is like now.".to_owned()),
        Cause::TasksDie("How many, and why.".to_owned()),
        Cause::NeverSteady("What was seen.".to_owned()),
        Cause::Unsteady("What was seen.".to_owned()),
        Cause::NotContinued(15),
        Cause::Missing(call()),
        Cause::Denied(call()),
        Cause::Refused(call()),
        Cause::Throttled(call()),
    ];
    let (_, record) = play(&Story::new("Steps.10@1m"));
    let on = |platform| {
        let spec = DeploymentSpec { platform, ..(*record.spec).clone() };
        let line = |cause: &Cause| {
            let rollback = cause.rollback_event();
            let (status, code) = (cause.status().as_str(), cause.code(platform).as_str());
            format!("{status} {code}, rolls back: {rollback:?}\n  {}", cause.message(&spec))
        };
        causes.iter().map(line).collect::<Vec<_>>()
    };
    let (lambda, ecs) = (on(ComputePlatform::Lambda), on(ComputePlatform::Ecs));
    let others = ecs.iter().zip(&lambda).filter(|(ecs, lambda)| ecs != lambda).map(|(ecs, _)| ecs.as_str());
    let others = others.collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(format!("{}\n\nOn ECS:\n{others}", lambda.join("\n")));
}

#[test]
fn every_cause_of_a_fleet_has_its_status_code_and_words() {
    let shortage = || Shortage {
        hosts: 6,
        minimum: 5,
        succeeded: 1,
        failed: 2,
        untouched: 3,
        zone: Some("us-east-1a".to_owned()),
    };
    let failure = |host: &str| HostFailure {
        host: host.parse().unwrap(),
        reason: "ValidateService: Script at specified location: check.sh failed with exit code 7".to_owned(),
    };
    let call = |service: &str, operation: &str| FailedCall {
        call: Some(Call { service: service.to_owned(), operation: operation.to_owned() }),
        words: format!("{service}:{operation} failed: AccessDenied."),
    };
    let causes = [
        Cause::NoHosts,
        Cause::TooManyHosts { found: 1_200, most: 1_000 },
        Cause::MinimumTooHigh(shortage()),
        Cause::TooFewHealthyHosts { shortage: shortage(), failures: vec![failure("i-0"), failure("box-0")] },
        Cause::HostsStayInTraffic { failed: 1, of: 3, failures: vec![failure("i-0")] },
        Cause::FleetTimedOut("Of 2 hosts, 1 succeeded, 0 failed, 1 at work, 0 waiting.".to_owned()),
        Cause::Denied(call("ec2", "DescribeInstances")),
        Cause::Denied(call("autoscaling", "DescribeAutoScalingGroups")),
        Cause::Denied(call("sts", "AssumeRole")),
        Cause::Missing(call("autoscaling", "DescribeAutoScalingGroups")),
        Cause::Refused(call("ec2", "DescribeInstances")),
        Cause::Throttled(call("ec2", "DescribeInstances")),
    ];
    let (_, record) = play(&Story::new("Steps.10@1m"));
    let platform = ComputePlatform::Server;
    let spec = DeploymentSpec { platform, ..(*record.spec).clone() };
    let line = |cause: &Cause| {
        let (status, code) = (cause.status().as_str(), cause.code(platform).as_str());
        format!("{status} {code}, rolls back: {:?}\n  {}", cause.rollback_event(), cause.message(&spec))
    };
    insta::assert_snapshot!(causes.iter().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_became_of_a_hook_is_told_in_the_diagnostics_of_its_event() {
    let called_back = HookPlan::CallsBack { after: SignedDuration::from_secs(9), succeeded: false };
    let plans =
        [HookPlan::Fails, HookPlan::throws(), HookPlan::Denied, HookPlan::Missing, HookPlan::Silent, called_back];
    let tell = |plan: &HookPlan| {
        let (_, record) = play(&Story::new("Steps.10@1m").without_rollback().before(plan.clone()));
        format!("{plan:?}\n  {}\n  {}", ending(&record), diagnostics(&record))
    };
    insta::assert_snapshot!(plans.iter().map(tell).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_hook_whose_asking_always_breaks_off_is_given_up() {
    let story = Story::new("Steps.10@1m").without_rollback().before(HookPlan::Succeeds);
    let play = |moments: &[usize]| {
        let dies = |moment: &usize| Accident { moment: *moment, harm: Harm::CrashAfter };
        let world = World::new().with_accidents(moments.iter().map(dies).collect());
        let id = Runner::new(&world, machine()).play(&story);
        check(&world).unwrap();
        let asked = world.asked(&id, EventName::BeforeAllowTraffic);
        (world.record(&id).unwrap(), asked)
    };
    // Whoever asks dies right after, and whoever asks again.
    let mut moments = Vec::new();
    for times in 2..=3 {
        let asked_again = |moment: &usize| play(&[&moments[..], &[*moment]].concat()).1 == times;
        let after = moments.last().map_or(0, |moment| moment + 1);
        moments.push((after..500).find(asked_again).unwrap());
    }
    let fails = |moment: &usize| {
        let (record, asked) = play(&[&moments[..], &[*moment]].concat());
        record.status() == Status::Failed && asked == 3
    };
    moments.push((moments[1] + 1..500).find(fails).unwrap());
    let (record, _) = play(&moments);
    assert_eq!(
        ending(&record),
        "Failed HOOK_EXECUTION_FAILURE: The deployment failed because one or more of the lifecycle event \
         validation functions failed. See the diagnostics of BeforeAllowTraffic. No traffic was moved."
    );
    assert_eq!(
        diagnostics(&record),
        "BeforeAllowTraffic UnknownError of 'pre': pre was asked 3 times, and no answer came back. Look at its log. []"
    );
}

#[test]
fn a_stop_says_where_the_traffic_is() {
    let stopped = |at, rollback| {
        let later = HookPlan::CallsBack { after: SignedDuration::from_secs(30), succeeded: true };
        let (_, record) = play(&Story::new("Steps.10@1m").before(later).at(at, Event::Stop(rollback)));
        let rollback = record.ending.as_ref().and_then(|ending| ending.rollback_message.clone());
        format!("{}\n{}", ending(&record), rollback.unwrap_or_default())
    };
    assert_eq!(
        stopped(10.0, Some(false)),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. No traffic was moved.\n"
    );
    assert_eq!(
        stopped(60.0, Some(false)),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version 1.\n"
    );
    assert_eq!(
        stopped(60.0, Some(true)),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version \
         1.\nDeployment d-BAAAAAAAA terminated. Automatic rollback is triggered with a DeploymentId d-PAAAAAAAA."
    );
    assert_eq!(
        stopped(60.0, None),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version \
         1.\nDeployment d-BAAAAAAAA terminated. Automatic rollback is triggered with a DeploymentId d-PAAAAAAAA."
    );
}

fn diagnostics(record: &Deployment) -> String {
    let found = record.events.iter().find_map(|event| Some((event.name, event.diagnostics.as_ref()?)));
    let (event, why) = found.unwrap();
    format!("{event} {:?} of '{}': {} [{}]", why.code, why.script, why.message, why.log_tail)
}

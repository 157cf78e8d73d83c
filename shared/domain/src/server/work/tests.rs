//! The work of a host: what its agent's calls, the clock and the world make of it.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::server::host::{Principal, Standing};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn work() -> HostWork {
    let host = Host {
        id: "i-1".parse().unwrap(),
        arn: "arn:aws:ec2:us-east-1:111122223333:instance/i-1".to_owned(),
        identifier: "arn:aws:ec2:us-east-1:111122223333:instance/i-1".parse().unwrap(),
        principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Old,
        seen_at: Some(at(-7_200)),
        stopped_at: None,
        was_launched: false,
        had_traffic: false,
    };
    HostWork::new(host, 0, &HostEvent::IN_PLACE, false, at(0))
}

fn fine() -> HostDiagnostics {
    HostDiagnostics::new(HostErrorCode::Success, "", "Succeeded", "")
}

fn failed() -> HostDiagnostics {
    HostDiagnostics::new(
        HostErrorCode::ScriptFailed,
        "validate.sh",
        "validate.sh failed with exit code 7",
        "[stdout]checking\n[stderr]no page\n\n",
    )
}

/// Runs the event that is next.
fn run(work: &mut HostWork, is_success: bool, now: Timestamp) -> Ended {
    let command = work.next_command().unwrap();
    assert_eq!(work.acknowledge(command, now), Claim::Granted);
    let diagnostics = if is_success { fine() } else { failed() };
    work.complete(command, is_success, diagnostics, now).unwrap()
}

fn statuses(work: &HostWork) -> Vec<RunStatus> {
    work.events.iter().map(|run| run.status).collect()
}

#[test]
fn every_event_runs_in_its_order_and_then_the_host_has_succeeded() {
    let mut work = work();
    let mut seen = Vec::new();
    while work.outcome.is_none() {
        seen.push(run(&mut work, true, at(1)).event);
    }
    assert_eq!((seen.as_slice(), work.outcome), (HostEvent::IN_PLACE.as_slice(), Some(HostOutcome::Succeeded)));
    assert_eq!((work.next_command(), work.due_at), (None, None));
}

#[test]
fn a_failure_skips_the_rest_and_says_why_in_one_sentence() {
    let mut work = work();
    run(&mut work, true, at(1));
    run(&mut work, false, at(2));
    use RunStatus::{Failed, Skipped, Succeeded};
    assert_eq!(statuses(&work), [Succeeded, Failed, Skipped, Skipped, Skipped, Skipped, Skipped]);
    assert_eq!(work.outcome, Some(HostOutcome::Failed));
    let reason = "DownloadBundle: validate.sh failed with exit code 7 ([stderr]no page)";
    assert_eq!(work.reason.as_deref(), Some(reason));
}

#[test]
fn a_failure_of_application_stop_can_be_ignored_and_no_other() {
    let mut work = HostWork { ignores_stop_failures: true, ..work() };
    run(&mut work, false, at(1));
    assert_eq!((work.outcome, work.reason.clone()), (None, None));
    run(&mut work, false, at(2));
    assert_eq!(work.outcome, Some(HostOutcome::Failed));
}

#[test]
fn the_first_claim_and_the_first_report_count() {
    let mut work = work();
    let command = work.next_command().unwrap();
    assert_eq!(work.complete(command, true, fine(), at(1)), None, "nothing succeeds that no agent has claimed");
    assert_eq!(work.progress(command), Progress::Unclaimed);
    assert_eq!(work.acknowledge(command, at(1)), Claim::Granted);
    assert_eq!(work.progress(command), Progress::Claimed);
    assert_eq!(work.acknowledge(command, at(2)), Claim::Refused);
    assert_eq!(work.next_command(), None, "a poll is not answered with an event that is under way");
    assert!(work.complete(command, true, fine(), at(3)).is_some());
    assert_eq!(work.progress(command), Progress::Over);
    let after = work.clone();
    // The official agent reports each failure twice.
    assert_eq!(work.complete(command, false, failed(), at(4)), None);
    assert_eq!(work.acknowledge(command, at(4)), Claim::Refused);
    assert_eq!(work, after);
}

#[test]
fn an_agent_that_cannot_read_its_specification_fails_without_a_claim() {
    let mut work = work();
    let command = work.next_command().unwrap();
    assert!(work.complete(command, false, failed(), at(1)).is_some());
    assert_eq!(work.outcome, Some(HostOutcome::Failed));
}

#[test]
fn a_silent_agent_fails_in_words_that_say_since_when_it_is_silent() {
    let mut silent = work();
    assert_eq!(silent.expire(Some(at(300)), at(299)), None);
    let ended = silent.expire(Some(at(300)), at(300)).unwrap();
    insta::assert_snapshot!(ended.diagnostics.message, @"CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host and make sure the agent is running and can connect to the CodeDeploy server. The agent of i-1 did not begin ApplicationStop within 5 minutes. Its last call before the deployment was at 1969-12-31T22:00:00Z.");
    assert_eq!(silent.outcome, Some(HostOutcome::Failed));

    let mut stopped = work();
    stopped.host.stopped_at = Some(at(-60));
    let ended = stopped.expire(Some(at(30)), at(30)).unwrap();
    let words = "The agent of i-1 said at 1969-12-31T23:59:00Z that it stops, and was not back within 30 seconds.";
    assert!(ended.diagnostics.message.ends_with(words), "{ended:?}");

    let mut between = work();
    run(&mut between, true, at(10));
    assert_eq!(between.expire(Some(at(0)), at(309)), None);
    let ended = between.expire(Some(at(0)), at(310)).unwrap();
    assert!(ended.diagnostics.message.ends_with("did not begin DownloadBundle within 5 minutes."), "{ended:?}");
}

#[test]
fn an_event_that_does_not_end_fails_after_an_hour() {
    let mut work = work();
    let command = work.next_command().unwrap();
    work.acknowledge(command, at(10));
    assert_eq!(work.expire(None, at(3_609)), None);
    let ended = work.expire(None, at(3_610)).unwrap();
    insta::assert_snapshot!(ended.diagnostics.message, @"ApplicationStop did not end within 1 hour, and the agent of i-1 reported nothing.");
    assert_eq!(ended.diagnostics.code, HostErrorCode::ScriptTimedOut);
    assert_eq!(work.complete(command, true, fine(), at(3_611)), None, "a late report changes nothing");
}

#[test]
fn a_host_that_is_terminated_leaves_the_count_unless_it_has_begun() {
    let mut waiting = work();
    assert!(waiting.lose_host(at(1)).is_some());
    assert_eq!(waiting.outcome, Some(HostOutcome::Gone));
    assert_eq!(waiting.lose_host(at(2)), None);
    let mut busy = work();
    busy.acknowledge(busy.next_command().unwrap(), at(1));
    assert!(busy.lose_host(at(2)).is_some());
    assert_eq!(
        (busy.outcome, busy.reason.as_deref()),
        (Some(HostOutcome::Failed), Some("ApplicationStop: i-1 was terminated during the deployment"))
    );
}

#[test]
fn what_a_host_says_is_cut() {
    let mut work = work();
    let command = work.next_command().unwrap();
    let huge = "é".repeat(3_000_000);
    let diagnostics = HostDiagnostics::new(HostErrorCode::ScriptFailed, &huge, &huge, &huge);
    let ended = work.complete(command, false, diagnostics, at(1)).unwrap();
    assert!(serde_json::to_string(&ended.diagnostics).unwrap().len() < 16_000);
    assert!(serde_json::to_string(&work).unwrap().len() < 4_000);
}

/// What a host, the clock or the world may do, in any order.
#[derive(Debug, Clone)]
enum Act {
    Acknowledge { attempt: u32, event: usize },
    Complete { attempt: u32, event: usize, is_success: bool },
    Pass { seconds: i64 },
    Lose,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1..9_u32, 0..7_usize).prop_map(|(attempt, event)| Act::Acknowledge { attempt, event }),
        4 => (1..9_u32, 0..7_usize, any::<bool>())
            .prop_map(|(attempt, event, is_success)| Act::Complete { attempt, event, is_success }),
        1 => (0..4_000_i64).prop_map(|seconds| Act::Pass { seconds }),
        1 => Just(Act::Lose),
    ];
    prop::collection::vec(act, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_host_sends_its_events_only_go_forward(acts in acts(), ignores in any::<bool>()) {
        let mut work = HostWork { ignores_stop_failures: ignores, ..work() };
        let mut now = 0;
        for act in acts {
            let before = work.clone();
            let named = |attempt, event: usize| Command { attempt, event: HostEvent::IN_PLACE[event] };
            let changed = match act {
                Act::Acknowledge { attempt, event } => work.acknowledge(named(attempt, event), at(now)) == Claim::Granted,
                Act::Complete { attempt, event, is_success } => {
                    work.complete(named(attempt, event), is_success, fine(), at(now)).is_some()
                }
                Act::Pass { seconds } => {
                    now += seconds;
                    work.expire(Some(at(300)), at(now)).is_some()
                }
                Act::Lose => work.lose_host(at(now)).is_some(),
            };
            prop_assert_eq!(changed, work != before, "a call that counts is saved, and no other");
            prop_assert_eq!(work.generation, before.generation + u64::from(changed));
            prop_assert!(before.outcome.is_none() || work == before, "what has ended stays as it ended");
            let open = work.events.iter().position(|run| run.status.is_open()).unwrap_or(work.events.len());
            prop_assert!(work.events[open..].iter().all(|run| run.status.is_open()), "in their order");
            prop_assert!(work.events.iter().filter(|run| run.status == RunStatus::InProgress).count() <= 1);
            prop_assert_eq!(open == work.events.len(), work.outcome.is_some());
            let failed = work.events.iter().any(|run| run.status == RunStatus::Failed);
            prop_assert!(failed || work.outcome != Some(HostOutcome::Failed));
            prop_assert!(!failed || ignores || work.outcome == Some(HostOutcome::Failed));
        }
    }
}

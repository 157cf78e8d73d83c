//! Hooks whose answers are lost, that Lambda does not let run, that give no verdict, and that talk too much.

use spillway_domain::deployment::lifecycle::{DiagnosticsCode, EventName, LifecycleEvent};
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_testkit::{Event, HookPlan, Runner, Story, World, check};
use spillway_tests::template::machine;

use super::{ending, play};
use crate::crashes::Staged;

const BEFORE: EventName = EventName::BeforeAllowTraffic;

fn with(before: HookPlan) -> Story {
    Story::new("Steps.10@1m").without_rollback().before(before)
}

fn then_succeeds(plan: fn(u32, Box<HookPlan>) -> HookPlan, times: u32) -> HookPlan {
    plan(times, Box::new(HookPlan::Succeeds))
}

/// What the ledger says of the hook: what was seen, when, in seconds since the start.
fn ledger(world: &World, record: &Deployment) -> Vec<String> {
    let lines = world.ledger_of(&record.id).into_iter().filter(|line| line.decided.starts_with("Hook"));
    let at =
        |line: &spillway_domain::deployment::ledger::LedgerEntry| line.at.duration_since(record.created_at).as_secs();
    lines.map(|line| format!("{} s {} {}", at(&line), line.decided, line.seen)).collect()
}

fn failed_event(record: &Deployment) -> &LifecycleEvent {
    record.events.iter().find(|event| event.diagnostics.is_some()).expect("one failed")
}

#[test]
fn a_hook_whose_answer_is_lost_is_asked_again_and_the_ledger_says_so() {
    let (world, record) = play(&with(then_succeeds(HookPlan::Lost, 2)));
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(world.asked(&record.id, BEFORE), 3);
    insta::assert_snapshot!(ledger(&world, &record).join("\n"));
}

#[test]
fn a_hook_whose_answer_is_always_lost_fails_with_the_reason_and_not_after_an_hour_of_silence() {
    let (world, record) = play(&with(then_succeeds(HookPlan::Lost, 3)));
    assert_eq!(record.status(), Status::Failed);
    assert_eq!(world.asked(&record.id, BEFORE), 3);
    let why = failed_event(&record).diagnostics.as_ref().unwrap();
    assert_eq!(
        why.message,
        "pre was asked 3 times, and no answer came back. Look at its log. The last time: pre was asked on \
         BeforeAllowTraffic, and its answer was lost: the connection broke."
    );
    let lasted = record.ending.as_ref().unwrap().at.duration_since(record.created_at).as_secs();
    assert!(lasted < 60, "{lasted} s");
}

#[test]
fn a_hook_that_calls_back_after_its_answer_was_lost_is_not_asked_again() {
    for (succeeded, end) in [(true, Status::Succeeded), (false, Status::Failed)] {
        let story = with(then_succeeds(HookPlan::Lost, 3)).at(1.0, Event::CallBack(BEFORE, succeeded));
        let (world, record) = play(&story);
        assert_eq!((record.status(), world.asked(&record.id, BEFORE)), (end, 1));
    }
}

#[test]
fn a_hook_that_lambda_does_not_let_run_is_tried_more_and_more_seldom() {
    let (world, record) = play(&with(then_succeeds(HookPlan::Throttled, 9)));
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(world.asked(&record.id, BEFORE), 1, "what did not run was not asked");
    insta::assert_snapshot!(ledger(&world, &record).join("\n"));
}

#[test]
fn a_hook_that_is_never_let_run_ends_within_the_hour_with_the_reason_and_a_short_history() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let id = runner.play(&with(then_succeeds(HookPlan::Throttled, u32::MAX)));
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    let why = failed_event(&record).diagnostics.as_ref().unwrap();
    assert_eq!((why.code, why.script.as_str()), (DiagnosticsCode::UnknownError, "pre"));
    assert_eq!(why.message, "pre could not be asked on BeforeAllowTraffic: Invoke: TooManyRequestsException");
    assert!(ending(&record).starts_with("Failed HOOK_EXECUTION_FAILURE: "), "{}", ending(&record));
    let lasted = record.ending.as_ref().unwrap().at.duration_since(record.created_at).as_secs();
    assert!((3600..3610).contains(&lasted), "{lasted} s");
    let transitions = runner.transitions(&id);
    assert!(transitions < 600, "{transitions} state transitions, of at most five events each");
}

#[test]
fn a_hook_that_lambda_cannot_run_fails_at_once() {
    let (_, record) = play(&with(HookPlan::Broken));
    let why = failed_event(&record).diagnostics.as_ref().unwrap();
    assert_eq!(why.message, "Invoke: KMSDisabledException: Lambda was unable to decrypt the environment variables.");
    let lasted = record.ending.as_ref().unwrap().at.duration_since(record.created_at).as_secs();
    assert!(lasted < 5, "{lasted} s");
}

#[test]
fn a_hook_without_a_verdict_is_told_of_while_it_is_awaited() {
    let world = World::new().with_history();
    Runner::new(&world, machine()).play(&with(HookPlan::Silent));
    check(&world).unwrap();
    let waiting = world.history().into_iter().rfind(|record| !record.has_ended() && record.halt.is_none()).unwrap();
    assert_eq!(
        waiting.words(),
        "pre returned null, which is no verdict. It gives its verdict on BeforeAllowTraffic by returning \
         {\"status\": \"Succeeded\"} or {\"status\": \"Failed\"}, or by PutLifecycleEventHookExecutionStatus. Its \
         call back is awaited. Until 2023-11-14 23:13:20 UTC at the latest."
    );
}

#[test]
fn a_hook_that_asked_another_codedeploy_is_told_what_to_set() {
    let said = "DeploymentDoesNotExistException: An error occurred when calling the GetDeployment operation";
    let (_, record) = play(&with(HookPlan::Throws(said.to_owned())));
    let why = failed_event(&record).diagnostics.as_ref().unwrap();
    assert_eq!(
        why.message,
        format!(
            "{said} (pre has asked AWS CodeDeploy, and not Spillway. Set its environment variable \
             AWS_ENDPOINT_URL_CODEDEPLOY to output AnswerHookUrl of Spillway's stack, or return the verdict.)"
        )
    );
}

/// Six megabytes are the most that a hook returns and throws.
#[test]
fn whatever_says_six_megabytes_leaves_every_record_small_and_every_deployment_ending() {
    // What a record is after that story, of all that was ever saved of one.
    let largest_record = |staged: &Staged, item_bytes| {
        let world = (staged.world)().with_history().with_long_words().with_items_of(item_bytes);
        Runner::new(&world, machine()).play(&*staged.story);
        check(&world).unwrap_or_else(|faults| panic!("{}: {faults}", staged.name));
        world.history().into_iter().map(|record| serde_json::to_string(&record).unwrap().len()).max().unwrap()
    };
    let mut cut_further = 0;
    for staged in crate::crashes::stories() {
        let largest = largest_record(&staged, 400 * 1024);
        assert!(largest < 40_000, "{}: a record of {largest} bytes", staged.name);
        if largest > 10_000 {
            assert!(largest_record(&staged, 10_000) <= 10_000, "{}", staged.name);
            cut_further += 1;
        }
    }
    assert!(cut_further > 5, "only {cut_further} stories had much to keep");
}

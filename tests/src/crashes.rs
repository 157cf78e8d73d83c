//! For every moment of every story: fail there, crash there, hang there, before the call and after it; go on; and the
//! end must be in order. And every invocation twice, at once or late.

use jiff::SignedDuration;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::problem::ProblemKind;
use spillway_testkit::{
    Accident, Duplicate, Event, Harm, HookPlan, Plot, RevisionPlan, Runner, Story, When, World, check,
};
use spillway_tests::template::machine;

use crate::{fleets, services};

/// A story that everything is done to, and the world that it plays in.
pub struct Staged {
    pub name: &'static str,
    pub story: Box<dyn Plot>,
    pub world: fn() -> World,
}

/// The stories that everything is done to. Those of aliases are played with both ways in which Lambda may count what
/// changes nothing.
pub fn stories() -> Vec<Staged> {
    fn staged(name: &'static str, story: impl Plot + 'static, world: fn() -> World) -> Staged {
        Staged { name, story: Box::new(story), world }
    }
    let kept = || World::new().with_kept_revisions();
    let aliases = of_aliases().into_iter().map(|(name, story)| staged(name, story, World::new));
    let of_kept = of_aliases().into_iter().map(|(name, story)| staged(name, story, kept));
    let services = services::stories().into_iter().map(|(name, story)| staged(name, story, World::new));
    let fleets = fleets::stories().into_iter().map(|(name, story)| staged(name, story, World::new));
    aliases.chain(of_kept).chain(services).chain(fleets).collect()
}

fn of_aliases() -> Vec<(&'static str, Story)> {
    let hooked = || Story::new("Steps.10@2m,50@1m").before(HookPlan::Succeeds).after(HookPlan::Succeeds);
    let later = |succeeded| HookPlan::CallsBack { after: SignedDuration::from_secs(90), succeeded };
    let taken = AliasRouting::only("3".parse().unwrap());
    vec![
        ("canary", hooked()),
        ("asked for by an execution", hooked().by_execution()),
        ("asked for by an execution and stopped", hooked().by_execution().at(61.0, Event::Stop(Some(true)))),
        ("all at once", Story::new("CodeDeployDefault.LambdaAllAtOnce")),
        ("call backs", Story::new("Steps.10@2m").before(later(true)).after(later(true))),
        ("revision in S3", hooked().with_revision(RevisionPlan::InS3)),
        ("revision missing", hooked().with_revision(RevisionPlan::Missing)),
        ("stop before the revision is read", hooked().with_revision(RevisionPlan::InS3).at(0.01, Event::Stop(None))),
        ("pre says no", hooked().before(HookPlan::Fails)),
        ("post says no", hooked().after(later(false))),
        ("a hook throttled, and one whose answers are lost", {
            let throttled = HookPlan::Throttled(3, Box::new(HookPlan::Succeeds));
            hooked().before(throttled).after(HookPlan::Lost(2, Box::new(HookPlan::Succeeds)))
        }),
        ("answers lost for good", hooked().after(HookPlan::Lost(3, Box::new(HookPlan::Succeeds)))),
        ("alarms unreadable", hooked().at(60.0, Event::AlarmsUnreadable(ProblemKind::Denied))),
        ("post throws, no rollback", hooked().after(HookPlan::throws()).without_rollback()),
        ("alarm in the first step", hooked().at(60.0, Event::AlarmRed)),
        ("alarm in the second step", hooked().at(150.0, Event::AlarmRed)),
        ("alarm while the post hook is awaited", hooked().after(later(true)).at(200.0, Event::AlarmRed)),
        ("alarm unheard", hooked().at(70.0, Event::AlarmRedUnheard)),
        ("alarm from the start", hooked().at(0.0, Event::AlarmRedUnheard)),
        ("stop", hooked().at(61.0, Event::Stop(None))),
        ("stop without rollback", hooked().at(61.0, Event::Stop(Some(false)))),
        ("stop and alarm", hooked().at(61.0, Event::Stop(Some(true))).at(61.01, Event::AlarmRed)),
        ("stop in the pre hook", hooked().before(later(true)).at(30.0, Event::Stop(Some(true)))),
        ("alias taken", hooked().at(60.0, Event::AliasWritten(taken))),
        ("target deleted", hooked().at(60.0, Event::VersionDeleted("2".parse().unwrap()))),
        ("alias not found for a while", hooked().at(119.0, Event::AliasHidden).at(140.0, Event::AliasFound)),
        (
            "alias not found on the way back",
            hooked().at(60.9, Event::AliasHidden).at(61.0, Event::Stop(None)).at(200.0, Event::AliasFound),
        ),
        (
            "alarms throttled for a while",
            hooked().at(100.0, Event::AlarmsUnreadable(ProblemKind::Transient)).at(160.0, Event::AlarmsReadable),
        ),
        ("alarms throttled for good", hooked().at(100.0, Event::AlarmsUnreadable(ProblemKind::Transient))),
        (
            "throttled",
            hooked()
                .before(HookPlan::Throttled(2, Box::new(HookPlan::Succeeds)))
                .at(100.0, Event::ThrottleBegins)
                .at(160.0, Event::ThrottleEnds),
        ),
    ]
}

/// Plays the story on its world with that runner, and checks its end.
fn play(
    staged: &Staged,
    accidents: Vec<Accident>,
    adjust: impl for<'w> FnOnce(Runner<'w>) -> Runner<'w>,
) -> (usize, usize, Result<(), String>) {
    let world = (staged.world)().with_accidents(accidents);
    let mut runner = adjust(Runner::new(&world, machine()));
    runner.play(&*staged.story);
    (world.moments(), runner.invocations(), check(&world))
}

/// As [`play`], and once more with a diary for the message when it does not end in order.
fn must_end_in_order(staged: &Staged, accidents: &[Accident], adjust: impl for<'w> Fn(Runner<'w>) -> Runner<'w>) {
    if play(staged, accidents.to_vec(), &adjust).2.is_ok() {
        return;
    }
    let world = (staged.world)().with_accidents(accidents.to_vec()).with_diary();
    adjust(Runner::new(&world, machine())).play(&*staged.story);
    panic!("{}, {accidents:?}:\n{}", staged.name, check(&world).unwrap_err());
}

#[test]
fn every_accident_at_every_moment_of_every_story_ends_in_order() {
    for staged in stories() {
        let (moments, _, undisturbed) = play(&staged, Vec::new(), |runner| runner);
        undisturbed.unwrap();
        for moment in 0..moments {
            for harm in Harm::ALL {
                must_end_in_order(&staged, &[Accident { moment, harm }], |runner| runner);
            }
        }
    }
}

#[test]
fn a_function_that_hung_does_no_harm_whenever_it_goes_on() {
    for staged in stories() {
        let (moments, _, _) = play(&staged, Vec::new(), |runner| runner);
        for moment in 0..moments {
            for harm in [Harm::PauseBefore, Harm::PauseAfter] {
                for further in [0, 1, 2, 3, 5, 8] {
                    must_end_in_order(&staged, &[Accident { moment, harm }], |runner| {
                        runner.with_late(When::After(further))
                    });
                }
            }
        }
    }
}

#[test]
fn every_invocation_may_come_twice_and_late() {
    for staged in stories() {
        let (_, invocations, _) = play(&staged, Vec::new(), |runner| runner);
        for invocation in 0..invocations {
            for when in [When::After(0), When::After(1), When::After(2), When::After(4), When::AtTheEnd] {
                let duplicate = Duplicate { invocation, when };
                must_end_in_order(&staged, &[], |runner| runner.with_duplicate(duplicate));
            }
        }
    }
}

#[test]
fn two_accidents_in_one_story_end_in_order() {
    for staged in stories() {
        let (moments, _, _) = play(&staged, Vec::new(), |runner| runner);
        for first in (0..moments).step_by(5) {
            for second in (first + 1..first + 40).step_by(4) {
                for harm in [Harm::CrashBefore, Harm::CrashAfter, Harm::PauseAfter] {
                    let accidents = [Accident { moment: first, harm }, Accident { moment: second, harm }];
                    must_end_in_order(&staged, &accidents, |runner| runner);
                }
            }
        }
    }
}

#[test]
fn a_start_that_was_lost_is_made_up_for_by_the_next_sweep() {
    for moment in 0..6 {
        let world = World::new().with_accidents(vec![Accident { moment, harm: Harm::CrashBefore }]).with_diary();
        let id = Runner::new(&world, machine()).play(&Story::new("CodeDeployDefault.LambdaAllAtOnce"));
        check(&world).unwrap();
        let record = world.record(&id).unwrap();
        let lasted = record.ending.unwrap().at.duration_since(record.created_at);
        assert!(lasted <= SignedDuration::from_secs(90), "{lasted:?} with a crash at {moment}:\n{}", world.diary());
    }
}

#[test]
fn an_execution_that_asks_has_one_deployment_and_goes_on_with_it_whatever_happens() {
    let story = Story::new("Steps.10@2m").by_execution();
    let staged = Staged { name: "asked for", story: Box::new(story.clone()), world: World::new };
    let (moments, _, _) = play(&staged, Vec::new(), |runner| runner);
    for moment in 0..moments {
        for harm in Harm::ALL {
            let world = World::new().with_accidents(vec![Accident { moment, harm }]).with_diary();
            let mut runner = Runner::new(&world, machine());
            let id = runner.play(&story);
            check(&world).unwrap();
            let records = world.records();
            let asked: Vec<_> = records.iter().filter(|record| record.spec.rolls_back.is_none()).collect();
            let [record] = asked.as_slice() else { panic!("{harm:?} at {moment}:\n{}", world.diary()) };
            assert_eq!((&record.id, runner.executions(&id)), (&id, 1), "{}", world.diary());
        }
    }
}

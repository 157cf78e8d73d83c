//! Long lists of steps, and shares that do not fit a float.

use spillway_domain::deployment::record::Status;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::percent::Percent;
use spillway_testkit::{Runner, Story, World, check};
use spillway_tests::template::machine;

use super::{only, succeeded, version};

#[test]
fn a_list_of_101_to_1000_steps_rises_strictly_to_all() {
    for count in [101, 333, 1000] {
        let steps: Vec<String> = (1..=count)
            .map(|step| format!("{}@{}s", Percent::from_hundredths(step * 9_999 / count), 1 + step % 3))
            .collect();
        let world = World::new();
        let id = Runner::new(&world, machine()).play(&Story::new(&format!("Steps.{}", steps.join(","))));
        check(&world).unwrap();
        assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded);
        let writes: Vec<AliasRouting> = world.writes().into_iter().map(|(_, routing)| routing).collect();
        assert_eq!(writes.len(), count as usize + 1, "one write for each step and one for the rest");
        let shares = writes.iter().map(|routing| routing.second.map_or(Percent::ALL, |(_, share)| share));
        assert!(shares.is_sorted_by(|a, b| a < b), "{count} steps");
        assert_eq!(writes.last(), Some(&only(2)));
    }
}

#[test]
fn every_hundredth_of_a_percent_is_recognized_after_a_trip_through_lambda() {
    for hundredths in 1..10_000 {
        let share = Percent::from_hundredths(hundredths);
        let ours = AliasRouting::split(version(1), version(2), share);
        // As JSON, and as what is left of it when others have reckoned with it.
        let text = serde_json::to_string(&share.as_weight()).unwrap();
        let read: f64 = serde_json::from_str(&text).unwrap();
        for weight in [read, 1.0 - (1.0 - read), f64::from(read as f32), read + f64::EPSILON, read - f64::EPSILON] {
            assert!(alias(weight).routes(&ours), "{share} % read as {weight}");
        }
        let next = Percent::from_hundredths(hundredths + 1).as_weight();
        assert!(!alias(next).routes(&ours), "{next} taken for {share} %");
    }
}

#[test]
fn a_sum_of_floats_is_recognized_as_ours() {
    let shares = [(0.1 + 0.2, 30), (0.7 + 0.1, 80), (0.1 * 3.0 + 0.3, 60), (1.0 - 0.9, 10)];
    for (weight, percent) in shares {
        assert_ne!(weight, Percent::from_whole(percent).as_weight(), "else this tests nothing");
        let ours = AliasRouting::split(version(1), version(2), Percent::from_whole(percent));
        assert!(alias(weight).routes(&ours));
        let rest = 100 - percent;
        assert_eq!(alias(weight).to_string(), format!("{percent} % to version 2 and {rest} % to version 1"));
    }
}

#[test]
fn twenty_deployments_at_once_share_fifteen_calls_of_lambda_a_second() {
    let story = |place| Story::new("Steps.10@20s,50@20s").in_place(place);
    let stories: Vec<Story> = (0..20).map(story).collect();
    let world = World::new().with_lambda_calls_per_second(15).with_diary();
    let ids = Runner::new(&world, machine()).play_all(&stories);
    check(&world).unwrap();
    let failed: Vec<_> = ids.iter().filter(|id| !succeeded(&world, id)).collect();
    assert!(failed.is_empty(), "{failed:?} of\n{}", world.diary());
    for place in 0..20 {
        let function = if place == 0 { "orders".to_owned() } else { format!("orders-{place}") };
        assert_eq!(world.alias(&function, Story::ALIAS).unwrap().routing, only(2), "{function}");
    }
    assert!(world.lambda_refusals() > 0, "the limit was never reached, so this tests nothing");
}

fn alias(weight: f64) -> AliasState {
    AliasState {
        arn: "arn:aws:lambda:us-east-1:111122223333:function:orders:live".to_owned(),
        main: "1".to_owned(),
        weights: vec![("2".to_owned(), weight)],
        revision: "1".to_owned(),
    }
}

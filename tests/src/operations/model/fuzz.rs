//! Any JSON value for any member, at any depth, of any operation.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spillway_testkit::World;

use super::shapes::{Model, Shape};
use super::story::deploy;
use super::{Client, ROLE, furnish};

/// Texts that mean something here or there.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "shop",
    "fleet",
    "tasks",
    "live",
    "nobody",
    "x y",
    "ä\u{0}",
    "*",
    "#",
    "d-75I7MBT7C",
    "orders:live",
    "i-0123456789abcdef0",
    "CodeDeployDefault.LambdaAllAtOnce",
    "CodeDeployDefault.OneAtATime",
    "Steps.50@1s",
    "CodeDeployDefault.",
    "arn:aws:iam::111122223333:user/u",
    "arn:aws:codedeploy:us-east-1:111122223333:application:shop",
    "arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/live",
    "version: 0.0",
    ROLE,
    "1",
];

/// Numbers that are drawn one after the other; when there are no more, zeros.
struct Draws<'a> {
    numbers: std::slice::Iter<'a, u16>,
    /// The id of a deployment that is there.
    deployment: &'a str,
}

impl Draws<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.numbers.next().copied().unwrap_or_default()) % bound
    }

    /// A value of a shape, mostly.
    fn value(&mut self, model: &Model, shape: &str, depth: usize) -> Value {
        if depth > 6 || self.below(12) == 11 {
            return self.wild();
        }
        match model.shape(shape) {
            Shape::Structure { members, required } => {
                let mut given = Map::new();
                for (name, shape) in members {
                    // Mostly what is required, and half of the rest.
                    if self.below(16) < if required.contains(name) { 15 } else { 6 } {
                        given.insert(name.clone(), self.value(model, shape, depth + 1));
                    }
                }
                if self.below(20) == 19 {
                    given.insert("unheardOf".to_owned(), self.wild());
                }
                Value::Object(given)
            }
            Shape::List(shape) => {
                let few = [0, 1, 1, 1, 2, 3][self.below(6)];
                (0..few).map(|_| self.value(model, shape, depth + 1)).collect()
            }
            Shape::Map { key, value } => {
                let key = self.value(model, key, depth + 1);
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                json!({ key: self.value(model, value, depth + 1) })
            }
            Shape::Text(words) if !words.is_empty() && self.below(8) < 7 => json!(words[self.below(words.len())]),
            Shape::Text(_) if self.below(4) == 3 => json!(self.deployment),
            Shape::Text(_) => json!(TEXTS[self.below(TEXTS.len())]),
            Shape::Whole => json!([0, 1, 5, 50, 100, -1, i64::from(i32::MAX), i64::MAX, i64::MIN][self.below(9)]),
            Shape::Double | Shape::Timestamp => json!([0.0, 1.5e9, 1.7e9, -1.0, 1e300][self.below(5)]),
            Shape::Boolean => json!(self.below(2) == 1),
        }
    }

    /// Any JSON.
    fn wild(&mut self) -> Value {
        match self.below(14) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1.5),
            5 => json!(1e300),
            6 => json!([]),
            7 => json!({}),
            8 => json!([null]),
            9 => json!({ "a": [{}, [[]], "b"] }),
            10 => json!("x".repeat(3000)),
            11 => json!(vec!["x"; 300]),
            12 => json!([{ "Key": "", "Value": null }]),
            _ => json!(TEXTS[self.below(TEXTS.len())]),
        }
    }
}

proptest! {
    // No files of past failures: a failure prints its request, and becomes a test with a name.
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_for_any_member_is_answered_and_a_refusal_changes_nothing(
        which in any::<prop::sample::Index>(),
        numbers in prop::collection::vec(any::<u16>(), 0..120),
    ) {
        let (model, world) = (Model::of_botocore(), World::new());
        let client = Client::new(&world);
        furnish(&client);
        let deployment = deploy(&client, "live", json!({}));
        prop_assert!(client.faults().is_empty(), "{:?}", client.faults());

        let operations: Vec<&String> = model.operations.keys().collect();
        let operation = which.get(&operations);
        let mut draws = Draws { numbers: numbers.iter(), deployment: &deployment };
        let body = draws.value(model, &model.operations[*operation].input, 0);
        let before = world.stored();
        let (status, said) = client.ask(operation, &body);
        prop_assert!(status == 200 || before == world.stored(), "{operation} {body}: refused with {said}, and changed");
        prop_assert!(client.faults().is_empty(), "{}", client.faults().join("\n"));
    }
}

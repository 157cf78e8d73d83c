//! How a stack comes by its answer: where it waits is kept apart from what its execution is given.

use jiff::Timestamp;
use serde_json::{Value, json};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::stacks::ResponseUrls;
use spillway_engine::stack::answer_stack::{Answered, answer_stack};
use spillway_engine::stack::custom_resource::custom_resource;
use spillway_testkit::{Accident, Harm, World};
use spillway_wire::stack::{TakenUp, reply, take_up};

const URL: &str = "https://responses.s3.amazonaws.com/x?X-Amz-Signature=secret";

fn request() -> Value {
    json!({
        "RequestType": "Delete", "ResponseURL": URL, "StackId": "stack", "RequestId": "request",
        "ResourceType": "Custom::SpillwayAlias", "LogicalResourceId": "Orders", "PhysicalResourceId": "the-arn",
    })
}

fn take(world: &World) -> Result<(), Problem> {
    let TakenUp { name, response_url, input } = take_up(&request()).unwrap();
    pollster::block_on(custom_resource(world, world, &name, &response_url, &input, Timestamp::UNIX_EPOCH))
}

/// Answers whatever answer-stack is given.
fn answer(world: &World, input: &Value) -> Result<Answered, Problem> {
    let reply = reply(input).unwrap();
    pollster::block_on(answer_stack(world, world, &reply.name, reply.response_url.as_deref(), &reply.body))
}

fn settled(input: &str) -> Value {
    let mut input: Value = serde_json::from_str(input).unwrap();
    input["next"] = json!({"step": "Settled", "physicalId": "the-arn", "failure": null, "attributes": {}});
    input
}

#[test]
fn a_response_url_is_in_no_execution_and_is_forgotten_with_the_answer() {
    let world = World::new();
    for _ in 0..2 {
        take(&world).unwrap();
    }
    let requested = world.requested();
    let [(name, input)] = &requested[..] else { panic!("one execution, however often it comes: {requested:?}") };
    assert!(!input.contains("responses.s3") && !input.contains("secret"), "{input}");
    assert_eq!(answer(&world, &settled(input)).unwrap(), Answered::Now);
    assert_eq!(pollster::block_on(world.kept_url(name)).unwrap(), None);
    assert_eq!(answer(&world, &settled(input)).unwrap(), Answered::Before);
    let answers = world.answers();
    let [(url, body)] = &answers[..] else { panic!("one answer: {answers:?}") };
    assert_eq!(url, URL);
    assert!(body.contains(r#""Status":"SUCCESS""#), "{body}");
}

#[test]
fn a_request_that_no_execution_carries_out_is_answered_where_it_says_itself() {
    let world = World::new().with_accidents(vec![Accident { moment: 0, harm: Harm::Fail }]);
    assert_eq!(take(&world).unwrap_err().kind, ProblemKind::Transient);
    assert_eq!(world.requested(), [], "no execution runs that could not answer");
    let record = json!({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": request()});
    assert_eq!(answer(&world, &record).unwrap(), Answered::Now);
    assert_eq!(world.answers()[0].0, URL);
}

/// Whichever call fails or loses its answer, the stack is told when answer-stack is tried again, and with the same words.
#[test]
fn a_stack_is_told_whatever_fails_on_the_way() {
    for harm in [Harm::Fail, Harm::LoseAnswer] {
        for moment in 2..5 {
            let world = World::new().with_accidents(vec![Accident { moment, harm }]);
            take(&world).unwrap();
            let input = settled(&world.requested()[0].1);
            assert_eq!(answer(&world, &input).unwrap_err().kind, ProblemKind::Transient, "{harm:?} at {moment}");
            answer(&world, &input).unwrap();
            let answers = world.answers();
            assert!(!answers.is_empty() && answers.iter().all(|told| told == &answers[0]), "{answers:?}");
            let name = &world.requested()[0].0;
            assert_eq!(pollster::block_on(world.kept_url(name)).unwrap(), None);
        }
    }
}

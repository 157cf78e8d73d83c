//! Answers to stacks, and the executions that lead to them.

use spillway_aws_cloudformation as cloudformation;
use spillway_aws_stepfunctions as stepfunctions;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::stacks::{Answers, Requests};
use spillway_testkit::World;

use super::machine::waiting;
use super::{both_keep, fresh, kind};
use crate::cloud::{Cloud, in_cloud};

/// Where stacks ask, and wait.
trait Stacks: Requests + Answers {
    /// A place where an answer is waited for.
    async fn place(&self) -> String;
    /// The answer that is there.
    async fn told(&self, place: &str) -> String;
    /// The inputs of the executions of that name.
    async fn inputs(&self, name: &str) -> Vec<String>;
}

impl Stacks for World {
    async fn place(&self) -> String {
        fresh("https://there")
    }

    async fn told(&self, place: &str) -> String {
        let answers = self.answers();
        answers.into_iter().rev().find(|(url, _)| url == place).unwrap().1
    }

    async fn inputs(&self, name: &str) -> Vec<String> {
        self.requested().into_iter().filter(|(own, _)| own == name).map(|(_, input)| input).collect()
    }
}

/// Stacks of the emulated AWS, which wait in a bucket.
struct Real {
    cloud: &'static Cloud,
    machine: String,
    requests: stepfunctions::Requests,
    answers: cloudformation::Answers,
}

async fn real(cloud: &'static Cloud) -> Real {
    let config = super::loaded(cloud).await;
    let machine = waiting(cloud).await;
    let requests = stepfunctions::Requests::new(&config, &machine);
    Real { cloud, machine, requests, answers: cloudformation::Answers::new(&config) }
}

impl Stacks for Real {
    async fn place(&self) -> String {
        let bucket = fresh("answers");
        self.cloud.s3.create_bucket().bucket(&bucket).send().await.unwrap();
        format!("{}/{bucket}/answer%7C1?X-Amz-Signature=signature", self.cloud.endpoints().aws)
    }

    async fn told(&self, place: &str) -> String {
        let bucket = place.rsplit('/').nth(1).unwrap();
        let object = self.cloud.s3.get_object().bucket(bucket).key("answer|1").send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    async fn inputs(&self, name: &str) -> Vec<String> {
        let arn = format!("{}:{name}", self.machine.replacen(":stateMachine:", ":execution:", 1));
        let found = self.cloud.executions.describe_execution().execution_arn(&arn).send().await.unwrap();
        self.cloud.executions.stop_execution().execution_arn(arn).send().await.unwrap();
        found.input.into_iter().collect()
    }
}

impl Requests for Real {
    async fn start(&self, name: &str, input: &str) -> Result<(), Problem> {
        self.requests.start(name, input).await
    }
}

impl Answers for Real {
    async fn put(&self, url: &str, body: &str) -> Result<(), Problem> {
        self.answers.put(url, body).await
    }
}

both_keep! {
    an_answer_is_put_where_it_is_waited_for
    the_last_answer_counts
    a_request_that_is_taken_up_twice_is_carried_out_once
}

async fn an_answer_is_put_where_it_is_waited_for(stacks: &impl Stacks) {
    let (one, other) = (stacks.place().await, stacks.place().await);
    stacks.put(&one, r#"{"Status":"SUCCESS"}"#).await.unwrap();
    stacks.put(&other, r#"{"Status":"FAILED","Reason":"für Ä"}"#).await.unwrap();
    assert_eq!(stacks.told(&one).await, r#"{"Status":"SUCCESS"}"#);
    assert_eq!(stacks.told(&other).await, r#"{"Status":"FAILED","Reason":"für Ä"}"#);
}

async fn the_last_answer_counts(stacks: &impl Stacks) {
    let place = stacks.place().await;
    for body in ["{}", "{\"Status\":\"FAILED\"}"] {
        stacks.put(&place, body).await.unwrap();
        assert_eq!(stacks.told(&place).await, body);
    }
}

async fn a_request_that_is_taken_up_twice_is_carried_out_once(stacks: &impl Stacks) {
    let name = fresh("request");
    for input in [r#"{"request":1}"#, r#"{"request":1}"#, r#"{"request":2}"#] {
        stacks.start(&name, input).await.unwrap();
    }
    assert_eq!(stacks.inputs(&name).await, [r#"{"request":1}"#]);
    stacks.start(&name, r#"{"request":1}"#).await.unwrap();
}

mod aws_alone {
    use super::*;

    /// What S3 says no to, no world knows.
    #[test]
    fn a_bucket_that_does_not_exist_takes_no_answer() {
        in_cloud(async |cloud| {
            let url = format!("{}/{}/answer", cloud.endpoints().aws, fresh("answers"));
            let put = real(cloud).await.put(&url, "{}").await;
            assert_eq!(kind(put), ProblemKind::Refused);
        });
    }
}

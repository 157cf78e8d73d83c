//! Answer stack: tells a stack what became of its request.

use serde_json::Value;
use spillway_aws_cloudformation::Answers;
use spillway_aws_dynamodb::Table;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::{Answered, answer_stack};
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::stack::reply;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let answers = Answers::new(&config);
    run(async |input: Value, _: Invocation| {
        let reply = reply(&input).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        match answer_stack(&table, &answers, &reply.name, reply.response_url.as_deref(), &reply.body).await? {
            Answered::Now => {}
            Answered::Before => tracing::info!(
                target: "spillway",
                request = reply.name,
                "No response URL is kept for this request: its stack was told before, or does not wait any more."
            ),
        }
        Ok::<(), Problem>(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_what_it_takes() {
        for (sample, status) in [
            (include_str!("../../../events/answer-stack.json"), r#""Status":"SUCCESS""#),
            (include_str!("../../../events/answer-stack.problem.json"), r#""Status":"FAILED""#),
            (include_str!("../../../events/answer-stack.undelivered.json"), r#""Status":"FAILED""#),
            (include_str!("../../../events/answer-stack.died.json"), r#""Status":"FAILED""#),
        ] {
            let reply = reply(&serde_json::from_str(sample).unwrap()).unwrap();
            assert_eq!(
                reply.response_url.is_some(),
                sample.contains("requestPayload"),
                "only Lambda's own record has it"
            );
            assert!(reply.body.contains(status), "{}", reply.body);
        }
    }
}

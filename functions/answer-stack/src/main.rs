//! Answer stack: tells a stack what became of its request.

use serde_json::Value;
use spillway_aws_cloudformation::Answers;
use spillway_domain::{Problem, ProblemKind};
use spillway_engine::Answers as _;
use spillway_kit::{Failure, Invocation, aws, run};
use spillway_wire::stack::reply;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let answers = Answers::new(&aws()?);
    run(async |input: Value, _: Invocation| {
        let (url, body) = reply(&input).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        answers.put(&url, &body).await
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
            let (url, body) = reply(&serde_json::from_str(sample).unwrap()).unwrap();
            assert!(url.starts_with("https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/"));
            assert!(body.contains(status), "{body}");
        }
    }
}

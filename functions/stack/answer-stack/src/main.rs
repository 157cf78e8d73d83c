//! Answer stack: tells a stack what became of its request.

use serde_json::Value;
use spillway_aws_cloudformation::Answers;
use spillway_aws_dynamodb::Table;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::stack::answer_stack::{Answered, answer_stack};
use spillway_runtime::{Failure, Invocation, aws, run, table};
use spillway_wire::stack::reply;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let answers = Answers::new(&config);
    run(async |input: Value, _: Invocation| {
        let reply = reply(&input).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        match answer_stack(&table, &answers, &reply.name, reply.response_url.as_deref(), &reply.body).await? {
            Answered::Now => {}
            Answered::Before => tracing::info!(
                target: "spillway",
                request = reply.name,
                "No response URL is kept for this request: its stack was answered before, or no longer waits."
            ),
        }
        Ok::<(), Problem>(())
    })
    .await
}

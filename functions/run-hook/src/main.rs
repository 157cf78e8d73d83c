//! Run hook: asks the hook of the current event, and parks the wait for its verdict.

use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Hooks, Invoked};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::{Deployment, EventName, FunctionName, Problem};
use spillway_engine::{HookReply, Task, run_hook};
use spillway_kit::{Failure, Invocation, aws, now, run, setting};
use spillway_wire::hook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let hooks = Asked(Hooks::new(&Roles::new(&config)));
    let tasks = Tasks::new(&config);
    run(async |task: Task, _: Invocation| run_hook(&table, &hooks, &tasks, &task, now).await).await
}

/// The hook functions, asked in the words of the wire.
struct Asked(Hooks);

impl spillway_engine::Hooks for Asked {
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem> {
        let payload = hook::payload(deployment, event).unwrap_or_default().to_string().into_bytes();
        Ok(reply(self.0.invoke(&deployment.session(), function, payload).await?))
    }
}

fn reply(invoked: Invoked) -> HookReply {
    match invoked {
        Invoked::StillRunning { seconds } => {
            HookReply::Silent { said: format!("has not returned within {seconds} seconds") }
        }
        Invoked::Lost { why } => HookReply::Lost { why },
        Invoked::Threw { timed_out, message, log_tail } => HookReply::Threw { timed_out, message, log_tail },
        Invoked::Returned { payload, log_tail } => match hook::verdict(&payload) {
            Ok((succeeded, message)) => HookReply::Verdict { succeeded, message, log_tail },
            Err(said) => HookReply::Silent { said },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/run-hook.json");
        assert!(serde_json::from_str::<Task>(sample).is_ok());
    }

    #[test]
    fn a_return_without_a_verdict_is_told_as_it_was() {
        let returned =
            |payload: &str| reply(Invoked::Returned { payload: payload.as_bytes().to_vec(), log_tail: String::new() });
        let said = "returned null, which is no verdict".to_owned();
        assert_eq!(returned("null"), HookReply::Silent { said });
        assert!(matches!(returned(r#"{"status":"Failed"}"#), HookReply::Verdict { succeeded: false, .. }));
    }
}

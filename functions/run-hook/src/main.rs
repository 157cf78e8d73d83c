//! Run hook: asks the hook of the current event, and parks the wait for its verdict.

use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Hooks, Invoked};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::FunctionName;
use spillway_domain::problem::Problem;
use spillway_engine::{Catalog, HookReply, Task, run_hook};
use spillway_kit::{Failure, Invocation, aws, fresh_secret, now, run, setting};
use spillway_wire::{Seal, hook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let hooks = Asked { hooks: Hooks::new(&Roles::new(&config)), table: table.clone() };
    let tasks = Tasks::new(&config);
    run(async |task: Task, _: Invocation| run_hook(&table, &hooks, &tasks, &task, now).await).await
}

/// The hook functions, asked in the words of the wire.
struct Asked {
    hooks: Hooks,
    /// It has the secret by which hooks are known.
    table: Table,
}

impl spillway_engine::Hooks for Asked {
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem> {
        let seal = Seal::new(&self.table.secret(&fresh_secret()).await?);
        let payload = hook::payload(deployment, event, &seal).unwrap_or_default().to_string().into_bytes();
        let invoked = self.hooks.invoke(&deployment.session(), function, payload).await?;
        Ok(reply(invoked, &seal.execution_id(&deployment.id, event)))
    }
}

/// What it says in place of a verdict is shown to many; the id by which it is known is not.
fn reply(invoked: Invoked, execution_id: &str) -> HookReply {
    match invoked {
        Invoked::StillRunning { seconds } => {
            HookReply::Silent { said: format!("has not returned within {seconds} seconds") }
        }
        Invoked::Lost { why } => HookReply::Lost { why },
        Invoked::Threw { timed_out, message, log_tail } => HookReply::Threw { timed_out, message, log_tail },
        Invoked::Returned { payload, log_tail } => match hook::verdict(&payload) {
            Ok((succeeded, message)) => HookReply::Verdict { succeeded, message, log_tail },
            Err(said) => HookReply::Silent { said: said.replace(execution_id, "...") },
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
        let returned = |payload: &str| {
            reply(Invoked::Returned { payload: payload.as_bytes().to_vec(), log_tail: String::new() }, "d-1.X.seal")
        };
        let said = "returned null, which is no verdict".to_owned();
        assert_eq!(returned("null"), HookReply::Silent { said });
        let said = r#"returned {"Id":"..."}, which is no verdict"#.to_owned();
        assert_eq!(returned(r#"{"Id":"d-1.X.seal"}"#), HookReply::Silent { said });
        assert!(matches!(returned(r#"{"status":"Failed"}"#), HookReply::Verdict { succeeded: false, .. }));
    }
}

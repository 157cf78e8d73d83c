//! Run hook: asks the hook of the current event, and parks the wait for its verdict.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::Hooks;
use spillway_aws_stepfunctions::Tasks;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::FunctionName;
use spillway_domain::problem::Problem;
use spillway_engine::deployment::run_hook::run_hook;
use spillway_engine::deployment::task::Task;
use spillway_engine::ports::catalog::Secrets;
use spillway_engine::ports::customer::HookReply;
use spillway_runtime::{Failure, Invocation, aws, fresh_secret, now, run, table};
use spillway_wire::codedeploy::token::Seal;
use spillway_wire::hook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
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

impl spillway_engine::ports::customer::Hooks for Asked {
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem> {
        let seal = Seal::new(&self.table.secret(&fresh_secret()).await?);
        let payload = hook::payload(deployment, event, &seal).unwrap_or_default().to_string().into_bytes();
        let invoked = self.hooks.invoke(&deployment.session(), function, payload).await?;
        Ok(invoked.into_reply(|returned| hook::verdict(returned, &seal.execution_id(&deployment.id, event))))
    }
}

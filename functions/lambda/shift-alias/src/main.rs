//! Shift alias: makes the alias route as the record says.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::Aliases;
use spillway_engine::lambda::shift_alias::{Shift, shift_alias};
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let aliases = Aliases::new(&Roles::new(&config));
    run(async |shift: Shift, invocation: Invocation| shift_alias(&table, &aliases, &shift, invocation.now).await).await
}

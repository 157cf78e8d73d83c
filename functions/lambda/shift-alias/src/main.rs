//! Shift alias: makes the alias route as the record says.

use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::Aliases;
use spillway_aws_sts::Roles;
use spillway_engine::{Shift, shift_alias};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let aliases = Aliases::new(&Roles::new(&config));
    run(async |shift: Shift, invocation: Invocation| shift_alias(&table, &aliases, &shift, invocation.now).await).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../../events/shift-alias.json");
        assert!(serde_json::from_str::<Shift>(sample).is_ok());
    }
}

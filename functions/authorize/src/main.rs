//! Authorize: says whether a caller may do what it asks for, by the policies of the installation.

use spillway_aws_dynamodb::Table;
use spillway_aws_s3::OwnObject;
use spillway_domain::access::permission::{Authorization, Question};
use spillway_engine::{InForce, authorize};
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_policy::Policies;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let written = OwnObject::new(&config, setting("POLICIES")?);
    let in_force = InForce::<Policies>::default();
    run(async |question: Question, invocation: Invocation| {
        let decide = |policies: &Policies| policies.decide(&question);
        let decided = authorize(&in_force, (&written, &table), str::parse, decide, invocation.now).await;
        let (decided, trouble) = decided?;
        // The alarm of the template counts the errors in this function's log.
        trouble.iter().for_each(|trouble| tracing::error!(target: "spillway", "{trouble}"));
        log(&question, &decided);
        Ok(decided)
    })
    .await
}

fn log(question: &Question, decided: &Authorization) {
    if let Authorization::Denied(denial) = decided {
        let (caller, permission) = (&question.caller, &denial.permission);
        tracing::info!(
            target: "spillway",
            %caller,
            action = permission.action,
            resource = ?permission.resource,
            forbidden = denial.is_forbidden,
            "denied"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/authorize.json");
        assert!(serde_json::from_str::<Question>(sample).is_ok());
    }
}

//! Authorize: says whether a caller may do what it asks for, by the policies of the installation.

use spillway_aws_dynamodb::Table;
use spillway_aws_s3::OwnObject;
use spillway_domain::access::permission::{Authorization, Question};
use spillway_engine::access::authorize::{InForce, Written, authorize};
use spillway_policy::Policies;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let source = OwnObject::new(&config, setting("POLICIES")?);
    let policies = Written { source: &source, store: &table };
    let in_force = InForce::<Policies>::default();
    run(async |question: Question, invocation: Invocation| {
        let decide = |policies: &Policies| policies.decide(&question);
        let decided = authorize(&in_force, &policies, str::parse, decide, invocation.now).await;
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

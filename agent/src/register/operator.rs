//! The keys of the operator: of the environment, or of a profile. Everything else, such as a login by a browser, the AWS CLI
//! puts into the environment.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use aws_credential_types::Credentials;

use crate::identity::on_premises::of_profile;

/// Finds the keys.
pub(super) fn credentials(profile: Option<&str>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Credentials> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if profile.is_none()
        && let (Some(id), Some(secret)) = (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Credentials::new(id, secret, given("AWS_SESSION_TOKEN"), None, "environment"));
    }
    const HELP: &str =
        "put the operator's keys into the environment: eval \"$(aws configure export-credentials --format env)\"";
    let file = given("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let Some(file) = file.or_else(|| Some(PathBuf::from(given("HOME")?).join(".aws/credentials"))) else {
        bail!("there are no keys to call the API with; {HELP}");
    };
    let profile = profile.map(str::to_owned).or_else(|| given("AWS_PROFILE")).unwrap_or_else(|| "default".to_owned());
    let shown = file.display();
    let text = fs::read_to_string(&file)
        .with_context(|| format!("there are no keys to call the API with: {shown} cannot be read; {HELP}"))?;
    of_profile(&text, &profile)
        .map_err(|words| anyhow::anyhow!("there are no keys to call the API with: {shown} {words}, or {HELP}"))
}

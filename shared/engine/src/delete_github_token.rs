//! DeleteGitHubAccountToken.

use std::convert::Infallible;

use spillway_domain::rejection::Rejection;

use crate::Error;

/// Deletes a connection to GitHub. CodeDeploy's are made in its console, by no operation; here is none.
pub async fn delete_github_token(name: &str) -> Result<Infallible, Error> {
    Err(Rejection::NoGitHubToken(name.to_owned()).into())
}

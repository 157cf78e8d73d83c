//! DeleteGitHubAccountToken.

use serde::Deserialize;

use crate::input::read;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    token_name: Option<String>,
}

/// The name of the connection.
pub fn parse(body: &[u8], _: &Context) -> Result<String, Exception> {
    let input: Input = read(body)?;
    let name = input.token_name.ok_or_else(|| {
        Exception::new("GitHubAccountTokenNameRequiredException", "tokenName is required and was not given.")
    })?;
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Exception::new(
            "InvalidGitHubAccountTokenNameException",
            "tokenName is not valid: it has 1 to 100 characters, none of them a control character.",
        ));
    }
    Ok(name)
}

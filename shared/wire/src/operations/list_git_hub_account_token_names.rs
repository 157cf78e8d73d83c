//! ListGitHubAccountTokenNames.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::input::read;
use crate::{Context, Exception, Operation, token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    next_token: Option<String>,
}

/// There is never a second page, hence no token that could be right.
pub fn parse(body: &[u8], cx: &Context) -> Result<(), Exception> {
    let input: Input = read(body)?;
    token::read(&cx.seal, Operation::ListGitHubAccountTokenNames, "", input.next_token.as_deref()).map(|_| ())
}

/// The answer. CodeDeploy's connections to GitHub are made in its console, by no operation; here is none.
pub fn render((): &(), _: &Context) -> Value {
    json!({ "tokenNameList": [] })
}

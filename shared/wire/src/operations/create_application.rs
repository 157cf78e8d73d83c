//! CreateApplication.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::{Application, NewApplication};

use crate::input::{APPLICATION, Object, read};
use crate::shapes::{platform, tags};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    compute_platform: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

/// The request. Without a platform an application is for servers, as in CodeDeploy.
pub fn parse(body: &[u8], cx: &Context) -> Result<NewApplication, Exception> {
    let input: Input = read(body)?;
    Ok(NewApplication {
        name: APPLICATION.required(input.application_name)?,
        platform: platform::parse(input.compute_platform)?,
        tags: tags::parse(input.tags, &cx.quotas)?,
    })
}

/// The answer.
pub fn render(_: &NewApplication, application: &Application, _: &Context) -> Value {
    json!({ "applicationId": application.id })
}

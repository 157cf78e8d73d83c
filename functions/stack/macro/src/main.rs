//! Macro: rewrites a template so that Spillway carries out what it left to CodeDeploy.

use serde_json::Value;
use spillway_aws_sam::Sam;
use spillway_macro::{Answer, Event, Home, needs_sam, rewrite};
use spillway_runtime::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let sam = Sam::new(&aws()?, setting::<String>("EXPAND_SAM_FUNCTION")?);
    let home = Home {
        service_token: setting("CUSTOM_RESOURCE_ARN")?,
        answer_hook_url: Some(setting::<String>("ANSWER_HOOK_URL")?).filter(|url| url != "none"),
        function_roles: setting("FUNCTION_ROLES")?,
        service_role_names: setting("SERVICE_ROLE_NAMES")?,
    };
    run(async |event: Event, _: Invocation| {
        let outcome = transform(&event, &sam, &home).await;
        Ok(Answer::new(event.request_id, outcome)) // a template that is not as it should be is an answer too
    })
    .await
}

async fn transform(event: &Event, sam: &Sam, home: &Home) -> Result<Value, String> {
    let template = event.template()?;
    let expanded = match needs_sam(template) {
        true => sam.expand(template, &event.template_parameter_values).await?,
        false => template.clone(),
    };
    rewrite(expanded, home).map_err(|faults| faults.to_string())
}

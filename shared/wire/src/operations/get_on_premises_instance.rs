//! GetOnPremisesInstance.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::instance::{Instance, InstanceName};

use crate::input::{INSTANCE, read};
use crate::shapes::instance_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    instance_name: Option<String>,
}

/// The instance.
pub fn parse(body: &[u8], _: &Context) -> Result<InstanceName, Exception> {
    let input: Input = read(body)?;
    INSTANCE.required(input.instance_name)
}

/// The answer.
pub fn render(_: &InstanceName, instance: &Instance, cx: &Context) -> Value {
    json!({ "instanceInfo": instance_info::render(instance, &cx.place) })
}

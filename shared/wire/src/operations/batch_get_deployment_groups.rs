//! BatchGetDeploymentGroups.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::StoredGroup;
use spillway_domain::names::{ApplicationName, GroupName};

use crate::input::{APPLICATION, GROUPS, read};
use crate::shapes::deployment_group_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    deployment_group_names: Option<Vec<String>>,
}

/// The application, and the groups, each once.
pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Vec<GroupName>), Exception> {
    let input: Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    let most = cx.quotas.batch_groups;
    Ok((application, GROUPS.list(input.deployment_group_names, most, "BatchLimitExceededException")?))
}

/// The answer, which names those that are not there.
pub fn render(
    (_, names): &(ApplicationName, Vec<GroupName>),
    (application, groups): &(Application, Vec<StoredGroup>),
    _: &Context,
) -> Value {
    let found = groups.iter().map(|stored| deployment_group_info::render(application, &stored.group, &stored.state));
    let found: Vec<Value> = found.collect();
    let missing = names.iter().filter(|name| groups.iter().all(|stored| stored.group.name != **name));
    let missing: Vec<&str> = missing.map(GroupName::as_str).collect();
    let words = match missing.as_slice() {
        [] => String::new(), // as CodeDeploy has it
        missing => format!("No Deployment Group found for name: {}", missing.join(", ")),
    };
    json!({ "deploymentGroupsInfo": found, "errorMessage": words })
}

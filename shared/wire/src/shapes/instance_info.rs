//! `InstanceInfo`: an on-premises instance.

use serde_json::{Value, json};
use spillway_domain::catalog::instance::{Identity, Instance};

use super::time;
use crate::Place;

/// How much of the id CodeDeploy's ARNs show.
const SUFFIX: usize = 10;

/// As it is shown.
pub(crate) fn render(instance: &Instance, place: &Place) -> Value {
    let suffix: String = instance.id.chars().filter(char::is_ascii_alphanumeric).take(SUFFIX).collect();
    let identity = match instance.identity {
        Identity::User(_) => "iamUserArn",
        Identity::Session(_) => "iamSessionArn",
    };
    let tags = instance.tags.iter().map(|tag| json!({ "Key": tag.key, "Value": tag.value }));
    let mut info = json!({
        "instanceName": instance.name.as_str(),
        identity: instance.identity.as_str(),
        "instanceArn": place.arn("codedeploy", &format!("instance/{}_{suffix}", instance.name)),
        "registerTime": time::render(instance.registered_at),
        "tags": tags.collect::<Vec<_>>(),
    });
    if let Some(at) = instance.deregistered_at {
        info["deregisterTime"] = time::render(at);
    }
    info
}

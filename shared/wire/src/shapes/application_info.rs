//! `ApplicationInfo`.

use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;

use super::{platform, time};

/// As it is shown.
pub(crate) fn render(application: &Application) -> Value {
    json!({
        "applicationId": application.id,
        "applicationName": application.name.as_str(),
        "createTime": time::render(application.created_at),
        "linkedToGitHub": false,
        "computePlatform": platform::text(application.platform),
    })
}

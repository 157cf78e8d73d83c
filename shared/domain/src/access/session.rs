//! The session under which a service role is assumed: for which application, and on behalf of what.

use serde::{Deserialize, Serialize};

use crate::deployment::record::Deployment;
use crate::names::{ApplicationName, DeploymentId, GroupName, RoleArn};
use crate::stack::resource::StackResource;

/// A service role as it is assumed. The session's name leads from the customer's trail back to the deployment, and its
/// tags let the role's trust policy say which application may use the role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoleSession {
    /// The role.
    pub role: RoleArn,
    /// The application that it is assumed for.
    pub application: ApplicationName,
    /// What it is assumed on behalf of.
    pub purpose: Purpose,
}

/// On behalf of what a service role is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// A deployment.
    Deployment {
        /// Its deployment group.
        group: GroupName,
        /// Its id.
        id: DeploymentId,
    },
    /// A resource of a CloudFormation stack.
    Stack {
        /// The deployment group that the resource belongs to.
        group: GroupName,
        /// The resource.
        resource: StackResource,
    },
    /// The lifecycle hooks of a deployment group in its Auto Scaling groups.
    LifecycleHooks {
        /// The deployment group.
        group: GroupName,
    },
    /// Several deployments of the application at once, as the sweep reads their alarms.
    Sweep,
}

/// The most characters of the name of a session.
const LONGEST_NAME: usize = 64;

impl RoleSession {
    /// The name of the session, within the length and the alphabet that STS allows.
    pub fn name(&self) -> String {
        match &self.purpose {
            Purpose::Deployment { id, .. } => id.to_string(),
            Purpose::Stack { resource, .. } => stack_session(resource),
            Purpose::LifecycleHooks { .. } => "spillway-lifecycle-hooks".to_owned(),
            Purpose::Sweep => "spillway-sweep".to_owned(),
        }
    }

    /// The tags of the session, as keys and values. STS allows no comma in a value, and a name of CodeDeploy's has no
    /// colon, so each comma becomes a colon and no two names become one.
    pub fn tags(&self) -> Vec<(&'static str, String)> {
        let value = |name: &str| name.replace(',', ":");
        let (group, id) = match &self.purpose {
            Purpose::Deployment { group, id } => (Some(group), Some(id)),
            Purpose::Stack { group, .. } | Purpose::LifecycleHooks { group } => (Some(group), None),
            Purpose::Sweep => (None, None),
        };
        let application = Some(("spillway:application", value(self.application.as_str())));
        let group = group.map(|group| ("spillway:deployment-group", value(group.as_str())));
        let id = id.map(|id| ("spillway:deployment", value(id.as_str())));
        [application, group, id].into_iter().flatten().collect()
    }
}

impl Deployment {
    /// The session in which the deployment's service role is assumed.
    pub fn session(&self) -> RoleSession {
        let spec = &self.spec;
        let purpose = Purpose::Deployment { group: spec.group.clone(), id: self.id.clone() };
        RoleSession { role: spec.role.clone(), application: spec.application.clone(), purpose }
    }
}

/// `<stack>.<logical id>`. Where both are too long, each keeps its beginning.
fn stack_session(resource: &StackResource) -> String {
    let allowed = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect()
    };
    let stack = allowed(resource.stack_name().unwrap_or(&resource.stack));
    let logical_id = allowed(&resource.logical_id);
    let room = LONGEST_NAME - 1;
    let of_stack = stack.len().min((room - room / 2).max(room.saturating_sub(logical_id.len())));
    let of_resource = logical_id.len().min(room - of_stack);
    format!("{}.{}", &stack[..of_stack], &logical_id[..of_resource])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(purpose: Purpose) -> RoleSession {
        RoleSession {
            role: "arn:aws:iam::111122223333:role/spillway-shop".parse().unwrap(),
            application: "shop,eu".parse().unwrap(),
            purpose,
        }
    }

    fn of_stack(stack: &str, logical_id: &str) -> String {
        let stack = format!("arn:aws:cloudformation:us-east-1:111122223333:stack/{stack}/f4c7b8a0-1111");
        let resource = StackResource { stack, logical_id: logical_id.to_owned() };
        session(Purpose::Stack { group: "orders".parse().unwrap(), resource }).name()
    }

    #[test]
    fn the_session_of_a_deployment_has_its_name_and_says_what_it_is_for() {
        let id = "d-75I7MBT7C".parse().unwrap();
        let session = session(Purpose::Deployment { group: "orders,a".parse().unwrap(), id });
        assert_eq!(session.name(), "d-75I7MBT7C");
        let tags = [
            ("spillway:application", "shop:eu"),
            ("spillway:deployment-group", "orders:a"),
            ("spillway:deployment", "d-75I7MBT7C"),
        ];
        assert_eq!(session.tags(), tags.map(|(key, value)| (key, value.to_owned())));
    }

    #[test]
    fn the_session_of_the_sweep_says_the_application_only() {
        let session = session(Purpose::Sweep);
        assert_eq!(session.name(), "spillway-sweep");
        assert_eq!(session.tags(), [("spillway:application", "shop:eu".to_owned())]);
    }

    #[test]
    fn the_session_of_a_stack_leads_to_the_stack_and_the_resource() {
        assert_eq!(of_stack("shop", "OrdersAliaslive"), "shop.OrdersAliaslive");
        let (long, longer) = ("s".repeat(128), "L".repeat(255));
        assert_eq!(of_stack(&long, "Alias"), format!("{}.Alias", &long[..58]));
        assert_eq!(of_stack("shop", &longer), format!("shop.{}", &longer[..59]));
        assert_eq!(of_stack(&long, &longer), format!("{}.{}", &long[..32], &longer[..31]));
        assert_eq!(of_stack("sh\u{f6}p", "A"), "sh-p.A");
    }
}

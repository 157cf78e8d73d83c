//! What Auto Scaling says of an instance that waits at a lifecycle hook.

use serde::Deserialize;
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleAction, LifecycleHook, Transition};

/// EventBridge's `EC2 Instance-launch Lifecycle Action` and `EC2 Instance-terminate Lifecycle Action`, as far as they are
/// read.
#[derive(Debug, Deserialize)]
pub struct LifecycleNotice {
    account: String,
    region: String,
    detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    auto_scaling_group_name: AutoScalingGroupName,
    lifecycle_hook_name: String,
    #[serde(rename = "EC2InstanceId")]
    instance: HostId,
    lifecycle_action_token: String,
    lifecycle_transition: String,
    #[serde(default)]
    notification_metadata: String,
}

impl LifecycleNotice {
    /// The instance and whose the hook is; `None` when it is of another account or Region, or the hook is not one of a
    /// deployment group.
    pub fn read(self, [_, own_region, own_account]: [&str; 3]) -> Option<(HookOwner, LifecycleAction)> {
        let Self { account, region, detail } = self;
        if (account.as_str(), region.as_str()) != (own_account, own_region) {
            return None;
        }
        let owner = detail.notification_metadata.parse().ok()?;
        let transition: Transition = detail.lifecycle_transition.parse().ok()?;
        let hook =
            LifecycleHook { group: detail.auto_scaling_group_name, name: detail.lifecycle_hook_name, transition };
        Some((owner, LifecycleAction { hook, instance: detail.instance, token: detail.lifecycle_action_token }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../events/take-lifecycle-action.json");

    fn read(sample: &str) -> Option<(HookOwner, LifecycleAction)> {
        serde_json::from_str::<LifecycleNotice>(sample).unwrap().read(["aws", "us-east-1", "123456789012"])
    }

    #[test]
    fn the_sample_is_an_instance_that_waits_for_its_deployment_group() {
        let (owner, action) = read(SAMPLE).unwrap();
        assert_eq!(owner.to_string(), "shop/6f1f2c7e-4a55-4f0e-9a9e-0d6c6a3d8b11");
        assert_eq!(action.instance.as_str(), "i-0a1b2c3d4e5f60718");
        assert_eq!(action.token, "87654321-4321-4321-4321-210987654321");
        assert_eq!(action.hook.group.as_str(), "shop-web");
        assert_eq!(action.hook.name, "Spillway-launch-6f1f2c7e-4a55-4f0e-9a9e-0d6c6a3d8b11");
        assert_eq!(action.hook.transition, Transition::Launching);
    }

    #[test]
    fn what_is_of_another_account_or_of_no_deployment_group_is_not_read() {
        let metadata = "shop/6f1f2c7e-4a55-4f0e-9a9e-0d6c6a3d8b11";
        for (from, to) in [
            ("\"account\": \"123456789012\"", "\"account\": \"999999999999\""),
            ("\"region\": \"us-east-1\"", "\"region\": \"eu-west-1\""),
            (metadata, "anything"),
            (metadata, ""),
            ("EC2_INSTANCE_LAUNCHING", "EC2_INSTANCE_REBOOTING"),
        ] {
            assert!(SAMPLE.contains(from), "{from}");
            assert_eq!(read(&SAMPLE.replace(from, to)), None, "{to}");
        }
    }
}

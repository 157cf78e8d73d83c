//! What is asked of a deployment: it never changes.

use serde::{Deserialize, Serialize};

use crate::{
    AlarmConfiguration, AliasName, ApplicationName, AutoRollback, Caller, ComputePlatform, ConfigName, DeploymentId,
    EcsTarget, Environment, EventName, FunctionName, GroupName, LifecycleEvent, RevisionLocation, RoleArn, Routing,
    Slot, Trigger, Version,
};

/// What was asked, with the group's settings as they were at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The application's name.
    pub application: ApplicationName,
    /// The application's UUID.
    pub application_id: String,
    /// The group's name.
    pub group: GroupName,
    /// The group's UUID.
    pub group_id: String,
    /// Where the store files what changes in the group with this deployment.
    pub slot: Slot,
    /// What is deployed to.
    #[serde(default)]
    pub platform: ComputePlatform,
    /// The group's environment: for ECS, its service, listeners, target groups, and waits.
    #[serde(default)]
    pub environment: Environment,
    /// The configuration's name.
    pub config: ConfigName,
    /// Its steps.
    pub routing: Routing,
    /// Where the revision is.
    pub revision: RevisionLocation,
    /// The revision of the group's last successful deployment.
    pub previous_revision: Option<RevisionLocation>,
    /// What the revision says.
    pub target: Target,
    /// The role with which the customer's resources are touched.
    pub role: RoleArn,
    /// The alarms that count for this deployment.
    pub alarms: AlarmConfiguration,
    /// The alarms that were given with it in place of the group's.
    pub override_alarms: Option<AlarmConfiguration>,
    /// The automatic rollback that counts for it.
    pub rollback: AutoRollback,
    /// The topics that are told.
    pub triggers: Vec<Trigger>,
    /// Whether a caller or an automatic rollback made it.
    pub creator: Creator,
    /// The caller that made it, where it is known.
    #[serde(default)]
    pub caller: Option<Caller>,
    /// The deployment that it rolls back.
    pub rolls_back: Option<DeploymentId>,
    /// The caller's words.
    pub description: Option<String>,
    /// Whether it deploys again what the group deployed last, so that no traffic has to move.
    #[serde(default)]
    pub restarts: bool,
}

/// What a revision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A Lambda alias.
    Lambda(LambdaTarget),
    /// An ECS service.
    Ecs(EcsTarget),
    /// Nothing that could be deployed; every violation, each with its place.
    Invalid(Vec<String>),
    /// It lies in S3, and has not been read yet.
    Unread,
}

/// A Lambda alias, and the versions between which its traffic moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaTarget {
    /// The function.
    pub function: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// The version that has the traffic.
    pub current: Version,
    /// The version that is to have it.
    pub target: Version,
    /// The hook before traffic moves.
    pub before: Option<FunctionName>,
    /// The hook after it has moved.
    pub after: Option<FunctionName>,
}

impl Target {
    /// What it is for a deployment that restarts what is deployed: from the target version to itself.
    pub fn restarted(self) -> Self {
        match self {
            Self::Lambda(target) => Self::Lambda(LambdaTarget { current: target.target, ..target }),
            Self::Ecs(_) | Self::Invalid(_) | Self::Unread => self,
        }
    }

    /// The hook of an event.
    pub fn hook(&self, event: EventName) -> Option<&FunctionName> {
        match (self, event) {
            (Self::Lambda(target), EventName::BeforeAllowTraffic) => target.before.as_ref(),
            (Self::Lambda(target), EventName::AfterAllowTraffic) => target.after.as_ref(),
            (Self::Ecs(target), event) => target.hooks.get(&event),
            (Self::Lambda(_) | Self::Invalid(_) | Self::Unread, _) => None,
        }
    }
}

impl LambdaTarget {
    /// By what the API names it: `<function>:<alias>`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.function.bare(), self.alias)
    }

    /// By what the alias is locked.
    pub fn address(&self, role: &RoleArn) -> String {
        self.function.address(&self.alias, role)
    }

    /// An AppSpec for this shift.
    pub fn appspec(&self) -> String {
        let hooks = [("BeforeAllowTraffic", &self.before), ("AfterAllowTraffic", &self.after)];
        let hooks = hooks.iter().filter_map(|(event, hook)| Some(format!(r#"{{"{event}":"{}"}}"#, hook.as_ref()?)));
        let hooks = hooks.collect::<Vec<_>>().join(",");
        let hooks = if hooks.is_empty() { hooks } else { format!(r#","Hooks":[{hooks}]"#) };
        format!(
            r#"{{"version":0.0,"Resources":[{{"{}":{{"Type":"AWS::Lambda::Function","Properties":{{"Name":"{}","Alias":"{}","CurrentVersion":"{}","TargetVersion":"{}"}}}}}}]{hooks}}}"#,
            self.function.bare(),
            self.function,
            self.alias,
            self.current,
            self.target
        )
    }
}

/// Who made a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creator {
    /// A caller.
    User,
    /// An automatic rollback.
    Rollback,
}

/// The events of a deployment, all still pending.
pub(crate) fn events_of(order: &Order) -> Vec<LifecycleEvent> {
    let tests = order.environment.load_balancer.pairs.iter().any(|pair| pair.test_listener.is_some());
    let names: &[EventName] = match order.platform {
        ComputePlatform::Lambda | ComputePlatform::Server => &EventName::OF_LAMBDA,
        ComputePlatform::Ecs => &EventName::ALL,
    };
    let names = names.iter().filter(|event| tests || !event.is_of_test_traffic());
    names.copied().map(LifecycleEvent::pending).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_has_one_address_however_its_function_is_spelled() {
        let role: RoleArn = "arn:aws:iam::111122223333:role/deployer".parse().unwrap();
        let address = |function: &str| {
            let target = LambdaTarget {
                function: function.parse().unwrap(),
                alias: "live".parse().unwrap(),
                current: "1".parse().unwrap(),
                target: "2".parse().unwrap(),
                before: None,
                after: None,
            };
            target.address(&role)
        };
        for function in [
            "orders",
            "orders:live",
            "111122223333:function:orders",
            "111122223333:function:orders:live",
            "arn:aws:lambda:us-east-1:111122223333:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:orders:7",
        ] {
            assert_eq!(address(function), "111122223333/orders/live", "{function}");
        }
        for other in ["arn:aws:lambda:us-east-1:444455556666:function:orders", "444455556666:function:orders"] {
            assert_eq!(address(other), "444455556666/orders/live", "{other}");
        }
        assert_ne!(address("orders-2"), address("orders"));
    }
}

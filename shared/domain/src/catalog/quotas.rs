//! How much of everything there may be: CodeDeploy's quotas, in one table.

use std::str::FromStr;

macro_rules! quotas {
    ($($(#[$doc:meta])* $field:ident $name:literal = $default:literal, at most $most:literal;)+) => {
        /// The quotas of an installation: CodeDeploy's, but for those that it was given in their place.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Quotas {
            $($(#[$doc])* pub $field: usize,)+
        }

        impl Default for Quotas {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        /// Every quota: its name, what it is by default, and the most that it may be.
        const TABLE: &[(&str, usize, usize)] = &[$(($name, $default, $most),)+];

        impl Quotas {
            fn find(&mut self, name: &str) -> Option<&mut usize> {
                match name {
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

quotas! {
    /// Applications of the account and Region.
    applications "Applications" = 1000, at most 100_000;
    /// Deployment groups of an application.
    groups "GroupsPerApplication" = 1000, at most 100_000;
    /// Deployment configurations that somebody made.
    configs "DeploymentConfigs" = 200, at most 100_000;
    /// Deployments of the account and Region that are active at once.
    active_deployments "ActiveDeployments" = 1000, at most 100_000;
    /// Alarms of a deployment group. Each is an item of the transaction that creates a deployment, which has room for
    /// a hundred.
    alarms "AlarmsPerGroup" = 50, at most 90;
    /// Triggers of a deployment group.
    triggers "TriggersPerGroup" = 10, at most 100;
    /// Auto Scaling groups of a deployment group.
    auto_scaling_groups "AutoScalingGroupsPerGroup" = 10, at most 100;
    /// Tag filters of a deployment group, of each kind.
    tag_filters "TagFiltersPerGroup" = 10, at most 100;
    /// Groups of tag filters in a tag set.
    tag_groups "TagGroupsPerSet" = 3, at most 100;
    /// Load balancers, and target groups, of a deployment group for servers.
    load_balancers "LoadBalancersPerGroup" = 10, at most 100;
    /// Tags of a resource.
    tags "TagsPerResource" = 50, at most 50;
    /// Characters of a description.
    description "DescriptionCharacters" = 512, at most 2048;
    /// Applications in one BatchGetApplications.
    batch_applications "BatchGetApplications" = 100, at most 100;
    /// Groups in one BatchGetDeploymentGroups.
    batch_groups "BatchGetDeploymentGroups" = 100, at most 100;
    /// Deployments in one BatchGetDeployments.
    batch_deployments "BatchGetDeployments" = 25, at most 100;
    /// Targets in one BatchGetDeploymentTargets, and instances in one BatchGetDeploymentInstances.
    batch_targets "BatchGetDeploymentTargets" = 25, at most 100;
    /// Revisions in one BatchGetApplicationRevisions.
    batch_revisions "BatchGetApplicationRevisions" = 25, at most 100;
    /// Instances in one call that names on-premises instances.
    batch_instances "BatchGetOnPremisesInstances" = 25, at most 100;
    /// Hosts of a deployment.
    instances "InstancesPerDeployment" = 1000, at most 10_000;
    /// Tags of an on-premises instance.
    instance_tags "TagsPerOnPremisesInstance" = 10, at most 50;
}

/// Quotas that cannot be read: what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadQuotas(String);

/// `Name=number`, separated by commas; those that are not named stay as they are. `none` names none.
impl FromStr for Quotas {
    type Err = BadQuotas;

    fn from_str(text: &str) -> Result<Self, BadQuotas> {
        let mut quotas = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "none") {
            let Some((name, number)) = part.split_once('=') else {
                return Err(BadQuotas(format!("'{part}' is not of the form Name=number")));
            };
            let (name, number) = (name.trim(), number.trim());
            let Some((_, default, most)) = TABLE.iter().find(|(known, ..)| *known == name) else {
                let names: Vec<&str> = TABLE.iter().map(|(name, ..)| *name).collect();
                return Err(BadQuotas(format!("'{name}' is not a quota; there are {}", names.join(", "))));
            };
            match (quotas.find(name), number.parse()) {
                (Some(quota), Ok(number)) if (1..=*most).contains(&number) => *quota = number,
                _ => {
                    return Err(BadQuotas(format!(
                        "'{number}' does not fit {name}, which is {default} by default and may be from 1 to {most}"
                    )));
                }
            }
        }
        Ok(quotas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_as_codedeploy_has_it() {
        let quotas: Quotas = "Applications=2000, AlarmsPerGroup=60".parse().unwrap();
        assert_eq!(quotas, Quotas { applications: 2000, alarms: 60, ..Quotas::default() });
        for nothing in ["", "none", " , "] {
            assert_eq!(nothing.parse(), Ok(Quotas::default()));
        }
    }

    #[test]
    fn every_quota_can_be_named() {
        for (name, default, most) in TABLE {
            assert!((1..=*most).contains(default), "{name}");
            assert_eq!(Quotas::default().find(name).map(|quota| *quota), Some(*default), "{name}");
        }
    }

    #[test]
    fn what_is_no_quota_is_told_what_is() {
        let words = |text: &str| text.parse::<Quotas>().unwrap_err().to_string();
        assert_eq!(words("Alarms"), "'Alarms' is not of the form Name=number");
        assert!(
            words("Alarms=3").starts_with("'Alarms' is not a quota; there are Applications, GroupsPerApplication,")
        );
        for bad in ["0", "91", "-1", "many", ""] {
            assert_eq!(
                words(&format!("AlarmsPerGroup={bad}")),
                format!("'{bad}' does not fit AlarmsPerGroup, which is 50 by default and may be from 1 to 90")
            );
        }
    }
}

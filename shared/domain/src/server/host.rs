//! A host, as it was found when a deployment began.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{fits_name_rule, text_type};

text_type!(
    /// By what the API names a host: the id of an EC2 instance, or the name of an on-premises instance.
    HostId,
    "host id",
    "1 to 100 letters, digits or any of . _ + = , @ -",
    |text| fits_name_rule(text)
);

text_type!(
    /// What the agent of a host calls the host.
    HostIdentifier,
    "host identifier",
    "an ARN of at most 640 characters",
    |text| (1..=640).contains(&text.len()) && text.starts_with("arn:") && text.chars().all(|c| c.is_ascii_graphic())
);

impl HostId {
    /// Whether it is an EC2 instance. No on-premises instance may have such a name.
    pub fn is_of_ec2(&self) -> bool {
        self.as_str().starts_with("i-")
    }
}

/// A host that a deployment has selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// By what the API names it.
    pub id: HostId,
    /// Its ARN.
    pub arn: String,
    /// What its agent calls it: the ARN of an EC2 instance, the IAM user or session of an on-premises instance.
    pub identifier: HostIdentifier,
    /// Who its agent must be, on every call.
    pub principal: Principal,
    /// Its Availability Zone; on-premises instances have none.
    pub zone: Option<String>,
    /// Its Auto Scaling group.
    pub auto_scaling_group: Option<String>,
    /// What the deployment group knew of it.
    pub standing: Standing,
    /// When its agent last asked for work; `None` when it never has.
    pub seen_at: Option<Timestamp>,
    /// When its agent said that it stops, unless it was seen since.
    pub stopped_at: Option<Timestamp>,
    /// Whether it was launched a moment ago and waits for this deployment, so that its agent may have to be installed first.
    #[serde(default)]
    pub was_launched: bool,
    /// Whether a load balancer had it when it was selected to leave the traffic.
    #[serde(default)]
    pub had_traffic: bool,
}

/// Who the agent of a host must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// A session of a role of the instance's profile, which EC2 names after the instance.
    InstanceProfile {
        /// The names of the roles that the profile had.
        roles: Vec<String>,
    },
    /// The IAM user or the session that was registered.
    Registered(String),
}

/// What the deployment group knew of a host before the deployment. Hosts are worked on in this order, so that a host
/// which serves well is the last that is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// The last deployment to it failed.
    Unhealthy,
    /// Nothing was deployed to it by this group.
    Unknown,
    /// It has a revision, and not the group's last one.
    Old,
    /// It has the revision that the group deployed last.
    Current,
}

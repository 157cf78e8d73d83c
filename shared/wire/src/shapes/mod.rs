//! CodeDeploy's shapes, each in the form in which it is given and the form in which it is shown.

pub(crate) mod alarm_configuration;
pub(crate) mod application_info;
pub(crate) mod auto_rollback;
pub(crate) mod deployment_config_info;
pub(crate) mod deployment_group_info;
pub(crate) mod deployment_info;
pub(crate) mod deployment_style;
pub(crate) mod group_settings;
pub(crate) mod lambda_target;
pub(crate) mod minimum_healthy_hosts;
pub(crate) mod platform;
pub(crate) mod revision_location;
pub(crate) mod tags;
pub(crate) mod time;
pub(crate) mod traffic_routing;
pub(crate) mod triggers;

//! What the errors of deployments to hosts say of the hosts.

use crate::deployment::spec::{DeploymentSpec, Target};
use crate::server::progress::HostFailure;
use crate::server::target::ServerTarget;

/// Which hosts there are none of.
pub(crate) fn unfound(spec: &DeploymentSpec) -> String {
    match (is_blue_green(spec), &spec.rolls_back) {
        (false, _) => format!(
            "No EC2 instance, no on-premises instance and no member of an Auto Scaling group fits the settings of \
             deployment group {}.",
            spec.group
        ),
        (true, None) => {
            "No EC2 instance and no member of an Auto Scaling group fits the targetInstances of the deployment."
                .to_owned()
        }
        (true, Some(_)) => "No original instance is left, so the replacement keeps the traffic.".to_owned(),
    }
}

/// How long a deployment may take.
pub(crate) fn limit(spec: &DeploymentSpec) -> &'static str {
    if is_blue_green(spec) {
        "a blue/green deployment to hosts may take 13 hours beside its waits"
    } else {
        "a deployment in place may take 8 hours"
    }
}

/// The hosts that failed, each with its reason.
pub(crate) fn failures(failures: &[HostFailure]) -> String {
    failures.iter().map(|failure| format!(" {}: {}.", failure.host, failure.reason)).collect()
}

fn is_blue_green(spec: &DeploymentSpec) -> bool {
    matches!(&spec.target, Target::Server(ServerTarget { replacement: Some(_), .. }))
}

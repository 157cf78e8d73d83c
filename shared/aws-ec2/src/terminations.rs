//! The end of instances.

use spillway_aws_core::{code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_engine::ports::hosts::Terminations;

use crate::query::{Operation, ask};
use crate::{Fleets, IDS_PER_CALL};

impl Terminations for Fleets {
    async fn terminate(&self, session: &RoleSession, ids: &[HostId]) -> Result<(), Problem> {
        let config = &self.roles.config(session);
        for ids in ids.chunks(IDS_PER_CALL) {
            let fields = (1..).zip(ids).map(|(number, id)| (format!("InstanceId.{number}"), id.to_string())).collect();
            let terminated = Box::pin(ask(config, Operation::TerminateInstances, fields)).await;
            terminated.map_err(|error| problem("ec2:TerminateInstances", &error))?;
        }
        Ok(())
    }

    async fn empty(&self, session: &RoleSession, group: &AutoScalingGroupName) -> Result<(), Problem> {
        let what = format!("autoscaling:UpdateAutoScalingGroup of {group}");
        let mut fields = vec![("AutoScalingGroupName".to_owned(), group.to_string())];
        fields.extend(["MinSize", "DesiredCapacity"].map(|name| (name.to_owned(), "0".to_owned())));
        match Box::pin(ask(&self.roles.config(session), Operation::UpdateAutoScalingGroup, fields)).await {
            Ok(_) => Ok(()),
            // The one error code that Auto Scaling has for what is not there: these fields are valid.
            Err(error) if code(&error) == Some("ValidationError") => Ok(()),
            Err(error) => Err(problem(&what, &error)),
        }
    }
}

//! Set lifecycle hook: puts a lifecycle hook of a deployment group into an Auto Scaling group, or deletes it there.

use spillway_aws_core::Roles;
use spillway_aws_ec2::AutoScaling;
use spillway_engine::server::set_lifecycle_hook::{HookChange, set_lifecycle_hook};
use spillway_runtime::{Failure, Invocation, aws, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let auto_scaling = AutoScaling::new(&Roles::new(&aws()?));
    run(async |change: HookChange, _: Invocation| set_lifecycle_hook(&auto_scaling, &change).await).await
}

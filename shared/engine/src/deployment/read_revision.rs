//! Read revision: fetches an AppSpec that lies in S3, as the service role.

use jiff::Timestamp;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::problem::Problem;

use crate::deployment::task::{DeploymentRef, Note, amend, load};
use crate::ports::customer::Objects;
use crate::ports::deployments::Deployments;

/// Reads the revision of a deployment, of at most `most` bytes, and records what it says, which `read` understands. A
/// revision that has been read is not read again: what is deployed stays what it was when the deployment began.
pub async fn read_revision(
    deployments: &impl Deployments,
    objects: &impl Objects,
    read: impl Fn(&str, ComputePlatform) -> Target,
    most: usize,
    subject: &DeploymentRef,
    now: Timestamp,
) -> Result<(), Problem> {
    let record = load(deployments, &subject.deployment_id).await?;
    let (Target::Unread, RevisionLocation::S3(object)) = (&record.spec.target, &record.spec.revision) else {
        return Ok(());
    };
    let text = objects.read(&record.session(), object, most).await?;
    let target = read(&text, record.spec.platform);
    let obstacle = obstacle(deployments, &record, &target).await?;
    let change = |record: &mut Deployment| {
        record.set_target(target.clone(), obstacle.clone(), now).then(|| {
            let seen = format!("revision: {} bytes of s3://{}/{}", text.len(), object.bucket, object.key);
            Note { seen, decided: "ReadRevision", why: "The AppSpec was read.".to_owned() }
        })
    };
    amend(deployments, &subject.deployment_id, change).await.map(|_| ())
}

/// The deployment that has the alias, if it is another one. Who takes it after this look is met by the save.
async fn obstacle(
    deployments: &impl Deployments,
    record: &Deployment,
    target: &Target,
) -> Result<Option<Cause>, Problem> {
    let Target::Lambda(target) = target else { return Ok(None) };
    let holder = deployments.holder(&target.address(&record.spec.role)).await?.filter(|holder| *holder != record.id);
    let Some(holder) = holder else { return Ok(None) };
    let holder = load(deployments, &holder).await?;
    Ok(Some(Cause::AliasBusy(format!(
        "Deployment {} of deployment group {} (application {}) deploys to alias {} of function {}, and an alias has one \
         deployment at a time. Wait until {} has ended, or stop it, and deploy again.",
        holder.id,
        holder.spec.group,
        holder.spec.application,
        target.alias,
        target.function.bare(),
        holder.id
    ))))
}

//! Read revision: fetches an AppSpec that lies in S3, as the service role.

use jiff::Timestamp;
use spillway_domain::{ComputePlatform, Deployment, Problem, RevisionLocation, Target};

use crate::task::{amend, load};
use crate::{Deployments, Objects, Subject};

/// Reads the revision of a deployment, of at most `most` bytes, and records what it says, which `read` understands. A
/// revision that has been read is not read again: what is deployed stays what it was when the deployment began.
pub async fn read_revision(
    deployments: &impl Deployments,
    objects: &impl Objects,
    read: impl Fn(&str, ComputePlatform) -> Target,
    most: usize,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), Problem> {
    let record = load(deployments, &subject.deployment_id).await?;
    let (Target::Unread, RevisionLocation::S3(object)) = (&record.order.target, &record.order.revision) else {
        return Ok(());
    };
    let text = objects.read(&record.session(), object, most).await?;
    let target = read(&text, record.order.platform);
    let change = |record: &mut Deployment| {
        record.understand(target.clone(), now).then(|| {
            let seen = format!("revision: {} bytes of s3://{}/{}", text.len(), object.bucket, object.key);
            (seen, "ReadRevision", "The AppSpec was read.".to_owned())
        })
    };
    amend(deployments, &subject.deployment_id, change).await.map(|_| ())
}

//! Announce: tells of the start, of the wait to be continued, or of the end.

use jiff::Timestamp;
use spillway_domain::deployment::record::{Deployment, NotificationKind};
use spillway_domain::problem::Problem;

use crate::deployment::count_targets::count_targets;
use crate::deployment::task::{DeploymentRef, Note, amend, load};
use crate::ports::customer::Notices;
use crate::ports::deployments::Deployments;
use crate::ports::executions::{Waiters, Wakes};
use crate::ports::hosts::HostWorks;

/// Tells first and notes it afterwards, so that a crash in between tells twice rather than never. The end is news for
/// the executions that wait for it, too.
pub async fn announce(
    deployments: &(impl Deployments + Waiters + HostWorks),
    notices: &impl Notices,
    wakes: &impl Wakes,
    subject: &DeploymentRef,
    now: Timestamp,
) -> Result<(), Problem> {
    let id = &subject.deployment_id;
    let record = load(deployments, id).await?;
    let (notification, told) = record.notification();
    if told {
        return Ok(());
    }
    if notification == NotificationKind::End {
        for token in deployments.waiters(id).await? {
            wakes.wake(&token).await?;
        }
    }
    let untold = notices.tell(&count_targets(deployments, record).await?).await;
    let change = |record: &mut Deployment| {
        if record.notification().0 != notification {
            return None;
        }
        record.undelivered.extend_from_slice(&untold);
        let seen = if untold.is_empty() { "news: told".to_owned() } else { format!("news: {}", untold.join(" ")) };
        record.told(now);
        let what = match notification {
            NotificationKind::Start => "start",
            NotificationKind::Ready => "wait to be continued",
            NotificationKind::End => "end",
        };
        Some(Note { seen, decided: "Announced", why: format!("Notified the triggers and EventBridge of the {what}.") })
    };
    amend(deployments, id, change).await.map(|_| ())
}

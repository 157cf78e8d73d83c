//! Those who look on while a deployment runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_codedeploy::types::{DeploymentInfo, DeploymentStatus, LifecycleEventStatus};

use super::display::{Display, View};
use super::platform::Platform;
use super::routing::percent;
use super::stage::{Stage, Target};
use super::traffic::{Call, Traffic, by_version};

/// How often the deployment is asked how it is.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How long a deployment may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A deployment that is looked at.
#[derive(Clone, Copy)]
pub(super) struct Watched<'a> {
    pub id: &'a str,
    /// The version that is to have all traffic in the end.
    pub version: &'a str,
    /// Whether it rolls another one back.
    pub rolls_back: bool,
}

/// They see a deployment, and the callers.
pub(super) struct Audience<'a> {
    pub platform: Platform,
    pub stage: &'a Arc<Stage>,
    pub display: &'a Display,
    pub traffic: &'a Traffic,
    pub created: Instant,
}

impl Audience<'_> {
    /// Shows how a deployment is until it has ended, and tells every change.
    pub async fn until_ended(&self, watched: Watched<'_>) -> anyhow::Result<(DeploymentInfo, Target)> {
        let (began, mut told) = (Instant::now(), None);
        loop {
            let (info, target) = self.ask(watched).await?;
            let view = self.view(&info, &target, watched.version);
            if told.as_ref() != Some(&view.words()) {
                self.display.line(&format!("{:>6.1} s  {}", self.created.elapsed().as_secs_f64(), view.words()));
                told = Some(view.words());
            }
            self.display.show(&view);
            let status = info.status().cloned();
            if matches!(
                status,
                Some(DeploymentStatus::Succeeded | DeploymentStatus::Failed | DeploymentStatus::Stopped)
            ) {
                self.display.clear();
                return Ok((info, target));
            }
            if began.elapsed() > PATIENCE {
                let (id, seconds) = (watched.id, PATIENCE.as_secs());
                bail!("deployment {id} has not ended within {seconds} s; it says: {}", view.note);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn ask(&self, watched: Watched<'_>) -> anyhow::Result<(DeploymentInfo, Target)> {
        let id = watched.id;
        let request = self.stage.codedeploy.get_deployment().deployment_id(id);
        let (info, target) = tokio::join!(request.send(), self.stage.target(watched));
        let info = info.with_context(|| format!("GetDeployment of {id} was refused"))?.deployment_info;
        Ok((info.context("GetDeployment answered nothing")?, target?))
    }

    fn view(&self, info: &DeploymentInfo, target: &Target, version: &str) -> View {
        let under_way = target.events.iter().find(|event| event.status() == Some(&LifecycleEventStatus::InProgress));
        let status = info.status().map_or("", DeploymentStatus::as_str);
        View {
            stage: under_way.and_then(|event| event.lifecycle_event_name()).unwrap_or(status).to_owned(),
            stage_width: self.platform.stage_width(),
            version: version.to_owned(),
            share: percent(target.share),
            note: info.deployment_status_messages().first().cloned().unwrap_or_default(),
            seconds: self.created.elapsed().as_secs_f64(),
            callers: callers_now(&self.traffic.since(Instant::now() - Duration::from_secs(2))),
        }
    }
}

/// What the callers see at the moment.
fn callers_now(calls: &[Call]) -> String {
    let counts = by_version(calls);
    let all = counts.values().sum::<usize>().max(1);
    let shares = counts.iter().map(|(version, n)| format!("version {version} {:.0} %", 100.0 * *n as f64 / all as f64));
    shares.collect::<Vec<_>>().join(", ")
}

//! One scene: a deployment under traffic, from its first moment until everything about it is over.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_codedeploy::types::{DeploymentInfo, DeploymentStatus};

use super::audience::{Audience, Watched};
use super::callers::{Period, periods};
use super::checks::Check;
use super::display::Display;
use super::execution::Execution;
use super::platform::Platform;
use super::routing::{Change, Routing, Watch, to_milliseconds};
use super::stage::{Seen, Stage, Target};
use super::traffic::{Call, Traffic};

/// How long the callers are watched before it and after it.
const MARGIN: Duration = Duration::from_millis(1500);

/// What is played.
pub(super) struct Scene {
    /// What is deployed to.
    pub platform: Platform,
    /// A name for it.
    pub name: &'static str,
    /// What is going to happen.
    pub announcement: &'static str,
    /// The version that is deployed.
    pub target: &'static str,
    /// The deployment configuration.
    pub config: &'static str,
    /// Whether the AppSpec names hooks.
    pub with_hooks: bool,
    /// How long after the first step the alarm goes off, if it does.
    pub alarm_after: Option<Duration>,
    /// How often the routing is looked at.
    pub look_every: Duration,
    /// What has to be seen.
    pub claims: fn(&Played) -> Vec<Check>,
}

/// A deployment that is over.
pub(super) struct Ended {
    pub info: DeploymentInfo,
    pub target: Target,
    pub execution: Execution,
}

/// What was seen of a scene.
pub(super) struct Played {
    pub scene: &'static Scene,
    /// The version that had all traffic before.
    pub original: String,
    pub deployment: Ended,
    /// The deployment that rolled it back.
    pub rollback: Option<Ended>,
    /// What was deployed to, before and after.
    pub before: Seen,
    pub after: Seen,
    /// The changes of the routing, after the seconds that follow CreateDeployment.
    pub shifts: Vec<(f64, Routing)>,
    pub periods: Vec<Period>,
    /// Calls that were under way while the routing changed, and so belong to no period.
    pub between: usize,
    /// How many calls the version that was deployed has answered, in all.
    pub met: usize,
    pub alarm: Option<Alarm>,
}

/// An alarm that went off, and how long things took from just before it was set.
pub(super) struct Alarm {
    /// Until the routing was seen restored.
    pub to_restored: Duration,
    /// Until the end of the last call that the version answered that was deployed, if it answered one.
    pub to_last_call: Option<Duration>,
}

impl Played {
    /// What sends the callers to one version or the other.
    pub fn router(&self) -> &'static str {
        self.scene.platform.router()
    }
}

impl Ended {
    pub fn id(&self) -> &str {
        self.info.deployment_id().unwrap_or_default()
    }

    pub fn status(&self) -> &str {
        self.info.status().map_or("none", DeploymentStatus::as_str)
    }

    pub fn rollback_message(&self) -> &str {
        self.info.rollback_info().and_then(|info| info.rollback_message()).unwrap_or_default()
    }
}

/// Plays a scene.
pub(super) async fn play(stage: &Arc<Stage>, display: &Display, scene: &'static Scene) -> anyhow::Result<Played> {
    let before = stage.look().await?;
    let router = scene.platform.router();
    let original = before.routing.only();
    let original = original.with_context(|| format!("before {}, the {router} sends {}", scene.name, before.routing))?;
    let traffic = Traffic::start(stage);
    let watch = Watch::start(stage, scene.look_every).await?;
    tokio::time::sleep(MARGIN).await;

    let created = Instant::now();
    let id = stage.deploy(original, scene.target, scene.config, scene.with_hooks).await?;
    display.line(&format!("  {id} deploys version {} over version {original}, {}", scene.target, scene.config));
    let audience = Audience { platform: scene.platform, stage, display, traffic: &traffic, created };
    let is_over = Cell::new(false);
    let ended = async {
        let ended = audience.until_ended(Watched { id: &id, version: scene.target, rolls_back: false }).await;
        is_over.set(true);
        ended
    };
    let alarm = raise_alarm(&audience, &watch, scene, original, &is_over);
    let (ended, alarm) = tokio::try_join!(ended, alarm)?;
    let deployment = close(stage, scene, &id, ended).await?;
    let rollback = follow_rollback(&audience, scene, &deployment, original).await?;
    tokio::time::sleep(MARGIN).await;

    let (changes, calls) = (watch.changes(), traffic.since(created - MARGIN));
    let (periods, between) = periods(&changes, &calls, created, original, scene.target);
    Ok(Played {
        scene,
        original: original.to_owned(),
        deployment,
        rollback,
        after: stage.look().await?,
        shifts: shifts(&changes, created),
        periods,
        between,
        met: answered_by(&calls, scene.target).count(),
        alarm: alarm.map(|(set, restored)| Alarm {
            to_restored: restored - set,
            to_last_call: answered_by(&calls, scene.target).map(|call| call.ended).max().map(|last| last - set),
        }),
        before: before.clone(),
    })
}

/// Waits for the end of the deployment that rolls another one back, if there is one.
async fn follow_rollback(
    audience: &Audience<'_>,
    scene: &'static Scene,
    deployment: &Ended,
    original: &str,
) -> anyhow::Result<Option<Ended>> {
    let info = deployment.info.rollback_info();
    let Some(id) = info.and_then(|info| info.rollback_deployment_id()) else { return Ok(None) };
    audience.display.line(&format!("  {id} rolls it back"));
    let ended = audience.until_ended(Watched { id, version: original, rolls_back: true }).await?;
    Ok(Some(close(audience.stage, scene, id, ended).await?))
}

async fn close(stage: &Stage, scene: &Scene, id: &str, ended: (DeploymentInfo, Target)) -> anyhow::Result<Ended> {
    let execution = Execution::of(stage, id, scene).await?;
    Ok(Ended { info: ended.0, target: ended.1, execution })
}

/// Sets the alarm off in mid-shift, and waits until the routing is back. Answers when it was set, and when the routing
/// was seen restored. Nothing is measured when there is no alarm in the scene, or the deployment is over before its
/// first step.
async fn raise_alarm(
    audience: &Audience<'_>,
    watch: &Watch,
    scene: &Scene,
    original: &str,
    is_over: &Cell<bool>,
) -> anyhow::Result<Option<(Instant, Instant)>> {
    let Some(wait) = scene.alarm_after else { return Ok(None) };
    while watch.last().is_none_or(|last| last.routing.only().is_some()) {
        if is_over.get() {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(wait).await;
    let seconds = audience.created.elapsed().as_secs_f64();
    audience.display.line(&format!("{seconds:>6.1} s  the alarm orders-errors goes off"));
    let set = Instant::now();
    audience.stage.set_alarm(StateValue::Alarm, &format!("Callers get errors from version {}.", scene.target)).await?;
    Ok(Some((set, watch.restored(original).await?)))
}

/// The changes of the routing since then, each with its time.
fn shifts(changes: &[Change], created: Instant) -> Vec<(f64, Routing)> {
    let later = changes.iter().skip(1);
    later
        .map(|change| (to_milliseconds(change.by.duration_since(created).as_secs_f64()), change.routing.clone()))
        .collect()
}

fn answered_by<'a>(calls: &'a [Call], version: &str) -> impl Iterator<Item = &'a Call> {
    calls.iter().filter(move |call| call.version.as_deref() == Some(version))
}

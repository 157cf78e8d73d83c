//! One scene: a deployment under traffic, from its first moment until everything about it is over.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_codedeploy::types::{DeploymentInfo, DeploymentStatus, LambdaTarget, LifecycleEventStatus};

use super::callers::{Period, periods};
use super::checks::Check;
use super::display::{Display, View};
use super::execution::Execution;
use super::routing::{Change, Routing, Watch, percent, to_milliseconds};
use super::stage::{ALIAS, FUNCTION, Stage};
use super::traffic::{Call, Traffic};

/// How often the deployment is asked how it is.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How long the callers are watched before it and after it.
const MARGIN: Duration = Duration::from_millis(1500);
const PATIENCE: Duration = Duration::from_secs(60);

/// What is played.
pub(super) struct Scene {
    /// A name for it.
    pub name: &'static str,
    /// What is going to happen.
    pub announcement: &'static str,
    /// The version that is deployed.
    pub target: &'static str,
    /// The deployment configuration.
    pub config: &'static str,
    /// Whether the AppSpec names the two hooks.
    pub with_hooks: bool,
    /// How long after the first step the alarm goes off, if it does.
    pub alarm_after: Option<Duration>,
    /// How often the alias is looked at.
    pub look_every: Duration,
    /// What has to be seen.
    pub claims: fn(&Played) -> Vec<Check>,
}

/// A deployment that is over.
pub(super) struct Ended {
    pub info: DeploymentInfo,
    pub target: LambdaTarget,
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
    /// The alias before and after, each with the id of its revision.
    pub before: (Routing, String),
    pub after: (Routing, String),
    /// The changes of the alias, after the seconds that follow CreateDeployment.
    pub shifts: Vec<(f64, Routing)>,
    pub periods: Vec<Period>,
    /// Calls that were under way while the alias changed, and so belong to no period.
    pub between: usize,
    /// From just before the alarm was set until the alias was seen restored.
    pub alarm_to_restored: Option<Duration>,
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
    let before = stage.alias().await?;
    let original = before.0.only().with_context(|| format!("before {}, the alias sends {}", scene.name, before.0))?;
    let traffic = Traffic::start(&stage.lambda);
    let watch = Watch::start(stage, scene.look_every).await?;
    tokio::time::sleep(MARGIN).await;

    let created = Instant::now();
    let id = stage.deploy(original, scene.target, scene.config, scene.with_hooks).await?;
    display.line(&format!("  {id} deploys version {} over version {original}, {}", scene.target, scene.config));
    let audience = Audience { stage, display, traffic: &traffic, created };
    let is_over = Cell::new(false);
    let ended = async {
        let ended = audience.until_ended(&id).await;
        is_over.set(true);
        ended
    };
    let alarm = raise_alarm(&audience, &watch, scene, original, &is_over);
    let (ended, alarm_to_restored) = tokio::try_join!(ended, alarm)?;
    let rolled_back_by = ended.0.rollback_info().and_then(|info| info.rollback_deployment_id()).map(str::to_owned);
    let deployment = close(stage, &id, ended, scene.config).await?;
    let rollback = match rolled_back_by {
        None => None,
        Some(id) => {
            display.line(&format!("  {id} rolls it back"));
            let ended = audience.until_ended(&id).await?;
            Some(close(stage, &id, ended, "").await?)
        }
    };
    tokio::time::sleep(MARGIN).await;

    let (changes, calls) = (watch.changes(), traffic.since(Instant::now() - PATIENCE * 2));
    let (periods, between) = periods(&changes, &calls, created, original, scene.target);
    Ok(Played {
        scene,
        original: original.to_owned(),
        deployment,
        rollback,
        after: stage.alias().await?,
        shifts: shifts(&changes, created),
        periods,
        between,
        alarm_to_restored,
        before: before.clone(),
    })
}

async fn close(stage: &Stage, id: &str, ended: (DeploymentInfo, LambdaTarget), config: &str) -> anyhow::Result<Ended> {
    let execution = Execution::of(stage, id, config).await?;
    Ok(Ended { info: ended.0, target: ended.1, execution })
}

/// Sets the alarm off in mid-shift, and measures how long it takes until the alias is back. Nothing is measured when
/// there is no alarm in the scene, or the deployment is over before its first step.
async fn raise_alarm(
    audience: &Audience<'_>,
    watch: &Watch,
    scene: &Scene,
    original: &str,
    is_over: &Cell<bool>,
) -> anyhow::Result<Option<Duration>> {
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
    let restored = watch.restored(original).await?;
    Ok(Some(restored - set))
}

/// The changes of the alias since then, each with its time.
fn shifts(changes: &[Change], created: Instant) -> Vec<(f64, Routing)> {
    let later = changes.iter().skip(1);
    later
        .map(|change| (to_milliseconds(change.by.duration_since(created).as_secs_f64()), change.routing.clone()))
        .collect()
}

/// Those who look on while a deployment runs.
struct Audience<'a> {
    stage: &'a Stage,
    display: &'a Display,
    traffic: &'a Traffic,
    created: Instant,
}

impl Audience<'_> {
    /// Shows how a deployment is until it has ended, and tells every change.
    async fn until_ended(&self, id: &str) -> anyhow::Result<(DeploymentInfo, LambdaTarget)> {
        let (began, mut told) = (Instant::now(), None);
        loop {
            let (info, target) = self.ask(id).await?;
            let view = self.view(&info, &target);
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
                bail!("deployment {id} has not ended within {} s; it says: {}", PATIENCE.as_secs(), view.note);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn ask(&self, id: &str) -> anyhow::Result<(DeploymentInfo, LambdaTarget)> {
        let client = &self.stage.codedeploy;
        let target = client.get_deployment_target().deployment_id(id).target_id(format!("{FUNCTION}:{ALIAS}"));
        let (info, target) = tokio::join!(client.get_deployment().deployment_id(id).send(), target.send());
        let info = info.with_context(|| format!("GetDeployment of {id} was refused"))?.deployment_info;
        let target = target.with_context(|| format!("GetDeploymentTarget of {id} was refused"))?.deployment_target;
        let target = target.and_then(|target| target.lambda_target);
        Ok((info.context("GetDeployment answered nothing")?, target.context("GetDeploymentTarget answered nothing")?))
    }

    fn view(&self, info: &DeploymentInfo, target: &LambdaTarget) -> View {
        let under_way =
            target.lifecycle_events().iter().find(|event| event.status() == Some(&LifecycleEventStatus::InProgress));
        let status = info.status().map_or("", DeploymentStatus::as_str);
        let function = target.lambda_function_info();
        View {
            stage: under_way.and_then(|event| event.lifecycle_event_name()).unwrap_or(status).to_owned(),
            version: function.and_then(|function| function.target_version()).unwrap_or_default().to_owned(),
            share: percent(function.map_or(0.0, |function| function.target_version_weight())),
            note: info.deployment_status_messages().first().cloned().unwrap_or_default(),
            seconds: self.created.elapsed().as_secs_f64(),
            callers: callers_now(&self.traffic.since(Instant::now() - Duration::from_secs(2))),
        }
    }
}

/// What the callers see at the moment.
fn callers_now(calls: &[Call]) -> String {
    let counts = super::traffic::by_version(calls);
    let all = counts.values().sum::<usize>().max(1);
    let shares = counts.iter().map(|(version, n)| format!("version {version} {:.0} %", 100.0 * *n as f64 / all as f64));
    shares.collect::<Vec<_>>().join(", ")
}

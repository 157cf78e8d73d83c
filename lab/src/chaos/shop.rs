//! A deployment group with an alias of its own, and the deployments that are played in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_codedeploy::error::{DisplayErrorContext, SdkError};
use aws_sdk_codedeploy::types::{AppSpecContent, RevisionLocation, RevisionLocationType};
use serde_json::json;
use tokio::time::sleep;

use super::plot::{Event, Plot};
use super::stage::{ALIAS, Stage};
use super::verdict::{Outcome, Played, Routing};

const VERSIONS: [&str; 3] = ["1", "2", "3"];
/// How often a call is made again that a storm has brought to nothing.
const TRIES: usize = 90;
const PAUSE: Duration = Duration::from_secs(1);

/// A group, its application, its function and its alarm, all of one name.
pub(super) struct Shop<'a> {
    pub stage: &'a Stage,
    pub name: String,
    /// What has ended, as it was shown.
    ended: RefCell<BTreeMap<String, Played>>,
}

impl<'a> Shop<'a> {
    /// A shop that is on the stage.
    pub fn new(stage: &'a Stage, name: String) -> Self {
        Self { stage, name, ended: RefCell::new(BTreeMap::new()) }
    }

    /// Plays a deployment to its end, and that of its rollback; whether they have ended by then. An error is why it was
    /// refused.
    pub async fn play(
        &self,
        plot: &Plot,
        random: &mut fastrand::Rng,
        until: impl Fn() -> Instant,
    ) -> anyhow::Result<bool> {
        self.set_alarm(StateValue::Ok).await?;
        let from = self.routing().await?.main;
        let others: Vec<_> = VERSIONS.into_iter().filter(|version| *version != from).collect();
        let to = others[random.usize(..others.len())];
        let before = self.ids().await?;
        let id = self.create(plot, &from, to, &before).await?;
        if let Some((after, event)) = plot.event {
            sleep(after).await;
            match event {
                Event::Stop { rolls_back } => self.stop(&id, rolls_back).await?,
                Event::Alarm => self.set_alarm(StateValue::Alarm).await?,
            }
        }
        self.until_idle(until).await
    }

    /// What became of the group.
    pub async fn outcome(&self, refused: Option<String>) -> anyhow::Result<Outcome> {
        let mut deployments = Vec::new();
        for id in self.ids().await?.into_iter().rev() {
            deployments.push(self.played(&id).await?);
        }
        let (group, first) = (self.name.clone(), VERSIONS[0].to_owned());
        Ok(Outcome { group, first, deployments, routing: self.routing().await?, refused })
    }

    /// Waits until every deployment of the group has ended, also those that the end of another one has made; whether they
    /// have by then.
    async fn until_idle(&self, until: impl Fn() -> Instant) -> anyhow::Result<bool> {
        let mut ended = Vec::new();
        loop {
            let listed = self.ids().await?;
            if listed == ended {
                return Ok(true);
            }
            let mut all_ended = true;
            for id in &listed {
                all_ended &= self.played(id).await?.has_ended();
            }
            if all_ended {
                ended = listed;
            } else if Instant::now() < until() {
                sleep(PAUSE).await;
            } else {
                return Ok(false);
            }
        }
    }

    /// Creates a deployment; answers with its id, also when the answer that told it was lost.
    async fn create(&self, plot: &Plot, from: &str, to: &str, before: &[String]) -> anyhow::Result<String> {
        let properties = json!({"Name": self.name, "Alias": ALIAS, "CurrentVersion": from, "TargetVersion": to});
        let resource = json!({"Type": "AWS::Lambda::Function", "Properties": properties});
        let hooks = [("BeforeAllowTraffic", plot.before), ("AfterAllowTraffic", plot.after)];
        let hooks: Vec<_> = hooks.iter().filter_map(|(event, hook)| Some(json!({ *event: (*hook)? }))).collect();
        let appspec = json!({"version": 0.0, "Resources": [{"it": resource}], "Hooks": hooks}).to_string();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(AppSpecContent::builder().content(appspec).build())
            .build();
        let request = self.stage.codedeploy.create_deployment().application_name(&self.name);
        let request = request.deployment_group_name(&self.name).deployment_config_name(plot.config).revision(revision);
        self.persist("CreateDeployment", async || match request.clone().send().await {
            Ok(made) => Ok(made.deployment_id.unwrap_or_default()),
            Err(refused) => {
                let newest = self.ids().await?.into_iter().next();
                newest.filter(|id| !before.contains(id)).with_context(|| words(refused))
            }
        })
        .await
    }

    async fn stop(&self, id: &str, rolls_back: bool) -> anyhow::Result<()> {
        let request = self.stage.codedeploy.stop_deployment().deployment_id(id).auto_rollback_enabled(rolls_back);
        self.persist("StopDeployment", async || match request.clone().send().await {
            Ok(_) => Ok(()),
            Err(refused) => {
                let has_ended = self.played(id).await?.has_ended();
                if has_ended { Ok(()) } else { Err(anyhow::anyhow!(words(refused))) }
            }
        })
        .await
    }

    /// The ids of the group's deployments, newest first.
    async fn ids(&self) -> anyhow::Result<Vec<String>> {
        let request = self.stage.codedeploy.list_deployments().application_name(&self.name);
        let request = request.deployment_group_name(&self.name);
        self.persist("ListDeployments", async || {
            let listed = request.clone().send().await.map_err(|refused| anyhow::anyhow!(words(refused)))?;
            Ok(listed.deployments.unwrap_or_default())
        })
        .await
    }

    /// A deployment, as it is shown.
    async fn played(&self, id: &str) -> anyhow::Result<Played> {
        if let Some(played) = self.ended.borrow().get(id) {
            return Ok(played.clone());
        }
        let info = self.stage.codedeploy.get_deployment().deployment_id(id);
        let target = self.stage.codedeploy.get_deployment_target().deployment_id(id);
        let target = target.target_id(format!("{}:{ALIAS}", self.name));
        let played = self
            .persist("GetDeployment", async || {
                let info = info.clone().send().await.map_err(|refused| anyhow::anyhow!(words(refused)))?;
                let target = target.clone().send().await.map_err(|refused| anyhow::anyhow!(words(refused)))?;
                let info = info.deployment_info.context("it has no deploymentInfo")?;
                let target = target.deployment_target.and_then(|target| target.lambda_target);
                let versions = target.as_ref().and_then(|target| target.lambda_function_info());
                let version = |version: Option<&str>| version.unwrap_or_default().to_owned();
                Ok(Played {
                    id: id.to_owned(),
                    status: info.status().map_or("unknown", |status| status.as_str()).to_owned(),
                    current: version(versions.and_then(|versions| versions.current_version())),
                    target: version(versions.and_then(|versions| versions.target_version())),
                    rolls_back: info
                        .rollback_info()
                        .is_some_and(|info| info.rollback_triggering_deployment_id().is_some()),
                })
            })
            .await?;
        if played.has_ended() {
            self.ended.borrow_mut().insert(id.to_owned(), played.clone());
        }
        Ok(played)
    }

    async fn routing(&self) -> anyhow::Result<Routing> {
        let request = self.stage.functions.client.get_alias().function_name(&self.name).name(ALIAS);
        self.persist("GetAlias", async || {
            let alias = request.clone().send().await.map_err(|refused| anyhow::anyhow!(words(refused)))?;
            let weights = alias.routing_config.and_then(|config| config.additional_version_weights);
            let second = weights.into_iter().flatten().next().map(|(version, share)| (version, share.to_string()));
            Ok(Routing { main: alias.function_version.unwrap_or_default(), second })
        })
        .await
    }

    async fn set_alarm(&self, state: StateValue) -> anyhow::Result<()> {
        let request = self.stage.cloudwatch.set_alarm_state().alarm_name(&self.name);
        let request = request.state_value(state).state_reason("This is chaos.");
        self.persist("SetAlarmState", async || {
            request.clone().send().await.map(drop).map_err(|refused| anyhow::anyhow!(words(refused)))
        })
        .await
    }

    /// Calls until it works, for a minute and a half.
    async fn persist<T>(&self, what: &str, mut call: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut tries = 1;
        loop {
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(failure) if tries == TRIES => {
                    return Err(failure.context(format!("{}: {what} failed {tries} times", self.name)));
                }
                Err(_) => sleep(PAUSE).await,
            }
            tries += 1;
        }
    }
}

fn words<E: std::error::Error + 'static, R: std::fmt::Debug + 'static>(error: SdkError<E, R>) -> String {
    DisplayErrorContext(error).to_string()
}

//! The four deployments, what is seen of each, and what each claims.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_sdk_codedeploy::types::DeploymentInfo;
use serde::Serialize;

use super::fleet::Fleet;
use super::grid::{self, Row};
use super::pages::Answers;
use crate::demo::checks::{Check, same};
use crate::demo::display::Display;

const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a deployment of the demo may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A deployment of the demo.
pub(super) struct Scene {
    pub announcement: &'static str,
    revision: u32,
    config: &'static str,
    /// Whether the agent of the last host is ended before.
    stops_agent: bool,
    claims: fn(&Played) -> Vec<Check>,
}

pub(super) const SCENES: [Scene; 4] = [
    Scene {
        announcement: "Revision 1 goes to all hosts, one after the other.",
        revision: 1,
        config: "CodeDeployDefault.OneAtATime",
        stops_agent: false,
        claims: |played| all_serve(played, 1),
    },
    Scene {
        announcement: "Revision 2 goes to half of the hosts at a time. A page that is not in it goes.",
        revision: 2,
        config: "CodeDeployDefault.HalfAtATime",
        stops_agent: false,
        claims: |played| all_serve(played, 2),
    },
    Scene {
        announcement: "Revision 3 is a bad one: ValidateService fails. The touched hosts get revision 2 back.",
        revision: 3,
        config: "CodeDeployDefault.HalfAtATime",
        stops_agent: false,
        claims: is_rolled_back,
    },
    Scene {
        announcement: "The agent of one host is ended. The deployment says at once which host it waits for.",
        revision: 1,
        config: "CodeDeployDefault.AllAtOnce",
        stops_agent: true,
        claims: does_without_a_host,
    },
];

/// A deployment, as it was seen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Played {
    pub deployments: Vec<Seen>,
    /// What the pages of the hosts answered meanwhile.
    pub answers: Answers,
    /// What they answered when all was over.
    pub served: BTreeMap<String, String>,
    /// Whether a deployment named the host whose agent had been ended while it waited.
    pub named_silent_host: bool,
    pub checks: Vec<Check>,
    pub seconds: f64,
}

/// One deployment of a scene; the second is the rollback deployment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen {
    pub id: String,
    pub status: String,
    pub error: Option<String>,
    pub message: Option<String>,
    pub hosts: Vec<Row>,
}

/// Plays a scene.
pub(super) async fn play(fleet: &mut Fleet, scene: &Scene, display: &Display) -> anyhow::Result<Played> {
    let silent = fleet.hosts.last().map(|(name, _)| name.clone()).filter(|_| scene.stops_agent);
    if let Some(host) = &silent {
        fleet.stop_agent(host).await?;
        display.line(&format!("  the agent of {host} has ended"));
    }
    fleet.callers.take();
    let began = Instant::now();
    let id = fleet.deploy(scene.revision, scene.config).await?;
    display.line(&format!("  {id} deploys revision {}, {}", scene.revision, scene.config));
    let mut deployments = Vec::new();
    let mut notes = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.take() {
        let (seen, info) = watch(fleet, &id, began, display, &mut notes).await?;
        next = info.rollback_info().and_then(|info| info.rollback_deployment_id()).map(str::to_owned);
        next = next.filter(|_| deployments.is_empty());
        if let Some(id) = &next {
            display.line(&format!("  {id} rolls it back"));
        }
        deployments.push(seen);
    }
    let answers = fleet.callers.take();
    // One more round of calls shows what is served from now on.
    let served = loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = fleet.callers.take();
        if now.len() == fleet.hosts.len() {
            break now
                .into_iter()
                .map(|(host, seen)| (host, seen.into_keys().next_back().unwrap_or_default()))
                .collect();
        }
    };
    let named_silent_host = silent.is_some_and(|host| {
        notes.iter().any(|note: &String| note.contains(&format!("No answer yet from {host} (its agent stopped at")))
    });
    let seconds = began.elapsed().as_secs_f64();
    let mut played = Played { deployments, answers, served, named_silent_host, checks: Vec::new(), seconds };
    played.checks = (scene.claims)(&played);
    Ok(played)
}

/// Watches a deployment to its end, and tells every change.
async fn watch(
    fleet: &Fleet,
    id: &str,
    began: Instant,
    display: &Display,
    notes: &mut Vec<String>,
) -> anyhow::Result<(Seen, DeploymentInfo)> {
    let mut told = BTreeMap::new();
    loop {
        let found = fleet.codedeploy.get_deployment().deployment_id(id).send().await.context("GetDeployment failed")?;
        let info = found.deployment_info.context("there is no deploymentInfo")?;
        let hosts = grid::look(fleet, id).await?;
        let seconds = began.elapsed().as_secs_f64();
        if let Some(note) = info.deployment_status_messages().first()
            && notes.last() != Some(note)
        {
            display.line(&format!("  {seconds:>5.1} s  {note}"));
            notes.push(note.clone());
        }
        for row in &hosts {
            let words = row.words();
            if !words.is_empty() && told.insert(row.host.clone(), words.clone()).as_ref() != Some(&words) {
                display.line(&format!("  {seconds:>5.1} s  {:<19} {:<11} {words}", row.host, row.zone));
            }
        }
        display.board(&grid::table(&hosts));
        let status = info.status().map_or("none", |status| status.as_str()).to_owned();
        if matches!(status.as_str(), "Succeeded" | "Failed" | "Stopped") {
            display.clear();
            let error = info.error_information();
            let code = error.and_then(|error| error.code()).map(|code| code.as_str().to_owned());
            let message = error.and_then(|error| error.message()).map(str::to_owned);
            return Ok((Seen { id: id.to_owned(), status, error: code, message, hosts }, info));
        }
        ensure!(began.elapsed() < PATIENCE, "{id} does not end: {:?}", info.deployment_status_messages());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Played {
    /// Prints what came of it.
    pub fn tell(&self, display: &Display) {
        for deployment in &self.deployments {
            if let (Some(code), Some(message)) = (&deployment.error, &deployment.message) {
                display.paragraph(&format!("why: {code}. {message}"));
            }
            display.text(&format!("\n  {} {}", deployment.id, deployment.status));
            display.text(&grid::table(&deployment.hosts));
        }
        display.text("\n  What the pages of the hosts answered meanwhile");
        display.text(&grid::answers(&self.answers));
        for check in &self.checks {
            display.paragraph(&check.words());
        }
    }

    fn statuses(&self) -> String {
        self.deployments.iter().map(|seen| seen.status.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// How often each answer was given at the end.
    fn served(&self) -> String {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        self.served.values().for_each(|answer| *count.entry(answer).or_default() += 1);
        count.into_iter().map(|(answer, hosts)| format!("{answer} by {hosts}")).collect::<Vec<_>>().join(", ")
    }

    /// Whether an answer of a page was anything else than the page of a revision.
    fn errors(&self) -> usize {
        let all = self.answers.values().flatten();
        all.filter(|(answer, _)| !answer.starts_with("revision ")).map(|(_, count)| count).sum()
    }
}

fn all_serve(played: &Played, revision: u32) -> Vec<Check> {
    let mut checks = vec![
        same("its status", "Succeeded", played.statuses()),
        same("what the hosts serve at the end", format!("revision {revision} by 6"), played.served()),
    ];
    if revision > 1 {
        checks.push(same("pages that did not answer with a revision", 0, played.errors()));
    }
    checks
}

fn is_rolled_back(played: &Played) -> Vec<Check> {
    let failed = played.deployments.first();
    let count = |status: &str| {
        let hosts = failed.map(|seen| seen.hosts.iter().filter(|row| row.status == status).count());
        hosts.unwrap_or_default()
    };
    vec![
        same("the status of both deployments", "Failed, Succeeded", played.statuses()),
        same("its error", "HEALTH_CONSTRAINTS", failed.and_then(|seen| seen.error.clone()).unwrap_or_default()),
        same(
            "hosts that failed, and hosts that were not touched",
            "3, 3",
            format!("{}, {}", count("Failed"), count("Skipped")),
        ),
        same("what the hosts serve at the end", "revision 2 by 6", played.served()),
    ]
}

fn does_without_a_host(played: &Played) -> Vec<Check> {
    let failed: Vec<&str> = played
        .deployments
        .iter()
        .flat_map(|seen| &seen.hosts)
        .filter(|row| row.status == "Failed")
        .map(|row| row.host.as_str())
        .collect();
    vec![
        same("the deployment named the host while it waited", true, played.named_silent_host),
        same("its status, since one host that succeeds is enough for AllAtOnce", "Succeeded", played.statuses()),
        same("the hosts that failed", "rack-2", failed.join(", ")),
        same("what the hosts serve at the end", "revision 1 by 5, revision 2 by 1", played.served()),
    ]
}

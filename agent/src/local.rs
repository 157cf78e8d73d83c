//! `deploy-local`: a deployment of this host without a service.

mod location;

use std::cell::OnceCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use spillway_appspec::server::{FileExistsBehavior, HOOKS};
use zeroize::Zeroizing;

use crate::bundle::Kind;
use crate::command::{Agent, unpack, unpack_commit};
use crate::explain::{self, Effect};
use crate::github::GitHub;
use crate::http::Http;
use crate::identity::Identity;
use crate::secrets::{AwsSecrets, Secrets};
use crate::settings::{FILE, Settings};
use crate::spec::{DeploymentSpec, Revision};
use crate::state::Place;
use crate::store::S3;
use crate::system::clock::{self, Bell, HostClock};
use crate::system::unix::{OWN_PROGRAM, Unix};
use crate::{appspec_file, hooks};

/// Where deployments are unless told otherwise; scripts have this path.
pub const ROOT: &str = "/opt/codedeploy-agent/deployment-root";

/// The options of `codedeploy-local`, and a dry run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The bundle: a folder, a zip, tar or tgz file, s3://bucket/key[?versionId=V][&etag=E], or
    /// https://github.com/owner/repository/tree/commit
    #[arg(short = 'l', long, default_value = ".")]
    pub bundle_location: String,
    /// How the bundle is packed; by its first bytes, or in S3 by the end of its key, unless given
    #[arg(short = 't', long = "type", value_enum)]
    pub kind: Option<Kind>,
    /// What happens to a file that exists and that no earlier deployment of the group has made
    #[arg(short = 'b', long, value_parser = ["DISALLOW", "OVERWRITE", "RETAIN"], default_value = "DISALLOW", ignore_case = true)]
    pub file_exists_behavior: String,
    /// The id of the deployment group, whose files of earlier deployments are cleaned up
    #[arg(short = 'g', long, default_value = "default-local-deployment-group")]
    pub deployment_group: String,
    /// The name of the deployment group, for scripts
    #[arg(short = 'd', long, default_value = "LocalFleet")]
    pub deployment_group_name: String,
    /// The name of the application, for scripts; the bundle's location unless given
    #[arg(short = 'a', long)]
    pub application_name: Option<String>,
    /// The lifecycle events to run, separated by commas; DownloadBundle and Install come first unless named
    #[arg(short = 'e', long, value_delimiter = ',')]
    pub events: Vec<String>,
    /// The path of the AppSpec in the bundle; appspec.yml unless given
    #[arg(short = 'A', long)]
    pub appspec_filename: Option<String>,
    /// The folder of all deployments
    #[arg(long, default_value = ROOT)]
    pub root: PathBuf,
    /// The agent's configuration, which names the file with the host's identity; read for a bundle in S3 or GitHub, and for
    /// values that scripts get from AWS
    #[arg(short = 'c', long = "agent-configuration-file", default_value = FILE)]
    pub config: PathBuf,
    /// Say what would be copied, changed, deleted and run, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The events that run, in their order.
fn events(given: &[String]) -> Vec<String> {
    let mut events: Vec<String> = given.iter().map(|event| event.trim().to_owned()).collect();
    events.retain(|event| !event.is_empty());
    if events.is_empty() {
        let (before, after) = HOOKS.split_at(3);
        let (between, rest) = after.split_at(1);
        let all = [before, &["DownloadBundle"], between, &["Install"], rest].concat();
        return all.into_iter().map(str::to_owned).collect();
    }
    if !events.iter().any(|event| event == "Install") {
        let at = events.iter().position(|event| event == "DownloadBundle").map_or(0, |at| at + 1);
        events.insert(at, "Install".to_owned());
    }
    if !events.iter().any(|event| event == "DownloadBundle") {
        events.insert(0, "DownloadBundle".to_owned());
    }
    events
}

fn specification(options: &Options, events: &[String], id: String, revision: Revision) -> DeploymentSpec {
    let location = &options.bundle_location;
    let behavior = options.file_exists_behavior.to_ascii_uppercase();
    DeploymentSpec {
        deployment_id: id,
        group_id: options.deployment_group.clone(),
        group_name: options.deployment_group_name.clone(),
        application_name: options.application_name.clone().unwrap_or_else(|| location.clone()),
        is_blue_green_rollback: false,
        revision,
        archive_of: None,
        appspec_filename: options.appspec_filename.clone(),
        file_exists_behavior: FileExistsBehavior::from_name(&behavior).unwrap_or(FileExistsBehavior::Disallow),
        // With events of one's own, those are the ones that there are.
        events: (!options.events.is_empty())
            .then(|| HOOKS.iter().map(|event| (*event).to_owned()).chain(events.iter().cloned()).collect()),
    }
}

/// Deploys from this host, S3 or GitHub, or says what it would do.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool> {
    let host = Unix::new(Agent::aside(&options.deployment_group), OWN_PROGRAM.into());
    let root = std::path::absolute(&options.root)?;
    let mut agent = Agent::new(&host, root, std::env::vars_os().collect(), clock::now);
    let stopping = Bell::default();
    let secrets = OnDemand { config: &options.config, stopping: &stopping, found: OnceCell::new() };
    agent.secrets = Some(&secrets);
    let (identity, store, github);
    let location = &options.bundle_location;
    let revision = match location::kind(location) {
        location::Place::Host => location::on_host(location, options.kind)?,
        location::Place::S3 => {
            let settings = Settings::read(&options.config)?;
            identity = Identity::find(&settings).map_err(anyhow::Error::msg)?;
            let http = Http::new(settings.read_timeout, settings.proxy_to(settings.s3.as_ref()));
            let (identity, stopping) = (&identity, &stopping);
            store = S3 { http, endpoint: settings.s3, identity, clock: &HostClock, stopping };
            agent.bundles = Some(&store);
            location::in_s3(location, options.kind)?
        }
        location::Place::GitHub => {
            // A repository that all may read needs no configuration.
            let has_settings = options.config != Path::new(FILE) || options.config.exists();
            let settings = has_settings.then(|| Settings::read(&options.config)).transpose()?;
            github = GitHub::new(settings.as_ref(), &HostClock, &stopping).map_err(anyhow::Error::msg)?;
            agent.commits = Some(&github);
            location::in_github(location, options.kind, &github.endpoint)?
        }
    };
    deploy(&agent, options, revision, out)
}

/// Parameter Store and Secrets Manager, by a configuration that is read for an AppSpec with such variables only.
struct OnDemand<'a> {
    config: &'a Path,
    stopping: &'a Bell,
    found: OnceCell<Result<(Settings, Identity), String>>,
}

impl OnDemand<'_> {
    fn secrets(&self) -> Result<AwsSecrets<'_>, String> {
        let found = self.found.get_or_init(|| {
            let settings = Settings::read(self.config).map_err(|unusable| unusable.to_string())?;
            let identity = Identity::find(&settings)?;
            Ok((settings, identity))
        });
        let (settings, identity) = found.as_ref().map_err(Clone::clone)?;
        Ok(AwsSecrets::new(settings, identity, &HostClock, self.stopping))
    }
}

impl Secrets for OnDemand<'_> {
    fn parameter(&self, name: &str) -> Result<Zeroizing<String>, String> {
        self.secrets()?.parameter(name)
    }

    fn secret(&self, id: &str) -> Result<Zeroizing<String>, String> {
        self.secrets()?.secret(id)
    }
}

/// Deploys, or says what it would do.
fn deploy(agent: &Agent<'_>, options: &Options, revision: Revision, out: &mut dyn Write) -> Result<bool> {
    let events = events(&options.events);
    let id: String = std::iter::repeat_with(|| fastrand::choose_multiple('A'..='Z', 1)[0]).take(9).collect();
    let spec = specification(options, &events, format!("d-{id}-local"), revision);
    if options.dry_run {
        return explain(agent, &spec, &events, out).map(|()| true);
    }
    for ongoing in agent.root.interrupted()? {
        if ongoing.group_id == spec.group_id {
            writeln!(
                out,
                "{} of deployment {} did not end; this deployment replaces what it left",
                ongoing.event, ongoing.deployment_id
            )?;
            agent.root.forget(agent.host, &ongoing.deployment_id)?;
        }
    }
    writeln!(out, "deployment {}", spec.deployment_id)?;
    for event in &events {
        let diagnostics = agent.run(&spec, event);
        let log = diagnostics.log.lines().map(|line| format!("    {line}\n")).collect::<String>();
        if !diagnostics.is_success() {
            let code = diagnostics.code as u8;
            writeln!(out, "  {event} failed with code {code}: {}\n{log}", diagnostics.message)?;
            return Ok(false);
        }
        write!(out, "  {event} succeeded\n{log}")?;
    }
    Ok(true)
}

/// Says what each event would do. Unpacks the bundle into a folder of its own, which it removes.
fn explain(agent: &Agent<'_>, spec: &DeploymentSpec, events: &[String], out: &mut dyn Write) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("spillway-").tempdir()?;
    explain_in(agent, spec, events, folder.path(), out)
}

fn explain_in(
    agent: &Agent<'_>,
    spec: &DeploymentSpec,
    events: &[String],
    folder: &Path,
    out: &mut dyn Write,
) -> Result<()> {
    let text = |failure: Box<dyn std::error::Error>| anyhow::anyhow!("{failure}");
    let (bundle, unpacked) = (folder.join("bundle"), folder.join("revision"));
    let fetched = || format!("{} cannot be fetched", spec.revision);
    let found = match &spec.revision {
        Revision::Local { location, kind } => unpack(location, *kind, &unpacked, agent.limits),
        Revision::S3(object) => {
            let store = agent.bundles.context("this agent has no access to S3")?;
            store.fetch(object, &bundle).with_context(fetched)?;
            unpack(&bundle, Some(object.kind), &unpacked, agent.limits)
        }
        Revision::GitHub(commit) => {
            let commits = agent.commits.context("this agent has no access to GitHub")?;
            commits.fetch(commit, &bundle).with_context(fetched)?;
            unpack_commit(&bundle, &unpacked, agent.limits)
        }
    };
    let found = found.map_err(text)?;
    let revision = Dir::open_ambient_dir(&found, ambient_authority())?;
    let name = spec.appspec_filename.as_deref();
    let (appspec, findings) = appspec_file::read(&revision, name, spec.events.as_deref())?;
    write!(out, "{}", explain::findings(&findings))?;
    let place = agent.root.place(spec)?;
    let owned = place.owned()?;
    let plan = agent.plan(spec, &revision, &appspec, &owned)??;
    let mut is_unpacked = false;
    for event in events {
        let effect = match event.as_str() {
            "DownloadBundle" => {
                is_unpacked = true;
                explain::event(event, &Effect::Unpack)
            }
            "Install" => explain::event(event, &Effect::Install(&plan)),
            hook => match earlier(hook, spec, &place, is_unpacked)? {
                Some(None) => explain::event(hook, &Effect::Nothing),
                Some(Some(earlier)) => explain::event(hook, &Effect::Scripts(&earlier)),
                None => explain::event(hook, &Effect::Scripts(&appspec)),
            },
        };
        write!(out, "{effect}")?;
    }
    Ok(())
}

/// The AppSpec of an earlier revision, if it is one whose scripts an event runs.
fn earlier(
    event: &str,
    spec: &DeploymentSpec,
    place: &Place,
    is_unpacked: bool,
) -> Result<Option<Option<spillway_appspec::server::ServerAppSpec>>> {
    let is_of_earlier = matches!(event, "BeforeBlockTraffic" | "AfterBlockTraffic" | "ApplicationStop");
    if is_unpacked || !is_of_earlier {
        return Ok(None);
    }
    let Some(archive) = hooks::revision_of(event, spec, place)? else { return Ok(Some(None)) };
    let revision = Dir::open_ambient_dir(&archive, ambient_authority())?;
    let (appspec, _) = appspec_file::read(&revision, spec.appspec_filename.as_deref(), None)?;
    Ok(Some(Some(appspec)))
}

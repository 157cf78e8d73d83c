//! `register` and `deregister`: this host as an on-premises instance, in the service and in the file that names it here.

pub mod api;
mod operator;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::endpoint::Endpoint;
use crate::identity::on_premises::Registration;
use crate::settings::ON_PREMISES_FILE;
use api::{Api, Refusal};

/// The variables that have the keys of a host that is an IAM user. On a command line, every user of the host could read them.
const HOST_KEYS: [&str; 2] = ["HOST_ACCESS_KEY_ID", "HOST_SECRET_ACCESS_KEY"];

/// Where and as whom the API is called.
#[derive(Debug, clap::Args)]
pub struct Access {
    /// The name of the on-premises instance
    #[arg(long)]
    pub name: String,
    /// The URL of the API: the output ApiUrl of Spillway's stack; AWS_ENDPOINT_URL_CODEDEPLOY unless given
    #[arg(long)]
    pub api: Option<String>,
    /// The Region of the service; that of the URL, AWS_REGION or AWS_DEFAULT_REGION unless given
    #[arg(long)]
    pub region: Option<String>,
    /// The operator's profile in ~/.aws/credentials, where the keys are not in the environment; AWS_PROFILE or default
    /// unless given
    #[arg(long)]
    pub profile: Option<String>,
    /// The file that names the host
    #[arg(long, default_value = ON_PREMISES_FILE)]
    pub file: PathBuf,
}

/// The options of `register`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    /// The access.
    pub access: Access,
    /// The IAM user that the host is; its keys are in HOST_ACCESS_KEY_ID and HOST_SECRET_ACCESS_KEY
    #[arg(long, conflicts_with = "iam_session_arn", required_unless_present = "iam_session_arn")]
    pub iam_user_arn: Option<String>,
    /// The session of a role that the host is: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
    #[arg(long, requires = "credentials_file")]
    pub iam_session_arn: Option<String>,
    /// The file in which the keys of the session are renewed, in its profile [default]
    #[arg(long, requires = "iam_session_arn")]
    pub credentials_file: Option<PathBuf>,
    /// The user as whom the agent runs, who gets the file; root unless given
    #[arg(long)]
    pub user: Option<String>,
    /// A tag of the instance, by which deployment groups find it; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = read_tag)]
    pub tags: Vec<(String, String)>,
}

/// The environment and the clock of the operator.
pub struct Operator<'a> {
    /// A variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The time of day.
    pub now: Timestamp,
}

fn read_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("a tag is KEY=VALUE".to_owned()),
    }
}

/// What the host is to IAM.
enum Principal {
    User { arn: String, keys: [String; 2] },
    Session { arn: String, file: PathBuf },
}

impl Principal {
    fn find(options: &Options, operator: &Operator<'_>) -> Result<Self> {
        match (&options.iam_user_arn, &options.iam_session_arn, &options.credentials_file) {
            (Some(arn), ..) if is_principal(arn, "iam", "user/") => {
                let [id, secret] = HOST_KEYS.map(|name| (operator.variable)(name).filter(|value| !value.is_empty()));
                let (Some(id), Some(secret)) = (id, secret) else {
                    let [id, secret] = HOST_KEYS;
                    bail!(
                        "the keys of {arn} are missing; put them into the variables {id} and {secret}, and let sudo keep them by \
                         --preserve-env"
                    );
                };
                Ok(Self::User { arn: arn.clone(), keys: [id, secret] })
            }
            (Some(arn), ..) => bail!("--iam-user-arn {arn} must be arn:aws:iam::ACCOUNT:user/NAME"),
            (None, Some(arn), Some(file)) if is_principal(arn, "sts", "assumed-role/") => {
                Ok(Self::Session { arn: arn.clone(), file: std::path::absolute(file)? })
            }
            (None, arn, _) => {
                let arn = arn.as_deref().unwrap_or_default();
                bail!("--iam-session-arn {arn} must be arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION")
            }
        }
    }

    fn arn(&self) -> &str {
        match self {
            Self::User { arn, .. } | Self::Session { arn, .. } => arn,
        }
    }

    fn member(&self) -> &'static str {
        match self {
            Self::User { .. } => "iamUserArn",
            Self::Session { .. } => "iamSessionArn",
        }
    }

    /// The file of the host, in CodeDeploy's form.
    fn file(&self, region: &str) -> String {
        match self {
            Self::User { arn, keys: [id, secret] } => format!(
                "---\nregion: {region}\niam_user_arn: {arn}\naws_access_key_id: {id}\naws_secret_access_key: {secret}\n"
            ),
            Self::Session { arn, file } => {
                let file = Value::from(file.to_string_lossy()); // JSON quotes a path as YAML does
                format!("---\nregion: {region}\niam_session_arn: {arn}\naws_credentials_file: {file}\n")
            }
        }
    }
}

/// Whether a text is an ARN of a service with such a resource, `arn:<partition>:<service>::<account>:<resource>`.
fn is_principal(text: &str, service: &str, resource: &str) -> bool {
    let rest = text.strip_prefix("arn:aws").and_then(|rest| rest.split_once(&format!(":{service}::")));
    let Some((account, name)) = rest.and_then(|(_, rest)| rest.split_once(':')) else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !"'\"#".contains(c));
    is_account && is_plain && name.strip_prefix(resource).is_some_and(|name| !name.is_empty())
}

fn open(access: &Access, operator: &Operator<'_>) -> Result<Api> {
    let variable = operator.variable;
    let url = access.api.clone().or_else(|| variable("AWS_ENDPOINT_URL_CODEDEPLOY"));
    let url = url.context("the API is not named; give --api with the output ApiUrl of Spillway's stack")?;
    let endpoint = Endpoint::parse(&url).map_err(|expected| anyhow::anyhow!("--api {url} must be {expected}"))?;
    let region = access.region.clone().or_else(|| endpoint.region().map(str::to_owned));
    let region = region.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.context("the Region is not named; give --region")?;
    let credentials = operator::credentials(access.profile.as_deref(), variable)?;
    Ok(Api::new(endpoint, region, credentials, operator.now))
}

/// Registers the host, tags it, and writes the file that names it. A second run finds what is there.
pub fn register(options: &Options, operator: &Operator<'_>, out: &mut dyn Write) -> Result<()> {
    let (access, name) = (&options.access, &options.access.name);
    let principal = Principal::find(options, operator)?;
    let owner = options.user.as_deref().map(find_user).transpose()?;
    let api = open(access, operator)?;
    let (arn, file) = (principal.arn(), &access.file);
    match Registration::read(file) {
        Ok(Some(there)) if there.host != arn => bail!(
            "{} names this host as {}; nothing was registered: `spillway-agent deregister` it, or remove the file",
            file.display(),
            there.host
        ),
        // It may hold the only copy of the keys of another host.
        Err(words) => bail!("{words}; nothing was registered: correct the file, or move it away"),
        Ok(_) => {}
    }
    check_folder(file)?;
    match api.call("RegisterOnPremisesInstance", &json!({ "instanceName": name, principal.member(): arn })) {
        Ok(_) => writeln!(out, "registered {name} as {arn}")?,
        Err(Refusal::Said { kind, .. }) if kind == "InstanceNameAlreadyRegisteredException" => {
            let known = known(&api, name)?.filter(|known| known.is_registered).map(|known| known.arn);
            if known.as_deref() != Some(arn) {
                let known = known.unwrap_or_else(|| "another identity".to_owned());
                bail!("{name} is registered as {known} already; take another --name, or deregister that one first");
            }
            writeln!(out, "in place: {name} is registered as {arn}")?;
        }
        Err(refusal) => return Err(refusal.into()),
    }
    if !options.tags.is_empty() {
        let tags: Vec<_> = options.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        api.call("AddTagsToOnPremisesInstances", &json!({ "tags": tags, "instanceNames": [name] }))?;
        let tags: Vec<_> = options.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(out, "tagged {name} with {}", tags.join(", "))?;
    }
    if write(file, &principal.file(&api.region), owner).with_context(|| {
        format!("{name} is registered, and {} cannot be written; run this again as root", file.display())
    })? {
        writeln!(out, "wrote {}, which its owner alone can read", file.display())?;
    } else {
        writeln!(out, "in place: {}", file.display())?;
    }
    writeln!(
        out,
        "give {arn} the policy in the output OnPremisesHostPolicyArn, and look with `spillway-agent doctor`"
    )?;
    Ok(())
}

/// Takes the host out of the service, and removes the file that names it.
pub fn deregister(access: &Access, operator: &Operator<'_>, out: &mut dyn Write) -> Result<()> {
    let (api, name, file) = (open(access, operator)?, &access.name, &access.file);
    let known = known(&api, name)?;
    if known.as_ref().is_some_and(|known| known.is_registered) {
        api.call("DeregisterOnPremisesInstance", &json!({ "instanceName": name }))?;
        writeln!(out, "deregistered {name}")?;
    } else {
        writeln!(out, "nothing to do: {name} is not registered")?;
    }
    match Registration::read(file) {
        Ok(Some(there)) if known.as_ref().is_some_and(|known| known.arn == there.host) => {
            fs::remove_file(file).with_context(|| format!("{} cannot be removed", file.display()))?;
            writeln!(out, "removed {}; end the agent, which speaks for the host until then", file.display())?;
        }
        Ok(Some(there)) if known.is_some() => writeln!(out, "left {}, which names {}", file.display(), there.host)?,
        // It may hold the only copy of the keys of another host.
        Ok(Some(there)) => writeln!(
            out,
            "left {}, which names {}: remove it by hand if no host is registered as that",
            file.display(),
            there.host
        )?,
        Ok(None) => {}
        Err(words) => writeln!(out, "left {}: {words}", file.display())?,
    }
    Ok(())
}

/// What the service knows of an instance of a name.
struct Known {
    arn: String,
    /// Whether it has not been deregistered since.
    is_registered: bool,
}

/// As what an instance is, or was, registered; none if it never was.
fn known(api: &Api, name: &str) -> Result<Option<Known>> {
    let found = match api.call("GetOnPremisesInstance", &json!({ "instanceName": name })) {
        Ok(found) => found,
        Err(Refusal::Said { kind, .. }) if kind == "InstanceNotRegisteredException" => return Ok(None),
        Err(refusal) => return Err(refusal.into()),
    };
    let info = &found["instanceInfo"];
    let arn = ["iamUserArn", "iamSessionArn"].iter().find_map(|member| info[member].as_str());
    let is_registered = info["deregisterTime"].is_null();
    Ok(Some(Known { arn: arn.map_or_else(|| Value::to_string(info), str::to_owned), is_registered }))
}

/// Fails before anything is registered if the file could not be written.
fn check_folder(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    let made = make_folder(folder);
    let tried = made.and_then(|()| tempfile::Builder::new().prefix(".spillway-").tempfile_in(folder).map(drop));
    tried.map_err(|error| io::Error::from(error.kind())).with_context(|| {
        format!("the folder {} cannot be written, and nothing was registered; run this as root", folder.display())
    })
}

/// Makes a folder that the agent's user can enter, whatever the operator's umask is.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

fn find_user(name: &str) -> Result<u32> {
    let found = nix::unistd::User::from_name(name)?;
    let found = found
        .with_context(|| format!("user {name} does not exist; `spillway-agent install --user {name}` makes it"))?;
    Ok(found.uid.as_raw())
}

/// Writes the file for its owner alone. Whether it was not there.
fn write(path: &Path, text: &str, owner: Option<u32>) -> io::Result<bool> {
    let is_there = fs::read_to_string(path).is_ok_and(|found| found == text);
    if is_there {
        let found = fs::metadata(path)?;
        if found.mode() & 0o7777 == 0o600 && owner.is_none_or(|owner| owner == found.uid()) {
            return Ok(false);
        }
    }
    let aside = path.with_added_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    fchown(&file, owner, None)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    Ok(true)
}

//! The application of the demo: a page, and a script that looks whether the page is there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::local::{CLIENTS_REQUIREMENTS, Endpoints, PythonEnvironment};

/// The application, its deployment group, and the tag of its hosts.
pub(super) const APPLICATION: &str = "shop";
pub(super) const GROUP: &str = "web";
pub(super) const TAG: (&str, &str) = ("role", "web");
/// Where the revisions are.
pub(super) const BUCKET: &str = "shop-revisions";
/// Where the AppSpec puts the page.
pub(super) const SITE: &str = "srv/shop";

const APPSPEC: &str = "version: 0.0
os: linux
files:
  - source: site
    destination: /srv/shop
permissions:
  - object: /srv/shop
    pattern: '*.html'
    mode: 640
    type: [file]
hooks:
  AfterInstall:
    - location: scripts/prepare.sh
      timeout: 30
  ValidateService:
    - location: scripts/check.sh
      timeout: 30
";

/// Writes a revision: its page, a second page in revision 1 alone, and a check that fails in revision 3.
fn write(folder: &Path, revision: u32) -> anyhow::Result<()> {
    let check = match revision {
        3 => "echo \"looking for the page of revision 3\"\necho \"the page answers 500\" >&2\nexit 1\n",
        _ => "echo \"the page answers 200\"\n",
    };
    let mut files = vec![
        ("appspec.yml", APPSPEC.to_owned()),
        ("site/index.html", format!("revision {revision}\n")),
        ("scripts/prepare.sh", "#!/bin/sh\necho \"prepared $APPLICATION_NAME\"\n".to_owned()),
        ("scripts/check.sh", format!("#!/bin/sh\n{check}")),
    ];
    if revision == 1 {
        files.push(("site/offer.html", "an offer of revision 1\n".to_owned()));
    }
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, text)?;
        if name.ends_with(".sh") {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

/// The key of a revision.
pub(super) fn key(revision: u32) -> String {
    format!("{APPLICATION}-{revision}.zip")
}

/// Packs a revision and puts it into S3, as a developer does: with `aws deploy push`.
pub(super) async fn push(endpoints: &Endpoints, home: &Path, revision: u32) -> anyhow::Result<()> {
    let folder = home.join(format!("revision-{revision}"));
    write(&folder, revision).context("a revision cannot be written")?;
    let clients = PythonEnvironment::ensure("clients", CLIENTS_REQUIREMENTS).await?;
    let mut command = Command::new(clients.program("aws"));
    command
        .args(["deploy", "push", "--application-name", APPLICATION, "--source"])
        .arg(&folder)
        .args(["--s3-location", &format!("s3://{BUCKET}/{}", key(revision))])
        .env("AWS_ENDPOINT_URL", &endpoints.aws)
        .env("AWS_ENDPOINT_URL_CODEDEPLOY", &endpoints.codedeploy)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", &endpoints.region)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.context("the AWS CLI cannot be run")?;
    if !output.status.success() {
        bail!("aws deploy push of revision {revision} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

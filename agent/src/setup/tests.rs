//! Hosts and images in a folder, with a stand-in for systemd.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use tempfile::TempDir;

use super::*;
use crate::settings::ON_PREMISES_FILE;

const ENDPOINT: &str = "https://agents.example.com";

struct Stage {
    home: TempDir,
    /// Whether systemd runs what is in the folder.
    has_systemd: bool,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { home: tempfile::tempdir().unwrap(), has_systemd: false };
        fs::create_dir(stage.path("/")).unwrap();
        fs::write(stage.home.path().join("agent"), "the program").unwrap();
        stage
    }

    /// Where a path of the image is.
    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join("image").join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// What is said, and how it ends.
    fn with(&self, work: impl FnOnce(&mut Site<'_>) -> Result<()>) -> String {
        let mut out = Vec::new();
        let mut site = Site::new(Some(&self.path("/")), self.home.path().join("agent"), &mut out).unwrap();
        if self.has_systemd {
            let program = self.home.path().join("systemctl");
            let log = self.home.path().join("log");
            fs::write(&program, format!("#!/bin/sh\necho \"$@\" >>{}\n", log.display())).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            site.systemctl = Some(program);
        }
        let outcome = work(&mut site);
        let mut text = String::from_utf8(out).unwrap();
        if let Err(error) = outcome {
            text.push_str(&format!("error: {error:#}\n"));
        }
        text.replace(self.path("/").to_str().unwrap(), "~/").replace(self.home.path().to_str().unwrap(), "HOME")
    }

    fn install(&self, options: Options) -> String {
        self.with(|site| install(&options, site))
    }

    fn uninstall(&self, purge: bool) -> String {
        self.with(|site| uninstall(&UninstallOptions { purge, root: None }, site))
    }
}

fn options(endpoint: Option<&str>) -> Options {
    Options { endpoint: endpoint.map(str::to_owned), user: None, root: None, no_start: false }
}

#[test]
fn an_image_gets_everything_once_and_a_second_run_finds_it_in_place() {
    let stage = Stage::new();
    insta::assert_snapshot!("first", stage.install(options(Some(ENDPOINT))));
    insta::assert_snapshot!("second", stage.install(options(Some(ENDPOINT))));
    assert_eq!(stage.read("/usr/local/bin/spillway-agent"), "the program");
    let unit = stage.read("/etc/systemd/system/spillway-agent.service");
    assert!(unit.contains("ExecStart=/usr/local/bin/spillway-agent run\n") && !unit.contains("User="), "{unit}");
    let code = format!("RestartPreventExitStatus={}\n", crate::settings::Unusable::EXIT_CODE);
    assert!(unit.contains(&code), "{unit}");
    assert_eq!(fs::read_link(stage.path(unit::WANTED)).unwrap(), Path::new(unit::FILE));
    let settings = crate::settings::Settings::read(&stage.path(FILE)).unwrap();
    assert_eq!((settings.service.to_string().as_str(), settings.root.as_path()), (ENDPOINT, Path::new(ROOT)));
    let mode = |path: &str| fs::metadata(stage.path(path)).unwrap().mode() & 0o7777;
    assert_eq!((mode("/usr/local/bin/spillway-agent"), mode(FILE), mode(ROOT)), (0o755, 0o644, 0o755));
}

#[test]
fn what_has_changed_is_replaced_and_the_configuration_of_the_official_agent_is_kept() {
    let stage = Stage::new();
    stage.install(options(None));
    fs::write(stage.home.path().join("agent"), "a newer program").unwrap();
    stage.write(unit::FILE, "[Service]\nExecStart=/bin/false\n");
    stage.write(FILE, "---\n:root_dir: '/srv/deployments'\n:max_revisions: 3");
    insta::assert_snapshot!("changed", stage.install(options(Some(ENDPOINT))));
    assert_eq!(stage.read("/usr/local/bin/spillway-agent"), "a newer program");
    let expected =
        format!("---\n:root_dir: '/srv/deployments'\n:max_revisions: 3\n:deploy_control_endpoint: {ENDPOINT}\n");
    assert_eq!(stage.read(FILE), expected);
}

#[test]
fn a_configuration_of_another_service_or_one_that_cannot_be_read_is_refused_before_anything_is_done() {
    let stage = Stage::new();
    let mut told = stage.install(options(Some("http://agents.example.com")));
    stage.write(FILE, ":deploy_control_endpoint: https://other.example.com\n");
    told.push_str(&stage.install(options(Some(ENDPOINT))));
    stage.write(FILE, ":deploy_control_endpoint: other\n");
    told.push_str(&stage.install(options(None)));
    stage.write(FILE, "- a\n");
    told.push_str(&stage.install(options(None)));
    insta::assert_snapshot!("refused", told);
    assert!(!stage.path("/usr").exists() && !stage.path("/opt").exists());
}

#[test]
fn an_agent_of_another_user_gets_a_unit_with_that_user_and_its_folder() {
    let stage = Stage::new();
    let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    stage.write("/etc/passwd", &format!("root:x:0:0::/:/bin/sh\ndeploy:x:{uid}:{gid}::/:/usr/sbin/nologin\n"));
    let told = stage.install(Options { user: Some("deploy".to_owned()), ..options(None) });
    assert!(told.contains("in place: user deploy\n"), "{told}");
    let unit = stage.read(unit::FILE);
    assert!(unit.contains("\nType=notify\nUser=deploy\nExecStart="), "{unit}");
    assert_eq!(fs::metadata(stage.path(ROOT)).unwrap().uid(), uid);
}

#[test]
fn systemd_is_asked_for_what_is_needed_and_an_agent_without_a_service_is_not_started() {
    let stage = Stage { has_systemd: true, ..Stage::new() };
    let log = || fs::read_to_string(stage.home.path().join("log")).unwrap_or_default();
    let on_host = |options: Options| {
        stage.with(|site| {
            let image = site.image.take().unwrap();
            // The host's own folders are not touched: only what comes after them is.
            let outcome = start(site, &options, true, options.endpoint.is_some(), &image.join("agent.yml"));
            site.image = Some(image);
            outcome
        })
    };
    let mut told = on_host(options(None));
    told.push_str(&on_host(Options { no_start: true, ..options(Some(ENDPOINT)) }));
    told.push_str(&on_host(options(Some(ENDPOINT))));
    insta::assert_snapshot!("systemd", told + &log());
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let stage = Stage::new();
    for user in [None, Some("root")] {
        // It looks whether the program is there.
        let text = unit::text("/bin/sh", user);
        let file = stage.home.path().join("spillway-agent.service");
        fs::write(&file, text).unwrap();
        let output = std::process::Command::new("systemd-analyze").arg("verify").arg(&file).output();
        // A host without systemd has nothing to ask.
        let Ok(output) = output else { return };
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !words.contains("spillway-agent.service"), "{words}");
    }
}

#[test]
fn what_systemd_refuses_is_told_in_its_words() {
    let stage = Stage::new();
    let told = stage.with(|site| {
        let program = stage.home.path().join("systemctl");
        fs::write(&program, "#!/bin/sh\necho 'Failed to enable unit: access denied' >&2\nexit 1\n")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        site.systemctl = Some(program);
        site.systemctl(&["enable", "spillway-agent"], true)
    });
    let expected = "error: `systemctl enable spillway-agent` failed: Failed to enable unit: access denied; what is installed \
                    stays, and a second run goes on from here\n";
    assert_eq!(told, expected);
}

#[test]
fn the_way_back_leaves_what_was_deployed_unless_it_is_asked_not_to() {
    let stage = Stage::new();
    stage.install(options(Some(ENDPOINT)));
    let root = |path: &str| format!("{ROOT}/{path}");
    stage.write(&root("g-1/d-1/logs/scripts.log"), "x");
    stage.write(&root("g-1/d-1/deployment-archive/page"), "x");
    stage.write(&root("deployment-instructions/g-1-cleanup"), "/srv/page\n");
    stage.write("/srv/page", "x");
    let mut told = stage.uninstall(false);
    assert!(!stage.path("/usr/local/bin/spillway-agent").exists() && !stage.path(unit::FILE).exists());
    assert!(stage.path(&root("g-1/d-1/deployment-archive/page")).exists() && stage.path(FILE).exists());
    told.push_str("-- purge\n");
    told.push_str(&stage.uninstall(true));
    insta::assert_snapshot!("uninstalled", told);
    assert!(!stage.path(ROOT).exists() && !stage.path(FILE).exists());
    assert!(stage.path("/srv/page").exists(), "an application stays");
    assert_eq!(stage.uninstall(true), "");
}

#[test]
fn the_registration_of_a_host_is_left_to_deregister() {
    let stage = Stage::new();
    stage.write(ON_PREMISES_FILE, "---\n");
    let told = stage.uninstall(true);
    let left =
        format!("left ~{ON_PREMISES_FILE}, by which this host is registered; `spillway-agent deregister` removes it\n");
    assert_eq!((told, stage.read(ON_PREMISES_FILE).as_str()), (left, "---\n"));
}

#[test]
fn a_purge_removes_nothing_that_is_not_of_an_agent() {
    let stage = Stage::new();
    stage.write(FILE, &format!(":deploy_control_endpoint: {ENDPOINT}\n:root_dir: /srv\n"));
    for path in ["/srv/tomcat/9/logs/out.log", "/srv/g-1/own/page", "/srv/page"] {
        stage.write(path, "x");
    }
    stage.write("/srv/g-1/d-1/logs/scripts.log", "x");
    insta::assert_snapshot!("purged", stage.uninstall(true));
    assert!(
        ["/srv/tomcat/9/logs/out.log", "/srv/g-1/own/page", "/srv/page"].iter().all(|path| stage.path(path).exists())
    );
    assert!(!stage.path("/srv/g-1/d-1").exists());
}

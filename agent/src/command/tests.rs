//! Deployments on the real host, in a folder of their own; and what is left of them when the agent is killed.

mod crashes;
mod reuse;

use std::os::unix::fs::{PermissionsExt, symlink};

use spillway_appspec::server::FileExistsBehavior;
use tempfile::TempDir;

use super::*;
use crate::diagnostics::ErrorCode;
use crate::spec::{Revision, S3Object};
use crate::system::unix::Unix;

/// A folder with deployments, bundles and a site.
struct Stage {
    home: TempDir,
    host: Unix,
}

const GROUP: &str = "group-1";

impl Stage {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { home, host: Unix::new(Agent::aside(GROUP), "/nowhere".into()) }
    }

    fn path(&self, name: &str) -> PathBuf {
        // The folder of a test may itself be behind a link.
        self.home.path().canonicalize().unwrap().join(name)
    }

    fn agent(&self) -> Agent<'_> {
        self.agent_on(&self.host)
    }

    fn agent_on<'a>(&self, host: &'a dyn Host) -> Agent<'a> {
        let now = || Timestamp::UNIX_EPOCH;
        Agent { grace: Duration::from_millis(200), ..Agent::new(host, self.path("root"), Vec::new(), now) }
    }

    /// A revision of files, and an AppSpec that copies its folder `web` to the site.
    fn revision(&self, id: &str, files: &[(&str, &str)], more: &str) -> DeploymentSpec {
        let folder = self.path(id);
        let appspec = format!(
            "version: 0.0\nos: linux\nfiles:\n  - source: web\n    destination: {}\n{more}",
            self.path("site").display()
        );
        fs::create_dir_all(folder.join("web")).unwrap();
        fs::write(folder.join("appspec.yml"), appspec).unwrap();
        for (name, content) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
        }
        self.spec(id)
    }

    fn spec(&self, id: &str) -> DeploymentSpec {
        DeploymentSpec {
            deployment_id: id.to_owned(),
            group_id: GROUP.to_owned(),
            group_name: "prod".to_owned(),
            application_name: "shop".to_owned(),
            is_blue_green_rollback: false,
            revision: Revision::Local { location: self.path(id), kind: None },
            archive_of: None,
            appspec_filename: None,
            file_exists_behavior: FileExistsBehavior::Disallow,
            events: None,
        }
    }

    #[track_caller]
    fn deploy(&self, spec: &DeploymentSpec) {
        for event in ["DownloadBundle", "Install"] {
            let diagnostics = self.agent().run(spec, event);
            assert!(diagnostics.is_success(), "{event}: {diagnostics:?}");
        }
    }

    fn fail(&self, spec: &DeploymentSpec, event: &str) -> String {
        let diagnostics = self.agent().run(spec, event);
        assert_eq!(diagnostics.code, ErrorCode::UnknownError, "{diagnostics:?}");
        diagnostics.message.replace(self.path("").to_str().unwrap(), "~/")
    }

    /// The site: each path below it, with what is in it.
    fn site(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut open = vec![self.path("site")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (path, kind) = (entry.path(), entry.file_type().unwrap());
                let name = path.strip_prefix(self.path("site")).unwrap().display().to_string();
                if kind.is_dir() {
                    found.push((format!("{name}/"), String::new()));
                    open.push(path);
                } else if kind.is_symlink() {
                    found.push((name, format!("-> {}", fs::read_link(&path).unwrap().display())));
                } else {
                    found.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    fn cleanup(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("root/deployment-instructions/group-1-cleanup")).unwrap();
        text.lines().map(|line| line.replace(self.path("").to_str().unwrap(), "~/")).collect()
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}

#[test]
fn the_next_revision_takes_away_what_the_last_one_made() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1"), ("web/old/b", "1"), ("web/both", "1")], ""));
    fs::write(stage.path("site/old/mine"), "kept").unwrap();
    let second = stage.revision("d-2", &[("web/a", "2"), ("web/new/c", "2"), ("web/both", "1")], "");
    symlink("a", stage.path("d-2/web/link")).unwrap();
    stage.deploy(&second);
    let expected =
        [("a", "2"), ("both", "1"), ("link", "-> a"), ("new/", ""), ("new/c", "2"), ("old/", ""), ("old/mine", "kept")];
    assert_eq!(stage.site(), pairs(&expected));
    let made = ["~/site", "~/site/a", "~/site/both", "~/site/link", "~/site/new", "~/site/new/c"];
    assert_eq!(stage.cleanup(), made);
    let log = fs::read_to_string(stage.path("root/group-1/d-2/logs/scripts.log")).unwrap();
    assert!(log.contains("site/old stays, since it has what no deployment made"), "{log}");
}

#[test]
fn a_file_that_exists_stops_the_deployment_before_anything_is_removed() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    for name in ["x", "y"] {
        fs::write(stage.path("site").join(name), "of the host").unwrap();
    }
    let before = (stage.site(), stage.cleanup());
    let second = stage.revision("d-2", &[("web/b", "2"), ("web/x", "2"), ("web/y", "2")], "");
    assert!(stage.agent().run(&second, "DownloadBundle").is_success());
    assert_eq!(
        stage.fail(&second, "Install"),
        "The deployment failed because a specified file already exists at this location: ~/site/x [and 1 more: \
         ~/site/y; nothing was changed; remove them, or use file_exists_behavior OVERWRITE or RETAIN]"
    );
    assert_eq!((stage.site(), stage.cleanup()), before);

    let retain = DeploymentSpec { file_exists_behavior: FileExistsBehavior::Retain, ..second.clone() };
    stage.deploy(&retain);
    assert_eq!(stage.site(), pairs(&[("b", "2"), ("x", "of the host"), ("y", "of the host")]));
    assert_eq!(stage.cleanup(), ["~/site", "~/site/b"]);

    let overwrite = stage.revision("d-3", &[("web/x", "3")], "file_exists_behavior: OVERWRITE\n");
    stage.deploy(&overwrite);
    assert_eq!(stage.site(), pairs(&[("x", "3"), ("y", "of the host")]));
}

#[test]
fn deployment_groups_leave_each_others_files_alone() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    let other = DeploymentSpec { group_id: "group-2".to_owned(), ..stage.revision("d-2", &[("web/b", "2")], "") };
    stage.deploy(&other);
    let taken = DeploymentSpec { group_id: "group-2".to_owned(), ..stage.revision("d-3", &[("web/a", "3")], "") };
    assert!(stage.agent().run(&taken, "DownloadBundle").is_success());
    assert!(stage.fail(&taken, "Install").contains("deployment group group-1 has installed some of them"));
    stage.deploy(&stage.revision("d-4", &[("web/c", "4")], ""));
    assert_eq!(stage.site(), pairs(&[("b", "2"), ("c", "4")]));
}

#[test]
fn all_that_is_wrong_with_users_sources_and_links_is_told_before_anything_is_removed() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    let more = format!(
        "permissions:\n  - object: {0}\n    owner: no-such-user\n    group: no-such-group\n",
        stage.path("site").display()
    );
    let second = stage.revision("d-2", &[("web/b", "2")], &more);
    assert!(stage.agent().run(&second, "DownloadBundle").is_success());
    assert_eq!(
        stage.fail(&second, "Install"),
        "can't find user for no-such-user [line 7: create it first]\ncan't find group for no-such-group [line 7: create \
         it first]"
    );
    assert_eq!(stage.site(), pairs(&[("a", "1")]));
}

#[test]
fn permissions_are_what_a_file_has_from_its_first_moment() {
    let stage = Stage::new();
    let site = stage.path("site");
    let more = format!(
        "permissions:\n  - object: {0}\n    pattern: '*.sh'\n    mode: 750\n  - object: {0}/sub\n    mode: \"0600\"\n    type: \
         [file]\n",
        site.display()
    );
    stage.deploy(&stage.revision("d-1", &[("web/run.sh", ""), ("web/sub/key", ""), ("web/plain", "")], &more));
    let mode = |name: &str| fs::metadata(site.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!([mode("run.sh"), mode("sub/key"), mode("plain"), mode("sub")], [0o750, 0o600, 0o644, 0o755]);
}

#[test]
fn links_of_the_host_are_followed_if_they_are_roots_or_the_agents_own() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("real")).unwrap();
    symlink(stage.path("real"), stage.path("site")).unwrap();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    assert_eq!(fs::read_to_string(stage.path("real/a")).unwrap(), "1");
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    std::os::unix::fs::lchown(stage.path("site"), Some(65_534), None).unwrap();
    let second = stage.revision("d-2", &[("web/a", "2")], "");
    assert!(stage.agent().run(&second, "DownloadBundle").is_success());
    assert_eq!(
        stage.fail(&second, "Install"),
        "~/site is a symbolic link of user 65534; the agent follows those of root and of its own user"
    );
    assert_eq!(fs::read_to_string(stage.path("real/a")).unwrap(), "1");
}

#[test]
fn a_link_that_takes_the_place_of_a_folder_meanwhile_is_not_followed() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("elsewhere")).unwrap();
    symlink(stage.path("elsewhere"), stage.path("site")).unwrap();
    fs::write(stage.path("source"), "x").unwrap();
    let home = Dir::open_ambient_dir(stage.path(""), ambient_authority()).unwrap();
    let to = stage.path("site/evil");
    assert!(stage.host.copy(&home, Path::new("source"), &to, Default::default()).is_err());
    assert!(stage.host.make_folder(&to, Default::default()).is_err());
    assert!(stage.host.link(Path::new("x"), &to).is_err());
    assert_eq!(fs::read_dir(stage.path("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_revision_without_a_readable_appspec_never_becomes_the_deployments() {
    let stage = Stage::new();
    let cases: [(&str, &str, &str); 4] = [
        ("AppSpec.yml", "version: 0.0\nos: linux\n", " [found \"AppSpec.yml\"; rename it]"),
        (
            "web/appspec.yml",
            "version: 0.0\nos: linux\n",
            " [found \"web/appspec.yml\"; pack the bundle from that folder]",
        ),
        ("nothing", "", ""),
        ("appspec.yml", "version: 0.0\nos: plan9\nfiles: x\n", "os is the family"),
    ];
    for (n, (name, content, hint)) in cases.into_iter().enumerate() {
        let id = format!("d-{n}");
        let spec = stage.revision(&id, &[("web/other", ""), ("more", "")], "");
        fs::remove_file(stage.path(&id).join("appspec.yml")).unwrap();
        fs::write(stage.path(&id).join(name), content).unwrap();
        let message = stage.fail(&spec, "DownloadBundle");
        assert!(message.contains(hint), "{message}");
        assert!(n == 3 || message.starts_with("The CodeDeploy agent did not find an AppSpec file within"), "{message}");
        assert!(!stage.path(&format!("root/group-1/{id}/deployment-archive")).exists());
    }
}

#[test]
fn the_appspec_may_be_of_another_name_and_ending_and_the_bundle_in_one_folder() {
    let stage = Stage::new();
    let spec = stage.revision("d-1", &[("web/a", "1")], "");
    fs::rename(stage.path("d-1/appspec.yml"), stage.path("d-1/appspec.yaml")).unwrap();
    stage.deploy(&spec);
    let named = DeploymentSpec {
        appspec_filename: Some("deploy/shop.yml".to_owned()),
        ..stage.revision("d-2", &[("web/a", "2")], "")
    };
    fs::create_dir(stage.path("d-2/deploy")).unwrap();
    fs::rename(stage.path("d-2/appspec.yml"), stage.path("d-2/deploy/shop.yml")).unwrap();
    stage.deploy(&named);
    stage.revision("d-3/repository-0123", &[("d-3/repository-0123/web/a", "")], "");
    fs::write(stage.path("d-3/repository-0123/web/a"), "3").unwrap();
    stage.deploy(&stage.spec("d-3"));
    assert_eq!(stage.site(), pairs(&[("a", "3")]));
}

#[test]
fn so_many_revisions_are_kept_and_never_fewer_than_this_and_the_last_that_succeeded() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    let kept = |agent: &Agent<'_>| {
        for n in 2..8 {
            let spec = stage.revision(&format!("d-{n}"), &[("web/a", "x")], "");
            assert!(agent.run(&spec, "DownloadBundle").is_success());
        }
        let entries = fs::read_dir(stage.path("root/group-1")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(kept(&Agent { keep: Keep { revisions: 3, bytes: u64::MAX }, ..stage.agent() }), ["d-1", "d-6", "d-7"]);
    assert_eq!(kept(&Agent { keep: Keep { revisions: 99, bytes: 1 }, ..stage.agent() }), ["d-1", "d-7"]);
}

#[test]
fn ids_that_are_paths_are_refused() {
    let stage = Stage::new();
    for id in ["../evil", "", ".", "a/b", "deployment-instructions", "a b"] {
        let spec = DeploymentSpec { group_id: id.to_owned(), ..stage.revision("d-1", &[], "") };
        let expected = format!("'{id}' cannot be the id of a deployment or its group: letters, digits, - and _");
        assert_eq!(stage.fail(&spec, "DownloadBundle"), expected);
    }
}

#[test]
fn a_bundle_that_cannot_be_had_is_told_with_its_name() {
    let stage = Stage::new();
    let object = S3Object {
        bucket: "bundles".to_owned(),
        key: "shop.zip".to_owned(),
        kind: Kind::Zip,
        version: None,
        etag: None,
    };
    let spec = stage.revision("d-1", &[], "");
    let in_s3 = DeploymentSpec { revision: Revision::S3(object), ..spec.clone() };
    let expected = "s3://bundles/shop.zip cannot be fetched: this agent has no access to S3";
    assert_eq!(stage.fail(&in_s3, "DownloadBundle"), expected);
    let around = DeploymentSpec { revision: Revision::Local { location: stage.path(""), kind: None }, ..spec };
    let expected = "the bundle ~/ has the folder ~/root/group-1/d-1/unpacking in it, into which it is copied; use another \
                    --root";
    assert_eq!(stage.fail(&around, "DownloadBundle"), expected);
}

#[test]
fn a_cleanup_list_that_others_can_write_is_not_believed() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-1", &[("web/a", "1")], ""));
    let list = stage.path("root/deployment-instructions/group-1-cleanup");
    fs::set_permissions(&list, fs::Permissions::from_mode(0o666)).unwrap();
    let second = stage.revision("d-2", &[("web/b", "2")], "");
    assert!(stage.agent().run(&second, "DownloadBundle").is_success());
    assert!(stage.fail(&second, "Install").contains("is not a file that only the agent's user can write"));
    assert_eq!(stage.site(), pairs(&[("a", "1")]));
}

#[test]
fn a_second_process_waits_for_its_turn_by_failing_with_words() {
    let stage = Stage::new();
    let spec = stage.revision("d-1", &[("web/a", "1")], "");
    let agent = stage.agent();
    agent.root.prepare().unwrap();
    let _held = agent.root.place(&spec).unwrap().lock().unwrap();
    let expected = "another process deploys to deployment group group-1 of this host";
    assert_eq!(stage.fail(&spec, "DownloadBundle"), expected);
}

#[test]
fn a_host_whose_files_have_a_folder_of_their_own_gets_them_there() {
    let stage = Stage::new();
    let spec = stage.revision(
        "d-1",
        &[("web/index.html", "one")],
        "permissions:\n  - object: /\n    pattern: \"*.html\"\n    mode: 600\n",
    );
    let agent = Agent { files_root: Some(stage.path("own")), ..stage.agent() };
    fs::create_dir_all(stage.path("own")).unwrap();
    for event in ["DownloadBundle", "Install"] {
        let diagnostics = agent.run(&spec, event);
        assert!(diagnostics.is_success(), "{event}: {diagnostics:?}");
    }
    let installed = stage.path("own").join(stage.path("site").strip_prefix("/").unwrap()).join("index.html");
    assert_eq!(fs::read_to_string(installed).unwrap(), "one");
    assert!(!stage.path("site").exists(), "nothing is written outside");
}

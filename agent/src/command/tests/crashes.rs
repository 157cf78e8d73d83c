//! The agent is killed at every step of a deployment. What it left tells the truth, every installed file is whole, and
//! the next deployment leads to where it would have led without that.

use std::cell::Cell;

use spillway_appspec::server::{AclEntry, Context};

use super::*;
use crate::system::{Attributes, Ended, Output, Seen};

/// A host on which the agent dies: so many effects are done, one may be half done, and none after it.
struct Dying<'a> {
    host: &'a Unix,
    left: Cell<usize>,
    aside: String,
}

impl<'a> Dying<'a> {
    fn after(host: &'a Unix, effects: usize) -> Self {
        Self { host, left: Cell::new(effects), aside: Agent::aside(GROUP) }
    }

    fn is_dead(&self) -> bool {
        self.left.get() == usize::MAX
    }

    /// Does an effect, or dies in it, having done what `half` does.
    fn effect<T>(&self, work: impl FnOnce() -> io::Result<T>, half: impl FnOnce()) -> io::Result<T> {
        match self.left.get() {
            usize::MAX => Err(io::Error::other("dead")),
            0 => {
                self.left.set(usize::MAX);
                half();
                Err(io::Error::other("killed"))
            }
            left => {
                self.left.set(left - 1);
                work()
            }
        }
    }

    fn alive<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.is_dead() { Err(io::Error::other("dead")) } else { work() }
    }
}

impl Host for Dying<'_> {
    fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        self.alive(|| self.host.look(path))
    }
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.alive(|| self.host.resolve(path))
    }
    fn user(&self, name: &str) -> io::Result<Option<u32>> {
        self.alive(|| self.host.user(name))
    }
    fn group(&self, name: &str) -> io::Result<Option<u32>> {
        self.alive(|| self.host.group(name))
    }
    fn has_program(&self, name: &str) -> bool {
        self.host.has_program(name)
    }
    fn make_folder(&self, path: &Path, attributes: Attributes) -> io::Result<()> {
        self.effect(|| self.host.make_folder(path, attributes), || {})
    }
    fn copy(&self, revision: &Dir, from: &Path, to: &Path, attributes: Attributes) -> io::Result<()> {
        let half = || fs::write(to.with_file_name(&self.aside), "ha").unwrap();
        self.effect(|| self.host.copy(revision, from, to, attributes), half)
    }
    fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        self.effect(|| self.host.link(target, path), || {})
    }
    fn set_acl(&self, path: &Path, entries: &[AclEntry]) -> io::Result<()> {
        self.effect(|| self.host.set_acl(path, entries), || {})
    }
    fn set_context(&self, path: &Path, context: &Context) -> io::Result<()> {
        self.effect(|| self.host.set_context(path, context), || {})
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.effect(|| self.host.remove_file(path), || {})
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.effect(|| self.host.remove_folder(path), || {})
    }
    fn aside(&self) -> &str {
        self.host.aside()
    }
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let half = || fs::write(path.with_added_extension("new"), &content[..content.len() / 2]).unwrap();
        self.effect(|| self.host.write(path, content), half)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.effect(|| self.host.rename(from, to), || {})
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        let half = || drop(fs::remove_file(path.join("appspec.yml")));
        self.effect(|| self.host.remove_tree(path), half)
    }
    fn run(&self, invocation: &Invocation, output: &mut dyn FnMut(Output<'_>)) -> io::Result<Ended> {
        self.effect(|| self.host.run(invocation, output), || {})
    }
}

const FIRST: [(&str, &str); 5] = [
    ("web/a", "old"),
    ("web/gone", "old"),
    ("web/sub/x", "old"),
    ("web/becomes-file/y", "old"),
    ("web/becomes-folder", "old"),
];
const SECOND: [(&str, &str); 5] = [
    ("web/a", "new"),
    ("web/added/z", "new"),
    ("web/sub/x", "new"),
    ("web/becomes-file", "new"),
    ("web/becomes-folder/w", "new"),
];

/// Runs both events of a deployment until the agent is dead. Whether it lived.
fn deploy_on(stage: &Stage, host: &Dying<'_>, spec: &DeploymentSpec) -> bool {
    for event in ["DownloadBundle", "Install"] {
        if !stage.agent_on(host).run(spec, event).is_success() {
            assert!(host.is_dead(), "{event} failed without a reason");
            return false;
        }
    }
    true
}

/// What a story ends in without any death.
fn undisturbed(revisions: &[&[(&str, &str)]]) -> (Vec<(String, String)>, Vec<String>) {
    let stage = Stage::new();
    for (n, files) in revisions.iter().enumerate() {
        stage.deploy(&stage.revision(&format!("d-{n}"), files, ""));
    }
    (stage.site(), stage.cleanup())
}

#[test]
fn killed_at_any_step_a_deployment_is_completed_by_the_next_try_or_undone_by_the_last_revision() {
    let (completed, undone) = (undisturbed(&[&FIRST, &SECOND]), undisturbed(&[&FIRST, &SECOND, &FIRST]));
    let mut deaths = 0;
    loop {
        for is_tried_again in [true, false] {
            let stage = Stage::new();
            stage.deploy(&stage.revision("d-1", &FIRST, ""));
            let before = stage.site();
            let second = stage.revision("d-2", &SECOND, "");
            let host = Dying::after(&stage.host, deaths);
            let lived = deploy_on(&stage, &host, &second);

            for (name, content) in stage.site() {
                let is_whole = ["", "old", "new"].contains(&content.as_str());
                assert!(is_whole || name.contains(".spillway"), "after {deaths} effects {name} is {content:?}");
            }
            let ongoing = stage.agent().root.interrupted().unwrap();
            let events: Vec<&str> = ongoing.iter().map(|ongoing| ongoing.event.as_str()).collect();
            let is_between = stage.site() != before && stage.site() != completed.0;
            assert!(!is_between || events == ["Install"], "after {deaths} effects, {events:?} is said to run");
            assert!(!lived || events.is_empty(), "all has ended, and {events:?} is said to run");
            let last = stage.agent().root.place(&second).unwrap().last_successful().unwrap().unwrap();
            let installed = if last.ends_with("d-2") { &completed.0 } else { &stage.site() };
            assert_eq!(&stage.site(), installed, "after {deaths} effects, what is said to be installed is not");

            if is_tried_again {
                stage.deploy(&second);
                assert_eq!((stage.site(), stage.cleanup()), completed, "tried again after {deaths} effects");
            } else {
                stage.deploy(&stage.revision("d-3", &FIRST, ""));
                assert_eq!((stage.site(), stage.cleanup()), undone, "undone after {deaths} effects");
            }
            if lived && !is_tried_again {
                assert!(deaths > 20, "only {deaths} effects were seen");
                return;
            }
        }
        deaths += 1;
    }
}

#[test]
fn what_was_half_unpacked_is_unpacked_anew() {
    let stage = Stage::new();
    let spec = stage.revision("d-1", &[("web/a", "1")], "");
    fs::create_dir_all(stage.path("root/group-1/d-1/unpacking/web/left")).unwrap();
    fs::write(stage.path("root/group-1/d-1/unpacking/web/stray"), "x").unwrap();
    stage.deploy(&spec);
    assert_eq!(stage.site(), pairs(&[("a", "1")]));
}

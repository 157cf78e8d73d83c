use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spillway_appspec::server::{Expected, FileEntry, FileExistsBehavior, Permission, read};

use super::People;
use super::decide::{Owned, Plan, Step, decide};
use super::expand::{Target, expand};
use super::inventory::{Inventory, Item};
use super::permissions::Rules;
use super::survey::Site;
use crate::system::{Attributes, Seen};

fn revision(paths: &[&str]) -> Inventory {
    let items = paths.iter().map(|path| match (path.strip_suffix('/'), path.split_once(" -> ")) {
        (Some(folder), _) => (PathBuf::from(folder), Item::Folder),
        (None, Some((link, target))) => (PathBuf::from(link), Item::Link(target.into())),
        (None, None) => (PathBuf::from(path), Item::File),
    });
    items.collect()
}

fn entry(source: &str, destination: &str) -> FileEntry {
    FileEntry { line: 7, source: source.to_owned(), destination: destination.to_owned() }
}

fn paths(files: &[FileEntry], inventory: &Inventory) -> Vec<String> {
    let targets = expand(files, inventory).unwrap().targets;
    targets.iter().map(|target| format!("{} < {}", target.path.display(), target.source.display())).collect()
}

#[test]
fn a_folder_gives_what_is_in_it_and_a_file_goes_into_its_destination() {
    let inventory = revision(&["web/", "web/a", "web/sub/", "web/sub/b", "web.conf"]);
    let files = [entry("web", "/var/www/"), entry("web.conf", "/etc")];
    let expected = [
        "/etc < ",
        "/etc/web.conf < web.conf",
        "/var < ",
        "/var/www < ",
        "/var/www/a < web/a",
        "/var/www/sub < web/sub",
        "/var/www/sub/b < web/sub/b",
    ];
    assert_eq!(paths(&files, &inventory), expected);
    assert_eq!(paths(&[entry("", "/")], &revision(&["a/", "a/b"])), ["/a < a", "/a/b < a/b"]);
}

#[test]
fn all_sources_that_are_missing_or_meet_are_told_at_once() {
    let files = [entry("target/*.jar", "/a"), entry("", "/a"), entry("x", "/a")];
    let expected = [
        "files[0].source \"target/*.jar\" is not in the revision [line 7: wildcards are not expanded]",
        "files[1] and files[2] (line 7) copy \"x\" and \"x\" to the same destination /a/x",
    ];
    assert_eq!(expand(&files, &revision(&["x"])).unwrap_err(), expected);
}

#[test]
fn a_destination_that_names_the_file_is_warned_of() {
    let expanded = expand(&[entry("a.service", "/etc/a.service")], &revision(&["a.service"])).unwrap();
    let expected = "line 7: files[0].destination is a folder, so the file becomes /etc/a.service/a.service";
    assert_eq!(expanded.warnings, [expected]);
}

/// A host and a revision: what is to be made, and what is there.
fn sites(all: &[(&str, Item, Option<Seen>)]) -> Vec<Site> {
    let site = |(path, item, seen): &(&str, Item, Option<Seen>)| Site {
        target: Target { path: path.into(), source: format!("from{path}").into(), item: item.clone() },
        real: path.into(),
        seen: *seen,
    };
    all.iter().map(site).collect()
}

fn permissions(yaml: &str) -> Vec<Permission> {
    let text = format!("version: 0.0\nos: linux\npermissions:\n{yaml}");
    read(text.as_bytes(), &Expected::default()).appspec.unwrap().permissions
}

fn people() -> People {
    let users = BTreeMap::from([("shop".to_owned(), 1001)]);
    People { users, groups: BTreeMap::from([("www".to_owned(), 33)]) }
}

fn plan_of(
    sites: &[Site],
    owned: &Owned,
    behavior: FileExistsBehavior,
    permissions: &[Permission],
) -> Result<Plan, Vec<String>> {
    decide(sites, owned, behavior, &Rules { permissions, people: &people() }, ".new")
}

fn owned(mine: &[&str]) -> Owned {
    Owned { mine: mine.iter().map(PathBuf::from).collect(), others: BTreeMap::new() }
}

#[test]
fn every_file_that_exists_is_listed_and_nothing_is_planned() {
    let all: Vec<(String, Item, Option<Seen>)> =
        (0..23).map(|n| (format!("/w/{n:02}"), Item::File, Some(Seen::File))).collect();
    let all: Vec<_> = all.iter().map(|(path, item, seen)| (path.as_str(), item.clone(), *seen)).collect();
    let refused = plan_of(&sites(&all), &Owned::default(), FileExistsBehavior::Disallow, &[]).unwrap_err();
    let listed = (1..21).map(|n| format!("/w/{n:02}")).collect::<Vec<_>>().join(", ");
    let expected = format!(
        "The deployment failed because a specified file already exists at this location: /w/00 [and 22 more: {listed} \
         and 2 more; nothing was changed; remove them, or use file_exists_behavior OVERWRITE or RETAIN]"
    );
    assert_eq!(refused, [expected]);
}

#[test]
fn what_exists_is_overwritten_retained_or_the_groups_own() {
    let all = sites(&[("/w", Item::Folder, Some(Seen::Folder)), ("/w/a", Item::File, Some(Seen::File))]);
    let plan = plan_of(&all, &Owned::default(), FileExistsBehavior::Overwrite, &[]).unwrap();
    assert_eq!((&plan.replaced, &plan.recorded), (&vec!["/w/a".into()], &vec!["/w/a".into()]));
    let plan = plan_of(&all, &Owned::default(), FileExistsBehavior::Retain, &[]).unwrap();
    assert_eq!((plan.retained, plan.recorded, plan.steps), (vec!["/w/a".into()], vec![], vec![]));
    let plan = plan_of(&all, &owned(&["/w", "/w/a"]), FileExistsBehavior::Disallow, &[]).unwrap();
    assert_eq!((plan.recorded.len(), plan.replaced.len(), plan.removals.len()), (2, 0, 0));
}

#[test]
fn what_is_no_longer_made_goes_last_first_unless_another_group_made_it_too() {
    let mut owned = owned(&["/w", "/w/sub", "/w/sub/a", "/w/b", "/shared"]);
    owned.others.insert("/shared".into(), "other".to_owned());
    let all = sites(&[("/w", Item::Folder, Some(Seen::Folder)), ("/w/c", Item::File, None)]);
    let plan = plan_of(&all, &owned, FileExistsBehavior::Disallow, &[]).unwrap();
    assert_eq!(plan.removals, ["/w/b", "/w/sub/a", "/w/sub"].map(PathBuf::from));
    assert_eq!(plan.partial, [PathBuf::from("/w/.new")]);
}

#[test]
fn the_file_of_another_group_is_told_with_its_group() {
    let owned = Owned { others: BTreeMap::from([("/a".into(), "web".to_owned())]), ..Owned::default() };
    let all = sites(&[("/a", Item::File, Some(Seen::File))]);
    let refused = plan_of(&all, &owned, FileExistsBehavior::Disallow, &[]).unwrap_err();
    assert!(refused[0].contains("deployment group web has installed some of them"), "{refused:?}");
}

#[test]
fn a_folder_where_a_file_goes_and_a_file_where_a_folder_goes_are_refused() {
    let all = sites(&[
        ("/a", Item::File, Some(Seen::Folder)),
        ("/b", Item::Folder, Some(Seen::File)),
        ("/c", Item::File, Some(Seen::Other)),
    ]);
    let expected = [
        "/a must be a file, and there is a folder; move it away",
        "/b must be a folder, and there is something else; move it away",
        "/c must be a file, and there is a folder; move it away",
    ];
    assert_eq!(plan_of(&all, &Owned::default(), FileExistsBehavior::Overwrite, &[]).unwrap_err(), expected);
}

/// The modes that permissions give, by path.
fn modes(yaml: &str, all: &[Site]) -> Vec<(String, u32)> {
    let plan = plan_of(all, &Owned::default(), FileExistsBehavior::Disallow, &permissions(yaml)).unwrap();
    let modes = plan.steps.iter().filter_map(|step| match step {
        Step::Folder { path, attributes } | Step::File { path, attributes, .. } => {
            Some((path.display().to_string(), attributes.mode?))
        }
        Step::Link { .. } | Step::Acl { .. } | Step::Context { .. } => None,
    });
    modes.collect()
}

#[test]
fn permissions_are_for_what_is_below_their_object_and_fits() {
    let all = sites(&[
        ("/w", Item::Folder, None),
        ("/w/a.sh", Item::File, None),
        ("/w/b.txt", Item::File, None),
        ("/w/l", Item::Link("a.sh".into()), None),
        ("/w/sub", Item::Folder, None),
        ("/w/sub/c.sh", Item::File, None),
    ]);
    let found = |yaml: &str| modes(yaml, &all).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(found("- {object: /w, mode: 700}"), ["/w/a.sh", "/w/b.txt", "/w/sub", "/w/sub/c.sh"]);
    assert_eq!(found("- {object: /w/, mode: 700, type: [file]}"), ["/w/a.sh", "/w/b.txt", "/w/sub/c.sh"]);
    assert_eq!(found("- {object: /, mode: 700, type: [directory]}"), ["/w", "/w/sub"]);
    assert_eq!(found("- {object: /w, mode: 700, pattern: '*.sh'}"), ["/w/a.sh"]);
    assert_eq!(
        found("- {object: /w, mode: 700, pattern: '**', except: ['*.sh', /w/sub/c.sh]}"),
        ["/w/b.txt", "/w/sub"]
    );
    assert_eq!(found("- {object: /w/a.sh, mode: 700}"), ["/w/a.sh"]);
    let attributes = Attributes { mode: None, owner: Some(1001), group: Some(33) };
    let plan = plan_of(
        &all[..2],
        &Owned::default(),
        FileExistsBehavior::Disallow,
        &permissions("- {object: /w, owner: shop, group: www, acls: ['u:shop:rw', 'd:u:shop:r']}"),
    );
    let steps = plan.unwrap().steps;
    assert_eq!(steps[1], Step::File { from: "from/w/a.sh".into(), path: "/w/a.sh".into(), attributes });
    let Step::Acl { entries, .. } = &steps[2] else { panic!("{steps:?}") };
    assert_eq!(entries.len(), 1, "a file has no default entries");
}

#[test]
fn permissions_that_meet_or_match_nothing_are_told() {
    let all = sites(&[("/w", Item::Folder, None), ("/w/a", Item::File, None)]);
    let refused = |yaml: &str| {
        plan_of(&all, &Owned::default(), FileExistsBehavior::Disallow, &permissions(yaml)).unwrap_err().join("\n")
    };
    assert_eq!(
        refused("- {object: /w, mode: 700}\n- {object: /w, pattern: a, mode: 600}"),
        "The deployment failed because the permissions of /w/a are specified more than once [lines 4 and 5: leave one, \
         or use except]"
    );
    assert_eq!(
        refused("- {object: /w/a, pattern: a, mode: 600}\n"),
        "line 4: the permission of /w/a is for a file, so that it has neither pattern nor except; name the folder as \
         object"
    );
    let plan = plan_of(&all, &Owned::default(), FileExistsBehavior::Disallow, &permissions("- {object: w, mode: 600}"))
        .unwrap();
    assert_eq!(plan.warnings, [] as [&str; 0], "a relative object is taken from the root");
    let plan =
        plan_of(&all, &Owned::default(), FileExistsBehavior::Disallow, &permissions("- {object: /x, mode: 600}"))
            .unwrap();
    assert_eq!(plan.warnings, ["line 4: the permission of /x matches nothing that this deployment copies"]);
}

proptest! {
    /// Whatever a path holds, and whichever deployment group made it: a plan removes only what its own group made, and
    /// makes only what the revision has.
    #[test]
    fn a_plan_removes_only_what_the_group_made(
        seen in proptest::collection::vec(prop_oneof![Just(None), Just(Some(Seen::File)), Just(Some(Seen::Folder)),
            Just(Some(Seen::Link)), Just(Some(Seen::Other))], 6),
        mine in proptest::collection::vec(any::<bool>(), 12),
        behavior in 0..3_usize,
    ) {
        let items = [Item::Folder, Item::File, Item::Folder, Item::File, Item::Link("x".into()), Item::File];
        let names = ["/a", "/a/f", "/b", "/b/f", "/b/l", "/c"];
        let all: Vec<_> = names.iter().zip(items).zip(seen).map(|((path, item), seen)| (*path, item, seen)).collect();
        let old = ["/a", "/a/f", "/b", "/b/f", "/b/l", "/c", "/d", "/d/e", "/f", "/g", "/g/h", "/i"];
        let owned = owned(&old.into_iter().zip(&mine).filter(|(_, mine)| **mine).map(|(path, _)| path).collect::<Vec<_>>());
        if let Ok(plan) = plan_of(&sites(&all), &owned, FileExistsBehavior::ALL[behavior], &[]) {
            prop_assert!(plan.removals.iter().all(|path| owned.mine.contains(path)));
            prop_assert!(plan.recorded.iter().all(|path| names.iter().any(|name| Path::new(name) == path)));
            prop_assert_eq!(plan.steps.len(), plan.recorded.len());
        }
    }
}

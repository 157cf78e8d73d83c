//! Which permissions of the AppSpec are for which path.

use std::path::Path;

use spillway_appspec::server::{PathKind, Permission};

use super::People;
use super::inventory::Item;
use crate::system::Attributes;

/// The permissions of an AppSpec, and the people that they name.
pub struct Rules<'a> {
    /// The permissions.
    pub permissions: &'a [Permission],
    /// The people.
    pub people: &'a People,
}

impl Rules<'_> {
    /// The permissions that are for a path.
    pub(super) fn matching(&self, path: &Path, item: &Item) -> Vec<(usize, &Permission)> {
        let all = self.permissions.iter().enumerate();
        all.filter(|(_, permission)| matches(permission, path, item)).collect()
    }

    /// What a permission makes of a path.
    pub(super) fn attributes(&self, permission: &Permission) -> Attributes {
        let number = |names: &std::collections::BTreeMap<String, u32>, name: &Option<String>| {
            name.as_ref().and_then(|name| names.get(name).copied())
        };
        Attributes {
            mode: permission.mode,
            owner: number(&self.people.users, &permission.owner),
            group: number(&self.people.groups, &permission.group),
        }
    }

    /// What is wrong with a permission whose object is a copied file.
    pub(super) fn check_file(permission: &Permission) -> Option<String> {
        let object = &permission.object;
        let line = permission.line;
        if permission.pattern != "**" || !permission.except.is_empty() {
            let words = "is for a file, so that it has neither pattern nor except";
            return Some(format!("line {line}: the permission of {object} {words}; name the folder as object"));
        }
        let has_default = permission.acls.iter().any(|entry| entry.default);
        let words = "is for a file, and only folders have default entries of access control lists";
        has_default.then(|| format!("line {line}: the permission of {object} {words}"))
    }
}

/// Whether a permission is for a path: for its object if that is a file, and for what is below it.
fn matches(permission: &Permission, path: &Path, item: &Item) -> bool {
    let kind = match item {
        Item::Folder => PathKind::Directory,
        Item::File => PathKind::File,
        // A link has no mode, and the owner of a link grants no access.
        Item::Link(_) => return false,
    };
    if !permission.kinds.contains(&kind) {
        return false;
    }
    let object = Path::new("/").join(permission.object.trim_end_matches('/'));
    if path == object {
        return kind == PathKind::File;
    }
    let Ok(rest) = path.strip_prefix(&object) else { return false };
    fits(&permission.pattern, path, rest) && !permission.except.iter().any(|except| fits(except, path, rest))
}

/// Whether a pattern is for a path: `**` for all, a whole path for itself, and `*.sh` for the names right below the
/// object.
fn fits(pattern: &str, path: &Path, rest: &Path) -> bool {
    if pattern == "**" || Path::new(pattern) == path {
        return true;
    }
    rest.to_str().is_some_and(|rest| !rest.contains('/') && wild(pattern.as_bytes(), rest.as_bytes()))
}

/// Whether a name fits a pattern in which `*` is any text. In time that grows by the product of the lengths at most.
fn wild(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, n));
            p += 1;
        } else if pattern.get(p) == Some(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            n = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

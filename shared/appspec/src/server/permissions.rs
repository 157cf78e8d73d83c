//! `permissions`: owner, group, mode, access control lists and SELinux contexts of what is copied.

use super::Os;
use crate::check::{Check, cut, suggestion};
use crate::tree::{Node, Scalar, Value};

/// One entry of `permissions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The line of the entry.
    pub line: usize,
    /// A copied file, or a folder below which it counts.
    pub object: String,
    /// Which names below the folder; `**` is all, at any depth.
    pub pattern: String,
    /// Which names not.
    pub except: Vec<String>,
    /// Files, folders, or both.
    pub kinds: Vec<PathKind>,
    /// The owner, by name or number.
    pub owner: Option<String>,
    /// The group, by name or number.
    pub group: Option<String>,
    /// The mode.
    pub mode: Option<u32>,
    /// The access control list.
    pub acls: Vec<AclEntry>,
    /// The SELinux context.
    pub context: Option<Context>,
}

/// What a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Files.
    File,
    /// Folders.
    Directory,
}

/// Whom an entry of an access control list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclKind {
    /// A user, or the owner.
    User,
    /// A group, or the owning group.
    Group,
    /// The most that named users and groups get.
    Mask,
    /// Everybody else.
    Other,
}

/// An entry of an access control list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    /// Whether it is what new files of a folder begin with.
    pub default: bool,
    /// Whom it is for.
    pub kind: AclKind,
    /// Which user or group; none is the owner's.
    pub name: Option<String>,
    /// Read 4, write 2, execute 1.
    pub bits: u8,
}

/// An SELinux context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The SELinux user.
    pub user: Option<String>,
    /// The type.
    pub kind: String,
    /// The range.
    pub range: Option<String>,
}

pub(super) fn read(check: &mut Check, node: &Node, os: Os) -> Vec<Permission> {
    let items = check.list("permissions", node, "\"- object: …\"");
    if os == Os::Windows && !items.is_empty() {
        let official = "The deployment failed because the permissions section of the application specification file is \
                        not supported on Windows Server.";
        check.refuse_as(Some(node.line), official, "remove permissions, or set them by a script of AfterInstall");
        return Vec::new();
    }
    let entries = items.iter().enumerate();
    entries.filter_map(|(n, node)| read_entry(check, &format!("permissions[{n}]"), node)).collect()
}

fn read_entry(check: &mut Check, place: &str, node: &Node) -> Option<Permission> {
    const KNOWN: [&str; 9] = ["object", "pattern", "except", "type", "owner", "group", "mode", "acls", "context"];
    let entries = check.map(place, node, "object")?;
    let [object, pattern, except, kinds, owner, group, mode, acls, context] =
        check.fields(place, entries, KNOWN, |check, key| check.unknown(place, key, &KNOWN));
    let kinds = kinds.map(|node| read_kinds(check, &format!("{place}.type"), node));
    let except = except.map(|node| texts(check, &format!("{place}.except"), node)).unwrap_or_default();
    let acls = acls.map(|node| read_acls(check, &format!("{place}.acls"), node)).unwrap_or_default();
    let permission = Permission {
        line: node.line,
        object: check.text(&format!("{place}.object"), object).unwrap_or_default(),
        pattern: check.text(&format!("{place}.pattern"), pattern).unwrap_or_else(|| "**".to_owned()),
        except: except.into_iter().map(|(_, text)| text).collect(),
        kinds: kinds.filter(|kinds| !kinds.is_empty()).unwrap_or_else(|| vec![PathKind::File, PathKind::Directory]),
        owner: read_name(check, &format!("{place}.owner"), owner),
        group: read_name(check, &format!("{place}.group"), group),
        mode: mode.and_then(|node| read_mode(check, &format!("{place}.mode"), node)),
        acls,
        context: context.and_then(|node| read_context(check, &format!("{place}.context"), node)),
    };
    if permission.object.is_empty() {
        check.refuse(node.line, format!("{place} needs an object, the file or folder that it is for"));
        return None;
    }
    Some(permission)
}

/// The texts of a list with their lines. A single text is a list of one.
fn texts(check: &mut Check, place: &str, node: &Node) -> Vec<(usize, String)> {
    let nodes = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Scalar(Scalar { text, .. }) => {
            check.warn(node.line, format!("{place} is read as a list of one; write [\"{}\"]", cut(text)));
            std::slice::from_ref(node)
        }
        Value::Map(_) => check.list(place, node, "texts"),
    };
    let nodes = nodes.iter().filter(|node| !node.is_null());
    nodes.filter_map(|node| Some((node.line, check.text(place, Some(node))?))).collect()
}

fn read_kinds(check: &mut Check, place: &str, node: &Node) -> Vec<PathKind> {
    let mut kinds = Vec::new();
    for (line, text) in texts(check, place, node) {
        match text.as_str() {
            "file" => kinds.push(PathKind::File),
            "directory" => kinds.push(PathKind::Directory),
            other => {
                let meant = suggestion(other, &["file", "directory"]);
                check.refuse(line, format!("{place} is '{}'; it lists file, directory or both{meant}", cut(other)));
            }
        }
    }
    kinds
}

fn read_name(check: &mut Check, place: &str, node: Option<&Node>) -> Option<String> {
    let name = check.text(place, node)?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let line = node.map_or(0, |node| node.line);
        check.warn(
            line,
            format!("{place} {} is taken as a number of the system; the official agents take names only", cut(&name)),
        );
    }
    Some(name)
}

/// A mode by its written text: YAML 1.1 reads `0644` as the number 420, which is another mode.
fn read_mode(check: &mut Check, place: &str, node: &Node) -> Option<u32> {
    let scalar = check.scalar(place, node)?;
    let text = scalar.text.trim();
    let is_octal = (1..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let Some(mode) = u32::from_str_radix(text, 8).ok().filter(|_| is_octal) else {
        let detail = format!("{place} is '{}'; write up to four octal digits, such as \"0644\" or 755", cut(text));
        check.refuse(node.line, detail);
        return None;
    };
    if !scalar.quoted && text.len() > 1 && text.starts_with('0') {
        let detail = format!(
            "{place} {text} is taken as it is written; the official agent 1.x reads it as {mode}. Write \"{text}\""
        );
        check.warn(node.line, detail);
    }
    Some(mode)
}

fn read_acls(check: &mut Check, place: &str, node: &Node) -> Vec<AclEntry> {
    let mut entries = Vec::new();
    for (line, text) in texts(check, place, node) {
        match parse_acl(&text) {
            Ok(entry) if entries.iter().any(|known| is_same(known, &entry)) => {
                check.refuse(line, format!("{place} has '{}' a second time for the same user or group", cut(&text)));
            }
            Ok(entry) => entries.push(entry),
            Err(why) => check.refuse(line, format!("{place} '{}': {why}", cut(&text))),
        }
    }
    entries
}

fn is_same(one: &AclEntry, other: &AclEntry) -> bool {
    one.default == other.default && one.kind == other.kind && one.name == other.name
}

/// `[default:][user|group|mask|other:][name]:permissions`
fn parse_acl(text: &str) -> Result<AclEntry, &'static str> {
    let mut parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let default = matches!(parts[0], "d" | "default");
    if default {
        parts.remove(0);
    }
    let bits = parts.pop().and_then(acl_bits).ok_or("it must end in permissions such as rwx, r-x, or a digit to 7")?;
    let kind = match parts.first().copied() {
        Some("u" | "user") => Some(AclKind::User),
        Some("g" | "group") => Some(AclKind::Group),
        Some("m" | "mask") => Some(AclKind::Mask),
        Some("o" | "other") => Some(AclKind::Other),
        Some(_) | None => None,
    };
    let rest = if kind.is_some() { &parts[1..] } else { &parts[..] };
    let kind = kind.unwrap_or(AclKind::User);
    let name = match rest {
        [] | [""] => None,
        [name] => Some((*name).to_owned()),
        _ => return Err("it has too many colons; write [default:][user|group|mask|other]:[name]:rwx"),
    };
    match (kind, &name) {
        (AclKind::Mask | AclKind::Other, Some(_)) => Err("mask and other take no name"),
        (AclKind::User | AclKind::Group | AclKind::Other, None) if !default => {
            Err("the permissions of the owner, its group and others are set by mode")
        }
        (_, _) => Ok(AclEntry { default, kind, name, bits }),
    }
}

fn acl_bits(text: &str) -> Option<u8> {
    if let Some(digit) = text.parse::<u8>().ok().filter(|_| text.len() == 1) {
        return (digit <= 7).then_some(digit);
    }
    if text.is_empty() || text.len() > 3 {
        return None;
    }
    text.chars().try_fold(0, |bits, c| match c {
        'r' => Some(bits | 4),
        'w' => Some(bits | 2),
        'x' => Some(bits | 1),
        '-' => Some(bits),
        _ => None,
    })
}

fn read_context(check: &mut Check, place: &str, node: &Node) -> Option<Context> {
    const KNOWN: [&str; 5] = ["user", "name", "type", "range", "role"];
    let entries = check.map(place, node, "user, type and range")?;
    let [user, name, kind, range, role] =
        check.fields(place, entries, KNOWN, |check, key| check.unknown(place, key, &["user", "type", "range"]));
    if let Some(role) = role {
        check.refuse(role.line, format!("{place}.role cannot be set; a context has user, type and range"));
    }
    if [user, name, kind, range].iter().all(Option::is_none) {
        return None;
    }
    let user = check.text(&format!("{place}.user"), user.or(name));
    let range = check.text(&format!("{place}.range"), range);
    let Some(kind) = check.text(&format!("{place}.type"), kind) else {
        check.refuse(node.line, format!("{place} needs a type, such as httpd_sys_content_t"));
        return None;
    };
    Some(Context { user, kind, range })
}

//! Where the agent is installed, and each change there with the line that tells of it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::User;

use crate::system::service_manager::is_systemd;

/// A host or an image.
pub struct Site<'a> {
    /// What takes the place of `/`; none on the host itself.
    pub(super) image: Option<PathBuf>,
    /// The program that runs.
    pub(super) program: PathBuf,
    /// The program that speaks with systemd; none where systemd does not run the host.
    pub(super) systemctl: Option<PathBuf>,
    /// Where lines go.
    pub(super) out: &'a mut dyn Write,
}

impl<'a> Site<'a> {
    /// This host, or an image in a folder of it.
    pub fn new(root: Option<&Path>, program: PathBuf, out: &'a mut dyn Write) -> Result<Self> {
        let image = super::image(root)?;
        let systemctl = (image.is_none() && is_systemd()).then(|| "systemctl".into());
        Ok(Self { image, program, systemctl, out })
    }

    pub(super) fn is_image(&self) -> bool {
        self.image.is_some()
    }

    /// Where an absolute path is.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        match &self.image {
            Some(image) => image.join(path.trim_start_matches('/')),
            None => path.into(),
        }
    }

    /// Whether the program that runs is the one at a path of the host itself.
    pub(super) fn program_is(&self, path: &str) -> bool {
        self.image.is_none() && self.program == Path::new(path)
    }

    pub(super) fn say(&mut self, words: &str) -> Result<()> {
        Ok(writeln!(self.out, "{words}")?)
    }

    pub(super) fn found(&mut self, path: &Path) -> Result<()> {
        self.say(&format!("in place: {}", path.display()))
    }

    /// Makes a folder that all users may read, for an owner where it has another one than root.
    pub(super) fn folder(&mut self, path: &str, owner: Option<(u32, u32)>) -> Result<()> {
        let path = self.path(path);
        let shown = path.display();
        let is_new = !path.is_dir();
        if is_new {
            fs::create_dir_all(&path).with_context(|| format!("the folder {shown} cannot be made"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        let found = fs::metadata(&path)?;
        let is_given = match owner {
            Some((user, group)) if (found.uid(), found.gid()) != (user, group) => {
                chown(&path, Some(user), Some(group))
                    .with_context(|| format!("the folder {shown} cannot be given to user {user}"))?;
                true
            }
            Some(_) | None => false,
        };
        match (is_new, is_given) {
            (true, _) => self.say(&format!("made {shown}/")),
            (false, true) => self.say(&format!(
                "gave {shown}/ to the agent's user; what is in it already keeps its owner, so give that by `chown -R` \
                 if another agent has made it"
            )),
            (false, false) => self.found(&path),
        }
    }

    pub(super) fn write(&mut self, path: &str, text: &str, mode: u32) -> Result<bool> {
        self.write_bytes(path, text.as_bytes(), mode)
    }

    /// Writes a file aside and renames it, unless it is there as it must be. Whether it was not.
    pub(super) fn write_bytes(&mut self, path: &str, content: &[u8], mode: u32) -> Result<bool> {
        let path = self.path(path);
        let before = super::missing_is_none(fs::read(&path)).with_context(|| path.display().to_string())?;
        if before.as_deref() == Some(content) && fs::metadata(&path)?.mode() & 0o7777 == mode {
            self.found(&path)?;
            return Ok(false);
        }
        let write = || -> io::Result<()> {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let aside = path.with_added_extension("new");
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(mode).open(&aside)?;
            file.write_all(content)?;
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))?;
        let verb = if before.is_some() { "changed" } else { "wrote" };
        self.say(&format!("{verb} {}", path.display()))?;
        Ok(true)
    }

    /// Removes a file or a link, if it is there.
    pub(super) fn remove(&mut self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Ok(()) => self.say(&format!("removed {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be removed", path.display())),
        }
    }

    /// Lets systemd do something, where systemd runs the host and it is needed.
    pub(super) fn systemctl(&mut self, arguments: &[&str], is_needed: bool) -> Result<()> {
        let Some(program) = self.systemctl.clone().filter(|_| is_needed) else { return Ok(()) };
        let shown = format!("systemctl {}", arguments.join(" "));
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("`{shown}` cannot be run"))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            bail!("`{shown}` failed: {}; what is installed stays, and a second run goes on from here", words.trim());
        }
        self.say(&format!("did `{shown}`"))
    }

    /// The numbers of a user and its group. One that does not exist is made, as a user of the system without a shell.
    pub(super) fn user(&mut self, name: &str) -> Result<(u32, u32)> {
        if let Some(found) = self.find_user(name)? {
            self.say(&format!("in place: user {name}"))?;
            return Ok(found);
        }
        let mut command = Command::new("useradd");
        if let Some(image) = &self.image {
            command.arg("--prefix").arg(image);
        }
        command.args(["--system", "--user-group", "--no-create-home", "--home-dir", "/opt/codedeploy-agent"]);
        let output = command.args(["--shell", "/usr/sbin/nologin", "--", name]).stdin(Stdio::null()).output();
        let output =
            output.with_context(|| format!("user {name} does not exist, and useradd cannot be run; make it"))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            bail!("user {name} does not exist, and useradd cannot make it: {}", words.trim());
        }
        self.say(&format!("made user {name}"))?;
        self.find_user(name)?.with_context(|| format!("user {name} is not found after useradd has made it"))
    }

    fn find_user(&self, name: &str) -> Result<Option<(u32, u32)>> {
        if self.image.is_none() {
            return Ok(User::from_name(name)?.map(|user| (user.uid.as_raw(), user.gid.as_raw())));
        }
        // The users of an image are those of its own file, not those of the host that it is made on.
        let users = super::missing_is_none(fs::read_to_string(self.path("/etc/passwd")))?.unwrap_or_default();
        let numbers = |line: &str| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name))
                .then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
        };
        Ok(users.lines().find_map(numbers))
    }
}

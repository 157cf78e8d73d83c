//! systemd, as far as the agent has a unit there.

use std::path::Path;
use std::process::{Command, Stdio};

/// The name of the agent's unit.
pub const UNIT: &str = "spillway-agent";
/// It is there while systemd runs the host.
const SYSTEMD: &str = "/run/systemd/system";

/// Whether systemd runs this host.
pub fn is_systemd() -> bool {
    Path::new(SYSTEMD).is_dir()
}

/// What systemd says of the agent's unit, in its own words; none without systemd, or without the unit.
pub fn unit_state() -> Option<String> {
    if !is_systemd() {
        return None;
    }
    let properties = "--property=LoadState,ActiveState,SubState,UnitFileState,NRestarts";
    let output = Command::new("systemctl").args(["show", UNIT, properties]).stdin(Stdio::null()).output().ok()?;
    read_state(&String::from_utf8_lossy(&output.stdout))
}

fn read_state(text: &str) -> Option<String> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    if value("LoadState")? != "loaded" {
        return None;
    }
    let (active, sub) = (value("ActiveState")?, value("SubState")?);
    let file = value("UnitFileState").filter(|state| !state.is_empty()).unwrap_or("not enabled");
    let restarts = value("NRestarts").filter(|count| *count != "0");
    let restarts = restarts.map(|count| format!(", restarted {count} times")).unwrap_or_default();
    Some(format!("{active} ({sub}), {file}{restarts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_told_in_the_words_of_systemd_and_one_that_is_not_there_is_none() {
        let loaded = "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nNRestarts=0\n";
        assert_eq!(read_state(loaded).unwrap(), "active (running), enabled");
        let restarted = loaded.replace("NRestarts=0", "NRestarts=7").replace("UnitFileState=enabled", "UnitFileState=");
        assert_eq!(read_state(&restarted).unwrap(), "active (running), not enabled, restarted 7 times");
        assert_eq!(read_state("LoadState=not-found\nActiveState=inactive\nSubState=dead\n"), None);
        assert_eq!(read_state(""), None);
    }
}

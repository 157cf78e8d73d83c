//! Kills the processes of Spillway's functions.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use tokio::process::Command;

/// Kills one of the processes that the emulated AWS runs functions in; whether there was one.
pub(super) async fn kill_one(emulator: u32, random: &mut fastrand::Rng) -> anyhow::Result<bool> {
    let functions = functions_of(emulator)?;
    if functions.is_empty() {
        return Ok(false);
    }
    let victim = functions[random.usize(..functions.len())].to_string();
    let killed = Command::new("kill").args(["-KILL", &victim]).output().await.context("`kill` cannot be run")?;
    // It may have ended by itself since.
    Ok(killed.status.success())
}

/// The children of a process that run the binary of a function.
fn functions_of(parent: u32) -> anyhow::Result<Vec<u32>> {
    ensure!(Path::new("/proc/self/stat").exists(), "chaos finds the functions' processes in /proc, which Linux has");
    let processes = fs::read_dir("/proc").context("/proc cannot be read")?;
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(ids.filter(|id| is_function_of(*id, parent)).collect())
}

fn is_function_of(process: u32, parent: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    let its_parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
    let runs = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    its_parent == Some(parent) && String::from_utf8_lossy(&runs).trim_end_matches('\0').ends_with("/bootstrap")
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn only_functions_of_the_emulator_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bootstrap");
        std::os::unix::fs::symlink("/bin/cat", &program).unwrap();
        let run = |program: &Path| std::process::Command::new(program).stdin(Stdio::piped()).spawn().unwrap();
        let (mut function, mut other) = (run(&program), run(Path::new("/bin/cat")));
        let own = std::process::id();
        // A look at all processes misses one now and then, while others come and go.
        let found = (0..100).map(|_| functions_of(own).unwrap()).find(|found| !found.is_empty());
        assert_eq!(found.unwrap_or_default(), [function.id()]);
        assert_eq!(functions_of(function.id()).unwrap(), [0; 0]);
        for process in [&mut function, &mut other] {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

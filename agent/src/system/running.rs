//! Whether a process of another time still runs.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process. A later one may get its number, so the moment of its start tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since the host started.
    pub started_ticks: u64,
}

impl Running {
    /// The process that asks.
    pub fn current() -> Option<Self> {
        Self::find(std::process::id())
    }

    /// Whether it still runs.
    pub fn is_alive(self) -> bool {
        Self::find(self.pid) == Some(self)
    }

    fn find(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the name of the program, in parentheses, and may have spaces and parentheses itself.
        let (_, fields) = text.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let is_dead = matches!(fields.next(), Some("Z" | "X"));
        // The start is field 22, and the state, taken above, is field 3.
        let started_ticks = fields.nth(18)?.parse().ok()?;
        (!is_dead).then_some(Self { pid, started_ticks })
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_told_from_another_one_with_its_number() {
        let own = Running::current().unwrap();
        assert!(own.is_alive());
        let earlier = Running { started_ticks: own.started_ticks - 1, ..own };
        assert!(!earlier.is_alive());
    }

    #[test]
    fn a_process_that_has_ended_does_not_run_even_if_its_parent_has_not_asked_for_its_status() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let running = Running::find(child.id()).unwrap();
        assert!(running.is_alive());
        drop(child.stdin.take());
        while running.is_alive() {
            std::thread::yield_now();
        }
        assert!(child.wait().unwrap().success());
    }
}

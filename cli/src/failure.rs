//! Why a command ends without having done what it was asked for, and with which exit code.

use std::fmt;

/// Why a command fails.
#[derive(Debug)]
pub enum Failure {
    /// The deployment that was waited for did not succeed. What there is to say of it has been said.
    NotSucceeded,
    /// The operator has left a deployment that goes on.
    Left,
    /// The command line asks for what cannot be.
    Usage(String),
    /// Spillway, or AWS, has understood the request and refuses it.
    Refused {
        /// The exception.
        name: String,
        /// Its message.
        message: String,
    },
    /// Spillway cannot be asked.
    Unreachable(anyhow::Error),
    /// Something on this machine is not as it has to be.
    Local(anyhow::Error),
}

impl Failure {
    /// The exit code of the command, as `docs/guides/command-line.md` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotSucceeded => 1,
            Self::Usage(_) => 2,
            Self::Refused { .. } => 3,
            Self::Unreachable(_) => 4,
            Self::Local(_) => 5,
            Self::Left => 130,
        }
    }

    /// Whether there is something left to say.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::NotSucceeded | Self::Left)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSucceeded => f.write_str("the deployment did not succeed"),
            Self::Left => f.write_str("the deployment goes on"),
            Self::Usage(words) => f.write_str(words),
            Self::Refused { name, message } => {
                let stop = if message.ends_with('.') { "" } else { "." };
                write!(f, "{message}{stop} ({name})")?;
                advice(name, message).map_or(Ok(()), |advice| write!(f, "\n{advice}"))
            }
            Self::Unreachable(error) | Self::Local(error) => write!(f, "{error:#}"),
        }
    }
}

/// What to do about an exception.
fn advice(name: &str, message: &str) -> Option<String> {
    Some(match name {
        "DeploymentDoesNotExistException" | "InvalidDeploymentIdException" if !message.contains("go back") => {
            "`spillway list` shows the last deployments with their ids.".to_owned()
        }
        "DeploymentLimitExceededException" => match id_in(message) {
            Some(id) => format!("`spillway watch {id}` follows that deployment, `spillway stop {id}` stops it."),
            None => return None,
        },
        "AccessDeniedException" => {
            "Ask for the permission in Spillway's policies, or use another --profile.".to_owned()
        }
        "UnknownOperationException" => {
            "This installation of Spillway is older than the command. Update its stack.".to_owned()
        }
        "ApplicationDoesNotExistException" | "DeploymentGroupDoesNotExistException" => {
            "A deployment group is named as APPLICATION/GROUP, such as shop/orders.".to_owned()
        }
        _ => return None,
    })
}

/// The first id of a deployment in a text.
fn id_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(|word| word.starts_with("d-") && word.len() == 11)
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Local(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let said = |name: &str, message: &str| {
            Failure::Refused { name: name.to_owned(), message: message.to_owned() }.to_string()
        };
        assert_eq!(
            said(
                "DeploymentLimitExceededException",
                "The Deployment Group 'orders' already has an active Deployment 'd-75I7MBT7C'"
            ),
            "The Deployment Group 'orders' already has an active Deployment 'd-75I7MBT7C'. \
             (DeploymentLimitExceededException)\n`spillway watch d-75I7MBT7C` follows that deployment, `spillway stop \
             d-75I7MBT7C` stops it."
        );
        assert_eq!(said("InvalidRoleException", "No role."), "No role. (InvalidRoleException)");
    }
}

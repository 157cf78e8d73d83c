//! Whether a caller is the host that it claims to be.

use crate::access::caller::{Caller, CallerIdentity, CallerKind};
use crate::arn::Arn;
use crate::server::host::{Host, HostIdentifier, Principal};

/// Why a caller is not taken for a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{caller} is not host {host}: {why}")]
pub struct NotTheHost {
    /// Who called.
    pub caller: String,
    /// The host that it claims to be.
    pub host: HostIdentifier,
    /// What does not fit.
    pub why: &'static str,
}

/// Holds a caller against what it claims to be: the session of an EC2 instance's role is named after the instance, in the
/// account of the instance, and every other host calls as the IAM identity that it claims to be.
///
/// # Errors
///
/// Where the claim does not fit the caller.
pub fn claim(caller: &Caller, host: &HostIdentifier) -> Result<(), NotTheHost> {
    let refuse = |why| Err(NotTheHost { caller: caller.to_string(), host: host.clone(), why });
    let Some((account, instance)) = ec2_instance(host) else {
        return if caller.as_str() == host.as_str() {
            Ok(())
        } else {
            refuse("an on-premises host calls as the IAM user or session that was registered for it")
        };
    };
    match caller.identity() {
        CallerIdentity { kind: CallerKind::Session { .. }, account: own, .. } if own != account => {
            refuse("the session is of another account than the instance")
        }
        CallerIdentity { kind: CallerKind::Session { .. }, name, .. } if name != instance => {
            refuse("the session is not named after the instance")
        }
        CallerIdentity { kind: CallerKind::Session { .. }, .. } => Ok(()),
        CallerIdentity {
            kind:
                CallerKind::User | CallerKind::FederatedUser | CallerKind::Root | CallerKind::Execution | CallerKind::Stack,
            ..
        } => refuse("an EC2 instance calls as a session of the role of its instance profile"),
    }
}

/// Holds a caller against a host that was selected: the role has to be one of its instance profile, or the identity that
/// was registered.
///
/// # Errors
///
/// Where the caller is not the host.
pub fn prove(caller: &Caller, host: &Host) -> Result<(), NotTheHost> {
    claim(caller, &host.identifier)?;
    let refuse = |why| Err(NotTheHost { caller: caller.to_string(), host: host.identifier.clone(), why });
    match &host.principal {
        Principal::Registered(identity) if identity == caller.as_str() => Ok(()),
        Principal::Registered(_) => refuse("another IAM identity is registered for the host"),
        Principal::InstanceProfile { roles } if roles.is_empty() => {
            refuse("the instance had no instance profile when the deployment selected it")
        }
        Principal::InstanceProfile { roles } => {
            let is_own = |role: &str| roles.iter().any(|own| own == role);
            match caller.identity().kind {
                CallerKind::Session { role } if is_own(role) => Ok(()),
                CallerKind::Session { .. }
                | CallerKind::User
                | CallerKind::FederatedUser
                | CallerKind::Root
                | CallerKind::Execution
                | CallerKind::Stack => refuse("the role is not one of the instance's profile"),
            }
        }
    }
}

/// Account and id of an EC2 instance: `arn:<partition>:ec2:<region>:<account>:instance/<id>`.
fn ec2_instance(host: &HostIdentifier) -> Option<(&str, &str)> {
    let arn = Arn::parse(host.as_str()).filter(|arn| arn.service() == "ec2")?;
    Some((arn.account(), arn.resource().strip_prefix("instance/")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::host::Standing;

    const INSTANCE: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc";

    fn host(identifier: &str, principal: Principal) -> Host {
        Host {
            id: "i-0abc".parse().unwrap(),
            arn: identifier.to_owned(),
            identifier: identifier.parse().unwrap(),
            principal,
            zone: None,
            auto_scaling_group: None,
            standing: Standing::Unknown,
            seen_at: None,
            stopped_at: None,
            was_launched: false,
            had_traffic: false,
        }
    }

    fn of_profile(roles: &[&str]) -> Host {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        host(INSTANCE, Principal::InstanceProfile { roles })
    }

    fn refused(caller: &str, host: &Host) -> String {
        prove(&caller.parse().unwrap(), host).unwrap_err().why.to_owned()
    }

    #[test]
    fn an_instance_is_the_session_of_its_role_that_is_named_after_it() {
        let own = "arn:aws:sts::111122223333:assumed-role/web/i-0abc".parse().unwrap();
        assert_eq!(prove(&own, &of_profile(&["web"])), Ok(()));
        for (caller, why) in [
            ("arn:aws:sts::111122223333:assumed-role/web/i-0abd", "the session is not named after the instance"),
            (
                "arn:aws:sts::999999999999:assumed-role/web/i-0abc",
                "the session is of another account than the instance",
            ),
            ("arn:aws:sts::111122223333:assumed-role/admin/i-0abc", "the role is not one of the instance's profile"),
            (
                "arn:aws:iam::111122223333:user/i-0abc",
                "an EC2 instance calls as a session of the role of its instance profile",
            ),
        ] {
            assert_eq!(refused(caller, &of_profile(&["web"])), why);
        }
        let bare = refused("arn:aws:sts::111122223333:assumed-role/web/i-0abc", &of_profile(&[]));
        assert_eq!(bare, "the instance had no instance profile when the deployment selected it");
    }

    #[test]
    fn an_on_premises_host_is_the_identity_that_was_registered() {
        let (user, other) = ("arn:aws:iam::111122223333:user/box", "arn:aws:iam::111122223333:user/other");
        let own = host(user, Principal::Registered(user.to_owned()));
        assert_eq!(prove(&user.parse().unwrap(), &own), Ok(()));
        let why = "an on-premises host calls as the IAM user or session that was registered for it";
        assert_eq!(refused(other, &own), why);
        assert_eq!(
            prove(&other.parse().unwrap(), &own).unwrap_err().to_string(),
            format!("{other} is not host {user}: {why}")
        );
        let again = host(user, Principal::Registered(other.to_owned()));
        assert_eq!(refused(user, &again), "another IAM identity is registered for the host");
    }
}

//! The ids under which hooks are asked: the deployment, the event, and a seal over both, without which no caller can answer
//! for a hook. An id counts for as long as the record waits for the verdict on its event.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::names::{DeploymentId, HookExecutionId};

use crate::codedeploy::token::Seal;

impl Seal {
    /// The id under which the hook of `event` is asked.
    pub fn execution_id(&self, deployment: &DeploymentId, event: EventName) -> String {
        let seal = self.of_hook(deployment.as_str(), event.as_str()).finalize().into_bytes();
        format!("{deployment}.{event}.{}", URL_SAFE_NO_PAD.encode(seal))
    }

    /// The event that the id stands for, if it is one of `deployment`'s and was made here.
    pub(crate) fn event_of(&self, deployment: &DeploymentId, id: &HookExecutionId) -> Option<EventName> {
        let (event, seal) = id.as_str().strip_prefix(deployment.as_str())?.strip_prefix('.')?.split_once('.')?;
        let event = EventName::ALL.into_iter().find(|known| known.as_str() == event)?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        // Compared in constant time.
        self.of_hook(deployment.as_str(), event.as_str()).verify_slice(&seal).ok().map(|()| event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::named;

    #[test]
    fn an_id_stands_for_its_event_of_its_deployment_only() {
        let (seal, id): (_, DeploymentId) = (Seal::new("a secret"), named("d-75I7MBT7C"));
        for event in EventName::ALL {
            let own: HookExecutionId = named(&seal.execution_id(&id, event));
            assert_eq!(seal.event_of(&id, &own), Some(event));
            assert_eq!(seal.event_of(&named("d-75I7MBT7D"), &own), None, "another deployment");
            assert_eq!(Seal::new("another secret").event_of(&id, &own), None, "another installation");
        }
    }

    #[test]
    fn no_id_is_made_without_the_secret() {
        let (seal, id): (_, DeploymentId) = (Seal::new("a secret"), named("d-75I7MBT7C"));
        let own = seal.execution_id(&id, EventName::BeforeAllowTraffic);
        let (names, mac) = own.rsplit_once('.').unwrap();
        let of_page = crate::codedeploy::token::write(
            &seal,
            crate::codedeploy::operation::Operation::ListDeployments,
            "d-75I7MBT7C",
            "BeforeAllowTraffic",
        );
        for forged in [
            "d-75I7MBT7C.BeforeAllowTraffic".to_owned(),
            format!("{names}."),
            format!("{names}.{}", &mac[..20]),
            format!("{names}.{}", mac.to_ascii_lowercase()),
            format!("{names}.{mac}AAAA"),
            format!("d-75I7MBT7C.AfterAllowTraffic.{mac}"),
            format!("{names}.{of_page}"),
            "x".repeat(1024),
        ] {
            assert_eq!(seal.event_of(&id, &named(&forged)), None, "{forged}");
        }
    }
}

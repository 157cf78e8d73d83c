//! Who the host is, what it signs with, and whether the service takes it.

use std::fs;
use std::net::ToSocketAddrs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use anyhow::Result;
use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use super::{Finding, Surroundings, Verdict};
use crate::client::fault::Fault;
use crate::daemon::pulse::Pulse;
use crate::http::endpoint::Endpoint;
use crate::http::{Call, Http};
use crate::identity::Identity;
use crate::service::{HostService, Probe};
use crate::settings::Settings;

const WAY_OUT: &str = "; look at the way out of this host: port 443, and :proxy_uri: if there is a proxy";
/// AWS refuses signatures that are further from its own clock.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// A clock that runs that wrong is not set by the network.
const SKEW: SignedDuration = SignedDuration::from_secs(30);
/// A `Date` header has whole seconds, and has been on its way.
const EXACT: SignedDuration = SignedDuration::from_secs(2);
/// EC2 has had new keys long before.
const SOON: SignedDuration = SignedDuration::from_mins(5);
/// The daemon may wait longer for an answer than an operator would.
const READ: Duration = Duration::from_secs(20);

pub(super) fn examine(
    settings: &Settings,
    identity: &Result<Identity, String>,
    surroundings: &Surroundings<'_>,
    tell: &mut dyn FnMut(Finding) -> Result<()>,
) -> Result<()> {
    let now = surroundings.clock.now();
    let identity = match identity {
        Ok(identity) => identity,
        Err(words) => {
            tell(Finding { check: "identity", verdict: Verdict::Bad(words.clone()) })?;
            for check in ["credentials", "clock"] {
                let words = "the host has no identity to sign with".to_owned();
                tell(Finding { check, verdict: Verdict::Unknown(words) })?;
            }
            return tell(Finding { check: "endpoint", verdict: unsigned(settings) });
        }
    };
    tell(Finding { check: "identity", verdict: who(identity) })?;
    if let Some(verdict) = modes(identity, surroundings.uid) {
        tell(Finding { check: "key files", verdict })?;
    }
    let credentials = identity.credentials(now);
    tell(Finding { check: "credentials", verdict: keys(&credentials, now) })?;
    if credentials.is_err() {
        tell(Finding { check: "clock", verdict: Verdict::Unknown("the host has no keys to sign with".to_owned()) })?;
        return tell(Finding { check: "endpoint", verdict: unsigned(settings) });
    }
    let service = HostService {
        http: http(settings),
        endpoint: settings.service.clone(),
        identity,
        clock: surroundings.clock,
        pulse: Pulse::default(),
    };
    let probe = service.probe();
    tell(Finding { check: "clock", verdict: clock(&probe, now, &settings.service) })?;
    tell(Finding { check: "endpoint", verdict: called(settings, &probe, identity) })
}

fn http(settings: &Settings) -> Http {
    Http::new(READ.min(settings.read_timeout), settings.proxy_to(Some(&settings.service)))
}

fn who(identity: &Identity) -> Verdict {
    let Identity { host, region, .. } = identity;
    Verdict::Good(format!("{host} in {region}, {} by {}", identity.kind(), identity.source()))
}

/// Files with keys are for the agent's user alone.
fn modes(identity: &Identity, uid: u32) -> Option<Verdict> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for file in identity.files() {
        let shown = file.display();
        // The credentials tell of a file that is not there.
        let Ok(found) = fs::metadata(file) else { continue };
        files.push(shown.to_string());
        if found.mode() & 0o077 != 0 {
            let mode = found.mode() & 0o7777;
            faults.push(format!(
                "{shown} has mode {mode:04o}, so other users may read the keys of this host; `chmod 600 {shown}`"
            ));
        }
        if found.uid() != uid && found.uid() != 0 {
            let owner = found.uid();
            faults.push(format!(
                "{shown} belongs to user {owner}, who can make this host another one; `chown root {shown}`"
            ));
        }
    }
    match (files.is_empty(), faults.is_empty()) {
        (true, _) => None,
        (false, true) => Some(Verdict::Good(format!("for the owner alone: {}", files.join(", ")))),
        (false, false) => Some(Verdict::Warning(faults.join("\n"))),
    }
}

fn keys(credentials: &Result<Credentials, String>, now: Timestamp) -> Verdict {
    let credentials = match credentials {
        Ok(credentials) => credentials,
        Err(words) => return Verdict::Bad(words.clone()),
    };
    let key = credentials.access_key_id();
    let Some(until) = credentials.expiry().and_then(|until| Timestamp::try_from(until).ok()) else {
        return Verdict::Good(format!("key {key}"));
    };
    let shown = until.strftime("%Y-%m-%dT%H:%M:%SZ");
    let left = until.duration_since(now);
    if left <= SignedDuration::ZERO {
        Verdict::Bad(format!(
            "key {key} has expired at {shown}, and the metadata service has no newer one; look at the host's clock, and \
             whether the instance profile still has its role"
        ))
    } else if left < SOON {
        Verdict::Warning(format!("key {key} expires at {shown}, and the metadata service has no newer one"))
    } else {
        Verdict::Good(format!("key {key}, until {shown}"))
    }
}

/// How far the host's clock is from that of the service.
fn clock(probe: &Probe, now: Timestamp, service: &Endpoint) -> Verdict {
    let Some(date) = probe.date else {
        return Verdict::Unknown(format!("{service} has not said what time it is"));
    };
    let skew = now.duration_since(date);
    if skew.abs() <= EXACT {
        return Verdict::Good(format!("the host's clock agrees with that of {service}"));
    }
    let (seconds, direction) = (skew.abs().as_secs(), if skew.is_negative() { "behind" } else { "ahead of" });
    let words = format!("the host's clock is {seconds} s {direction} that of {service}");
    if skew.abs() > MOST_SKEW {
        Verdict::Bad(format!(
            "{words}: AWS refuses signatures that are more than 5 minutes off; set it by chrony or systemd-timesyncd"
        ))
    } else if skew.abs() > SKEW {
        Verdict::Warning(format!(
            "{words}; past 5 minutes, AWS refuses signatures: is chrony or systemd-timesyncd running?"
        ))
    } else {
        Verdict::Good(words)
    }
}

/// What a signed call was answered.
fn called(settings: &Settings, probe: &Probe, identity: &Identity) -> Verdict {
    match &probe.outcome {
        Ok(()) => Verdict::Good(format!("{} takes the calls of {}", settings.service, identity.host)),
        Err(fault) => match unresolved(settings) {
            Some(words) => Verdict::Bad(words),
            None => Verdict::Bad(format!("{fault}{}", advice(fault, probe))),
        },
    }
}

/// What to do, where the fault does not say it.
fn advice(fault: &Fault, probe: &Probe) -> &'static str {
    match fault {
        Fault::Unavailable(_) if probe.date.is_none() => WAY_OUT,
        Fault::Unavailable(_) => "; look at the log of the service's function agent-api",
        Fault::Throttled(_) => "; look at the concurrency of the service's function agent-api",
        Fault::Refused(_) => {
            "; look at the identity that the host is registered with, or at the role of its instance profile"
        }
        Fault::Denied(_) | Fault::NoIdentity(_) | Fault::Malformed(_) | Fault::Disk(_) => "",
    }
}

/// Whether a server is at the address. Without keys, there is no more to find out.
fn unsigned(settings: &Settings) -> Verdict {
    if let Some(words) = unresolved(settings) {
        return Verdict::Bad(words);
    }
    let call = Call { method: "GET", url: format!("{}/", settings.service), headers: Vec::new(), body: Vec::new() };
    let service = &settings.service;
    match http(settings).send(&call) {
        Ok(answer) => Verdict::Good(format!(
            "{service} is there (status {}); whether it takes this host's calls is not known without keys",
            answer.status
        )),
        Err(error) => Verdict::Bad(format!("{service} does not answer: {error}{WAY_OUT}")),
    }
}

/// Why the service has no address, if it has none. A proxy finds it by itself.
fn unresolved(settings: &Settings) -> Option<String> {
    let service = &settings.service;
    if settings.proxy.is_some() && !service.is_loopback() {
        return None;
    }
    let error = (service.bare_host(), 443).to_socket_addrs().err()?;
    Some(format!(
        "the name {} has no address ({error}); look at :deploy_control_endpoint: and at the name servers of this host",
        service.bare_host()
    ))
}

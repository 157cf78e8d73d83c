//! Whether a call is signed by the keys of this host. Each user of the host reaches the port of the proxy, and the proxy
//! calls the service in the name of the host, so a call must come from a program that can read the host's keys.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::http::Request;
use crate::http::Call;
use crate::http::signature::{self, Hash, Scope};

/// The services that CodeDeploy's agents sign for: with `:enable_auth_policy:`, the second one.
const SIGNING_NAMES: [&str; 2] = ["codedeploy-commands", "codedeploy-commands-secure"];
/// What must be in a signature, so that it is good for this call alone.
const MUST_BE_SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];
/// How old a signature may be. The agent and the proxy have the same clock.
const MOST_AGE: SignedDuration = SignedDuration::from_mins(5);
/// Roles have new keys before the old ones end, and an agent signs with the old ones a little longer.
const MOST_KEYS: usize = 4;
/// Between two looks for keys that are not known: a caller with any key could make the proxy look all the time.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(10);

/// Where the keys of the host come from.
pub trait Keys: Sync {
    /// What the host signs with now.
    fn current(&self, now: Timestamp) -> Result<Credentials, String>;
    /// Forgets it: there may be something newer.
    fn forget(&self);
}

/// The keys by which calls may be signed.
#[derive(Default)]
pub struct Verifier {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Vec<Credentials>,
    looked_at: Option<Timestamp>,
}

impl Verifier {
    /// Says what is wrong, unless the host's keys have signed this very call.
    pub fn verify(&self, request: &Request, keys: &dyn Keys, now: Timestamp) -> Result<(), String> {
        let authorization = request.header("authorization").ok_or("the call is not signed")?;
        let signed = Signed::read(authorization).ok_or("its Authorization header is not that of AWS's signature 4")?;
        if !SIGNING_NAMES.contains(&signed.service) {
            return Err(format!("it is signed for {}, not for {}", signed.service, SIGNING_NAMES.join(" or ")));
        }
        if let Some(name) = MUST_BE_SIGNED.into_iter().find(|name| !signed.headers.contains(name)) {
            return Err(format!("its signature leaves {name} out"));
        }
        let time = request.header("x-amz-date").and_then(read_time).ok_or("its X-Amz-Date is not a time")?;
        if now.duration_since(time).abs() > MOST_AGE {
            return Err(format!("it was signed at {time}, and it is {now}"));
        }
        let credentials = self.find(signed.key, keys, now)?;
        let Some(host) = request.header("host") else { return Err("it has no Host header".to_owned()) };
        let of_signer = ["host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];
        let headers = signed.headers.iter().filter(|name| !of_signer.contains(name));
        let headers = headers.map(|name| {
            let value = request.header(name).ok_or_else(|| format!("its signature is of {name}, which it lacks"))?;
            Ok(((*name).to_owned(), value.to_owned()))
        });
        let mut expected = Call {
            method: "POST",
            url: format!("http://{host}{}", request.path),
            headers: headers.collect::<Result<_, String>>()?,
            body: request.body.clone(),
        };
        let scope = Scope { service: signed.service, region: signed.region, now: time };
        let hash = if signed.headers.contains(&"x-amz-content-sha256") { Hash::InHeader } else { Hash::Implied };
        signature::add_with(&mut expected, &credentials, scope, hash)?;
        let found = expected.headers.iter().find(|(name, _)| name == "authorization");
        let is_same = found
            .and_then(|(_, value)| Signed::read(value))
            .is_some_and(|own| own.headers == signed.headers && is_equal(own.signature, signed.signature));
        if is_same { Ok(()) } else { Err("its signature is not one of this host's keys".to_owned()) }
    }

    /// The keys of that id, also those that the host had a moment ago.
    fn find(&self, id: &str, keys: &dyn Keys, now: Timestamp) -> Result<Credentials, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |keys: &Credentials| keys.expiry().is_some_and(|end| end < SystemTime::from(now));
        known.keys.retain(|keys| !is_over(keys));
        let mut current = keys.current(now)?;
        let is_new = |known: &Known| known.keys.iter().all(|known| known.access_key_id() != id);
        let may_look = known.looked_at.is_none_or(|at| now.duration_since(at).abs() >= BETWEEN_LOOKS);
        if current.access_key_id() != id && is_new(&known) && may_look {
            known.looked_at = Some(now);
            keys.forget();
            current = keys.current(now)?;
        }
        // Keys may be written anew under the id that they had.
        known.keys.retain(|known| known.access_key_id() != current.access_key_id());
        known.keys.insert(0, current);
        known.keys.truncate(MOST_KEYS);
        let found = known.keys.iter().find(|keys| keys.access_key_id() == id);
        found.cloned().ok_or_else(|| format!("it is signed by the key {id}, which is not one of this host"))
    }
}

/// What an Authorization header says.
struct Signed<'a> {
    key: &'a str,
    region: &'a str,
    service: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn read(authorization: &'a str) -> Option<Self> {
        let rest = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
        let part = |name: &str| {
            rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=').map(str::trim))
        };
        let scope: Vec<&str> = part("Credential")?.split('/').collect();
        let [key, _, region, service, "aws4_request"] = scope[..] else { return None };
        let headers = part("SignedHeaders")?.split(';').collect();
        Some(Self { key, region, service, headers, signature: part("Signature")? })
    }
}

fn read_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

/// Takes as long wherever two texts differ.
fn is_equal(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

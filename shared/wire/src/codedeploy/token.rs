//! The tokens between the pages of a list. A token holds the key of the last item that was given, under a seal over
//! operation, scope and key: one that was changed, made up, or given by another list, is refused.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use spillway_domain::catalog::page::Page;

use crate::codedeploy::exception::Exception;

const SEAL_BYTES: usize = 16;

/// The key of an installation, without which no valid token can be made.
#[derive(Clone)]
pub struct Seal {
    pages: Hmac<Sha256>,
    /// Under a key of its own, so that no seal over one thing is one over another.
    hooks: Hmac<Sha256>,
}

impl Seal {
    /// The seal with a secret, which is as good as the secret is random.
    pub fn new(secret: &str) -> Self {
        let keyed = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
        let pages = keyed(secret.as_bytes());
        let hooks = pages.clone().chain_update("executions of hooks").finalize().into_bytes();
        Self { pages, hooks: keyed(&hooks) }
    }

    /// Over the event of a deployment whose hook is asked.
    pub(crate) fn of_hook(&self, deployment: &str, event: &str) -> Hmac<Sha256> {
        sealed(&self.hooks, &[deployment, event])
    }

    fn of(&self, operation: &'static str, scope: &str, key: &str) -> Hmac<Sha256> {
        sealed(&self.pages, &[operation, scope, key])
    }
}

fn sealed(key: &Hmac<Sha256>, parts: &[&str]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    for part in parts {
        // Lengths keep apart what would read the same when run together.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

/// Says nothing of the secret.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// A page of names as `member` of the answer of `operation`, and the token of the next page where there is one.
/// The scope is what else must be the same when the next page is asked for.
pub(crate) fn render_page(
    seal: &Seal,
    operation: impl Into<&'static str>,
    scope: &str,
    member: &str,
    page: &Page<impl fmt::Display>,
) -> Map<String, Value> {
    let items: Vec<String> = page.items.iter().map(ToString::to_string).collect();
    let mut answer = Map::new();
    answer.insert(member.to_owned(), json!(items));
    if let Some(key) = &page.next {
        answer.insert("nextToken".to_owned(), json!(write(seal, operation, scope, key)));
    }
    answer
}

/// The token of the page after `key`.
pub(crate) fn write(seal: &Seal, operation: impl Into<&'static str>, scope: &str, key: &str) -> String {
    let mut bytes = seal.of(operation.into(), scope, key).finalize().into_bytes()[..SEAL_BYTES].to_vec();
    bytes.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key in a token, if one was given.
pub(crate) fn read(
    seal: &Seal,
    operation: impl Into<&'static str>,
    scope: &str,
    token: Option<&str>,
) -> Result<Option<String>, Exception> {
    let operation = operation.into();
    let Some(token) = token else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| {
        let (given, key) = bytes.split_at_checked(SEAL_BYTES)?;
        let key = std::str::from_utf8(key).ok()?;
        seal.of(operation, scope, key).verify_truncated_left(given).ok().map(|()| key.to_owned())
    });
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(Exception::new(
            "InvalidNextTokenException",
            format!(
                "The nextToken is not one that {operation} gave for this list. Ask again without it, and pass on each \
                 nextToken as it is, with the other members unchanged."
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codedeploy::operation::Operation;

    const LIST: Operation = Operation::ListDeploymentGroups;

    fn seal() -> Seal {
        Seal::new("a secret")
    }

    #[test]
    fn a_token_gives_back_its_key_to_the_same_list_only() {
        for key in ["", "live", "ä/\u{0}", &"k".repeat(5000)] {
            let token = write(&seal(), LIST, "shop", key);
            assert_eq!(read(&seal(), LIST, "shop", Some(&token)), Ok(Some(key.to_owned())));
            assert!(read(&seal(), LIST, "other", Some(&token)).is_err());
            assert!(read(&seal(), Operation::ListDeployments, "shop", Some(&token)).is_err());
            assert!(read(&Seal::new("another secret"), LIST, "shop", Some(&token)).is_err());
        }
        assert_eq!(read(&seal(), LIST, "shop", None), Ok(None));
    }

    #[test]
    fn anything_else_is_refused() {
        let good = write(&seal(), LIST, "shop", "live");
        let changed = good.replace(char::is_alphabetic, "a");
        let longer = format!("{good}AAAA");
        for bad in ["", "x", "bad token", "AAAA", &changed, &longer, &"A".repeat(100_000)] {
            assert_eq!(
                read(&seal(), LIST, "shop", Some(bad)).unwrap_err().to_string(),
                "InvalidNextTokenException: The nextToken is not one that ListDeploymentGroups gave for this list. Ask \
                 again without it, and pass on each nextToken as it is, with the other members unchanged."
            );
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        assert_eq!(format!("{:?}", seal()), "Seal");
    }
}

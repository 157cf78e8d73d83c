//! The tokens between the pages of a list. A token holds the key of the last item that was given, under a checksum
//! over operation, scope and key: one that was changed, or given by another list, is refused.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use spillway_domain::Page;

use crate::{Exception, Operation};

const CHECKSUM_BYTES: usize = 16;

/// A page of names as `member` of the answer of `operation`, and the token of the next page where there is one.
/// The scope is what else must be the same when the next page is asked for.
pub(crate) fn render_page(
    operation: Operation,
    scope: &str,
    member: &str,
    page: &Page<impl fmt::Display>,
) -> Map<String, Value> {
    let items: Vec<String> = page.items.iter().map(ToString::to_string).collect();
    let mut answer = Map::new();
    answer.insert(member.to_owned(), json!(items));
    if let Some(key) = &page.next {
        answer.insert("nextToken".to_owned(), json!(write(operation, scope, key)));
    }
    answer
}

/// The token of the page after `key`.
fn write(operation: Operation, scope: &str, key: &str) -> String {
    let mut bytes = checksum(operation, scope, key).to_vec();
    bytes.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key in a token, if one was given.
pub(crate) fn read(operation: Operation, scope: &str, token: Option<&str>) -> Result<Option<String>, Exception> {
    let Some(token) = token else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| {
        let (sum, key) = bytes.split_at_checked(CHECKSUM_BYTES)?;
        let key = std::str::from_utf8(key).ok()?;
        (sum == checksum(operation, scope, key)).then(|| key.to_owned())
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

fn checksum(operation: Operation, scope: &str, key: &str) -> [u8; CHECKSUM_BYTES] {
    let mut hash = Sha256::new();
    for part in [operation.name(), scope, key] {
        // Lengths keep apart what would read the same when run together.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hash.finalize()[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Operation = Operation::ListDeploymentGroups;

    #[test]
    fn a_token_gives_back_its_key_to_the_same_list_only() {
        for key in ["", "live", "ä/\u{0}", &"k".repeat(5000)] {
            let token = write(LIST, "shop", key);
            assert_eq!(read(LIST, "shop", Some(&token)), Ok(Some(key.to_owned())));
            assert!(read(LIST, "other", Some(&token)).is_err());
            assert!(read(Operation::ListDeployments, "shop", Some(&token)).is_err());
        }
        assert_eq!(read(LIST, "shop", None), Ok(None));
    }

    #[test]
    fn anything_else_is_refused() {
        let good = write(LIST, "shop", "live");
        let changed = good.replace(char::is_alphabetic, "a");
        let longer = format!("{good}AAAA");
        for bad in ["", "x", "bad token", "AAAA", &changed, &longer, &"A".repeat(100_000)] {
            assert_eq!(
                read(LIST, "shop", Some(bad)).unwrap_err().to_string(),
                "InvalidNextTokenException: The nextToken is not one that ListDeploymentGroups gave for this list. Ask \
                 again without it, and pass on each nextToken as it is, with the other members unchanged."
            );
        }
    }
}

//! Signatures, computed again as AWS documents them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::server::Request;

/// Who has signed a request, and for what.
#[derive(Debug, PartialEq, Eq)]
pub struct Signed {
    pub access_key: String,
    /// The region and the service.
    pub scope: String,
    /// The names of the headers that are signed.
    pub headers: String,
}

/// Reads a signature; fails unless the holder of the secret has made it for this very request.
#[track_caller]
pub fn verify(request: &Request, secret: &str) -> Signed {
    let authorization = request.header("authorization").expect("the request is signed");
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let part = |name: &str| {
        let found = rest.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.unwrap().to_owned()
    };
    let (credential, headers, signature) = (part("Credential"), part("SignedHeaders"), part("Signature"));
    let hash = request.header("x-amz-content-sha256").unwrap();
    assert_eq!(hash, hex(&Sha256::digest(&request.body)), "the hash is the body's");
    let signed: String = headers.split(';').map(|name| format!("{name}:{}\n", request.header(name).unwrap())).collect();
    let mut query: Vec<String> = request.query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    query.sort();
    let canonical = format!("{}\n{}\n{}\n{signed}\n{headers}\n{hash}", request.method, request.path, query.join("&"));
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key, date, region, service, "aws4_request"] = parts[..] else { panic!("{credential}") };
    let time = request.header("x-amz-date").unwrap();
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = format!("AWS4{secret}").into_bytes();
    for step in [date, region, service, "aws4_request", &text] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(step.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    assert_eq!(signature, hex(&key), "the signature is not of:\n{canonical}");
    Signed { access_key: access_key.to_owned(), scope: format!("{region}/{service}"), headers }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

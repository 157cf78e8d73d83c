//! Where an object is.

use std::fmt::Write;

use spillway_aws_core::domain;
use spillway_domain::catalog::revision::S3Object;

/// An object's address: of a server, and below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub server: String,
    pub path: String,
}

/// The address in a region, or at an endpoint that stands in for S3.
pub(crate) fn address(object: &S3Object, region: &str, endpoint: Option<&str>) -> Address {
    let S3Object { bucket, key, version, .. } = object;
    let mut path = format!("/{}", escaped(key, true));
    if let Some(version) = version {
        path.push_str("?versionId=");
        path.push_str(&escaped(version, false));
    }
    match endpoint {
        Some(endpoint) => {
            Address { server: endpoint.trim_end_matches('/').to_owned(), path: format!("/{bucket}{path}") }
        }
        None if names_host(bucket) => {
            Address { server: format!("https://{bucket}.s3.{region}.{}", domain(region)), path }
        }
        None => Address { server: format!("https://s3.{region}.{}", domain(region)), path: format!("/{bucket}{path}") },
    }
}

/// Whether a bucket may have this name; others could lead elsewhere.
pub(crate) fn may_name_bucket(name: &str) -> bool {
    let begins_well = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    begins_well && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter))
}

/// Whether a bucket has a host of its own with a certificate: S3's are good for one label.
fn names_host(bucket: &str) -> bool {
    bucket.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

fn escaped(text: &str, is_path: bool) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || is_path && byte == b'/' {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes everything");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bucket: &str, version: Option<&str>, region: &str, endpoint: Option<&str>) -> String {
        let version = version.map(str::to_owned);
        let object = S3Object { bucket: bucket.into(), key: "a b/ü+.yaml".into(), bundle: None, version, e_tag: None };
        let Address { server, path } = address(&object, region, endpoint);
        server + &path
    }

    #[test]
    fn a_bucket_has_its_own_host_where_it_can() {
        let key = "a%20b/%C3%BC%2B.yaml";
        let there = |bucket, region| at(bucket, None, region, None);
        assert_eq!(there("b-1", "eu-west-1"), format!("https://b-1.s3.eu-west-1.amazonaws.com/{key}"));
        assert_eq!(there("b.1", "eu-west-1"), format!("https://s3.eu-west-1.amazonaws.com/b.1/{key}"));
        assert_eq!(there("b", "cn-north-1"), format!("https://b.s3.cn-north-1.amazonaws.com.cn/{key}"));
        let local = at("b", Some("v/1"), "eu-west-1", Some("http://127.0.0.1:4600/"));
        assert_eq!(local, format!("http://127.0.0.1:4600/b/{key}?versionId=v%2F1"));
    }

    #[test]
    fn no_name_leads_elsewhere() {
        assert!(["orders", "or.ders-1", "Old_Bucket"].iter().all(|name| may_name_bucket(name)));
        assert!(["", "a/b", "a@b", "a:b", "..", "a b", "a?b"].iter().all(|name| !may_name_bucket(name)));
    }
}

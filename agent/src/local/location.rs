//! Where the bundle of a deployment without a service is.

use anyhow::{Context, Result, bail};

use crate::bundle::Kind;
use crate::spec::{Revision, S3Object};

const S3: &str = "s3://";

/// Whether the bundle is in S3.
pub(super) fn is_in_s3(location: &str) -> bool {
    location.starts_with(S3)
}

/// Reads a location, in the forms of `codedeploy-local`.
pub(super) fn read(location: &str, kind: Option<Kind>) -> Result<Revision> {
    let Some(object) = location.strip_prefix(S3) else {
        if location.contains("://") {
            bail!("the bundle {location} is neither on this host nor in S3; download it first, and give its path");
        }
        let path = std::path::absolute(location).with_context(|| format!("the bundle {location}"))?;
        return Ok(Revision::Local { location: path, kind });
    };
    // A key may have question marks; what follows the last one is a query only if it is made of what belongs into one.
    let (object, query) = match object.rsplit_once('?') {
        Some((object, query)) if query.split('&').all(|pair| value(pair).is_some()) => (object, query),
        Some(_) | None => (object, ""),
    };
    let Some((bucket, key)) = object.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
    else {
        bail!("the bundle {location} has no bucket or no key; a bundle in S3 is s3://bucket/key");
    };
    let kind = kind.or_else(|| of_key(key)).with_context(|| {
        format!("how the bundle {location} is packed cannot be seen from its key; say it by --type tar, tgz or zip")
    })?;
    if kind == Kind::Directory {
        bail!("the bundle {location} cannot be a folder, since S3 has none; pack it, and say --type tar, tgz or zip");
    }
    let (mut version, mut etag) = (None, None);
    for (name, value) in query.split('&').filter_map(value) {
        let member = if name == "etag" { &mut etag } else { &mut version };
        *member = Some(value.to_owned());
    }
    Ok(Revision::S3(S3Object { bucket: bucket.to_owned(), key: key.to_owned(), kind, version, etag }))
}

/// A pair of a query.
fn value(pair: &str) -> Option<(&str, &str)> {
    pair.split_once('=').filter(|(name, value)| ["versionId", "etag"].contains(name) && !value.is_empty())
}

fn of_key(key: &str) -> Option<Kind> {
    let key = key.to_ascii_lowercase();
    let ends = [(".tar.gz", Kind::Tgz), (".tgz", Kind::Tgz), (".tar", Kind::Tar), (".zip", Kind::Zip)];
    ends.into_iter().find(|(end, _)| key.ends_with(end)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_a_key_a_kind_and_perhaps_a_version_and_an_etag() {
        let read_s3 = |location: &str, kind| match read(location, kind).unwrap() {
            Revision::S3(object) => object,
            Revision::Local { .. } => panic!("{location} is taken for a path"),
        };
        let object = read_s3("s3://bundles/shop/1.tar.gz?versionId=v.1&etag=0123", None);
        let expected = S3Object {
            bucket: "bundles".to_owned(),
            key: "shop/1.tar.gz".to_owned(),
            kind: Kind::Tgz,
            version: Some("v.1".to_owned()),
            etag: Some("0123".to_owned()),
        };
        assert_eq!(object, expected);
        let object = read_s3("s3://bundles/what?.ZIP", None);
        assert_eq!((object.key.as_str(), object.kind, object.version), ("what?.ZIP", Kind::Zip, None));
        let object = read_s3("s3://bundles/shop?other=1", Some(Kind::Tar));
        assert_eq!((object.key.as_str(), object.kind), ("shop?other=1", Kind::Tar));
    }

    #[test]
    fn what_is_no_location_says_what_is_one() {
        let cases = [
            ("s3://bundles", None, "has no bucket or no key; a bundle in S3 is s3://bucket/key"),
            ("s3:///key.zip", None, "has no bucket or no key; a bundle in S3 is s3://bucket/key"),
            ("s3://bundles/shop", None, "cannot be seen from its key; say it by --type tar, tgz or zip"),
            ("s3://bundles/shop", Some(Kind::Directory), "cannot be a folder, since S3 has none"),
            ("https://github.com/a/b", None, "is neither on this host nor in S3; download it first, and give its path"),
        ];
        for (location, kind, expected) in cases {
            let words = read(location, kind).unwrap_err().to_string();
            assert!(words.contains(location) && words.contains(expected), "{words}");
        }
    }
}

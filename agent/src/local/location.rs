//! Where the bundle of a deployment without a service is.

use anyhow::{Context, Result, bail};

use crate::bundle::Kind;
use crate::http::endpoint::Endpoint;
use crate::spec::{GitHubCommit, Packing, Revision, S3Object};

const S3: &str = "s3://";
const HTTPS: &str = "https://";
/// What a page of GitHub's has between a repository and a commit.
const VIEWS: [&str; 6] = ["tree", "commit", "commits", "tarball", "zipball", "archive"];

/// In which system a bundle is.
pub(super) enum Place {
    /// On this host.
    Host,
    /// In S3.
    S3,
    /// In GitHub.
    GitHub,
}

/// In which system a location is.
pub(super) fn kind(location: &str) -> Place {
    if location.starts_with(S3) {
        Place::S3
    } else if location.starts_with(HTTPS) {
        Place::GitHub
    } else {
        Place::Host
    }
}

/// A path of this host.
pub(super) fn on_host(location: &str, kind: Option<Kind>) -> Result<Revision> {
    if location.contains("://") {
        bail!(
            "the bundle {location} is neither on this host, nor in S3, nor in GitHub; download it first, and give its path"
        );
    }
    let path = std::path::absolute(location).with_context(|| format!("the bundle {location}"))?;
    Ok(Revision::Local { location: path, kind })
}

/// An object, in the form of `codedeploy-local`.
pub(super) fn in_s3(location: &str, kind: Option<Kind>) -> Result<Revision> {
    let object = location.strip_prefix(S3).unwrap_or(location);
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

/// A commit, by the address of its page or of its archive on the GitHub whose API is named.
pub(super) fn in_github(location: &str, kind: Option<Kind>, api: &Endpoint) -> Result<Revision> {
    let server = api.bare_host();
    let page = server.strip_prefix("api.").unwrap_or(server);
    let expected = || {
        format!(
            "the bundle {location} names no commit; a bundle in GitHub is https://{page}/owner/repository/tree/commit"
        )
    };
    let (host, path) = location.strip_prefix(HTTPS).and_then(|rest| rest.split_once('/')).with_context(expected)?;
    if ![server, page].contains(&host) {
        bail!(
            "the bundle {location} is not in GitHub at {page}; download it first, and give its path, or name its API by \
             :github_endpoint:"
        );
    }
    let mut parts = path.trim_start_matches("repos/").splitn(4, '/');
    let (Some(account), Some(repository), Some(view), Some(commit)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!(expected());
    };
    let (commit, is_zip) = match (commit.strip_suffix(".tar.gz"), commit.strip_suffix(".zip")) {
        (Some(commit), _) if view == "archive" => (commit, false),
        (_, Some(commit)) if view == "archive" => (commit, true),
        (_, _) => (commit, view == "zipball"),
    };
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !VIEWS.contains(&view)
        || commit.is_empty()
        || ![account, repository, commit].into_iter().all(|part| part.chars().all(is_fit))
    {
        bail!(expected());
    }
    let packing = match kind {
        Some(Kind::Zip) => Packing::Zipball,
        None if is_zip => Packing::Zipball,
        Some(Kind::Tar | Kind::Tgz) | None => Packing::Tarball,
        Some(Kind::Directory) => bail!("the bundle {location} is no folder of this host; leave out --type"),
    };
    Ok(Revision::GitHub(GitHubCommit {
        account: account.to_owned(),
        repository: repository.trim_end_matches(".git").to_owned(),
        commit: commit.to_owned(),
        packing,
        token: None,
    }))
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

    fn read(location: &str, given: Option<Kind>) -> Result<Revision> {
        match kind(location) {
            Place::Host => on_host(location, given),
            Place::S3 => in_s3(location, given),
            Place::GitHub => in_github(location, given, &Endpoint::parse("https://api.github.com").unwrap()),
        }
    }

    #[test]
    fn a_commit_is_named_by_the_address_of_its_page_or_its_archive() {
        let own = Endpoint::parse("https://code.example.com/api/v3").unwrap();
        let cases = [
            ("https://github.com/shop/web/tree/c0ffee", None, Packing::Tarball),
            ("https://github.com/shop/web.git/commit/c0ffee", None, Packing::Tarball),
            ("https://github.com/shop/web/archive/c0ffee.tar.gz", None, Packing::Tarball),
            ("https://github.com/shop/web/archive/c0ffee.zip", None, Packing::Zipball),
            ("https://api.github.com/repos/shop/web/zipball/c0ffee", None, Packing::Zipball),
            ("https://api.github.com/repos/shop/web/tarball/c0ffee", Some(Kind::Zip), Packing::Zipball),
            ("https://code.example.com/shop/web/tree/c0ffee", Some(Kind::Tgz), Packing::Tarball),
        ];
        for (location, kind, packing) in cases {
            let read = match location.contains("example") {
                true => in_github(location, kind, &own),
                false => read(location, kind),
            };
            let (account, repository) = ("shop".to_owned(), "web".to_owned());
            let expected = GitHubCommit { account, repository, commit: "c0ffee".to_owned(), packing, token: None };
            assert_eq!(read.unwrap(), Revision::GitHub(expected), "{location}");
        }
    }

    #[test]
    fn an_object_has_a_key_a_kind_and_perhaps_a_version_and_an_etag() {
        let read_s3 = |location: &str, kind| match in_s3(location, kind).unwrap() {
            Revision::S3(object) => object,
            other @ (Revision::Local { .. } | Revision::GitHub(_)) => panic!("{location} is taken for {other}"),
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
            ("ftp://bundles/shop", None, "is neither on this host, nor in S3, nor in GitHub; download it first"),
            (
                "https://github.com/a/b",
                None,
                "names no commit; a bundle in GitHub is https://github.com/owner/repository/tree/commit",
            ),
            ("https://github.com/a/b/issues/7", None, "names no commit"),
            ("https://github.com/a/b/tree/", None, "names no commit"),
            ("https://github.com/a/b/tree/c?x=y", None, "names no commit"),
            ("https://bundles.example.com/a/b/tree/c", None, "is not in GitHub at github.com; download it first"),
            ("https://github.com/a/b/tree/c", Some(Kind::Directory), "is no folder of this host; leave out --type"),
        ];
        for (location, kind, expected) in cases {
            let words = read(location, kind).unwrap_err().to_string();
            assert!(words.contains(location) && words.contains(expected), "{words}");
        }
    }
}

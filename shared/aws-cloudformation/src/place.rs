//! The places where CloudFormation waits for answers. A URL that leads elsewhere came from somebody else.

use http::Uri;
use http::uri::Scheme;
use spillway_aws_core::domain;
use spillway_domain::problem::{Problem, ProblemKind};

/// An object in S3: on a server, and below it. Its path has the right to write it, and is told to nobody.
#[derive(PartialEq, Eq)]
pub(crate) struct Place {
    pub server: String,
    pub path: String,
}

/// Where a URL leads, if that is S3 in the partition of `region`, or what stands in for AWS.
pub(crate) fn place(url: &str, region: &str, endpoint: Option<&str>) -> Result<Place, Problem> {
    let Ok(uri) = url.parse::<Uri>() else {
        return Err(nowhere("What is no URL"));
    };
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(nowhere("A URL without a server"));
    };
    let stands_in = endpoint.and_then(|endpoint| endpoint.parse::<Uri>().ok());
    let stands_in = stands_in.is_some_and(|endpoint| origin(&endpoint) == origin(&uri));
    let is_s3 = *scheme == Scheme::HTTPS && is_s3(&uri, domain(region));
    if authority.as_str().contains('@') || !(stands_in || is_s3) {
        return Err(nowhere(&format!("{scheme}://{}{}", authority.host(), uri.path())));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Place { server: format!("{scheme}://{authority}"), path })
}

fn nowhere(what: &str) -> Problem {
    Problem::new(ProblemKind::Refused, format!("{what} is no place where CloudFormation waits for an answer."))
}

/// Scheme, host and port, if they are all said or known.
fn origin(uri: &Uri) -> Option<(&str, String, u16)> {
    let scheme = uri.scheme_str()?;
    let usual = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    Some((scheme, uri.host()?.to_ascii_lowercase(), uri.port_u16().unwrap_or(usual)))
}

/// Whether it is S3's, at its usual port: a bucket's own host, or that of all buckets with one in the path.
fn is_s3(uri: &Uri, domain: &str) -> bool {
    let (Some(host), None) = (uri.host(), uri.authority().and_then(|authority| authority.port())) else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    let Some(host) = host.strip_suffix(domain).and_then(|host| host.strip_suffix('.')) else {
        return false;
    };
    match bucket_of(host) {
        Some("") => uri.path().trim_start_matches('/').split_once('/').is_some_and(|(bucket, _)| is_bucket(bucket)),
        Some(bucket) => is_bucket(bucket),
        None => false,
    }
}

/// The bucket in a host below AWS's domain, empty where it has none: `[<bucket>.]s3`, `[<bucket>.]s3.<region>`, or
/// `[<bucket>.]s3-<region>`.
fn bucket_of(host: &str) -> Option<&str> {
    let (before, last) = host.rsplit_once('.').unwrap_or(("", host));
    if last == "s3" || last.strip_prefix("s3-").is_some_and(is_region) {
        return Some(before);
    }
    let (before, service) = before.rsplit_once('.').unwrap_or(("", before));
    (service == "s3" && is_region(last)).then_some(before)
}

/// Whether it looks like `eu-west-1` or `us-gov-east-1`, and not like `website-eu-west-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return false;
    };
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase());
    let number = !last.is_empty() && last.chars().all(|digit| digit.is_ascii_digit());
    first.len() <= 4 && letters(first) && !middle.is_empty() && middle.iter().all(letters) && number
}

fn is_bucket(name: &str) -> bool {
    let begins_well = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    begins_well && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Option<&str> = Some("http://127.0.0.1:4600");

    #[test]
    fn cloudformation_waits_in_s3_and_in_the_local_cloud() {
        for (region, url) in [
            (
                "us-east-1",
                "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/arn%3Aaws/a?b=c%2Bd",
            ),
            ("eu-west-1", "https://responses.s3.eu-west-1.amazonaws.com/a?b"),
            ("eu-west-1", "https://responses.s3-eu-west-1.amazonaws.com/a?b"),
            ("eu-west-1", "https://RESPONSES.S3.EU-WEST-1.AMAZONAWS.COM/a?b"),
            ("eu-west-1", "https://re.spon.ses.s3.eu-west-1.amazonaws.com/a"),
            ("us-gov-west-1", "https://responses.s3.us-gov-west-1.amazonaws.com/a"),
            ("us-east-1", "https://s3.amazonaws.com/responses/a/b?c"),
            ("eu-west-1", "https://s3.eu-west-1.amazonaws.com/responses/a"),
            ("eu-west-1", "https://s3-eu-west-1.amazonaws.com/responses/a"),
            ("cn-north-1", "https://responses.s3.cn-north-1.amazonaws.com.cn/a"),
            ("eusc-de-east-1", "https://responses.s3.eusc-de-east-1.amazonaws.eu/a"),
            ("us-iso-east-1", "https://responses.s3.us-iso-east-1.c2s.ic.gov/a"),
            ("us-east-1", "http://127.0.0.1:4600/_ministack/cfn-response/token"),
        ] {
            let place = place(url, region, LOCAL).unwrap_or_else(|problem| panic!("{url}: {problem}"));
            assert_eq!(format!("{}{}", place.server, place.path), url);
        }
    }

    #[test]
    fn an_answer_goes_nowhere_else() {
        for url in [
            "",
            "responses",
            "/responses/a",
            "responses.s3.amazonaws.com:443",
            "http://responses.s3.amazonaws.com/a",
            "ftp://responses.s3.amazonaws.com/a",
            "https://responses.s3.amazonaws.com:8443/a",
            "https://user:password@responses.s3.amazonaws.com/a",
            "https://responses.s3.amazonaws.com@example.com/a",
            "https://example.com/responses.s3.amazonaws.com/a",
            "https://example.com?.s3.amazonaws.com/a",
            "https://example.com#.s3.amazonaws.com/a",
            "https://responses.s3.amazonaws.com.example.com/a",
            "https://responses.s3.amazonaws.com./a",
            "https://responses.s3amazonaws.com/a",
            "https://xs3.amazonaws.com/responses/a",
            "https://.s3.amazonaws.com/a",
            "https://responses%2F.s3.amazonaws.com/a",
            "https://s3.amazonaws.com/",
            "https://s3.amazonaws.com/responses",
            "https://s3.amazonaws.com//a",
            "https://amazonaws.com/responses/a",
            "https://responses.s3-website-us-east-1.amazonaws.com/a",
            "https://responses.s3-accelerate.amazonaws.com/a",
            "https://responses.s3.execute-api.us-east-1.amazonaws.com/a",
            "https://abc.lambda-url.us-east-1.on.aws/a",
            "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
            "https://responses.s3.cn-north-1.amazonaws.com.cn/a",
            "https://169.254.169.254/latest/meta-data",
            "http://169.254.169.254/latest/meta-data",
            "http://localhost:4600/a",
            "http://127.0.0.1:4601/a",
            "http://127.0.0.1/a",
            "https://127.0.0.1:4600/a",
            "http://user@127.0.0.1:4600/a",
        ] {
            let problem = place(url, "us-east-1", LOCAL).err().unwrap_or_else(|| panic!("{url}"));
            assert_eq!(problem.kind, ProblemKind::Refused);
            assert!(problem.words.ends_with(" is no place where CloudFormation waits for an answer."), "{problem}");
            assert!(!problem.words.contains("password"), "{problem}");
        }
        let aws = place("http://127.0.0.1:4600/a", "us-east-1", None).err();
        assert!(aws.is_some(), "on AWS, nothing stands in for it");
    }

    #[test]
    fn what_is_refused_is_told_without_its_signature() {
        let problem = place("https://example.com/a?X-Amz-Signature=secret", "us-east-1", None).err();
        let words = "https://example.com/a is no place where CloudFormation waits for an answer.";
        assert_eq!(problem.map(|problem| problem.words).as_deref(), Some(words));
    }
}

//! Bundles in S3.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use ureq::Body;
use ureq::http::Response;

use crate::http::download::{self, Cut};
use crate::http::endpoint::Endpoint;
use crate::http::signature::{self, Scope};
use crate::http::{Call, Http, encode};
use crate::identity::Identity;
use crate::spec::{Bundles, S3Object};
use crate::system::clock::{Bell, Clock};

/// The waits between tries.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(16)];
/// The most bytes of an error of S3 that are looked at.
const MOST_ERROR: u64 = 16 * 1024;

/// S3, read in the name of a host.
pub struct S3<'a> {
    /// The client.
    pub http: Http,
    /// The address, where it is not AWS's own.
    pub endpoint: Option<Endpoint>,
    /// The host.
    pub identity: &'a Identity,
    /// The time of signatures, and between tries.
    pub clock: &'a dyn Clock,
    /// Ends the waiting between tries.
    pub stopping: &'a Bell,
}

/// Why an object is not fetched.
enum Failure {
    /// Another try may succeed.
    Passing(String),
    /// The keys may be old.
    Denied(String),
    /// Another try fails, too.
    Lasting(String),
}

impl Bundles for S3<'_> {
    fn fetch(&self, object: &S3Object, into: &Path) -> io::Result<String> {
        let mut has_fresh_keys = false;
        let mut waits = WAITS.iter();
        loop {
            let words = match self.fetch_once(object, into) {
                Ok(etag) => return Ok(etag),
                Err(Failure::Denied(_)) if !has_fresh_keys => {
                    has_fresh_keys = true;
                    self.identity.forget_credentials();
                    continue;
                }
                Err(Failure::Passing(words)) => match waits.next() {
                    Some(wait) if !self.clock.wait(self.stopping, *wait) => continue,
                    Some(_) | None => words,
                },
                Err(Failure::Denied(words) | Failure::Lasting(words)) => words,
            };
            return Err(io::Error::other(words));
        }
    }
}

impl S3<'_> {
    fn fetch_once(&self, object: &S3Object, into: &Path) -> Result<String, Failure> {
        let now = self.clock.now();
        let credentials = self.identity.credentials(now).map_err(Failure::Passing)?;
        let mut call = Call { method: "GET", url: self.url(object), headers: Vec::new(), body: Vec::new() };
        let scope = Scope { service: "s3", region: &self.identity.region, now };
        signature::add(&mut call, &credentials, scope).map_err(Failure::Lasting)?;
        let server = call.url.split('/').take(3).collect::<Vec<_>>().join("/");
        let unanswered = |error: ureq::Error| Failure::Passing(format!("{server} does not answer: {error}"));
        let response = self.http.open(&call).map_err(unanswered)?;
        if response.status() != 200 {
            return Err(self.failure(object, response));
        }
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let etag = header("etag").unwrap_or_default().to_owned();
        let length = header("content-length").and_then(|length| length.parse::<u64>().ok());
        let bare = |etag: &str| etag.trim_matches('"').to_owned();
        // The caller says which ETag it had to have; the bytes of another object are of no use.
        if object.etag.as_ref().is_some_and(|expected| bare(expected) != bare(&etag)) {
            return Ok(etag);
        }
        let length = length.ok_or_else(|| Failure::Lasting(format!("{server} does not say how long the object is")))?;
        download::check_space(into, length).map_err(Failure::Lasting)?;
        match download::save(response.into_body(), into, length, None) {
            Ok(copied) | Err(Cut::Broken(copied)) if copied < length => {
                let words = format!("the connection to {server} ended after {copied} of {length} bytes");
                Err(Failure::Passing(words))
            }
            Ok(_) | Err(Cut::Broken(_)) => Ok(etag),
            Err(Cut::Disk(words)) => Err(Failure::Lasting(words)),
            Err(Cut::TooLarge | Cut::TooLate) => {
                Err(Failure::Lasting(format!("{server} sent more than the {length} bytes that it had announced")))
            }
        }
    }

    /// The bucket is part of the server's name, unless the server is another one or no certificate fits the name.
    fn url(&self, object: &S3Object) -> String {
        let (bucket, key) = (encode(&object.bucket), encode(&object.key));
        let version =
            object.version.as_ref().map(|version| format!("?versionId={}", encode(version).replace('/', "%2F")));
        let version = version.unwrap_or_default();
        let (region, domain) = (&self.identity.region, self.identity.domain());
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/{bucket}/{key}{version}"),
            None if bucket.contains('.') => format!("https://s3.{region}.{domain}/{bucket}/{key}{version}"),
            None => format!("https://{bucket}.s3.{region}.{domain}/{key}{version}"),
        }
    }

    fn failure(&self, object: &S3Object, response: Response<Body>) -> Failure {
        let status = response.status().as_u16();
        let header = response.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
        let bucket_region = header.map(str::to_owned);
        let mut text = Vec::new();
        // The status says enough if the rest of the answer is lost.
        response.into_body().into_reader().take(MOST_ERROR).read_to_end(&mut text).ok();
        let text = String::from_utf8_lossy(&text);
        let element = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<')?.0.chars().take(300).collect::<String>())
        };
        let said = [Some(status.to_string()), element("Code"), element("Message")].into_iter().flatten();
        let said = said.collect::<Vec<_>>().join(" ");
        let (bucket, key, region, host) = (&object.bucket, &object.key, &self.identity.region, &self.identity.host);
        let version = object.version.as_ref().map(|version| format!(" in version {version}")).unwrap_or_default();
        match status {
            401 | 403 => Failure::Denied(format!(
                "{host} may not read key {key} of bucket {bucket} in {region} ({said}); allow its user or role \
                 s3:GetObject and s3:GetObjectVersion, and s3:ListBucket to be told of missing keys"
            )),
            404 if element("Code").as_deref() == Some("NoSuchBucket") => Failure::Lasting(format!(
                "bucket {bucket} does not exist, says S3 in {region} to {host} ({said}); look at the deployment's revision"
            )),
            404 => Failure::Lasting(format!(
                "key {key}{version} is not in bucket {bucket}, says S3 in {region} to {host} ({said}); look at the \
                 deployment's revision"
            )),
            301 | 307 | 400 if bucket_region.as_ref().is_some_and(|other| other != region) => {
                let other = bucket_region.unwrap_or_default();
                Failure::Lasting(format!(
                    "bucket {bucket} with key {key} is in {other}, and {host} is in {region} ({said}); use a bucket of the \
                     host's region"
                ))
            }
            429 | 500..=599 => {
                Failure::Passing(format!("S3 in {region} fails for key {key} of bucket {bucket} ({said})"))
            }
            _ => Failure::Lasting(format!("S3 in {region} refuses key {key} of bucket {bucket} to {host} ({said})")),
        }
    }
}

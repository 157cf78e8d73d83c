//! The Query protocol of emulators, for a key whose signature they do not verify. The SDKs would take minutes to build,
//! for a few operations.

use anyhow::Context;

use crate::local;

/// A service: its name in signatures, and the version of its API.
pub type Service = (&'static str, &'static str);

/// Identities.
pub const IAM: Service = ("iam", "2010-05-08");
/// Sessions.
pub const STS: Service = ("sts", "2011-06-15");
/// Instances.
pub const EC2: Service = ("ec2", "2016-11-15");
/// Auto Scaling groups.
pub const AUTO_SCALING: Service = ("autoscaling", "2011-01-01");
/// Target groups.
pub const TARGET_GROUPS: Service = ("elasticloadbalancing", "2015-12-01");
/// Classic load balancers.
pub const CLASSIC: Service = ("elasticloadbalancing", "2012-06-01");

/// A service at an emulator.
pub struct Query<'a> {
    url: &'a str,
    service: Service,
    client: reqwest::Client,
}

impl<'a> Query<'a> {
    /// A service of the emulator at this address.
    ///
    /// # Errors
    ///
    /// If there can be no HTTP client.
    pub fn new(url: &'a str, service: Service) -> anyhow::Result<Self> {
        Ok(Self { url, service, client: spillway::proxy::plain_client()? })
    }

    /// What an operation is answered with, whether it was carried out or not.
    ///
    /// # Errors
    ///
    /// If nothing answers.
    pub async fn ask(&self, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let (name, version) = self.service;
        let authorization = local::unverified_authorization(name);
        let fields = fields.iter().copied().chain([("Version", version)]);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(self.url).header("authorization", authorization);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.with_context(|| format!("the emulated {name} does not answer"))?;
        answer.text().await.with_context(|| format!("the emulated {name} does not answer"))
    }
}

/// The text of the first element of that name.
pub fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text.to_owned())
}

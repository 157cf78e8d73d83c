//! Where Spillway is, and as whom it is called.

use anyhow::{Context, anyhow};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use clap::Args;

use crate::aws::Aws;
use crate::client::Client;
use crate::failure::Failure;
use crate::signing::Signer;

/// The options that say it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Where Spillway answers: output ApiUrl of its stack, or the URL of `spillway proxy`.
    #[arg(long, global = true, env = "SPILLWAY_ENDPOINT_URL", value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// The name of Spillway's stack, whose output ApiUrl is used where no URL is given [default: spillway].
    #[arg(long, global = true, env = "SPILLWAY_STACK_NAME", value_name = "NAME")]
    pub stack_name: Option<String>,
    /// The Region; that of the profile or of AWS_REGION unless given.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile of the AWS CLI whose credentials are used; AWS_PROFILE unless given.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Clients of CodeDeploy read it, too.
const OF_CODEDEPLOY: &str = "AWS_ENDPOINT_URL_CODEDEPLOY";
const DEFAULT_STACK: &str = "spillway";

impl Connection {
    /// A client of Spillway. What answers on loopback is a proxy that signs itself.
    pub async fn client(&self) -> Result<Client, Failure> {
        let given = || std::env::var(OF_CODEDEPLOY).ok().filter(|url| !url.is_empty() && self.stack_name.is_none());
        let Some(url) = self.endpoint_url.clone().or_else(given) else {
            let aws = self.aws().await?;
            let stack = self.stack_name.as_deref().unwrap_or(DEFAULT_STACK);
            let url = aws.stack_output(stack, "ApiUrl").await?;
            return Client::new(&url, Some(aws.signer()));
        };
        let parsed = reqwest::Url::parse(&url).map_err(|_| Failure::Usage(format!("{url} is no URL.")))?;
        if is_loopback(&parsed) {
            return Client::new(&url, None);
        }
        let region = self.region.clone().or_else(|| region_of(&url).map(str::to_owned));
        let config = self.load(region).await;
        let signer = signer(&config)?;
        Client::new(&url, Some(signer))
    }

    /// The function URL that a proxy is for, and the signer of its requests.
    pub async fn function_url(&self, given: Option<&str>) -> Result<(String, Signer), Failure> {
        let Some(url) = given.map(str::to_owned).or_else(|| self.endpoint_url.clone()) else {
            let aws = self.aws().await?;
            let url = aws.stack_output(self.stack_name.as_deref().unwrap_or(DEFAULT_STACK), "ApiUrl").await?;
            return Ok((url, aws.signer()));
        };
        let region = self.region.clone().or_else(|| region_of(&url).map(str::to_owned));
        let signer = signer(&self.load(region).await)?;
        Ok((url, signer))
    }

    /// A client of AWS's own services.
    pub async fn aws(&self) -> Result<Aws, Failure> {
        let config = self.load(self.region.clone()).await;
        Aws::new(signer(&config)?, config.endpoint_url())
    }

    async fn load(&self, region: Option<String>) -> SdkConfig {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }
}

fn signer(config: &SdkConfig) -> Result<Signer, Failure> {
    let region = config.region().map(Region::as_ref).ok_or_else(|| {
        Failure::Unreachable(anyhow!(
            "no Region is known. Give --region, set AWS_REGION, or set a region in the profile"
        ))
    })?;
    let credentials = config.credentials_provider();
    let credentials = credentials.context("there are no AWS credentials to sign with").map_err(Failure::Unreachable)?;
    Ok(Signer::new(region, credentials))
}

fn is_loopback(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// `https://<id>.lambda-url.<region>.on.aws/`
pub(crate) fn region_of(function_url: &str) -> Option<&str> {
    function_url.split_once(".lambda-url.")?.1.split_once('.').map(|(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_read_from_the_function_url() {
        assert_eq!(region_of("https://abc.lambda-url.eu-west-1.on.aws/"), Some("eu-west-1"));
        assert_eq!(region_of("https://deploy.example.com/"), None);
    }

    #[test]
    fn only_what_answers_on_this_machine_is_a_proxy() {
        for (url, is_proxy) in [
            ("http://127.0.0.1:4601", true),
            ("http://localhost:4601/", true),
            ("http://[::1]:4601", true),
            ("https://127.0.0.1.evil.example/", false),
            ("https://abc.lambda-url.eu-west-1.on.aws/", false),
        ] {
            assert_eq!(is_loopback(&reqwest::Url::parse(url).unwrap()), is_proxy, "{url}");
        }
    }
}

//! The address of a server.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

/// The address of a server: a scheme, a host, a port, and under which path it answers. What travels in the clear stays on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    host: String,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Endpoint {
    /// Reads an address. What it must be, if it is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let endpoint = Self::of_any(text)?;
        match endpoint.url.starts_with("https://") || endpoint.is_loopback() {
            true => Ok(endpoint),
            false => Err("a URL that begins with https://; http:// is for an address of this host, such as 127.0.0.1"),
        }
    }

    /// Reads the address of the metadata service, which is on the link of the host and speaks HTTP only.
    pub fn parse_metadata(text: &str) -> Result<Self, &'static str> {
        let endpoint = Self::of_any(text)?;
        let is_near = endpoint.is_loopback() || ["169.254.169.254", "[fd00:ec2::254]"].contains(&&*endpoint.host);
        match is_near {
            true => Ok(endpoint),
            false => Err("http://169.254.169.254, http://[fd00:ec2::254], or an address of this host"),
        }
    }

    fn of_any(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a URL with a host and without user and query, such as https://agents.example.com";
        let uri: Uri = text.trim().parse().map_err(|_| EXPECTED)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(EXPECTED) };
        let is_bare = uri.query().is_none() && !authority.as_str().contains('@');
        if !is_bare || !matches!(scheme, "http" | "https") {
            return Err(EXPECTED);
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self { url: format!("{scheme}://{authority}{path}"), host: authority.host().to_owned() })
    }

    /// The name or the address of its host.
    pub fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[after_scheme..].find('/').map_or(self.url.len(), |at| after_scheme + at);
        &self.url[..end]
    }

    /// Whether it is this host.
    pub fn is_loopback(&self) -> bool {
        let bare = self.bare_host();
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The region of a function URL, which is part of its name.
    pub fn region(&self) -> Option<&str> {
        let (_, rest) = self.host.split_once(".lambda-url.")?;
        rest.split('.').next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_host_alone() {
        for own in ["http://127.0.0.1:4566", "http://localhost/", "http://[::1]:80", "https://agents.example.com"] {
            assert!(Endpoint::parse(own).is_ok(), "{own}");
        }
        for foreign in ["http://agents.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com"] {
            assert!(
                Endpoint::parse(foreign).unwrap_err().contains("http:// is for an address of this host"),
                "{foreign}"
            );
        }
        for odd in ["agents.example.com", "https://", "ftp://127.0.0.1", "https://a@b", "https://a/?b"] {
            assert!(Endpoint::parse(odd).unwrap_err().starts_with("a URL with a host"), "{odd}");
        }
    }

    #[test]
    fn a_server_may_answer_under_a_path() {
        let behind = Endpoint::parse("https://gateway.example.com/stage/agents/").unwrap();
        assert_eq!(behind.to_string(), "https://gateway.example.com/stage/agents");
        assert_eq!(behind.origin(), "https://gateway.example.com");
        assert_eq!(Endpoint::parse("http://[::1]:80").unwrap().origin(), "http://[::1]:80");
    }

    #[test]
    fn the_metadata_service_is_on_the_link_of_the_host() {
        for own in ["http://169.254.169.254", "http://[fd00:ec2::254]", "http://127.0.0.1:1338"] {
            assert!(Endpoint::parse_metadata(own).is_ok(), "{own}");
        }
        assert!(Endpoint::parse_metadata("http://169.254.169.253").is_err());
    }

    #[test]
    fn a_function_url_names_its_region() {
        let url = Endpoint::parse("https://abc.lambda-url.eu-west-1.on.aws/").unwrap();
        assert_eq!(
            (url.to_string().as_str(), url.region()),
            ("https://abc.lambda-url.eu-west-1.on.aws", Some("eu-west-1"))
        );
        assert_eq!(Endpoint::parse("https://agents.example.com").unwrap().region(), None);
    }
}

//! HTTP to the few servers that the agent knows: without redirects, with bounds on time and size.

pub mod download;
pub mod endpoint;
pub mod signature;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{HeaderMap, Request, Response};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

/// The most bytes of an answer that is read whole.
const MOST_ANSWER: u64 = 1 << 20;
/// Of a connection, in each direction. It stays as long as the connection is kept.
const BUFFER: usize = 32 * 1024;
/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// The version, as services see it.
pub const AGENT_VERSION: &str = concat!("spillway-", env!("CARGO_PKG_VERSION"));

/// A request.
#[derive(Clone)]
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// Where it goes.
    pub url: String,
    /// Its headers; the host's own is not one of them.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Call {
    /// Without what has keys and tokens in it: the query, the values of headers, and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Call").field("method", &self.method).field("url", &url).field("headers", &names).finish()
    }
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// A client with a pool of connections, which all copies of it share.
#[derive(Debug, Clone)]
pub struct Http(Agent);

impl Http {
    /// A client that waits so long for an answer, and so long for each part of a body.
    pub fn new(read: Duration, proxy: Option<Proxy>) -> Self {
        // The certificates that the host trusts, and SSL_CERT_FILE, which names those of a private authority.
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Config::builder()
            .tls_config(tls)
            // A proxy of the environment would be one for the agent that its configuration does not name.
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AGENT_VERSION)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(read))
            .timeout_per_read(Some(read))
            .build();
        Self(config.new_agent())
    }

    /// Sends a request, and returns the answer whose body is still to be read.
    pub fn open(&self, call: &Call) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(call.method).uri(&call.url);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        // A GET with a body, even an empty one, is another request to some servers.
        match call.method {
            "GET" => self.0.run(request.body(())?),
            _ => self.0.run(request.body(&call.body[..])?),
        }
    }

    /// Sends a request, and reads the answer.
    pub fn send(&self, call: &Call) -> Result<Answer, ureq::Error> {
        let (parts, mut body) = self.open(call)?.into_parts();
        let body = body.with_config().limit(MOST_ANSWER).read_to_vec()?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// A text as a part of a path: all but unreserved characters and slashes as bytes.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

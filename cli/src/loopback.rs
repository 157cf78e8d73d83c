//! Servers on loopback, and who may call them: programs on this machine, and no web page.
//!
//! A browser sends what any web page asks for to loopback, too. Such a request has an Origin or a Sec-Fetch-Site header;
//! and where the page has its own name lead to 127.0.0.1 (DNS rebinding), its Host is that name. `loopback.py` of
//! `lab/emulators` has the same rule for the emulators.

use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::json;
use tokio::sync::oneshot;

const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OWN_SITES: [&str; 2] = ["none", "same-origin"];

/// Listens on this port of 127.0.0.1, or on any free one for 0. From now on the port is taken.
pub fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("port {port} on 127.0.0.1 cannot be had; choose another with --port"))
}

/// A running server. Dropping ends it.
///
/// It has a thread to itself, so that it goes on when the runtime that started it has ended.
pub struct Server {
    url: String,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to answer the programs that call this port.
    pub fn start(name: &'static str, listener: TcpListener, router: Router) -> anyhow::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let router = router.layer(from_fn_with_state(address.port(), guard));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = serve(listener, router) => {
                        if let Err(failure) = served {
                            eprintln!("the {name} ended: {failure:#}");
                        }
                    }
                    _ = ended => {}
                }
            });
        })?;
        Ok(Self { url: format!("http://{address}"), end: Some(end), thread: Some(thread) })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn serve(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router).await.context("no connection can be accepted")
}

/// Passes a request on, unless a web page sent it. The state is the port of the server.
async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let Some(words) = refusal(request.headers(), port) else { return next.run(request).await };
    let body = json!({"__type": "AccessDeniedException", "message": words}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    response
}

/// Why a request is refused.
fn refusal(headers: &HeaderMap, port: u16) -> Option<String> {
    let given = |name: &HeaderName| -> Vec<String> {
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    let hosts = NAMES.map(|name| format!("{name}:{port}"));
    let (host, origin, site) = (given(&HOST), given(&ORIGIN), given(&SEC_FETCH_SITE));
    let why = if host.len() != 1 || !hosts.contains(&host[0].to_ascii_lowercase()) {
        format!("its Host is {:?}, and this server is {}", host.join(", "), hosts.join(", "))
    } else if !origin.is_empty() {
        format!("its Origin is {:?}, so a web page sent it", origin.join(", "))
    } else if !site.iter().all(|site| OWN_SITES.contains(&site.as_str())) {
        format!("its Sec-Fetch-Site is {:?}, so a web page sent it", site.join(", "))
    } else {
        return None;
    };
    Some(format!("spillway refused the request, because {why}. Call http://{} from a program.", hosts[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a request with these headers to port 4601.
    fn said(headers: &[(&'static str, &str)]) -> Option<String> {
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        refusal(&given, 4601)
    }

    #[test]
    fn a_program_on_this_machine_may_call() {
        for host in ["127.0.0.1:4601", "localhost:4601", "LocalHost:4601", "[::1]:4601"] {
            assert_eq!(said(&[("host", host)]), None, "{host}");
        }
        for site in OWN_SITES {
            assert_eq!(said(&[("host", "localhost:4601"), ("sec-fetch-site", site)]), None, "{site}");
        }
    }

    #[test]
    fn a_web_page_may_not() {
        let own = ("host", "127.0.0.1:4601");
        for (headers, why) in [
            (
                &[("host", "evil.example:4601")][..],
                "its Host is \"evil.example:4601\", and this server is 127.0.0.1:4601",
            ),
            (&[("host", "127.0.0.1:80")], "its Host is \"127.0.0.1:80\""),
            (&[("host", "127.0.0.1")], "its Host is \"127.0.0.1\""),
            (&[("host", "127.0.0.1.evil.example:4601")], "its Host is \"127.0.0.1.evil.example:4601\""),
            (&[own, ("host", "evil.example")], "its Host is \"127.0.0.1:4601, evil.example\""),
            (&[], "its Host is \"\""),
            (
                &[own, ("origin", "http://evil.example")],
                "its Origin is \"http://evil.example\", so a web page sent it.",
            ),
            (&[own, ("origin", "null")], "its Origin is \"null\""),
            (&[own, ("origin", "http://127.0.0.1:4601")], "its Origin is \"http://127.0.0.1:4601\""),
            (&[own, ("sec-fetch-site", "cross-site")], "its Sec-Fetch-Site is \"cross-site\", so a web page sent it."),
            (&[own, ("sec-fetch-site", "same-site")], "its Sec-Fetch-Site is \"same-site\""),
            (&[own, ("sec-fetch-site", "none"), ("sec-fetch-site", "x")], "its Sec-Fetch-Site is \"none, x\""),
        ] {
            let words = said(headers).unwrap_or_else(|| panic!("{headers:?} is passed on"));
            assert!(words.starts_with(&format!("spillway refused the request, because {why}")), "{words}");
            assert!(words.ends_with(". Call http://127.0.0.1:4601 from a program."), "{words}");
        }
    }
}

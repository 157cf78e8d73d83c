//! Commits in GitHub: their archives, by GitHub's API.

mod refusal;
pub mod token;

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use ureq::Body;
use ureq::http::{Response, Uri};

use crate::http::download::{self, Cut};
use crate::http::endpoint::Endpoint;
use crate::http::{Call, Http, encode};
use crate::settings::Settings;
use crate::spec::{Commits, GitHubCommit, Packing};
use crate::system::clock::{Bell, Clock, Deadline};
use token::Token;

/// GitHub's own API.
const API: &str = "https://api.github.com";
/// The most redirects of a download: a repository that was renamed, and then the server of archives.
const MOST_REDIRECTS: usize = 5;
/// The most bytes of a refusal that are looked at.
const MOST_REFUSAL: u64 = 16 * 1024;
/// How long an answer of GitHub may take, without a configuration.
const READ: Duration = Duration::from_secs(80);
/// The waits between tries.
const WAITS: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(90)];

/// How much of GitHub a deployment may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of an archive.
    pub bytes: u64,
    /// The longest time of a download, with all its tries.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 30, time: Duration::from_mins(20) }
    }
}

/// GitHub, read in the name of a host.
pub struct GitHub<'a> {
    /// The client.
    pub http: Http,
    /// The address of its API.
    pub endpoint: Endpoint,
    /// The file with what reads repositories that not all may read.
    pub token_file: Option<std::path::PathBuf>,
    /// How much is fetched at most.
    pub limits: Limits,
    /// The time between tries.
    pub clock: &'a dyn Clock,
    /// Ends the waiting between tries.
    pub stopping: &'a Bell,
}

/// Why an archive is not fetched.
enum Failure {
    /// Another try may succeed.
    Passing(String),
    /// Another try fails, too.
    Lasting(String),
}

/// What is asked for, and by whom.
struct Request<'a> {
    commit: &'a GitHubCommit,
    token: Option<Token>,
}

/// As messages name it.
struct Place<'a>(&'a GitHubCommit);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commit {} of {}/{}", self.0.commit, self.0.account, self.0.repository)
    }
}

impl Commits for GitHub<'_> {
    fn fetch(&self, commit: &GitHubCommit, into: &Path) -> io::Result<()> {
        let token = Token::find(commit.token.as_ref(), self.token_file.as_deref()).map_err(io::Error::other)?;
        let request = Request { commit, token };
        let deadline = Deadline::after(self.limits.time);
        let mut waits = WAITS.iter();
        loop {
            let words = match self.fetch_once(&request, into, deadline) {
                Ok(()) => return Ok(()),
                Err(Failure::Passing(words)) => match waits.next().filter(|wait| deadline.left() > **wait) {
                    Some(wait) if !self.clock.wait(self.stopping, *wait) => continue,
                    Some(_) | None => words,
                },
                Err(Failure::Lasting(words)) => words,
            };
            return Err(io::Error::other(words));
        }
    }
}

impl<'a> GitHub<'a> {
    /// GitHub as a configuration has it. A repository that all may read needs none.
    pub fn new(settings: Option<&Settings>, clock: &'a dyn Clock, stopping: &'a Bell) -> Result<Self, &'static str> {
        let own = settings.and_then(|settings| settings.github.clone());
        let endpoint = own.map_or_else(|| Endpoint::parse(API), Ok)?;
        let read = settings.map_or(READ, |settings| settings.read_timeout);
        let http = Http::new(read, settings.and_then(|settings| settings.proxy_to(Some(&endpoint))));
        let token_file = settings.and_then(|settings| settings.github_token_file.clone());
        Ok(Self { http, endpoint, token_file, limits: Limits::default(), clock, stopping })
    }

    fn fetch_once(&self, request: &Request<'_>, into: &Path, deadline: Deadline) -> Result<(), Failure> {
        let place = Place(request.commit);
        let (response, server) = self.open(request)?;
        if response.status() != 200 {
            return Err(refuse(request, response));
        }
        let most = self.limits.bytes;
        let too_large = || {
            Failure::Lasting(format!(
                "the archive of {place} has more than {most} bytes, the most that the agent fetches from GitHub; put what \
                 is deployed into a bundle in S3"
            ))
        };
        let header = response.headers().get("content-length").and_then(|value| value.to_str().ok());
        if let Some(length) = header.and_then(|length| length.parse::<u64>().ok()) {
            if length > most {
                return Err(too_large());
            }
            download::check_space(into, length).map_err(Failure::Lasting)?;
        }
        match download::save(response.into_body(), into, most, Some(deadline)) {
            Ok(_) => Ok(()),
            Err(Cut::Broken(copied)) => Err(Failure::Passing(format!(
                "the connection to {server} ended after {copied} bytes of the archive of {place}"
            ))),
            Err(Cut::TooLarge) => Err(too_large()),
            Err(Cut::TooLate) => {
                let seconds = self.limits.time.as_secs();
                let words = "look at the way out of this host, or put the bundle into S3";
                Err(Failure::Lasting(format!(
                    "{server} took more than {seconds} s for the archive of {place}; {words}"
                )))
            }
            Err(Cut::Disk(words)) => Err(Failure::Lasting(words)),
        }
    }

    /// Asks for an archive, and goes where GitHub points to. The answer, and the server that gave it.
    fn open(&self, request: &Request<'_>) -> Result<(Response<Body>, String), Failure> {
        let mut url = self.url(request.commit).map_err(Failure::Lasting)?;
        for _ in 0..=MOST_REDIRECTS {
            let server = origin(&url);
            let mut call = Call { method: "GET", url: url.clone(), headers: Vec::new(), body: Vec::new() };
            call.headers.push(("accept".to_owned(), "application/vnd.github+json".to_owned()));
            // The server of archives has a right of its own in the address.
            if let Some(token) = request.token.as_ref().filter(|_| server == self.endpoint.origin()) {
                call.headers.push(("authorization".to_owned(), token.header()));
            }
            let response = self
                .http
                .open(&call)
                .map_err(|error| Failure::Passing(format!("{server} does not answer: {error}")))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok((response, server));
            }
            let next = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
            url = self.follow(&server, next).map_err(Failure::Lasting)?;
        }
        let place = Place(request.commit);
        Err(Failure::Lasting(format!(
            "{} redirected {MOST_REDIRECTS} times and more for {place}; look at :github_endpoint:",
            self.endpoint
        )))
    }

    fn url(&self, commit: &GitHubCommit) -> Result<String, String> {
        let archive = match commit.packing {
            Packing::Tarball => "tarball",
            Packing::Zipball => "zipball",
        };
        let GitHubCommit { account, repository, commit: id, .. } = commit;
        let is_whole = |text: &str| text.split('/').all(|part| !["", ".", ".."].contains(&part));
        let is_name = |text: &str| is_whole(text) && !text.contains('/');
        if !is_name(account) || !is_name(repository) || !is_whole(id) {
            return Err(format!("{} cannot be in GitHub; look at the deployment's revision", Place(commit)));
        }
        let (account, repository, id) = (encode(account), encode(repository), encode(id));
        Ok(format!("{}/repos/{account}/{repository}/{archive}/{id}", self.endpoint))
    }

    /// The address to which a server points, if it is one that the agent goes to.
    fn follow(&self, server: &str, next: &str) -> Result<String, String> {
        let next = match next.strip_prefix('/') {
            Some(rest) if !rest.starts_with('/') => format!("{server}{next}"),
            Some(_) | None => next.to_owned(),
        };
        let uri = next.parse::<Uri>().ok();
        let Some((scheme, host)) = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?))) else {
            return Err(format!("{server} redirects without an address; look at :github_endpoint:"));
        };
        // Only where the API itself is on this host and without TLS, so may be what it points to.
        let is_clear = self.endpoint.origin().starts_with("http://");
        let is_near = || Endpoint::parse(&origin(&next)).is_ok_and(|next| next.is_loopback());
        match scheme {
            "https" => Ok(next),
            "http" if is_clear && is_near() => Ok(next),
            other => Err(format!(
                "{server} redirects to {other}://{host}, and archives are fetched by https:// only; look at \
                 :github_endpoint:"
            )),
        }
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    url.split(['/', '?', '#']).take(3).collect::<Vec<_>>().join("/")
}

fn refuse(request: &Request<'_>, response: Response<Body>) -> Failure {
    let (parts, body) = response.into_parts();
    let mut text = Vec::new();
    // The status says enough if the rest of the answer is lost.
    body.into_reader().take(MOST_REFUSAL).read_to_end(&mut text).ok();
    refusal::of(request, parts.status.as_u16(), &parts.headers, &text)
}

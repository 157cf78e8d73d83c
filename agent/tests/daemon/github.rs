//! GitHub: what is fetched and with which rights, and what is said of what is not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use spillway_agent::github::{GitHub, Limits};
use spillway_agent::http::Http;
use spillway_agent::http::endpoint::Endpoint;
use spillway_agent::spec::{Commits, GitHubCommit, Packing};
use spillway_agent::system::clock::Bell;
use spillway_wire::agent::specification::AccessToken;

use super::host::{Host, NO_SERVER};
use super::server::{Request, Response, Server};

const SECRET: &str = "ghp_secret-of-the-host";
const ID: &str = "d9efe7ed8b3c7a5e8f6f3f5bb9c0ed1dd2a1a3d8";

fn commit() -> GitHubCommit {
    GitHubCommit {
        account: "shop".to_owned(),
        repository: "web.js".to_owned(),
        commit: ID.to_owned(),
        packing: Packing::Tarball,
        token: None,
    }
}

/// A host without a token, or with one in a file of this mode.
struct Stage {
    host: Host,
    stopping: Bell,
    limits: Limits,
    read: Duration,
    has_token: bool,
}

impl Stage {
    fn new() -> Self {
        let (host, stopping, limits) = (Host::new(), Bell::default(), Limits::default());
        Self { host, stopping, limits, read: Duration::from_secs(20), has_token: false }
    }

    fn with_token(self) -> Self {
        self.write_token(&format!("{SECRET}\n"), 0o600);
        Self { has_token: true, ..self }
    }

    fn write_token(&self, text: &str, mode: u32) {
        self.host.write("token", text);
        fs::set_permissions(self.host.path("token"), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Fetches a commit. What is said of it, without what differs from run to run.
    fn fetch(&self, url: &str, commit: &GitHubCommit) -> Result<Vec<u8>, String> {
        let github = GitHub {
            http: Http::new(self.read, None),
            endpoint: Endpoint::parse(url).unwrap(),
            token_file: self.has_token.then(|| self.host.path("token")),
            limits: self.limits,
            clock: &self.host.clock,
            stopping: &self.stopping,
        };
        let path = self.host.path("bundle");
        let outcome = github.fetch(commit, &path);
        let words = outcome.map_err(|error| self.host.neutral(&error.to_string()).replace(url, "API"));
        words.map(|()| fs::read(path).unwrap())
    }

    fn waits(&self) -> Vec<u64> {
        self.host.clock.waits.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

fn refused(status: u16, message: &str) -> Response {
    Response::new(status, format!("{{\"message\":\"{message}\",\"documentation_url\":\"https://docs\"}}"))
}

fn target(request: &Request) -> String {
    format!("{}?{} {}", request.path, request.query, request.header("authorization").unwrap_or("anonymous"))
}

/// A server that points to another address.
fn pointing(to: impl Fn(&Request) -> String + Send + 'static) -> Server {
    Server::start(move |request| Response::new(302, "").with("location", &to(request)))
}

#[test]
fn a_token_is_for_the_api_alone_and_not_for_the_server_of_archives() {
    let archives = Server::start(|_| Response::new(200, "the archive"));
    let place = format!("{}/shop/legacy.tar.gz/{ID}?token=passing", archives.url());
    // The repository was renamed; the redirect is to a path of the same server.
    let api = pointing(move |request| match request.path.starts_with("/repositories/7/") {
        true => place.clone(),
        false => format!("/repositories/7/tarball/{ID}"),
    });
    let seen = |server: &Server| server.requests().iter().map(target).collect::<Vec<_>>();
    assert_eq!(Stage::new().fetch(&api.url(), &commit()).unwrap(), b"the archive");
    assert_eq!(seen(&api)[0], format!("/repos/shop/web.js/tarball/{ID}? anonymous"));
    assert_eq!(api.requests()[0].header("user-agent"), Some(spillway_agent::http::AGENT_VERSION));
    Stage::new().with_token().fetch(&api.url(), &commit()).unwrap();
    let of_deployment = AccessToken("ghs_of-the-deployment".to_owned());
    let brought = GitHubCommit { packing: Packing::Zipball, token: Some(of_deployment), ..commit() };
    Stage::new().with_token().fetch(&api.url(), &brought).unwrap();
    let expected = [
        format!("/repos/shop/web.js/tarball/{ID}? Bearer {SECRET}"),
        format!("/repositories/7/tarball/{ID}? Bearer {SECRET}"),
        format!("/repos/shop/web.js/zipball/{ID}? Bearer ghs_of-the-deployment"),
        format!("/repositories/7/tarball/{ID}? Bearer ghs_of-the-deployment"),
    ];
    assert_eq!(seen(&api)[2..], expected);
    assert_eq!(seen(&archives), vec![format!("/shop/legacy.tar.gz/{ID}?token=passing anonymous"); 3]);
}

#[test]
fn redirects_are_few_and_lead_to_no_server_without_tls() {
    let mut told = String::new();
    let places = [
        "http://archives.example.com/shop?token=passing",
        "ftp://127.0.0.1/shop",
        "file:///etc/passwd",
        "//archives.example.com/shop",
        "",
        "/again",
    ];
    for place in places {
        let (stage, api) = (Stage::new().with_token(), pointing(|_| place.to_owned()));
        let words = stage.fetch(&api.url(), &commit()).unwrap_err();
        told.push_str(&format!("{words}\n"));
        assert_eq!(stage.waits(), [0; 0], "{words}");
        assert!(api.requests().len() <= 6 && !words.contains("passing"), "{words}");
    }
    let odd = GitHubCommit { account: "..".to_owned(), ..commit() };
    told.push_str(&format!("{}\n", Stage::new().fetch(NO_SERVER, &odd).unwrap_err()));
    insta::assert_snapshot!("redirects", told);
}

#[test]
fn what_lasts_is_told_with_what_to_do_and_without_the_token() {
    let limit = |status| {
        let answer = refused(status, "API rate limit exceeded for 192.0.2.1.");
        answer.with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", "1795867200")
    };
    let secondary = refused(403, "You have exceeded a secondary rate limit.").with("retry-after", "60");
    let cases = [
        refused(401, "Bad credentials"),
        refused(403, "Resource protected by organization SAML enforcement.\\nforged line"),
        limit(403),
        limit(429),
        secondary.with("date", "Sat, 28 Nov 2026 11:00:00 GMT"),
        refused(429, "Too many requests"),
        refused(404, "Not Found"),
        Response::new(451, "no JSON"),
    ];
    let mut told = String::new();
    for has_token in [false, true] {
        for answer in &cases {
            let stage = if has_token { Stage::new().with_token() } else { Stage::new() };
            let answer = answer.clone();
            let api = Server::start(move |_| answer.clone());
            let words = stage.fetch(&api.url(), &commit()).unwrap_err();
            told.push_str(&format!("{words}\n"));
            assert_eq!((api.requests().len(), stage.waits()), (1, Vec::new()), "{words}");
        }
    }
    assert!(!told.contains(SECRET), "{told}");
    insta::assert_snapshot!("refusals", told);
}

#[test]
fn what_may_pass_is_tried_again_after_longer_and_longer_waits() {
    let broken = || Response { length: Some(100), ..Response::new(200, "a part") };
    let silent = Stage { read: Duration::from_millis(50), ..Stage::new() };
    let (release, held) = channel::<()>();
    let api = Server::start(move |_| held.recv().map_or_else(|_| Response::new(200, ""), |()| broken()));
    let mut told = format!("{}\n", silent.fetch(&api.url(), &commit()).unwrap_err());
    drop(release);
    for answer in [refused(502, "Server Error"), broken()] {
        let stage = Stage::new();
        let api = Server::start(move |_| answer.clone());
        told.push_str(&format!("{}\n", stage.fetch(&api.url(), &commit()).unwrap_err()));
        assert_eq!((api.requests().len(), stage.waits()), (4, vec![10, 30, 90]));
    }
    let stage = Stage::new();
    told.push_str(&format!("{}\n", stage.fetch(NO_SERVER, &commit()).unwrap_err()));
    stage.stopping.ring();
    stage.fetch(NO_SERVER, &commit()).unwrap_err();
    assert_eq!(stage.waits().len(), 3 + 1, "an agent that is about to end does not try again");
    insta::assert_snapshot!("passing", told);
}

#[test]
fn an_archive_has_a_most_of_bytes_and_of_time() {
    let small = Limits { bytes: 10, ..Limits::default() };
    let announced = Response { length: Some(11), ..Response::new(200, "") };
    let counted = Response::new(200, "6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n").with("transfer-encoding", "chunked");
    let late = Limits { time: Duration::ZERO, ..Limits::default() };
    let mut told = String::new();
    for (limits, answer) in [(small, announced), (small, counted.clone()), (late, counted.clone())] {
        let api = Server::start(move |_| answer.clone());
        let words = Stage { limits, ..Stage::new() }.fetch(&api.url(), &commit()).unwrap_err();
        told.push_str(&format!("{words}\n"));
        assert_eq!(api.requests().len(), 1);
    }
    let api = Server::start(move |_| counted.clone());
    let exact = Limits { bytes: 12, ..Limits::default() };
    assert_eq!(Stage { limits: exact, ..Stage::new() }.fetch(&api.url(), &commit()).unwrap(), b"abcdefghijkl");
    insta::assert_snapshot!("limits", told);
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let mut told = String::new();
    let stage = Stage { has_token: true, ..Stage::new() };
    told.push_str(&format!("{}\n", stage.fetch(NO_SERVER, &commit()).unwrap_err()));
    for (text, mode) in [(SECRET, 0o640), (" \n", 0o600), ("ghp_a\nghp_b\n", 0o600), ("ghp_ü", 0o400)] {
        stage.write_token(text, mode);
        told.push_str(&format!("{}\n", stage.fetch(NO_SERVER, &commit()).unwrap_err()));
    }
    let brought = GitHubCommit { token: Some(AccessToken("a\r\nhost: b".to_owned())), ..commit() };
    told.push_str(&format!("{}\n", stage.fetch(NO_SERVER, &brought).unwrap_err()));
    assert!(!told.contains("ghp_"), "{told}");
    insta::assert_snapshot!("tokens", told);
}

/// An archive as GitHub makes them: a header for all entries, and one folder. The AppSpec is not at its root.
fn archive(host: &Host) -> Vec<u8> {
    let appspec = format!(
        "version: 0.0\nos: linux\nfiles:\n  - source: page\n    destination: {}\nhooks:\n  AfterInstall:\n    - location: after\n",
        host.path("site").display()
    );
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut add = |kind, name: &str, content: &str| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    };
    add(tar::EntryType::XGlobalHeader, "pax_global_header", &format!("52 comment={ID}\n"));
    add(tar::EntryType::Directory, "shop-web-d9efe7e/", "");
    for (name, content) in
        [("deploy/host.yml", appspec.as_str()), ("page", "hello"), ("after", "echo $BUNDLE_COMMIT\n")]
    {
        add(tar::EntryType::Regular, &format!("shop-web-d9efe7e/{name}"), content);
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_commit_is_explained_and_deployed_without_a_service_and_its_token_is_nowhere() {
    let stage = Stage::new().with_token();
    let (host, archive) = (&stage.host, archive(&stage.host));
    let api = Server::start(move |request| match target(request) {
        known if known == format!("/api/repos/shop/web/tarball/{ID}? Bearer {SECRET}") => {
            Response::new(200, archive.clone())
        }
        _ => refused(404, "Not Found"),
    });
    let token = host.path("token");
    let configuration = host.configuration(NO_SERVER, NO_SERVER)
        + &format!(":github_endpoint: {}/api\n:github_token_file: {}\n", api.url(), token.display());
    host.write("agent.yml", &configuration);
    let run = |id: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway-agent"));
        command.args(["deploy-local", "-l", &format!("https://127.0.0.1/shop/web/tree/{id}"), "--root"]);
        command.arg(host.path("root")).args(["-A", "deploy/host.yml", "-c"]).arg(host.path("agent.yml"));
        let output = command.args(more).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + str::from_utf8(&output.stderr).unwrap();
        (output.status.success(), host.neutral(&text))
    };
    let (is_done, text) = run(ID, &["--dry-run"]);
    assert!(is_done && text.contains("copy page to ~/site/page\n"), "{text}");
    assert!(!host.path("root").exists() && !host.path("site").exists(), "a dry run changes nothing");
    let (is_done, text) = run(ID, &[]);
    assert!(is_done && text.contains(&format!("[stdout]{ID}\n")), "{text}");
    assert_eq!(fs::read_to_string(host.path("site/page")).unwrap(), "hello");
    let (is_done, text) = run("c0ffee", &[]);
    let expected = "DownloadBundle failed with code 5: commit c0ffee of shop/web in GitHub cannot be fetched: GitHub has no \
                    commit c0ffee of shop/web that the token in ~/token may read (404 Not Found); ";
    assert!(!is_done && text.contains(expected), "{text}");
    assert_eq!(files_with(&host.path(""), SECRET), [token]);
}

/// The files below a folder that have a text in them.
pub fn files_with(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if fs::read(&path).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            found.push(path);
        }
    }
    found
}

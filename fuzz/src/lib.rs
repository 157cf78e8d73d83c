//! What hostile bytes may do to the host agent: each function takes any input, and fails where the agent would break a
//! rule. `cargo fuzz` looks for such an input; `agent/tests/fuzz.rs` tries some with every run of the tests.

#![allow(clippy::unwrap_used, reason = "what fails here is the finding")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use spillway_agent::bundle::{Kind, Limits, detect, unpack};
use spillway_agent::client::specification;
use spillway_agent::identity::on_premises::Registration;
use spillway_agent::settings::Settings;
use spillway_agent::spec::{Revision, is_safe_name};
use spillway_agent::state::Root;
use spillway_appspec::finding::Finding;
use spillway_appspec::resource;
use spillway_appspec::server::{self, Expected, Os};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_wire::agent::{
    AgentOperation, CommandStatusOutput, Diagnostics, GetDeploymentSpecificationOutput, PollHostCommandOutput,
    PutHostCommandCompleteOutput, door,
};

/// The largest revision that a hostile archive may become.
const LIMITS: Limits = Limits { bytes: 1 << 20, entries: 64 };

/// An AppSpec of any platform is read or refused with words, twice the same, and names no script and no source outside
/// of the revision.
pub fn appspec(input: &[u8]) {
    for os in [None, Some(Os::Linux), Some(Os::Windows)] {
        let expected = Expected { os, events: None };
        let reading = server::read(input, &expected);
        assert_eq!(reading, server::read(input, &expected));
        assert_eq!(reading.appspec.is_none(), reading.findings.iter().any(Finding::is_refusal));
        assert!(reading.findings.iter().all(|finding| !finding.to_string().is_empty()));
        let Some(appspec) = reading.appspec else { continue };
        let scripts = appspec.hooks.iter().flat_map(|hook| &hook.scripts);
        for script in scripts {
            assert!(is_inside(&script.location) && !script.location.is_empty(), "{script:?}");
            assert!(script.timeout_seconds > 0, "{script:?}");
        }
        for file in &appspec.files {
            assert!(is_inside(&file.source), "{file:?}");
        }
    }
    if let Ok(text) = std::str::from_utf8(input) {
        for platform in [ComputePlatform::Lambda, ComputePlatform::Ecs] {
            assert_eq!(resource::read(text, platform), resource::read(text, platform));
        }
    }
}

fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// An archive writes nothing beside the folder of its revision, keeps to the limits, and leaves neither a link that leads
/// out, nor a device, nor a bit that changes the user.
pub fn archive(input: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let (bundle, beside, into) = (home.path().join("bundle"), home.path().join("beside"), home.path().join("into"));
    fs::write(&bundle, input).unwrap();
    fs::write(&beside, "mine").unwrap();
    fs::create_dir(&into).unwrap();
    // What is of no known kind is given to the reader with the fewest rules of its own.
    let kind = detect(&bundle).unwrap_or(Kind::Tar);
    let folder = Dir::open_ambient_dir(&into, ambient_authority()).unwrap();
    let outcome = unpack(&bundle, kind, &folder, LIMITS);

    assert_eq!(fs::read_to_string(&beside).unwrap(), "mine");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3, "something lies beside the revision");
    let mut links = Vec::new();
    let (bytes, entries) = measure(&into, &mut links);
    assert!(bytes <= LIMITS.bytes && entries <= LIMITS.entries, "{bytes} bytes in {entries} entries");
    match outcome {
        Ok(()) => {
            let into = into.canonicalize().unwrap();
            for link in links {
                // One that leads to nothing leads nowhere else.
                let target = link.canonicalize().unwrap_or_else(|_| into.clone());
                assert!(target.starts_with(&into), "{} leads to {}", link.display(), target.display());
            }
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}

/// The bytes of the files in a folder, how many entries it has, and its links.
fn measure(folder: &Path, links: &mut Vec<PathBuf>) -> (u64, u64) {
    let (mut bytes, mut entries) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        entries += 1;
        if metadata.is_dir() {
            let below = measure(&path, links);
            (bytes, entries) = (bytes + below.0, entries + below.1);
        } else if metadata.is_symlink() {
            links.push(path);
        } else {
            assert!(metadata.is_file(), "{} is neither a file, a folder nor a link", path.display());
            assert_eq!(metadata.permissions().mode() & 0o7000, 0, "{} changes its user", path.display());
            bytes += metadata.len();
        }
    }
    (bytes, entries)
}

/// A configuration, and the file of a host on premises, are refused with the name of the file, or keep to the rules.
pub fn configuration(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        match Settings::parse(text, Path::new("/agent.yml")) {
            Err(unusable) => assert!(unusable.to_string().contains("/agent.yml"), "{unusable}"),
            Ok(settings) => {
                let service = settings.service.to_string();
                assert!(settings.root.is_absolute() && settings.on_premises_file.is_absolute());
                assert!(settings.service.is_loopback() || service.starts_with("https://"), "{service}");
            }
        }
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("host.yml");
    fs::write(&path, input).unwrap();
    match Registration::read(&path) {
        Err(words) => assert!(words.contains("host.yml"), "{words}"),
        Ok(registration) => assert!(!registration.unwrap().host.is_empty()),
    }
}

/// Whatever a service answers, the agent reads it or says what is wrong, and makes no path of its ids that leads out of
/// the folder of deployments; whatever an agent asks, the service reads it or refuses it with words.
pub fn protocol(input: &[u8]) {
    let read = |error: serde_json::Error| assert!(!error.to_string().is_empty());
    let _ = serde_json::from_slice::<PollHostCommandOutput>(input).map_err(read);
    let _ = serde_json::from_slice::<PutHostCommandCompleteOutput>(input).map_err(read);
    let _ = serde_json::from_slice::<CommandStatusOutput>(input).map_err(read);
    let _ = serde_json::from_slice::<Diagnostics>(input).map_err(read);
    let answer = serde_json::from_slice::<GetDeploymentSpecificationOutput>(input).unwrap_or_default();
    let sealed = answer.deployment_specification.and_then(|all| all.generic_envelope?.payload);
    let bare = std::str::from_utf8(input).ok().map(str::to_owned);
    for payload in sealed.into_iter().chain(bare) {
        match specification::parse(&payload) {
            Err(refused) => assert!(!refused.to_string().is_empty()),
            Ok(spec) => {
                let place = Root("/deployments".into()).place(&spec);
                let is_safe = is_safe_name(&spec.group_id) && is_safe_name(&spec.deployment_id);
                assert!(is_safe || place.is_err(), "{spec:?}");
                if let Ok(place) = place {
                    assert_eq!(place.folder().parent().and_then(Path::parent), Some(Path::new("/deployments")));
                }
                if let Revision::GitHub(commit) = &spec.revision {
                    assert!(!commit.account.is_empty() && !commit.commit.is_empty(), "{commit:?}");
                }
            }
        }
    }
    let body = String::from_utf8_lossy(input).into_owned();
    for operation in AgentOperation::ALL {
        let mut request = LambdaFunctionUrlRequest::default();
        request.body = Some(body.clone());
        request.headers.insert("x-amz-target", operation.target().parse().unwrap());
        if let Err(exception) = door::read(&request) {
            assert!((400..500).contains(&exception.status()), "{exception:?}");
            assert!(!exception.body().is_empty(), "{exception:?}");
        }
    }
}

//! `deploy-local` with a bundle in S3.

use std::process::Command;

use super::host::{Host, NO_SERVER, SECRET};
use super::server::{Response, Server};
use super::signature::verify;

fn bundle(host: &Host) -> Vec<u8> {
    let appspec = format!(
        "version: 0.0\nos: linux\nfiles:\n  - source: page\n    destination: {}\nhooks:\n  AfterInstall:\n    - location: after\n",
        host.path("site").display()
    );
    let after = "echo $BUNDLE_BUCKET $BUNDLE_KEY $BUNDLE_VERSION $BUNDLE_ETAG\n";
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in [("appspec.yml", appspec.as_str()), ("page", "hello"), ("after", after)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn a_bundle_in_s3_is_explained_and_deployed_with_the_rights_of_the_host() {
    let host = Host::new();
    host.write_user();
    let bundle = bundle(&host);
    let server = Server::start(move |request| {
        assert_eq!(verify(request, SECRET).scope, "eu-west-1/s3");
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/bundles/shop.tar", "versionId=v1"));
        Response::new(200, bundle.clone()).with("etag", "\"0123\"")
    });
    let configuration =
        host.configuration(NO_SERVER, NO_SERVER) + &format!(":s3_endpoint_override: {}\n", server.url());
    host.write("agent.yml", &configuration);
    let run = |location: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway-agent"));
        command.args(["deploy-local", "--bundle-location", location, "--root"]).arg(host.path("root"));
        let output = command.arg("-c").arg(host.path("agent.yml")).args(more).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + str::from_utf8(&output.stderr).unwrap();
        (output.status.success(), host.neutral(&text))
    };
    let location = "s3://bundles/shop.tar?versionId=v1";
    let (is_done, text) = run(location, &["--dry-run"]);
    assert!(is_done && text.contains("copy page to ~/site/page\n"), "{text}");
    assert!(!host.path("root").exists() && !host.path("site").exists(), "a dry run changes nothing");
    let (is_done, text) = run(&format!("{location}&etag=0123"), &[]);
    assert!(is_done && text.contains("[stdout]bundles shop.tar v1 0123\n"), "{text}");
    assert_eq!(std::fs::read_to_string(host.path("site/page")).unwrap(), "hello");
    let (is_done, text) = run(&format!("{location}&etag=9"), &[]);
    assert!(!is_done && text.contains("Expected deployment artifact bundle etag 9 but was actually 0123"), "{text}");
    std::fs::remove_file(host.path("host.yml")).unwrap();
    let (is_done, text) = run(location, &[]);
    assert!(!is_done && text.starts_with("spillway-agent: this host has no identity: "), "{text}");
}

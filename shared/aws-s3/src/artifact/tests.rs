use std::io::Write;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use spillway_domain::pipeline::ArtifactKeys;
use spillway_engine::ports::pipelines::Artifacts as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn artifact() -> Artifact {
    let keys = ArtifactKeys { id: "ASIAJOB".to_owned(), secret: "secret".to_owned(), token: "token".to_owned() };
    let (bucket, key) = ("artifacts".to_owned(), "shop/Build/pi5IJ3a".to_owned());
    Artifact { name: "Build".to_owned(), bucket, key, keys }
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The artifacts in an S3 that answers once, and what it was asked.
async fn stored(status: u16, body: Vec<u8>) -> (Artifacts, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
        }
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} -\r\nconnection: close\r\netag: \"abc\"\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        String::from_utf8(request).unwrap().to_lowercase()
    });
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::from_keys("ASIAOWN", "secret", None))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .load()
        .await;
    (Artifacts::new(&config), asked)
}

#[tokio::test]
async fn a_file_is_read_with_the_keys_of_the_job() {
    let (artifacts, asked) = stored(206, archive(&[("deploy/appspec.yaml", b"version: 0.0")])).await;
    let found = artifacts.read(&artifact(), "deploy/appspec.yaml", 100).await;
    assert_eq!(found, Ok(Some("version: 0.0".to_owned())));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("get /artifacts/shop/build/pi5ij3a http/1.1"), "{asked}");
    assert!(asked.contains("credential=asiajob/") && asked.contains("x-amz-security-token: token"), "{asked}");
    let (artifacts, _) = stored(206, archive(&[("deploy/appspec.yaml", b"version: 0.0")])).await;
    assert_eq!(artifacts.read(&artifact(), "appspec.yaml", 100).await, Ok(None));
}

#[tokio::test]
async fn a_bundle_is_named_with_its_etag_whatever_is_in_it() {
    let (artifacts, asked) = stored(206, b"P".to_vec()).await;
    let bundle = artifacts.bundle(&artifact()).await.unwrap();
    let wanted = S3Object {
        bucket: "artifacts".to_owned(),
        key: "shop/Build/pi5IJ3a".to_owned(),
        bundle: Some(BundleType::Zip),
        version: None,
        e_tag: Some("abc".to_owned()),
    };
    assert_eq!(bundle, wanted);
    assert!(asked.await.unwrap().contains("range: bytes=0-0"));
}

#[tokio::test]
async fn what_cannot_be_read_is_named_with_its_reason() {
    let bomb = archive(&[("a.yaml", &vec![b' '; 1_000_000])]);
    assert!(bomb.len() < 10_000);
    for (status, body, words) in [
        (
            206,
            bomb,
            "a.yaml of Artifact Build (s3://artifacts/shop/Build/pi5IJ3a): it is larger than the 100 bytes that such a \
             file may have.",
        ),
        (
            206,
            archive(&[("a.yaml", b"\xff")]),
            "a.yaml of Artifact Build (s3://artifacts/shop/Build/pi5IJ3a): it is no text in UTF-8.",
        ),
        (
            206,
            b"version: 0.0".to_vec(),
            "Artifact Build (s3://artifacts/shop/Build/pi5IJ3a) is no zip archive that can be read: invalid Zip archive: \
             Could not find EOCD.",
        ),
        (
            206,
            vec![b' '; ARTIFACT_BYTES + 1],
            "Artifact Build (s3://artifacts/shop/Build/pi5IJ3a) is larger than the 33554432 bytes that an artifact with an \
             AppSpec or a task definition may have. Have the build put these files into an artifact of their own.",
        ),
        (
            416,
            b"<Error><Code>InvalidRange</Code></Error>".to_vec(),
            "Artifact Build (s3://artifacts/shop/Build/pi5IJ3a) is no zip archive that can be read: it is empty.",
        ),
        (
            404,
            b"<Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>".to_vec(),
            "s3:GetObject of s3://artifacts/shop/Build/pi5IJ3a failed: NoSuchKey: There is no such key.",
        ),
    ] {
        let (artifacts, _) = stored(status, body).await;
        let problem = artifacts.read(&artifact(), "a.yaml", 100).await.unwrap_err();
        assert_eq!(problem.to_string(), words);
        let kind = if status == 404 { ProblemKind::Missing } else { ProblemKind::Refused };
        assert_eq!(problem.kind, kind, "{words}");
    }
}

#[tokio::test]
async fn keys_that_have_expired_pass_by_themselves() {
    let body = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
    let (artifacts, _) = stored(400, body.to_vec()).await;
    let problem = artifacts.bundle(&artifact()).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    assert!(!problem.to_string().contains("secret") && !problem.to_string().contains("ASIAJOB"));
}

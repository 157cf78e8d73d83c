//! Objects in S3. What they promise beyond their text (versions, ETags, sizes) is told apart by S3 alone, and so it is
//! the real adapter that is held to it.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use spillway_aws_core::Roles;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::customer::Objects;

use super::{fresh, session};
use crate::cloud::{Cloud, in_cloud};

/// The most bytes that are read.
const MOST: usize = 100;

/// A bucket that keeps versions.
struct Bucket {
    cloud: &'static Cloud,
    name: String,
    objects: spillway_aws_s3::Objects,
}

impl Bucket {
    async fn open(cloud: &'static Cloud) -> Self {
        let name = fresh("bucket");
        cloud.s3.create_bucket().bucket(&name).send().await.unwrap();
        let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = cloud.s3.put_bucket_versioning().bucket(&name).versioning_configuration(versions);
        request.send().await.unwrap();
        let roles = Roles::new(&super::loaded(cloud).await);
        Self { cloud, name, objects: spillway_aws_s3::Objects::new(&roles) }
    }

    /// Writes an object; its version and its ETag.
    async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> (String, String) {
        let request = self.cloud.s3.put_object().bucket(&self.name).key(key).body(body.into().into());
        let put = request.send().await.unwrap();
        (put.version_id.unwrap(), put.e_tag.unwrap().trim_matches('"').to_owned())
    }

    fn object(&self, key: &str) -> S3Object {
        S3Object { bucket: self.name.clone(), key: key.to_owned(), bundle: None, version: None, e_tag: None }
    }

    async fn read(&self, object: &S3Object) -> Result<String, Problem> {
        self.objects.read(&session(), object, MOST).await
    }

    /// How a read fails; what cannot be read for want of the object is not found either.
    async fn fails(&self, object: &S3Object) -> (ProblemKind, String) {
        let problem = self.read(object).await.expect_err("it cannot be read");
        let found = self.objects.find(&session(), object).await;
        let is_missing = found.is_err_and(|other| other.kind == ProblemKind::Missing);
        assert_eq!(is_missing, problem.kind == ProblemKind::Missing, "{problem}");
        (problem.kind, problem.words)
    }
}

mod aws_alone {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_is() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            for text in ["", "version: 0.0 # für Ä", &"x".repeat(MOST)] {
                bucket.put("CodeDeploy/a b+ü.yaml", text).await;
                assert_eq!(bucket.read(&bucket.object("CodeDeploy/a b+ü.yaml")).await.unwrap(), text);
                bucket.objects.find(&session(), &bucket.object("CodeDeploy/a b+ü.yaml")).await.unwrap();
            }
        });
    }

    #[test]
    fn a_version_stays_what_it_is() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            let (old, e_tag) = bucket.put("key", "old").await;
            bucket.put("key", "new").await;
            assert_eq!(bucket.read(&bucket.object("key")).await.unwrap(), "new");
            let versioned = S3Object { version: Some(old), e_tag: Some(e_tag), ..bucket.object("key") };
            assert_eq!(bucket.read(&versioned).await.unwrap(), "old");
            let absent = S3Object { version: Some("nobody".into()), ..bucket.object("key") };
            let (kind, words) = bucket.fails(&absent).await;
            assert_eq!(kind, ProblemKind::Missing, "{words}");
            assert!(words.contains(&format!("Version nobody of s3://{}/key", bucket.name)), "{words}");
        });
    }

    #[test]
    fn an_object_or_a_bucket_that_does_not_exist_is_missing() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            let nowhere = S3Object { bucket: fresh("bucket"), ..bucket.object("key") };
            bucket.put("deleted", "text").await;
            cloud.s3.delete_object().bucket(&bucket.name).key("deleted").send().await.unwrap();
            for object in [bucket.object("key"), bucket.object("deleted"), nowhere] {
                let (kind, words) = bucket.fails(&object).await;
                assert_eq!(kind, ProblemKind::Missing, "{words}");
                assert!(words.contains(&format!("s3:GetObject of s3://{}/{}", object.bucket, object.key)), "{words}");
            }
        });
    }

    #[test]
    fn a_name_that_no_bucket_can_have_is_no_reason_to_try_again() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            for name in ["arn:aws:s3:::orders", "not a bucket", "a/b", "UPPER"] {
                let (kind, words) = bucket.fails(&S3Object { bucket: name.into(), ..bucket.object("key") }).await;
                assert!(matches!(kind, ProblemKind::Missing | ProblemKind::Refused), "{name}: {kind:?} {words}");
                assert!(words.contains(&format!("s3://{name}/key")), "{words}");
            }
        });
    }

    #[test]
    fn an_object_with_another_e_tag_is_missing() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            let (_, old) = bucket.put("key", "old").await;
            let (_, new) = bucket.put("key", "new").await;
            let object = S3Object { e_tag: Some(old.clone()), ..bucket.object("key") };
            let words =
                format!("s3://{}/key has been replaced: its ETag is {new}, and the revision names {old}.", bucket.name);
            assert_eq!(bucket.fails(&object).await, (ProblemKind::Missing, words));
            assert_eq!(bucket.read(&S3Object { e_tag: Some(new), ..object }).await.unwrap(), "new");
        });
    }

    #[test]
    fn what_is_too_large_or_no_text_is_refused() {
        in_cloud(async |cloud| {
            let bucket = Bucket::open(cloud).await;
            bucket.put("large", "x".repeat(MOST + 1)).await;
            let words = format!("s3://{}/large is larger than the {MOST} bytes that an AppSpec may have.", bucket.name);
            assert_eq!(bucket.fails(&bucket.object("large")).await, (ProblemKind::Refused, words));
            bucket.put("archive", [0x1f, 0x8b, 0x08, 0x00]).await;
            let words = format!("s3://{}/archive is no text in UTF-8, as an AppSpec is.", bucket.name);
            assert_eq!(bucket.fails(&bucket.object("archive")).await, (ProblemKind::Refused, words));
        });
    }
}

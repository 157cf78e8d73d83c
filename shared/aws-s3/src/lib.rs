//! The customer's objects in S3, read with the service role.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use spillway_aws_sts::{Clients, Roles, code, problem};
use spillway_domain::{Problem, ProblemKind, RoleArn, S3Object};

/// The objects that the service roles may read.
#[derive(Debug)]
pub struct Objects {
    clients: Clients<Client>,
}

impl Objects {
    /// Objects that are read as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, Client::new) }
    }
}

impl spillway_engine::Objects for Objects {
    async fn read(&self, role: &RoleArn, object: &S3Object, most: usize) -> Result<String, Problem> {
        if !may_name_bucket(&object.bucket) {
            let words = format!("{} cannot be: no bucket is called {}.", named(object), object.bucket);
            return Err(Problem::new(ProblemKind::Missing, words));
        }
        let request = self.clients.of(role).await.get_object().bucket(&object.bucket).key(&object.key);
        let sent = Box::pin(request.set_version_id(object.version.clone()).send()).await;
        let answer = sent.map_err(|error| refused(object, &error))?;
        // Only the head has come so far. What is not wanted is not fetched.
        same_e_tag(object, &answer)?;
        let size = answer.content_length.and_then(|bytes| usize::try_from(bytes).ok());
        if size.is_some_and(|bytes| bytes > most) {
            return Err(too_large(object, most));
        }
        let bytes = at_most(object, answer.body, most).await?;
        String::from_utf8(bytes).map_err(|_| {
            Problem::new(ProblemKind::Refused, format!("{} is no text in UTF-8, as an AppSpec is.", named(object)))
        })
    }
}

/// Whether a bucket may have this name. The SDK takes others for ARNs and for paths, and S3 never hears of them.
fn may_name_bucket(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter))
}

/// The object as people know it.
fn named(object: &S3Object) -> String {
    let place = format!("s3://{}/{}", object.bucket, object.key);
    match &object.version {
        Some(version) => format!("Version {version} of {place}"),
        None => place,
    }
}

/// Why an object was not given.
fn refused(object: &S3Object, error: &SdkError<GetObjectError>) -> Problem {
    let mut problem = problem(&format!("s3:GetObject of {}", named(object)), error);
    match code(error) {
        // The words of S3 for a version that cannot be, and for one that is the mark of a deletion.
        Some("InvalidArgument" | "MethodNotAllowed") if object.version.is_some() => problem.kind = ProblemKind::Missing,
        // It is in an archive, which has nothing to do with rights.
        Some("InvalidObjectState") => problem.kind = ProblemKind::Refused,
        Some("AccessDenied") => problem.words.push_str(
            " S3 says so of an object that does not exist, too, unless the role has s3:ListBucket for its bucket.",
        ),
        Some(_) | None => {}
    }
    problem
}

/// That it is still the object that was meant.
fn same_e_tag(object: &S3Object, answer: &GetObjectOutput) -> Result<(), Problem> {
    let Some(wanted) = &object.e_tag else {
        return Ok(());
    };
    let found = answer.e_tag.as_deref().unwrap_or_default().trim_matches('"');
    if found == wanted {
        return Ok(());
    }
    let words = format!("{} has been replaced: its ETag is {found}, and the revision names {wanted}.", named(object));
    Err(Problem::new(ProblemKind::Missing, words))
}

/// The whole of a body, unless it is longer than it may be.
async fn at_most(object: &S3Object, mut body: ByteStream, most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| {
            let words = format!("s3:GetObject of {} broke off: {error}.", named(object));
            Problem::new(ProblemKind::Transient, words)
        })?;
        if bytes.len() + chunk.len() > most {
            return Err(too_large(object, most));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(object: &S3Object, most: usize) -> Problem {
    let words = format!("{} is larger than the {most} bytes that an AppSpec may have.", named(object));
    Problem::new(ProblemKind::Refused, words)
}

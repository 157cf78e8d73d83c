//! The customer's objects in S3, read with the service role, and the artifacts of pipelines, read with the keys of a job.
//!
//! One signed GET is all that is needed. The SDK for S3 would make the function a third larger, and so too large.

mod address;
mod artifact;
mod get;
mod own;

pub use artifact::Artifacts;
pub use own::{ObjectPath, OwnObject};

use spillway_aws_core::{Failure, Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::address::may_name_bucket;
use crate::get::{Found, get};

/// The objects that the service roles may read.
#[derive(Debug)]
pub struct Objects {
    roles: Roles,
}

impl Objects {
    /// Objects that are read as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { roles: roles.clone() }
    }
}

impl spillway_engine::ports::customer::Objects for Objects {
    async fn read(&self, session: &RoleSession, object: &S3Object, most: usize) -> Result<String, Problem> {
        can_be(object)?;
        fetch(&self.roles.config(session), object, most, "an AppSpec").await.map(|(text, _)| text)
    }

    async fn find(&self, session: &RoleSession, object: &S3Object) -> Result<(), Problem> {
        can_be(object)?;
        match Box::pin(get(&self.roles.config(session), object, 1)).await {
            Err(error) if code(&error) == Some("InvalidRange") => Ok(()),
            Err(error) => Err(refused(object, &error)),
            Ok(found) => same_e_tag(object, &found),
        }
    }
}

/// That a bucket may have the name.
fn can_be(object: &S3Object) -> Result<(), Problem> {
    if may_name_bucket(&object.bucket) {
        return Ok(());
    }
    let words = format!("{} cannot be: no bucket is called {}.", named(object), object.bucket);
    Err(Problem::new(ProblemKind::Missing, words))
}

/// The text of an object, which is `what`, of at most so many bytes, and its ETag.
async fn fetch(config: &SdkConfig, object: &S3Object, most: usize, what: &str) -> Result<(String, String), Problem> {
    // One byte more than there may be shows that there are too many.
    let found = match Box::pin(get(config, object, most + 1)).await {
        // There is no first byte of an empty object.
        Err(error) if code(&error) == Some("InvalidRange") => return Ok((String::new(), String::new())),
        found => found.map_err(|error| refused(object, &error))?,
    };
    same_e_tag(object, &found)?;
    if found.bytes.len() > most {
        let words = format!("{} is larger than the {most} bytes that {what} may have.", named(object));
        return Err(Problem::new(ProblemKind::Refused, words));
    }
    let text = String::from_utf8(found.bytes).map_err(|_| {
        Problem::new(ProblemKind::Refused, format!("{} is no text in UTF-8, as {what} is.", named(object)))
    })?;
    Ok((text, found.e_tag))
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
fn refused(object: &S3Object, error: &Failure) -> Problem {
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
fn same_e_tag(object: &S3Object, found: &Found) -> Result<(), Problem> {
    match &object.e_tag {
        Some(wanted) if *wanted != found.e_tag => {
            let (object, found) = (named(object), &found.e_tag);
            let words = format!("{object} has been replaced: its ETag is {found}, and the revision names {wanted}.");
            Err(Problem::new(ProblemKind::Missing, words))
        }
        Some(_) | None => Ok(()),
    }
}

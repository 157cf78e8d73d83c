//! The bounds that keep a request, and what is kept of it, small. CodeDeploy's quotas are in the domain.

/// The bytes of a request body. The largest sound request is an AppSpec of
/// [`APPSPEC_BYTES`](spillway_domain::catalog::revision::APPSPEC_BYTES), JSON-escaped.
pub const BODY_BYTES: usize = 1024 * 1024;
/// The characters of an ARN.
pub const ARN: usize = 1011;
/// The characters of a tag's key.
pub const TAG_KEY: usize = 128;
/// The characters of a tag's value.
pub const TAG_VALUE: usize = 256;

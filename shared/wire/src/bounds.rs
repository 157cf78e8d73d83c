//! The bounds that keep a request, and what is kept of it, small. CodeDeploy's quotas are in the domain.

/// The bytes of a request body. The largest sound request is an AppSpec of [`APPSPEC_BYTES`], JSON-escaped.
pub const BODY_BYTES: usize = 1024 * 1024;
/// The bytes of an AppSpec. It is kept in a table item of its own, of 400 KB at most.
pub const APPSPEC_BYTES: usize = 100 * 1024;
/// The violations of an AppSpec that are kept and shown.
pub const VIOLATIONS: usize = 20;
/// The characters of an ARN.
pub const ARN: usize = 1011;
/// The characters of a tag's key.
pub const TAG_KEY: usize = 128;
/// The characters of a tag's value.
pub const TAG_VALUE: usize = 256;

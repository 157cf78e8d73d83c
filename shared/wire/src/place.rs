//! Where an installation is: what its ARNs are made of. The API, the stacks and the notifications share it.

/// A partition, a Region and an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-cn` or another.
    pub partition: String,
    /// The Region.
    pub region: String,
    /// The account's twelve digits.
    pub account: String,
}

impl Place {
    /// An ARN here.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

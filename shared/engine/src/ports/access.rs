//! Who decides what a caller may do, and by which policies.

use spillway_domain::access::permission::{Authorization, Question};
use spillway_domain::problem::Problem;

/// Who decides what a caller may do.
pub trait Access {
    /// Whether there are policies to decide by; else every caller may do everything.
    fn has_policies(&self) -> bool;
    /// Whether the caller may do what the question names.
    async fn ask(&self, question: &Question) -> Result<Authorization, Problem>;
}

/// An installation without policies.
#[derive(Debug, Clone, Copy)]
pub struct Anyone;

impl Access for Anyone {
    fn has_policies(&self) -> bool {
        false
    }

    async fn ask(&self, _: &Question) -> Result<Authorization, Problem> {
        Ok(Authorization::Allowed)
    }
}

/// The text of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    /// The text.
    pub text: String,
    /// Which version of the object it is.
    pub e_tag: String,
}

/// Where the policies are written.
pub trait PolicySource {
    /// The policies as they are at this moment.
    async fn read(&self) -> Result<PolicyText, Problem>;
}

/// Where the last policies are kept that could be understood.
pub trait PolicyStore {
    /// Those that are kept.
    async fn kept_policies(&self) -> Result<Option<PolicyText>, Problem>;
    /// Keeps these instead.
    async fn keep_policies(&self, policies: &PolicyText) -> Result<(), Problem>;
}

//! Who decides what a caller may do.

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

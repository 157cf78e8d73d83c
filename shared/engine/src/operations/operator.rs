//! Operations that CodeDeploy's API does not have, for operators.

pub mod ledger;
pub mod rollback;
pub mod summary;

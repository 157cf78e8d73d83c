//! What every operation is read and answered in. The functions behind function URLs make it, and every operation takes it.

use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::quotas::Quotas;

use crate::codedeploy::token::Seal;
use crate::place::Place;

/// The installation that a request has come to.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where it is.
    pub place: Place,
    /// How much of everything there may be.
    pub quotas: Quotas,
    /// What its page tokens and the ids of its hooks' executions are sealed with.
    pub seal: Seal,
    /// Who made the request, where that is known.
    pub caller: Option<Caller>,
}

//! `OutdatedInstancesStrategy`.

use spillway_domain::catalog::environment::OutdatedInstances;

use super::closed_set;
use crate::Exception;

/// What is given, checked.
pub(crate) fn parse(given: &str) -> Result<OutdatedInstances, Exception> {
    closed_set::find(given, [OutdatedInstances::Update, OutdatedInstances::Ignore], text)
        .map_err(|words| Exception::new("InvalidInputException", format!("outdatedInstancesStrategy {words}")))
}

/// As the API spells it.
pub(crate) fn text(strategy: OutdatedInstances) -> &'static str {
    match strategy {
        OutdatedInstances::Update => "UPDATE",
        OutdatedInstances::Ignore => "IGNORE",
    }
}

//! A Lambda alias, and how it routes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::Version;
use crate::percent::Percent;

/// Where an alias is to send traffic: everything to one version, or a share to a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRouting {
    /// The alias's own version.
    pub main: Version,
    /// A second version and its share.
    pub second: Option<(Version, Percent)>,
}

impl AliasRouting {
    /// Everything to one version.
    pub fn only(version: Version) -> Self {
        Self { main: version, second: None }
    }

    /// A share to `target`, the rest to `original`.
    pub fn split(original: Version, target: Version, share: Percent) -> Self {
        Self { main: original, second: Some((target, share)) }
    }
}

/// An alias as it was read. It may hold anything, since others may write it.
#[derive(Debug, Clone, PartialEq)]
pub struct AliasState {
    /// The alias's ARN.
    pub arn: String,
    /// The version it points at, `$LATEST` included.
    pub main: String,
    /// Additional versions with their weights.
    pub weights: Vec<(String, f64)>,
    /// Lambda's revision of the alias, for compare-and-set.
    pub revision: String,
}

impl AliasState {
    /// What is not published of a function, where a version's number would stand.
    pub const LATEST: &'static str = "$LATEST";

    /// How it routes; `None` where no deployment routes so: `$LATEST`, or more than two versions.
    pub fn routing(&self) -> Option<AliasRouting> {
        let main = self.main.parse().ok()?;
        let mut weights = self.weights.iter().filter(|(_, weight)| *weight != 0.0);
        let second = match weights.next() {
            None => None,
            Some((version, weight)) => Some((version.parse().ok()?, Percent::from_weight(*weight))),
        };
        weights.next().is_none().then_some(AliasRouting { main, second })
    }

    /// Whether a second version gets traffic. A weight of nothing is no weight.
    pub fn is_split(&self) -> bool {
        self.weights.iter().any(|(_, weight)| *weight != 0.0)
    }

    /// Whether all traffic is on `main`, or shared between it and `other`.
    pub fn is_between(&self, main: Version, other: Version) -> bool {
        let mut weights = self.weights.iter().filter(|(_, weight)| *weight != 0.0);
        self.main == main.to_string() && weights.all(|(version, _)| *version == other.to_string())
    }

    /// Whether the alias routes as `routing` says. A weight of nothing is no weight.
    pub fn routes(&self, routing: &AliasRouting) -> bool {
        self.routing() == Some(*routing)
    }

    /// The share that `version` gets.
    pub fn share(&self, version: Version) -> Percent {
        let version = version.to_string();
        let given: f64 = self.weights.iter().map(|(_, weight)| weight).sum();
        if self.main == version {
            return Percent::from_weight(1.0 - given);
        }
        let own = self.weights.iter().find(|(name, _)| *name == version);
        own.map_or(Percent::ZERO, |(_, weight)| Percent::from_weight(*weight))
    }
}

/// In words: `100 % to version 1`, or `10 % to version 2 and 90 % to version 1`.
impl fmt::Display for AliasState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = 1.0;
        for (version, weight) in &self.weights {
            rest -= weight;
            write!(f, "{} % to version {version} and ", Percent::from_weight(*weight))?;
        }
        write!(f, "{} % to version {}", Percent::from_weight(rest), self.main)
    }
}

impl fmt::Display for AliasRouting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.second {
            None => write!(f, "100 % to version {}", self.main),
            Some((version, share)) => {
                write!(f, "{share} % to version {version} and {} % to version {}", share.rest(), self.main)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(n: &str) -> Version {
        n.parse().unwrap()
    }

    fn alias(main: &str, weights: &[(&str, f64)]) -> AliasState {
        AliasState {
            arn: "arn".into(),
            main: main.into(),
            weights: weights.iter().map(|(v, w)| ((*v).to_owned(), *w)).collect(),
            revision: "r".into(),
        }
    }

    #[test]
    fn weights_are_compared_after_rounding() {
        let split = AliasRouting::split(version("1"), version("2"), Percent::from_hundredths(10));
        assert!(alias("1", &[("2", 0.001)]).routes(&split));
        assert!(alias("1", &[("2", 0.000_999_999_9)]).routes(&split));
        assert!(!alias("1", &[("2", 0.002)]).routes(&split));
        assert!(!alias("1", &[("3", 0.001)]).routes(&split));
        assert!(!alias("1", &[]).routes(&split));
    }

    #[test]
    fn a_weight_of_nothing_is_no_weight() {
        assert!(alias("1", &[("2", 0.0)]).routes(&AliasRouting::only(version("1"))));
    }

    #[test]
    fn it_says_who_gets_what() {
        assert_eq!(alias("1", &[("2", 0.1)]).to_string(), "10 % to version 2 and 90 % to version 1");
        assert_eq!(alias("$LATEST", &[]).to_string(), "100 % to version $LATEST");
        assert_eq!(alias("1", &[("2", 0.1)]).share(version("1")).to_string(), "90");
    }
}

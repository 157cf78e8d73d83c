//! Listeners of load balancers: where they forward traffic, and where they are to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::percent::Percent;

/// The target groups of a pair, by what is behind them. Named by their ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// The original task set's.
    pub original: String,
    /// The replacement task set's.
    pub replacement: String,
}

/// A listener as it was read, with all that forwards in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// What kind of load balancer it belongs to.
    pub kind: ListenerKind,
    /// Its default action, if that forwards, and its rules that do.
    pub forwards: Vec<Forward>,
}

/// What kind of load balancer a listener belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListenerKind {
    /// An Application Load Balancer.
    Application,
    /// A Network Load Balancer, which forwards to one target group.
    Network,
}

/// A forward to target groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// The ARN of the rule; `None` for the default action of the listener.
    pub rule: Option<String>,
    /// The target groups with their weights, from 0 to 999.
    pub groups: Vec<(String, u32)>,
}

/// How the listeners of a deployment are to forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerRouting {
    /// The replacement's share of the production traffic.
    pub share: Percent,
    /// Whether the replacement has the test traffic; else the original has.
    pub test: bool,
    /// Whether both target groups have to be listed, also the one without traffic: ECS takes none that is in no load
    /// balancer.
    pub attached: bool,
}

impl ListenerRouting {
    /// Everything to the original.
    pub const HOME: Self = Self { share: Percent::ZERO, test: false, attached: false };

    /// The same for production, with the replacement's target group in the load balancer: a Network Load Balancer lists
    /// one target group a listener, so that there the test traffic goes to it beforehand.
    pub fn attached(kind: ListenerKind) -> Self {
        Self { share: Percent::ZERO, test: kind == ListenerKind::Network, attached: true }
    }

    /// That share to the replacement, and the test traffic.
    pub fn to_replacement(share: Percent) -> Self {
        Self { share, test: true, attached: false }
    }

    /// The replacement's share of the test traffic.
    pub fn test_share(self) -> Percent {
        if self.test { Percent::ALL } else { Percent::ZERO }
    }
}

impl Groups {
    /// Whether a target group is one of the two.
    fn has(&self, group: &str) -> bool {
        [&self.original, &self.replacement].into_iter().any(|own| own == group)
    }

    /// The target groups with the weights that give the replacement its share, in whole thousandths.
    pub fn weights(&self, share: Percent, kind: ListenerKind) -> Vec<(String, u32)> {
        let all = |group: &String| vec![(group.clone(), 1)];
        match kind {
            ListenerKind::Network if share == Percent::ALL => all(&self.replacement),
            ListenerKind::Network => all(&self.original),
            ListenerKind::Application => {
                let thousandths = (share.as_weight() * 1000.0).round() as u32;
                // A weight is at most 999, so that everything is 100 to 0.
                let (original, replacement) = match thousandths {
                    0 => (100, 0),
                    1000 => (0, 100),
                    thousandths => (1000 - thousandths, thousandths),
                };
                vec![(self.original.clone(), original), (self.replacement.clone(), replacement)]
            }
        }
    }
}

impl Forward {
    /// Whether it forwards to one of the pair.
    pub fn is_of(&self, groups: &Groups) -> bool {
        self.groups.iter().any(|(group, _)| groups.has(group))
    }

    /// A target group beside the pair that gets some of the traffic.
    pub fn stranger(&self, groups: &Groups) -> Option<&str> {
        self.groups.iter().find(|(group, _)| !groups.has(group)).map(|(group, _)| group.as_str())
    }

    /// The replacement's share; `None` when another group has some, or nobody has any.
    pub fn share(&self, groups: &Groups) -> Option<Percent> {
        if self.stranger(groups).is_some() {
            return None;
        }
        let weight = |own: &str| self.groups.iter().filter(|(group, _)| group == own).map(|(_, weight)| weight).sum();
        let (original, replacement): (u32, u32) = (weight(&groups.original), weight(&groups.replacement));
        let all = original + replacement;
        (all > 0).then(|| Percent::from_weight(f64::from(replacement) / f64::from(all)))
    }

    /// Whether both target groups are listed, as far as the load balancer can list two.
    fn lists_both(&self, groups: &Groups, kind: ListenerKind) -> bool {
        let lists = |own: &String| self.groups.iter().any(|(group, _)| group == own);
        kind == ListenerKind::Network || lists(&groups.original) && lists(&groups.replacement)
    }
}

impl Listener {
    /// What of it forwards to the pair.
    pub fn of<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a Forward> {
        self.forwards.iter().filter(|forward| forward.is_of(groups))
    }

    /// Whether it forwards to the pair at all, and everywhere gives the replacement that share.
    pub fn routes(&self, groups: &Groups, share: Percent) -> bool {
        self.of(groups).next().is_some() && self.of(groups).all(|forward| forward.share(groups) == Some(share))
    }

    /// What has to be written for that, or for both target groups to be listed.
    pub fn needing<'a>(
        &'a self,
        groups: &'a Groups,
        share: Percent,
        attached: bool,
    ) -> impl Iterator<Item = &'a Forward> {
        self.of(groups).filter(move |forward| {
            forward.share(groups) != Some(share) || attached && !forward.lists_both(groups, self.kind)
        })
    }

    /// Whether some traffic still goes to the target group.
    pub fn sends_to(&self, group: &str) -> bool {
        let sends = |forward: &Forward| forward.groups.iter().any(|(own, weight)| own == group && *weight > 0);
        self.forwards.iter().any(sends)
    }

    /// A forward of it, in words.
    pub fn place(&self, forward: &Forward) -> String {
        match &forward.rule {
            None => format!("the default action of listener {}", self.arn),
            Some(rule) => format!("rule {rule}"),
        }
    }
}

/// In words: `web-blue 90 and web-green 10`, by the names of the target groups.
impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (group, weight)) in self.groups.iter().enumerate() {
            write!(f, "{}{} {weight}", if n == 0 { "" } else { " and " }, target_group_name(group))?;
        }
        Ok(())
    }
}

/// The name of a target group, in its ARN: the resource is `targetgroup/<name>/<id>`.
pub fn target_group_name(arn: &str) -> &str {
    Arn::parse(arn).and_then(|arn| arn.resource().split('/').nth(1)).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Groups {
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/{name}/0123456789abcdef");
        Groups { original: arn("blue"), replacement: arn("green") }
    }

    fn forward(weights: &[(String, u32)]) -> Forward {
        Forward { rule: None, groups: weights.to_vec() }
    }

    #[test]
    fn every_tenth_of_a_percent_has_weights_of_its_own_that_are_read_back_as_the_same_share() {
        for tenths in 0..=1000 {
            let share = Percent::from_hundredths(tenths * 10);
            let weights = groups().weights(share, ListenerKind::Application);
            assert!(weights.iter().all(|(_, weight)| *weight <= 999), "{weights:?}");
            assert_eq!(forward(&weights).share(&groups()), Some(share));
            assert!(forward(&weights).lists_both(&groups(), ListenerKind::Application));
        }
    }

    #[test]
    fn a_network_load_balancer_forwards_to_one_target_group() {
        for (share, group) in [(Percent::ZERO, groups().original), (Percent::ALL, groups().replacement)] {
            let weights = groups().weights(share, ListenerKind::Network);
            assert_eq!(weights, [(group, 1)]);
            assert_eq!(forward(&weights).share(&groups()), Some(share));
        }
    }

    #[test]
    fn a_forward_with_a_third_target_group_or_without_weights_has_no_share() {
        let Groups { original, replacement } = groups();
        assert_eq!(forward(&[(original.clone(), 1), ("third".to_owned(), 1)]).share(&groups()), None);
        assert_eq!(forward(&[(original.clone(), 0), (replacement, 0)]).share(&groups()), None);
        assert_eq!(forward(&[(original, 7)]).share(&groups()), Some(Percent::ZERO));
    }

    #[test]
    fn a_target_group_that_is_not_listed_may_have_to_be_even_without_traffic() {
        let listener =
            |kind| Listener { arn: "listener".to_owned(), kind, forwards: vec![forward(&[(groups().original, 1)])] };
        let needing = |kind, attached| listener(kind).needing(&groups(), Percent::ZERO, attached).count();
        assert_eq!(needing(ListenerKind::Application, true), 1);
        assert_eq!(needing(ListenerKind::Application, false), 0);
        assert_eq!(needing(ListenerKind::Network, true), 0);
    }

    #[test]
    fn a_listener_routes_when_all_that_forwards_to_the_pair_does_and_something_does() {
        let half = forward(&groups().weights(Percent::from_whole(50), ListenerKind::Application));
        let other = forward(&[("third".to_owned(), 1)]);
        let listener = |forwards: &[&Forward]| Listener {
            arn: "listener".to_owned(),
            kind: ListenerKind::Application,
            forwards: forwards.iter().map(|forward| (*forward).clone()).collect(),
        };
        assert!(listener(&[&half, &other]).routes(&groups(), Percent::from_whole(50)));
        assert!(!listener(&[&half, &other]).routes(&groups(), Percent::ALL));
        assert!(!listener(&[&other]).routes(&groups(), Percent::ZERO));
        assert!(!listener(&[]).routes(&groups(), Percent::ZERO));
        assert_eq!(half.to_string(), "blue 500 and green 500");
    }
}

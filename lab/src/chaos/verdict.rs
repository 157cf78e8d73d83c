//! What must be true of a deployment group when its deployments have ended, whatever was killed and lost meanwhile.

/// A deployment as the API shows it, with what its AppSpec says.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub id: String,
    /// As the API spells it.
    pub status: String,
    pub current: String,
    pub target: String,
    /// Whether it rolls another one back: it brings its TargetVersion back, however it ends.
    pub rolls_back: bool,
}

/// How an alias routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Routing {
    pub main: String,
    /// The second version, with its share.
    pub second: Option<(String, String)>,
}

/// What became of a deployment group.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub group: String,
    /// Where the alias was before the first deployment.
    pub first: String,
    /// In the order of their creation.
    pub deployments: Vec<Played>,
    pub routing: Routing,
    /// Why one more deployment was refused, if it was.
    pub refused: Option<String>,
}

impl Played {
    pub fn has_ended(&self) -> bool {
        ["Succeeded", "Failed", "Stopped"].contains(&self.status.as_str())
    }

    /// The version that has all traffic after it.
    fn leaves(&self) -> &str {
        if self.status == "Succeeded" || self.rolls_back { &self.target } else { &self.current }
    }
}

impl Outcome {
    /// Everything that is not as it must be, in words.
    pub fn faults(&self) -> Vec<String> {
        let Self { group, first, deployments, routing, refused } = self;
        let mut faults = Vec::new();
        for deployment in deployments.iter().filter(|deployment| !deployment.has_ended()) {
            faults.push(format!("{group}: deployment {} has not ended; it is {}", deployment.id, deployment.status));
        }
        if let Some((version, share)) = &routing.second {
            let words =
                format!("its alias is on two versions, {} and, with a share of {share}, {version}", routing.main);
            faults.push(format!("{group}: {words}"));
        }
        let (wanted, after) = match deployments.last() {
            None => (first.as_str(), "before any deployment".to_owned()),
            Some(last) => (last.leaves(), format!("after deployment {}, which is {}", last.id, last.status)),
        };
        let is_settled = deployments.iter().all(Played::has_ended);
        if is_settled && routing.main != wanted {
            faults.push(format!("{group}: its alias is on version {}, not on {wanted}, {after}", routing.main));
        }
        if let Some(words) = refused {
            faults.push(format!("{group}: one more deployment was refused: {words}"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(status: &str, current: &str, target: &str) -> Played {
        let [id, status, current, target] = ["d-1", status, current, target].map(str::to_owned);
        Played { id, status, current, target, rolls_back: false }
    }

    fn faults(deployments: &[Played], main: &str, second: Option<(&str, &str)>, refused: Option<&str>) -> Vec<String> {
        let second = second.map(|(version, share)| (version.to_owned(), share.to_owned()));
        let routing = Routing { main: main.to_owned(), second };
        let (group, first) = ("orders".to_owned(), "1".to_owned());
        let refused = refused.map(str::to_owned);
        Outcome { group, first, deployments: deployments.to_vec(), routing, refused }.faults()
    }

    #[test]
    fn what_has_ended_as_it_should_has_no_fault() {
        let rollback = |status| Played { rolls_back: true, ..played(status, "3", "2") };
        for (deployments, version) in [
            (vec![], "1"),
            (vec![played("Succeeded", "1", "2")], "2"),
            (vec![played("Failed", "1", "2")], "1"),
            (vec![played("Succeeded", "1", "2"), played("Stopped", "2", "3")], "2"),
            (vec![played("Succeeded", "1", "2"), played("Failed", "2", "3"), rollback("Succeeded")], "2"),
            (vec![played("Succeeded", "1", "2"), played("Failed", "2", "3"), rollback("Stopped")], "2"),
        ] {
            assert_eq!(faults(&deployments, version, None, None), [""; 0], "{deployments:?}");
        }
    }

    #[test]
    fn each_fault_is_told() {
        let good = played("Succeeded", "1", "2");
        for (deployments, main, second, refused, words) in [
            (
                vec![played("InProgress", "1", "2")],
                "1",
                None,
                None,
                "orders: deployment d-1 has not ended; it is InProgress",
            ),
            (
                vec![good.clone()],
                "2",
                Some(("3", "0.1")),
                None,
                "orders: its alias is on two versions, 2 and, with a share of 0.1, 3",
            ),
            (
                vec![good.clone()],
                "1",
                None,
                None,
                "orders: its alias is on version 1, not on 2, after deployment d-1, which is Succeeded",
            ),
            (
                vec![played("Failed", "1", "2")],
                "2",
                None,
                None,
                "orders: its alias is on version 2, not on 1, after deployment d-1, which is Failed",
            ),
            (vec![], "3", None, None, "orders: its alias is on version 3, not on 1, before any deployment"),
            (vec![good], "2", None, Some("no"), "orders: one more deployment was refused: no"),
        ] {
            assert_eq!(faults(&deployments, main, second, refused), [words]);
        }
    }
}

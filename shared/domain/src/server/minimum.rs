//! How many hosts stay healthy: CodeDeploy's `minimumHealthyHosts`.

use crate::catalog::config::HealthyHosts;

impl HealthyHosts {
    /// How many of so many hosts have to be healthy at every moment. A percentage is rounded up.
    pub fn of(self, hosts: u32) -> u32 {
        match self {
            Self::HostCount(count) => count,
            Self::FleetPercent(percent) => {
                let healthy = (u64::from(hosts) * u64::from(percent)).div_ceil(100);
                u32::try_from(healthy).unwrap_or(u32::MAX)
            }
            Self::MostConcurrency(most) => hosts.saturating_sub(most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of CodeDeploy's guide: nine hosts at half are four at once, nine at 40 % are five, ten at 95 % none.
    #[test]
    fn the_minimum_is_what_codedeploy_makes_of_it() {
        use HealthyHosts::{FleetPercent, HostCount, MostConcurrency};
        for (rule, hosts, minimum) in [
            (FleetPercent(50), 9, 5),
            (FleetPercent(40), 9, 4),
            (FleetPercent(95), 10, 10),
            (FleetPercent(0), 7, 0),
            (HostCount(6), 9, 6),
            (HostCount(6), 4, 6),
            (MostConcurrency(1), 10, 9),
            (MostConcurrency(1), 1, 0),
            (MostConcurrency(1), 0, 0),
        ] {
            assert_eq!(rule.of(hosts), minimum, "{rule:?} of {hosts}");
        }
    }
}

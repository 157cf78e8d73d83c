//! The customer's CloudWatch alarms, read with the service role.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use spillway_aws_core::{Clients, Roles, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::names::AlarmName;
use spillway_domain::problem::{Problem, ProblemKind};

/// The most names that one call takes.
const NAMES_PER_CALL: usize = 100;

/// The alarms that the service roles may read.
#[derive(Debug)]
pub struct Alarms {
    clients: Clients<Client>,
}

impl Alarms {
    /// Alarms that are read as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, Client::new) }
    }

    /// The alarms that exist, and whether each is in state ALARM.
    async fn states(&self, session: &RoleSession, names: &[AlarmName]) -> Result<Vec<(String, bool)>, Problem> {
        let client = self.clients.of(session);
        let mut states = Vec::new();
        for names in names.chunks(NAMES_PER_CALL) {
            let names = names.iter().map(ToString::to_string).collect();
            let request = client.describe_alarms().set_alarm_names(Some(names));
            let request =
                request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm).max_records(100);
            let found = request.send().await.map_err(|error| problem("cloudwatch:DescribeAlarms", &error))?;
            let metric = found.metric_alarms.unwrap_or_default();
            let composite = found.composite_alarms.unwrap_or_default();
            let metric = metric.into_iter().map(|alarm| (alarm.alarm_name, alarm.state_value));
            let composite = composite.into_iter().map(|alarm| (alarm.alarm_name, alarm.state_value));
            let both = metric.chain(composite);
            states.extend(both.filter_map(|(name, state)| Some((name?, state == Some(StateValue::Alarm)))));
        }
        Ok(states)
    }
}

impl spillway_engine::ports::customer::Alarms for Alarms {
    async fn read(&self, session: &RoleSession, names: &[AlarmName]) -> AlarmReading {
        match self.states(session, names).await {
            Ok(states) => reading(names, &states),
            Err(problem) => AlarmReading::Unreadable(problem),
        }
    }
}

/// One red alarm says more than others that are not there.
fn reading(names: &[AlarmName], states: &[(String, bool)]) -> AlarmReading {
    let state = |name: &AlarmName| states.iter().find(|(found, _)| found == name.as_str());
    let red = |name: &&AlarmName| state(name).is_some_and(|(_, red)| *red);
    let red: Vec<AlarmName> = names.iter().filter(red).cloned().collect();
    if !red.is_empty() {
        return AlarmReading::Red(red);
    }
    let missing = names.iter().filter(|name| state(name).is_none());
    let missing: Vec<_> = missing.map(|name| format!("Alarm {name} does not exist.")).collect();
    if missing.is_empty() {
        return AlarmReading::Quiet;
    }
    AlarmReading::Unreadable(Problem::new(ProblemKind::Missing, missing.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_comes_before_missing_and_missing_before_quiet() {
        let names: Vec<AlarmName> = ["a", "b"].iter().map(|name| name.parse().unwrap()).collect();
        let read = |states: &[(&str, bool)]| {
            let states: Vec<_> = states.iter().map(|(name, red)| ((*name).to_owned(), *red)).collect();
            reading(&names, &states)
        };
        assert_eq!(read(&[("a", false), ("b", false)]), AlarmReading::Quiet);
        assert_eq!(read(&[("b", true)]), AlarmReading::Red(vec![names[1].clone()]));
        let missing = AlarmReading::Unreadable(Problem::new(ProblemKind::Missing, "Alarm a does not exist."));
        assert_eq!(read(&[("b", false)]), missing);
    }
}

//! Announce: takes the news to topics and to the event bus.

use futures_util::future::join_all;
use spillway_aws_dynamodb::Table;
use spillway_aws_notices::{Bus, Topics};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::catalog::group::Trigger;
use spillway_domain::deployment::record::Deployment;
use spillway_engine::{DeploymentRef, Notices, announce};
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::Place;
use spillway_wire::notice::{self, MessageForm};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let (topics, bus) = (Topics::new(&Roles::new(&config)), Bus::new(&config));
    let (tasks, form) = (Tasks::new(&config), setting("TRIGGER_MESSAGES")?);
    run(async |subject: DeploymentRef, invocation: Invocation| {
        let [partition, region, account] = invocation.home().map(str::to_owned);
        let place = Place { partition, region, account };
        let notified = Notified { topics: &topics, bus: &bus, place, form };
        announce(&table, &notified, &tasks, &subject, invocation.now).await
    })
    .await
}

/// All who can be told.
struct Notified<'a> {
    topics: &'a Topics,
    bus: &'a Bus,
    place: Place,
    form: MessageForm,
}

impl Notices for Notified<'_> {
    async fn tell(&self, deployment: &Deployment) -> Vec<String> {
        let events = notice::trigger_events(deployment);
        let asked = |trigger: &&Trigger| trigger.events.iter().any(|event| events.contains(event));
        let subject = notice::subject(deployment, &self.place);
        let published = deployment.spec.triggers.iter().filter(asked).map(async |trigger| {
            let message = notice::message(deployment, &trigger.name, &self.place, self.form).to_string();
            let published = self.topics.publish(&deployment.session(), &trigger.topic, &subject, &message).await;
            published.map_err(|problem| notice::unpublished(deployment, trigger, &problem))
        });
        let (detail, resources) = (notice::detail(deployment, &self.place), notice::resources(deployment, &self.place));
        let put = self.bus.put_event(notice::DETAIL_TYPE, &detail, resources).await;
        let put = put.map_err(|problem| notice::unposted(deployment, &problem));
        join_all(published).await.into_iter().chain([put]).filter_map(Result::err).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/announce.json");
        assert!(serde_json::from_str::<DeploymentRef>(sample).is_ok());
    }
}

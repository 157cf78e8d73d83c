//! Announce: takes the news to topics and to the event bus.

use futures_util::future::join_all;
use spillway_aws_dynamodb::Table;
use spillway_aws_notices::{Bus, Topics};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::{Deployment, Trigger};
use spillway_engine::{Notices, Subject, announce};
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::{Place, notice};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let (topics, bus) = (Topics::new(&Roles::new(&config)), Bus::new(&config));
    let tasks = Tasks::new(&config);
    run(async |subject: Subject, invocation: Invocation| {
        let [partition, region, account] = invocation.home().map(str::to_owned);
        let place = Place { partition, region, account };
        let news = News { topics: &topics, bus: &bus, place };
        announce(&table, &news, &tasks, &subject, invocation.now).await
    })
    .await
}

/// All who can be told.
struct News<'a> {
    topics: &'a Topics,
    bus: &'a Bus,
    place: Place,
}

impl Notices for News<'_> {
    async fn tell(&self, deployment: &Deployment) -> Vec<String> {
        let events = notice::trigger_events(deployment);
        let asked = |trigger: &&Trigger| trigger.events.iter().any(|event| events.contains(event));
        let subject = notice::subject(deployment, &self.place);
        let published = deployment.order.triggers.iter().filter(asked).map(async |trigger| {
            let message = notice::message(deployment, &trigger.name, &self.place).to_string();
            self.topics.publish(&deployment.session(), &trigger.topic, &subject, &message).await
        });
        let (detail, resources) = (notice::detail(deployment, &self.place), notice::resources(deployment, &self.place));
        let put = self.bus.put_event(notice::DETAIL_TYPE, &detail, resources).await;
        let told = join_all(published).await.into_iter().chain([put]);
        told.filter_map(Result::err).map(|problem| problem.words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/announce.json");
        assert!(serde_json::from_str::<Subject>(sample).is_ok());
    }
}

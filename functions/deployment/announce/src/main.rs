//! Announce: takes the news to topics and to the event bus.

use futures_util::future::join_all;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_notices::{Bus, Topics};
use spillway_aws_stepfunctions::Tasks;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_engine::deployment::announce::announce;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ports::customer::Notices;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::notification::{self, MessageForm};
use spillway_wire::place::Place;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
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
    async fn tell(&self, counted: &CountedDeployment) -> Vec<String> {
        let deployment = &counted.deployment;
        let subject = notification::subject(deployment, &self.place);
        let published = notification::notified_triggers(deployment).map(async |trigger| {
            let message = notification::message(counted, &trigger.name, &self.place, self.form).to_string();
            let published = self.topics.publish(&deployment.session(), &trigger.topic, &subject, &message).await;
            published.map_err(|problem| notification::unpublished(deployment, trigger, &problem))
        });
        let (detail, resources) =
            (notification::detail(deployment, &self.place), notification::resources(deployment, &self.place));
        let put = self.bus.put_event(notification::DETAIL_TYPE, &detail, resources).await;
        let put = put.map_err(|problem| notification::unposted(deployment, &problem));
        join_all(published).await.into_iter().chain([put]).filter_map(Result::err).collect()
    }
}

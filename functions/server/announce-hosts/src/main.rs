//! Announce hosts: takes the news of single hosts to topics and to the event bus.

use futures_util::future::join_all;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_notices::{Bus, Topics};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;
use spillway_engine::ports::customer::HostNotices;
use spillway_engine::server::announce_hosts::announce_hosts;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::notification::{MessageForm, host};
use spillway_wire::place::Place;
use spillway_wire::stream::Changes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let (topics, bus) = (Topics::new(&Roles::new(&config)), Bus::new(&config));
    let form = setting("TRIGGER_MESSAGES")?;
    run(async |changes: Changes, invocation: Invocation| {
        let [partition, region, account] = invocation.home().map(str::to_owned);
        let place = Place { partition, region, account };
        announce_hosts(&table, &Notified { topics: &topics, bus: &bus, place, form }, changes.works(), invocation.now)
            .await
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

impl HostNotices for Notified<'_> {
    async fn tell_of_host(&self, deployment: &Deployment, work: &HostWork, state: InstanceState) -> Vec<String> {
        let subject = host::subject(deployment, work, state, &self.place);
        let published = host::notified_triggers(deployment, state).map(async |trigger| {
            let message = host::message(deployment, work, state, &trigger.name, &self.place, self.form).to_string();
            let published = self.topics.publish(&deployment.session(), &trigger.topic, &subject, &message).await;
            published.map_err(|problem| host::unpublished(deployment, trigger, &problem))
        });
        let detail = host::detail(deployment, work, state, &self.place);
        let put = self.bus.put_event(host::DETAIL_TYPE, &detail, host::resources(deployment, work, &self.place)).await;
        let put = put.map_err(|problem| host::unposted(&problem));
        join_all(published).await.into_iter().chain([put]).filter_map(Result::err).collect()
    }
}

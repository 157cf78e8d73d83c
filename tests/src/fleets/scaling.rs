//! Instances that Auto Scaling launches and that wait at lifecycle hooks, told from beginning to end.

use spillway_domain::catalog::environment::OutdatedInstances;
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{Event, FleetStory, HostPlan};

use crate::telling::tell;

/// A fleet of one host with an Auto Scaling group, which launches an instance so many seconds after the start.
fn launches(after: f64, plan: HostPlan) -> FleetStory {
    FleetStory::new("CodeDeployDefault.AllAtOnce", 1).scaling().at(after, Event::Launched(plan))
}

#[test]
fn a_launched_instance_gets_the_last_good_revision_and_goes_into_service() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Works)));
}

#[test]
fn a_launched_instance_that_fails_is_abandoned() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Fails(HostEvent::ApplicationStart))));
}

#[test]
fn an_instance_that_is_launched_during_a_deployment_gets_the_revision_before_it() {
    insta::assert_snapshot!(tell(&launches(5.0, HostPlan::Works)));
}

#[test]
fn no_deployment_follows_where_outdated_instances_are_ignored() {
    let story = FleetStory { outdated: OutdatedInstances::Ignore, ..launches(5.0, HostPlan::Works) };
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn after_three_instances_that_failed_the_next_one_waits_for_an_hour() {
    let fails = HostPlan::Fails(HostEvent::ApplicationStart);
    let story = launches(200.0, fails).at(201.0, Event::Launched(fails)).at(202.0, Event::Launched(fails));
    insta::assert_snapshot!(tell(&story.at(400.0, Event::Launched(HostPlan::Works))));
}

#[test]
fn an_instance_that_has_the_revision_already_goes_into_service_at_once() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Works).at(400.0, Event::LeftWarmPool(1))));
}

#[test]
fn an_instance_that_is_terminated_stops_its_application_first() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Works).at(400.0, Event::ScaledIn(1))));
}

#[test]
fn an_instance_that_stopped_its_application_gets_the_revision_anew_out_of_the_warm_pool() {
    let story = launches(200.0, HostPlan::Works).at(400.0, Event::ScaledIn(1));
    insta::assert_snapshot!(tell(&story.at(600.0, Event::LeftWarmPool(1))));
}

#[test]
fn an_instance_that_is_terminated_goes_whatever_becomes_of_its_deployment() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Silent).at(3900.0, Event::ScaledIn(1))));
}

#[test]
fn auto_scaling_waits_an_hour_for_an_agent_that_never_calls() {
    insta::assert_snapshot!(tell(&launches(200.0, HostPlan::Silent)));
}

#[test]
fn a_group_that_has_deployed_nothing_lets_its_instances_go_into_service() {
    insta::assert_snapshot!(tell(&FleetStory { has_revision: false, ..launches(5.0, HostPlan::Works) }));
}

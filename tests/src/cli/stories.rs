//! What the commands are shown.

use spillway_domain::server::event::HostEvent;
use spillway_testkit::{Event, FleetStory, HookPlan, HostPlan, ServiceStory, Story};

/// Two steps, and a hook before the first.
pub(super) fn canary() -> Story {
    Story::new("Steps.10@5m,50@5m").before(HookPlan::Succeeds)
}

/// The same, with an alarm after the first step.
pub(super) fn alarmed() -> Story {
    canary().at(100.0, Event::AlarmRed)
}

/// A hook after the shift that throws.
pub(super) fn thrown() -> Story {
    Story::new("Steps.10@1m").after(HookPlan::throws())
}

/// Of six hosts, two fail.
pub(super) fn broken_fleet() -> FleetStory {
    let fails = || HostPlan::Fails(HostEvent::ValidateService);
    FleetStory::new("CodeDeployDefault.HalfAtATime", 6)
        .host(0, fails())
        .host(1, fails())
        .host(2, fails())
        .host(3, fails())
}

/// A service.
pub(super) fn service() -> ServiceStory {
    ServiceStory::new("CodeDeployDefault.ECSCanary10Percent5Minutes")
}

/// A service whose replacement waits to be continued.
pub(super) fn waiting() -> ServiceStory {
    ServiceStory { ready: Some(60), ..service() }
}

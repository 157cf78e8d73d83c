//! The stories of fleets that everything is done to.

use spillway_domain::catalog::environment::{Termination, TerminationAction};
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{BlueGreenPlan, Event, FleetStory, HostPlan};

fn kept_for_ten_minutes() -> BlueGreenPlan {
    let termination = Termination { action: TerminationAction::Terminate, minutes: 10 };
    BlueGreenPlan { scales: true, termination, ..BlueGreenPlan::new(1) }
}

pub fn stories() -> Vec<(&'static str, FleetStory)> {
    let half = |hosts| FleetStory::new("CodeDeployDefault.HalfAtATime", hosts);
    let failing = HostPlan::Fails(HostEvent::ValidateService);
    vec![
        ("a fleet of two", half(2)),
        ("a fleet whose first host fails", FleetStory { rollback: true, ..half(2).host(0, failing) }),
        ("a fleet with a silent host", FleetStory { rollback: true, ..half(2).host(0, HostPlan::Silent) }),
        ("a fleet that is stopped", half(2).at(35.0, Event::Stop(Some(true)))),
        ("a host behind load balancers", FleetStory::new("CodeDeployDefault.AllAtOnce", 1).balanced()),
        (
            "a fleet that grows",
            FleetStory::new("CodeDeployDefault.AllAtOnce", 1).scaling().at(30.0, Event::Launched(HostPlan::Works)),
        ),
        ("a blue/green fleet", FleetStory::new("CodeDeployDefault.AllAtOnce", 1).blue_green(BlueGreenPlan::new(1))),
        (
            "a blue/green fleet with an alarm",
            FleetStory {
                rollback: true,
                ..FleetStory::new("CodeDeployDefault.AllAtOnce", 1).blue_green(kept_for_ten_minutes())
            }
            .at(300.0, Event::AlarmRed),
        ),
        ("a fleet with an alarm", FleetStory { rollback: true, ..half(2).at(45.0, Event::AlarmRed) }),
    ]
}

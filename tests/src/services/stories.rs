//! The stories that everything is done to.

use jiff::SignedDuration;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::percent::Percent;
use spillway_testkit::{Event, HookPlan, ServiceEvent, ServiceStory, TaskPlan};

/// Stories of services, with their names.
pub fn stories() -> Vec<(&'static str, ServiceStory)> {
    let steps = || ServiceStory { termination: Some(1), ..ServiceStory::new("Steps.10@2m,50@1m") };
    let hooked = || steps().hook(EventName::BeforeAllowTraffic, HookPlan::Succeeds);
    let at_once = || ServiceStory::new("CodeDeployDefault.ECSAllAtOnce");
    let later = |succeeded| HookPlan::CallsBack { after: SignedDuration::from_secs(40), succeeded };
    let service = |event| Event::Service(event);
    vec![
        ("service", hooked()),
        ("service of a family", ServiceStory { definition: "web".to_owned(), ..steps() }),
        ("service all at once", ServiceStory { tests: false, termination: Some(0), ..at_once() }),
        ("service kept alive", ServiceStory { termination: None, ..at_once() }),
        ("service continued", ServiceStory { ready: Some(30), ..at_once() }.at(200.0, Event::Continue(Gate::Ready))),
        ("service not continued", ServiceStory { ready: Some(10), ..at_once() }),
        ("service stopped while it installs", steps().at(10.0, Event::Stop(Some(true)))),
        ("service stopped as it installs", steps().at(0.1, Event::Stop(Some(false)))),
        ("service stopped in the termination wait", steps().at(230.0, Event::Stop(Some(true)))),
        ("service test hook says no", steps().hook(EventName::AfterAllowTestTraffic, later(false))),
        ("service last hook says no", steps().hook(EventName::AfterAllowTraffic, HookPlan::Fails)),
        ("service alarm in the first step", steps().at(60.0, Event::AlarmRed)),
        ("service alarm at the last step", steps().at(202.3, Event::AlarmRed)),
        ("service alarm in the termination wait", steps().at(230.0, Event::AlarmRed)),
        ("service alarm unheard", steps().at(70.0, Event::AlarmRedUnheard)),
        ("service tasks die", ServiceStory { tasks: TaskPlan::Die(10), ..steps() }),
        ("service scaled", steps().at(60.0, service(ServiceEvent::DesiredCount(5)))),
        ("service listener reset", steps().at(100.0, service(ServiceEvent::ListenerWritten(Percent::ZERO)))),
        ("service throttled", steps().at(100.0, Event::ThrottleBegins).at(190.0, Event::ThrottleEnds)),
    ]
}

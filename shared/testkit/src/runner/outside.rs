//! What happens outside: what others do to alarms, aliases, services and Auto Scaling groups.

use spillway_domain::server::lifecycle_action::Transition;

use crate::runner::Runner;
use crate::{Event, Story};

impl Runner<'_> {
    pub(super) fn redden(&self) {
        let alarm = Story::ALARM.parse().expect("the alarm of stories has a valid name");
        let mut inner = self.world.inner.borrow_mut();
        if inner.red.insert(alarm) {
            inner.write_diary("alarm", "goes off");
        }
    }

    pub(super) fn change_world(&self, event: &Event, key: &str) {
        if let Event::AlarmRedUnheard = event {
            return self.redden();
        }
        let mut inner = self.world.inner.borrow_mut();
        inner.write_diary("outside", &format!("{event:?}"));
        match event {
            Event::AlarmQuiet => inner.red.clear(),
            Event::AlarmsUnreadable(kind) => inner.unreadable = Some(*kind),
            Event::AlarmsReadable => inner.unreadable = None,
            Event::AliasHidden => inner.hidden = true,
            Event::AliasFound => inner.hidden = false,
            Event::AliasWritten(routing) => inner.write_from_outside(key, *routing),
            Event::AliasTouched => {
                if let Some(alias) = inner.aliases.get_mut(key) {
                    alias.revision += 1;
                }
            }
            Event::AliasDeleted => {
                inner.aliases.remove(key);
            }
            Event::VersionDeleted(version) => {
                if let Some(alias) = inner.aliases.get_mut(key).filter(|alias| alias.routing.main != *version) {
                    alias.versions.remove(version);
                }
            }
            Event::ThrottleBegins => inner.throttled = true,
            Event::ThrottleEnds => inner.throttled = false,
            Event::RightsLost => inner.denied = true,
            Event::RightsBack => inner.denied = false,
            Event::ClockJumps(by) => inner.now += *by,
            Event::Service(event) => inner.change_service(event, key),
            Event::Launched(plan) => inner.launch(*plan),
            Event::ReplacementLaunched(plan) => inner.launch_replacement(*plan),
            Event::Terminated(index) => inner.terminate_instance(*index),
            Event::LeftWarmPool(index) => inner.pass(Transition::Launching, *index),
            Event::ScaledIn(index) => inner.pass(Transition::Terminating, *index),
            Event::AlarmRed | Event::AlarmRedUnheard | Event::Stop(_) | Event::CallBack(..) | Event::Continue(_) => {}
        }
    }
}

//! What is played on each platform.

use std::time::Duration;

use super::checks;
use super::platform::Platform;
use super::scene::Scene;

const CANARY: Scene = Scene {
    platform: Platform::Lambda,
    name: "canary",
    announcement: "Version 2 is a good one. It gets 5 %, 25 %, 50 % and then all of the traffic, between two hooks.",
    target: "2",
    config: "Steps.5@2s,25@3s,50@3s",
    with_hooks: true,
    alarm_after: None,
    look_every: Duration::from_millis(40),
    claims: checks::succeeds,
};

const REFUSED: Scene = Scene {
    name: "hook says no",
    announcement: "Version 3 is bad with large orders. The hook before the shift tries one, and no traffic moves.",
    target: "3",
    claims: checks::is_refused_by_its_hook,
    ..CANARY
};

const ALARM: Scene = Scene {
    name: "alarm in mid-shift",
    announcement: "Version 3 again, in a hurry and without hooks. The alarm goes off, and the traffic is back at once.",
    target: "3",
    config: "Steps.25@8s,50@8s",
    with_hooks: false,
    alarm_after: Some(Duration::from_millis(2500)),
    look_every: Duration::from_millis(10),
    claims: checks::is_rolled_back,
    ..CANARY
};

const BLUE_GREEN: Scene = Scene {
    platform: Platform::Ecs,
    name: "blue/green",
    announcement: "Version 2 is a good one. A hook tries it with test traffic, then it gets 25 %, 50 %, 75 % and all.",
    config: "Steps.25@2s,50@2s,75@2s",
    ..CANARY
};

const REFUSED_BLUE_GREEN: Scene = Scene {
    name: REFUSED.name,
    announcement: "Version 3 is a bad one. The hook tries it with test traffic and says no, and no caller meets it.",
    target: REFUSED.target,
    claims: REFUSED.claims,
    ..BLUE_GREEN
};

const ALARM_BLUE_GREEN: Scene = Scene {
    platform: Platform::Ecs,
    announcement: "Version 3 again, in a hurry and without a hook. The alarm goes off, and the traffic is back at once.",
    ..ALARM
};

static ON_LAMBDA: [Scene; 3] = [CANARY, REFUSED, ALARM];
static ON_ECS: [Scene; 3] = [BLUE_GREEN, REFUSED_BLUE_GREEN, ALARM_BLUE_GREEN];

/// The scenes of a platform, in their order.
pub(super) fn scenes(platform: Platform) -> &'static [Scene; 3] {
    match platform {
        Platform::Lambda => &ON_LAMBDA,
        Platform::Ecs => &ON_ECS,
    }
}

/// What one has to know to understand the times.
pub(super) fn note(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Lambda => None,
        Platform::Ecs => Some(
            "note: Spillway deletes a task set only when no late write can send traffic to it any more. So each \
             deployment goes on for most of a minute after its traffic has moved.",
        ),
    }
}

//! What happens in one deployment.

use std::time::Duration;

use super::stage::HOOKS;

const CONFIGS: [&str; 4] =
    ["CodeDeployDefault.LambdaAllAtOnce", "Steps.10@2s", "Steps.20@1s,50@3s", "Steps.1@1s,10@1s,50@1s"];

/// A deployment, and what happens to it from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plot {
    pub config: &'static str,
    pub before: Option<&'static str>,
    pub after: Option<&'static str>,
    /// After which time, and what.
    pub event: Option<(Duration, Event)>,
}

/// What happens from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// An operator stops it.
    Stop { rolls_back: bool },
    /// Its alarm goes off.
    Alarm,
}

impl Plot {
    /// Nothing but a deployment.
    pub fn plain() -> Self {
        Self { config: CONFIGS[0], before: None, after: None, event: None }
    }

    /// Any.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        let event = match random.u8(..6) {
            0 => Some(Event::Stop { rolls_back: random.bool() }),
            1 => Some(Event::Alarm),
            2.. => None,
        };
        Self {
            config: CONFIGS[random.usize(..CONFIGS.len())],
            before: hook(random),
            after: hook(random),
            event: event.map(|event| (Duration::from_millis(random.u64(..8000)), event)),
        }
    }
}

/// None for half of the events, and mostly one that succeeds.
fn hook(random: &mut fastrand::Rng) -> Option<&'static str> {
    let [succeeds, fails, throws] = HOOKS;
    match random.u8(..20) {
        0..10 => None,
        10..18 => Some(succeeds.0),
        18 => Some(fails.0),
        19.. => Some(throws.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plots_and_all_kinds_of_them() {
        let plots = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..200).map(|_| Plot::random(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(plots(3), plots(3));
        assert_ne!(plots(3), plots(4));
        let all = plots(3);
        let has = |is: &dyn Fn(&Plot) -> bool| all.iter().any(is);
        assert!(CONFIGS.into_iter().all(|config| has(&|plot| plot.config == config)));
        assert!(HOOKS.into_iter().all(|(hook, _)| has(&|plot| plot.before == Some(hook) || plot.after == Some(hook))));
        for event in [Event::Stop { rolls_back: true }, Event::Stop { rolls_back: false }, Event::Alarm] {
            assert!(has(&|plot| plot.event.is_some_and(|(_, own)| own == event)), "{event:?}");
        }
    }
}

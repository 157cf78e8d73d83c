//! How an alias is to route, and whether it drifted: whether it routes as no write of this deployment can have left it.

use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::lambda::alias::{AliasRouting, AliasState};
use crate::lambda::stage::LambdaStage;
use crate::lambda::target::LambdaTarget;
use crate::names::Version;
use crate::percent::Percent;

impl Deployment {
    /// The version that has all traffic when the deployment does not succeed. For a rollback that is its target.
    pub fn original_version(&self) -> Option<Version> {
        self.lambda().map(|target| if self.spec.rolls_back.is_some() { target.target } else { target.current })
    }

    /// How the alias is to route now: the one thing that a shift makes so. `None` where the alias is left alone.
    pub fn desired(&self) -> Option<AliasRouting> {
        if !self.moves_traffic() {
            return None;
        }
        if self.halt.is_some() {
            return self.original_version().map(AliasRouting::only);
        }
        self.routing_at(self.stage.step().unwrap_or(usize::MAX))
    }

    /// How the alias routes after `step`.
    pub fn routing_at(&self, step: usize) -> Option<AliasRouting> {
        let target = self.lambda()?;
        let share = self.spec.routing.share(step);
        Some(if share == Percent::ALL {
            AliasRouting::only(target.target)
        } else {
            AliasRouting::split(target.current, target.target, share)
        })
    }

    /// Whether the alias is as this deployment left it, or as its next write finds it, so that it may be written.
    pub fn owns(&self, alias: &AliasState) -> bool {
        let Some(target) = self.lambda() else { return false };
        if self.halt.is_some() { self.may_have_left_alias(target, alias) } else { self.expects(target, alias) }
    }

    /// Whether a deployment that goes on finds the alias as it left it: after this step, after the one before while the
    /// shift of this one has not been seen, or untouched before the first.
    fn expects(&self, target: &LambdaTarget, alias: &AliasState) -> bool {
        match self.stage {
            Stage::Created | Stage::Lambda(LambdaStage::BeforeAllowTraffic) => self.is_untouched(target, alias),
            Stage::Lambda(LambdaStage::AllowTraffic { step }) => {
                let before = || match step.checked_sub(1) {
                    None => self.is_untouched(target, alias),
                    Some(before) => self.is_at(before, alias),
                };
                self.is_at(step, alias) || (self.bake_until.is_none() && before())
            }
            Stage::Lambda(LambdaStage::AfterAllowTraffic) => self.is_at(usize::MAX, alias),
            Stage::Ecs(_) | Stage::Server(_) | Stage::Gate(_) | Stage::Ended => false,
        }
    }

    /// Whether a halted deployment may have left the alias like this. Any routing that it ever asked for counts: a read
    /// may be older than the last write, and all that is still to be written is the way back, under the revision that
    /// was read.
    fn may_have_left_alias(&self, target: &LambdaTarget, alias: &AliasState) -> bool {
        let is_restored = self.original_version().is_some_and(|version| alias.routes(&AliasRouting::only(version)));
        let asked_for = match self.stage {
            Stage::Created | Stage::Lambda(LambdaStage::BeforeAllowTraffic) => self.is_untouched(target, alias),
            Stage::Lambda(LambdaStage::AllowTraffic { step }) => {
                (0..=step).any(|step| self.is_at(step, alias)) || (step == 0 && self.is_untouched(target, alias))
            }
            Stage::Lambda(LambdaStage::AfterAllowTraffic) => {
                (0..=self.spec.routing.steps().len()).any(|step| self.is_at(step, alias))
            }
            Stage::Ecs(_) | Stage::Server(_) | Stage::Gate(_) | Stage::Ended => false,
        };
        is_restored || asked_for
    }

    /// Whether the alias routes as it does after `step`.
    fn is_at(&self, step: usize, alias: &AliasState) -> bool {
        self.routing_at(step).is_some_and(|routing| alias.routes(&routing))
    }

    /// Whether the alias is as the first event found it, or as it has to be for the deployment to begin: all traffic on
    /// the original, or shared between the two versions. A rollback may also find its traffic on its target already,
    /// because the deployment that it rolls back went back first.
    fn is_untouched(&self, target: &LambdaTarget, alias: &AliasState) -> bool {
        let LambdaTarget { current, target, .. } = *target;
        let is_start = |start, other| match self.found {
            None => alias.is_between(start, other),
            Some(found) => alias.routes(&AliasRouting::only(start)) || alias.routing() == Some(found),
        };
        is_start(current, target) || (self.spec.rolls_back.is_some() && is_start(target, current))
    }
}

//! Authorize: the policies of the installation, as they are written at this moment, or as they were when they last
//! could be understood.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use spillway_domain::access::permission::Authorization;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::ports::access::{PolicySource, PolicyStore};

/// Where policies are.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a, S, K> {
    /// Where they are written.
    pub source: &'a S,
    /// Where the last ones are kept that could be understood.
    pub store: &'a K,
}

/// What the policies that are in force decide, and why they are not those that are written, if they are not: what is
/// written cannot be read, or `understand` finds it wrong. Where none can be had, nothing is allowed.
pub async fn authorize<P>(
    in_force: &InForce<P>,
    written: &Written<'_, impl PolicySource, impl PolicyStore>,
    understand: impl Fn(&str) -> Result<P, String>,
    decide: impl Fn(&P) -> Result<Authorization, String>,
    now: Timestamp,
) -> Result<(Authorization, Option<String>), Problem> {
    let (policies, trouble) = in_force.look(written, understand, now).await?;
    let undecided =
        |words| Problem::new(ProblemKind::Refused, format!("The policies could not be evaluated: {words}."));
    Ok((decide(&policies).map_err(undecided)?, trouble))
}

/// For how long policies are used before they are looked at again.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The policies that are in force.
#[derive(Debug)]
pub struct InForce<P>(Mutex<Option<Looked<P>>>);

#[derive(Debug)]
struct Looked<P> {
    policies: Arc<P>,
    e_tag: String,
    at: Timestamp,
}

impl<P> Default for InForce<P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P> InForce<P> {
    /// The policies to decide by, and why they are not those that are written, if they are not.
    async fn look(
        &self,
        written: &Written<'_, impl PolicySource, impl PolicyStore>,
        understand: impl Fn(&str) -> Result<P, String>,
        now: Timestamp,
    ) -> Result<(Arc<P>, Option<String>), Problem> {
        let last = self.lock().as_ref().map(|last| (last.policies.clone(), last.e_tag.clone(), last.at));
        if let Some((policies, _, at)) = &last
            && now < *at + FRESH_FOR
        {
            return Ok((policies.clone(), None));
        }
        let trouble = match written.source.read().await {
            Ok(current) => match last.as_ref().filter(|(_, e_tag, _)| *e_tag == current.e_tag) {
                Some((policies, ..)) => return Ok((self.set(policies.clone(), current.e_tag, now), None)),
                None => match understand(&current.text) {
                    Ok(policies) => {
                        let kept = written.store.keep_policies(&current).await.err().map(|problem| problem.to_string());
                        return Ok((self.set(Arc::new(policies), current.e_tag, now), kept));
                    }
                    Err(words) => format!("The policies are not valid, and those before them stay in force. {words}."),
                },
            },
            Err(problem) => format!("The policies could not be read, and the last ones stay in force. {problem}"),
        };
        let (policies, e_tag) = match last {
            Some((policies, e_tag, _)) => (policies, e_tag),
            None => {
                let none =
                    || Problem::new(ProblemKind::Transient, format!("{trouble} But there are none before them."));
                let kept = written.store.kept_policies().await?.ok_or_else(none)?;
                let broken = |words| Problem::new(ProblemKind::Transient, format!("{trouble} {words}"));
                (Arc::new(understand(&kept.text).map_err(broken)?), kept.e_tag)
            }
        };
        Ok((self.set(policies, e_tag, now), Some(trouble)))
    }

    fn set(&self, policies: Arc<P>, e_tag: String, at: Timestamp) -> Arc<P> {
        *self.lock() = Some(Looked { policies: policies.clone(), e_tag, at });
        policies
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Looked<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

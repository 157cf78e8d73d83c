//! What belongs to the customer: aliases, alarms and hooks.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AlarmName, FunctionName};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::aliases::Aliases;
use spillway_engine::ports::customer::{Alarms, HookReply, Hooks, Objects};

use crate::accident::Attempt;
use crate::world::Inner;
use crate::{HookPlan, World};

pub(crate) fn alias_key(target: &LambdaTarget) -> String {
    format!("{}:{}", target.function, target.alias)
}

impl Inner {
    pub(super) fn refuse(&mut self) -> Result<(), Problem> {
        let now = self.now;
        if self.throttled || self.bucket.as_mut().is_some_and(|bucket| !bucket.take(now)) {
            return Err(Problem::new(ProblemKind::Transient, "Lambda: TooManyRequestsException: Rate exceeded"));
        }
        if self.denied {
            return Err(Problem::new(ProblemKind::Denied, "Lambda: AccessDeniedException: not authorized."));
        }
        Ok(())
    }
}

impl Objects for World {
    async fn read(&self, _session: &RoleSession, object: &S3Object, most: usize) -> Result<String, Problem> {
        self.call(|world| {
            let S3Object { bucket, key, .. } = object;
            if world.denied {
                return Err(Problem::new(ProblemKind::Denied, "S3: AccessDenied: not authorized."));
            }
            let text = world.objects.get(&(bucket.clone(), key.clone())).ok_or_else(|| {
                Problem::new(ProblemKind::Missing, format!("S3: NoSuchKey: there is no {key} in {bucket}."))
            })?;
            if text.len() > most {
                return Err(Problem::new(ProblemKind::Refused, format!("{key} is larger than {most} bytes.")));
            }
            Ok(text.clone())
        })
        .await
    }

    async fn find(&self, session: &RoleSession, object: &S3Object) -> Result<(), Problem> {
        Objects::read(self, session, object, usize::MAX).await.map(|_| ())
    }
}

impl Aliases for World {
    async fn read(&self, _session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem> {
        self.call(|world| {
            world.refuse()?;
            let key = alias_key(target);
            let alias = world.aliases.get(&key).filter(|_| !world.hidden).ok_or_else(|| {
                Problem::new(ProblemKind::Missing, format!("GetAlias {key}: ResourceNotFoundException: no such alias."))
            })?;
            let second = alias.routing.second;
            Ok(AliasState {
                arn: format!("arn:aws:lambda:us-east-1:111122223333:function:{key}"),
                main: alias.routing.main.to_string(),
                weights: second.map(|(version, share)| (version.to_string(), share.as_weight())).into_iter().collect(),
                revision: alias.revision.to_string(),
            })
        })
        .await
    }

    async fn find_version(&self, _session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem> {
        self.call(|world| {
            world.refuse()?;
            if world.hides_versions {
                let words = "GetFunctionConfiguration: AccessDeniedException: not authorized.";
                return Err(Problem::new(ProblemKind::Denied, words));
            }
            let key = alias_key(target);
            // A function without its alias has versions all the same.
            match world.aliases.get(&key) {
                Some(alias) if !alias.versions.contains(&target.target) => {
                    let words = format!("GetFunctionConfiguration {key}: no version {}.", target.target);
                    Err(Problem::new(ProblemKind::Missing, words))
                }
                Some(_) | None => Ok(()),
            }
        })
        .await
    }

    async fn write(
        &self,
        _session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem> {
        self.call(|world| {
            world.refuse()?;
            let key = alias_key(target);
            let missing = || Problem::new(ProblemKind::Missing, format!("UpdateAlias {key}: no such version."));
            let alias = world.aliases.get_mut(&key).ok_or_else(missing)?;
            let wanted = [Some(routing.main), routing.second.map(|(version, _)| version)];
            if wanted.into_iter().flatten().any(|version| !alias.versions.contains(&version)) {
                return Err(missing());
            }
            if alias.revision.to_string() != revision {
                return Err(Problem::new(ProblemKind::Stale, "UpdateAlias: PreconditionFailedException."));
            }
            if !world.keeps_revisions || alias.routing != *routing {
                alias.revision += 1;
            }
            alias.routing = *routing;
            let written = alias.revision.to_string();
            let tidied = &world.tidied;
            alias.versions.retain(|version| {
                let used = wanted.contains(&Some(*version));
                used || !tidied.contains(&(target.function.to_string(), *version))
            });
            let records = world.states.values().filter_map(|state| world.records.get(state.active.as_ref()?));
            let writer = records.into_iter().find(|record| record.lambda().is_some_and(|own| alias_key(own) == key));
            if let Some(id) = writer.map(|record| record.id.clone()) {
                world.writes.push((id, *routing));
            }
            if world.diary.is_some() {
                world.write_diary("UpdateAlias", &routing.to_string());
            }
            Ok(written)
        })
        .await
    }
}

impl Alarms for World {
    async fn read(&self, _session: &RoleSession, names: &[AlarmName]) -> AlarmReading {
        let reading = self.call(|world| {
            if let Some(kind) = world.unreadable {
                return Err(Problem::new(kind, world.at_length("DescribeAlarms failed")));
            }
            let red: Vec<AlarmName> = names.iter().filter(|name| world.red.contains(*name)).cloned().collect();
            let absent = names.iter().filter(|name| !world.alarms.contains(*name));
            let absent: Vec<String> = absent.map(|name| format!("Alarm {name} does not exist.")).collect();
            Ok(match (red.is_empty(), absent.is_empty()) {
                (false, _) => AlarmReading::Red(red),
                (true, false) => {
                    AlarmReading::Unreadable(Problem::new(ProblemKind::Missing, world.at_length(&absent.join(" "))))
                }
                (true, true) => AlarmReading::Quiet,
            })
        });
        reading.await.unwrap_or_else(AlarmReading::Unreadable)
    }
}

impl Hooks for World {
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem> {
        let asked = self.attempt(|world| world.run_hook(deployment, event, function));
        match asked.await {
            Attempt::Answered(reply) => reply,
            Attempt::AnswerLost => Ok(HookReply::Lost { why: "the connection broke.".to_owned() }),
        }
    }
}

impl Inner {
    fn run_hook(
        &mut self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem> {
        let mut plan = self.hooks.get(function).cloned().unwrap_or(HookPlan::Missing);
        if let HookPlan::Throttled(times, then) = plan {
            if times > 0 {
                self.hooks.insert(function.clone(), HookPlan::Throttled(times - 1, then));
                return Err(Problem::new(ProblemKind::Transient, "Invoke: TooManyRequestsException"));
            }
            plan = *then;
        }
        *self.asked.entry((deployment.id.clone(), event)).or_default() += 1;
        if self.diary.is_some() {
            self.write_diary("Invoke", &format!("hook {function} on {event}"));
        }
        if let HookPlan::Lost(times, then) = plan {
            if times > 0 {
                self.hooks.insert(function.clone(), HookPlan::Lost(times - 1, then));
                return Ok(HookReply::Lost { why: "the connection broke.".to_owned() });
            }
            plan = *then;
        }
        let verdict = |succeeded, message: Option<String>| HookReply::Verdict {
            succeeded,
            message,
            log_tail: self.at_length("Traceback"),
        };
        let problem = |kind, words: &str| Err(Problem::new(kind, words));
        match plan {
            HookPlan::Throttled(..) | HookPlan::Lost(..) => {
                problem(ProblemKind::Missing, "a hook is throttled, or its answer lost, only so often")
            }
            HookPlan::Missing => {
                problem(ProblemKind::Missing, "Invoke: ResourceNotFoundException: the hook function does not exist.")
            }
            HookPlan::Broken => problem(
                ProblemKind::Refused,
                "Invoke: KMSDisabledException: Lambda was unable to decrypt the environment variables.",
            ),
            HookPlan::Denied => problem(ProblemKind::Denied, "Invoke: AccessDeniedException."),
            HookPlan::Succeeds => Ok(verdict(true, None)),
            HookPlan::Fails => Ok(verdict(false, Some(self.at_length("the smoke test failed")))),
            HookPlan::Throws(words) => Ok(HookReply::Threw {
                timed_out: false,
                message: self.at_length(&words),
                log_tail: self.at_length("Traceback"),
            }),
            HookPlan::Silent => Ok(silent()),
            HookPlan::CallsBack { after, succeeded } => {
                self.call_backs.push((self.now + after, deployment.id.clone(), event, succeeded));
                Ok(silent())
            }
        }
    }
}

fn silent() -> HookReply {
    HookReply::Silent { said: "returned null, which is no verdict".to_owned() }
}

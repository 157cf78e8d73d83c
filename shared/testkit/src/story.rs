//! Stories: one deployment, and what happens to it.

use jiff::SignedDuration;
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::Environment;
use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock};
use spillway_domain::catalog::revision::{BundleType, NewRevision, RevisionKind, RevisionLocation, S3Object};
use spillway_domain::catalog::rollback::{AutoRollback, AutoRollbackEvent};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::request::{HostOptions, NewDeployment};
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{ApplicationName, GroupName, Version};
use spillway_domain::problem::ProblemKind;

use crate::World;
use crate::agent::HostPlan;
use crate::service::ServiceEvent;
use crate::world::{Alias, Inner};

/// One deployment of the alias `orders:live` from version 1 to version 2, and what happens meanwhile.
#[derive(Debug, Clone)]
pub struct Story {
    /// Which function and group, of several stories that are played at once; 0 is `orders` itself.
    pub place: usize,
    /// The configuration's name: a predefined one, or `Steps.…`.
    pub config: String,
    /// The hook before traffic moves.
    pub before: Option<HookPlan>,
    /// The hook after it has moved.
    pub after: Option<HookPlan>,
    /// Where the revision is.
    pub revision: RevisionPlan,
    /// Whether an execution of the state machine asks for the deployment, and not a caller of the API.
    pub by_execution: bool,
    /// Whether every automatic rollback is enabled.
    pub rollback: bool,
    /// Whether alarms that cannot be read are ignored.
    pub ignore_unreadable: bool,
    /// How the alias routes at the start.
    pub alias: AliasRouting,
    /// The versions that exist at the start.
    pub versions: Vec<Version>,
    /// What happens, and how long after the start.
    pub events: Vec<(SignedDuration, Event)>,
}

/// Where the revision of a story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionPlan {
    /// It comes with the request.
    Given,
    /// It lies in S3.
    InS3,
    /// It should lie in S3, and does not.
    Missing,
}

/// What a hook function does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookPlan {
    /// It returns Succeeded.
    Succeeds,
    /// It returns Failed.
    Fails,
    /// It throws this.
    Throws(String),
    /// The service role may not invoke it.
    Denied,
    /// It does not exist.
    Missing,
    /// It returns nothing, and never calls back.
    Silent,
    /// It returns nothing, and calls back later.
    CallsBack {
        /// How much later.
        after: SignedDuration,
        /// Whether it says Succeeded.
        succeeded: bool,
    },
    /// It is throttled so often, and then does this.
    Throttled(u32, Box<HookPlan>),
    /// It runs, its answer is lost so often, and then it does this.
    Lost(u32, Box<HookPlan>),
    /// Lambda cannot run it, for good.
    Broken,
}

impl HookPlan {
    /// It throws as Python does.
    pub fn throws() -> Self {
        Self::Throws("ValueError: no such thing".to_owned())
    }
}

/// What happens during a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The alarm goes off.
    AlarmRed,
    /// The alarm goes off, and its event is lost.
    AlarmRedUnheard,
    /// The alarm is over.
    AlarmQuiet,
    /// Alarms cannot be read any more, for a reason of that kind.
    AlarmsUnreadable(ProblemKind),
    /// They can be read again.
    AlarmsReadable,
    /// StopDeployment, with `autoRollbackEnabled`.
    Stop(Option<bool>),
    /// Somebody from outside writes the alias.
    AliasWritten(AliasRouting),
    /// Somebody from outside writes the alias as it is: nothing changes but its revision.
    AliasTouched,
    /// Somebody deletes the alias.
    AliasDeleted,
    /// GetAlias says of aliases that are there that they are not.
    AliasHidden,
    /// It finds them again.
    AliasFound,
    /// Somebody deletes a version. Lambda refuses that for the version that the alias points at.
    VersionDeleted(Version),
    /// The Auto Scaling group of the fleet launches an instance.
    Launched(HostPlan),
    /// The instance of that number comes out of the warm pool of the Auto Scaling group.
    LeftWarmPool(usize),
    /// The Auto Scaling group of the fleet terminates the instance of that number.
    ScaledIn(usize),
    /// The Auto Scaling group of the replacement launches an instance.
    ReplacementLaunched(HostPlan),
    /// The customer terminates the instance of that number.
    Terminated(usize),
    /// Lambda answers every call with 429.
    ThrottleBegins,
    /// Lambda is itself again.
    ThrottleEnds,
    /// The service role loses its rights to Lambda.
    RightsLost,
    /// It has them again.
    RightsBack,
    /// A hook calls back.
    CallBack(EventName, bool),
    /// The clocks jump ahead.
    ClockJumps(SignedDuration),
    /// ContinueDeployment.
    Continue(Gate),
    /// Something happens to a service.
    Service(ServiceEvent),
}

/// What a runner plays.
pub trait Plot {
    /// Puts everything that it needs into the world, and answers with the request.
    fn set(&self, world: &World) -> NewDeployment;
    /// What happens, and how long after the start.
    fn events(&self) -> &[(SignedDuration, Event)];
    /// By what the world knows what is deployed to.
    fn key(&self) -> String;
    /// Whether an execution of the state machine asks for the deployment, and not a caller of the API.
    fn by_execution(&self) -> bool {
        false
    }
}

/// What a story says of its deployment group.
pub(crate) struct GroupPlan<'a> {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) config: &'a str,
    /// Whether it rolls back.
    pub(crate) rollback: bool,
    /// Whether it ignores alarms that cannot be read.
    pub(crate) ignore_unreadable: bool,
    pub(crate) environment: Environment,
}

/// Puts the application and a group of it into the world; answers with their names.
pub(crate) fn put_group(
    inner: &mut Inner,
    platform: ComputePlatform,
    group: GroupPlan<'_>,
) -> (ApplicationName, GroupName) {
    let GroupPlan { id, name, config, rollback, ignore_unreadable, environment } = group;
    let parse = "names in stories are valid";
    let app = Application {
        id: "application-1".to_owned(),
        name: "shop".parse().expect(parse),
        platform,
        home: "shop".to_owned(),
        created_at: inner.now,
    };
    let group = DeploymentGroup {
        id,
        application_id: app.id.clone(),
        lock: DeploymentLock { home: app.home.clone(), name: name.clone() },
        name: name.parse().expect(parse),
        config: config.parse().expect(parse),
        role: "arn:aws:iam::111122223333:role/spillway-shop".parse().expect(parse),
        alarms: AlarmConfiguration {
            enabled: true,
            ignore_poll_alarm_failure: ignore_unreadable,
            alarms: vec![Story::ALARM.parse().expect(parse)],
        },
        rollback: AutoRollback {
            enabled: rollback,
            events: vec![
                AutoRollbackEvent::DeploymentFailure,
                AutoRollbackEvent::DeploymentStopOnAlarm,
                AutoRollbackEvent::DeploymentStopOnRequest,
            ],
        },
        triggers: Vec::new(),
        environment,
    };
    let names = (app.name.clone(), group.name.clone());
    inner.alarms.extend(group.alarms.alarms.iter().cloned());
    inner.applications.insert(app.name.to_string(), app);
    inner.states.insert(group.id.clone(), Default::default());
    for id in [&group.application_id, &group.id] {
        inner.tags.insert(id.clone(), Vec::new());
    }
    inner.groups.insert((group.application_id.clone(), group.name.to_string()), group);
    names
}

/// A version, from its number.
fn version(number: u64) -> Version {
    number.to_string().parse().expect("a positive number is a version")
}

impl Story {
    /// The function of every story.
    pub const FUNCTION: &'static str = "orders";
    /// Its alias.
    pub const ALIAS: &'static str = "live";
    /// The alarm that is watched.
    pub const ALARM: &'static str = "errors";
    /// The id of the deployment group.
    pub const GROUP_ID: &'static str = "group-1";

    /// A deployment with that configuration to which nothing happens.
    pub fn new(config: &str) -> Self {
        Self {
            place: 0,
            config: config.to_owned(),
            before: None,
            after: None,
            revision: RevisionPlan::Given,
            by_execution: false,
            rollback: true,
            ignore_unreadable: false,
            alias: AliasRouting::only(version(1)),
            versions: vec![version(1), version(2), version(3)],
            events: Vec::new(),
        }
    }

    /// With this hook before traffic moves.
    pub fn before(self, plan: HookPlan) -> Self {
        Self { before: Some(plan), ..self }
    }

    /// With this hook after traffic has moved.
    pub fn after(self, plan: HookPlan) -> Self {
        Self { after: Some(plan), ..self }
    }

    /// With its revision there.
    pub fn with_revision(self, revision: RevisionPlan) -> Self {
        Self { revision, ..self }
    }

    /// Asked for by an execution of the state machine.
    pub fn by_execution(self) -> Self {
        Self { by_execution: true, ..self }
    }

    /// Without automatic rollback.
    pub fn without_rollback(self) -> Self {
        Self { rollback: false, ..self }
    }

    /// With another function and group than the stories in other places.
    pub fn in_place(self, place: usize) -> Self {
        Self { place, ..self }
    }

    fn name(&self, name: &str) -> String {
        if self.place == 0 { name.to_owned() } else { format!("{name}-{}", self.place) }
    }

    /// With this happening so many seconds after the start.
    pub fn at(mut self, seconds: f64, event: Event) -> Self {
        self.events.push((SignedDuration::from_millis((seconds * 1000.0) as i64), event));
        self
    }
}

impl Plot for Story {
    fn events(&self) -> &[(SignedDuration, Event)] {
        &self.events
    }

    fn by_execution(&self) -> bool {
        self.by_execution
    }

    fn key(&self) -> String {
        format!("{}:{}", self.name(Self::FUNCTION), Self::ALIAS)
    }

    fn set(&self, world: &World) -> NewDeployment {
        let parse = "names in stories are valid";
        let mut inner = world.inner.borrow_mut();
        let target = Target::Lambda(LambdaTarget {
            function: self.name(Self::FUNCTION).parse().expect(parse),
            alias: Self::ALIAS.parse().expect(parse),
            current: version(1),
            target: version(2),
            before: self.before.as_ref().map(|_| self.name("pre").parse().expect(parse)),
            after: self.after.as_ref().map(|_| self.name("post").parse().expect(parse)),
        });
        let object = S3Object {
            bucket: "releases".to_owned(),
            key: self.name("orders.yaml"),
            bundle: Some(BundleType::Yaml),
            version: None,
            e_tag: None,
        };
        let text = serde_json::to_string(&target).expect("a target is JSON");
        let in_s3 = NewRevision { location: RevisionLocation::S3(object.clone()), content: None };
        let (revision, target) = match self.revision {
            RevisionPlan::Given => (NewRevision::text(RevisionKind::AppSpecContent, "{}".to_owned()), Some(target)),
            RevisionPlan::InS3 | RevisionPlan::Missing => (in_s3, None),
        };
        if self.revision == RevisionPlan::InS3 {
            inner.objects.insert((object.bucket, object.key), text);
        }
        for (name, plan) in [("pre", &self.before), ("post", &self.after)] {
            if let Some(plan) = plan {
                inner.hooks.insert(self.name(name).parse().expect(parse), plan.clone());
            }
        }
        let versions = self.versions.iter().copied().collect();
        let alias = Alias { routing: self.alias, revision: 1, versions, settings: Default::default() };
        inner.aliases.insert(self.key(), alias);
        let group = GroupPlan {
            id: self.name(Self::GROUP_ID),
            name: self.name("orders"),
            config: &self.config,
            rollback: self.rollback,
            ignore_unreadable: self.ignore_unreadable,
            environment: Environment::default(),
        };
        let (application, group) = put_group(&mut inner, ComputePlatform::Lambda, group);
        NewDeployment {
            application,
            group,
            revision: Some(revision),
            target,
            config: None,
            description: None,
            rollback: None,
            alarms: None,
            for_servers: None,
            hosts: HostOptions::default(),
            caller: None,
        }
    }
}

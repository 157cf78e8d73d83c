//! Waiting for longer than a custom resource may: a chain of them, each of which waits for a part. A template has one
//! chain for all of its aliases.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spillway_domain::catalog::routing::Routing;

use crate::alias::Alias;
use crate::duration::routings;
use crate::fragment::{Members, depend, no_value};
use crate::reference::{named, needed};
use crate::settings::Settings;

/// How long one resource waits; it has to answer within an hour.
const MINUTES_OF_A_LINK: u64 = 55;
/// How long a hook may take.
const MINUTES_OF_A_HOOK: u64 = 60;
/// What a step takes besides its wait, with functions that start cold.
const SECONDS_OF_A_STEP: u64 = 2;
/// What a deployment takes besides its steps and its hooks.
const SECONDS_OF_THE_REST: u64 = 60;
/// What any of this may take longer than it should: a tenth of all, and this. A resource too many costs nothing; with one
/// too few, a deployment that is only slow is rolled back.
const SECONDS_OF_SLACK: u64 = 5 * 60;

/// The resources that wait when the aliases have waited as long as they may.
#[derive(Debug, Default)]
pub(crate) struct Chain<'a> {
    /// The aliases for which one resource is too short, by their old ids.
    aliases: Vec<&'a Alias<'a>>,
    /// How many resources wait, one after the other.
    links: u64,
}

impl<'a> Chain<'a> {
    /// As long as the longest deployment needs. All begin to wait when the last alias has answered, by which time every
    /// deployment has had its first part.
    pub(crate) fn of(resources: &Members, aliases: &'a [Alias<'a>], settings: &Settings) -> Self {
        let each = aliases.iter().map(|alias| (alias, links(resources, alias, settings)));
        let long: Vec<_> = each.filter(|(_, links)| *links > 0).collect();
        let links = long.iter().map(|(_, links)| *links).max().unwrap_or_default();
        let mut aliases: Vec<_> = long.into_iter().map(|(alias, _)| alias).collect();
        // SAM writes the same resources in another order than it is given.
        aliases.sort_by_key(|alias| alias.id);
        Self { aliases, links }
    }

    /// How many resources wait.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.links).unwrap_or(usize::MAX)
    }

    /// Whether the chain waits on when the time of an alias is up.
    pub(crate) fn follows(&self, alias: &Alias<'_>) -> bool {
        self.aliases.iter().any(|own| own.id == alias.id)
    }

    /// The logical ids of the resources that wait, and an alias that needs them.
    pub(crate) fn ids(&self) -> Vec<String> {
        (1..=self.links).map(|number| format!("SpillwayWait{number}")).collect()
    }

    /// An alias for which there is a chain.
    pub(crate) fn origin(&self) -> Option<&'a str> {
        self.aliases.first().map(|alias| alias.id)
    }

    /// The resources that wait. `new_id` is what an alias is called from now on.
    pub(crate) fn resources(&self, new_id: impl Fn(&str) -> String, service_token: &str) -> Vec<Value> {
        let deployment = |alias: &&Alias<'_>| {
            let id = json!({"Fn::GetAtt": [new_id(alias.id), "DeploymentId"]});
            match alias.condition() {
                Some(condition) => json!({"Fn::If": [condition, id, no_value()]}),
                None => id,
            }
        };
        let deployments: Vec<Value> = self.aliases.iter().map(deployment).collect();
        let ids = self.ids();
        let link = |index: usize| {
            let mut link = json!({
                "Type": "Custom::SpillwayWait",
                "Properties": {"ServiceToken": service_token, "DeploymentIds": deployments},
            });
            if index + 1 < ids.len() {
                link["Properties"]["MoreWaiting"] = true.into();
            }
            if let Some(before) = index.checked_sub(1) {
                link["DependsOn"] = json!([ids[before]]);
            }
            link
        };
        (0..ids.len()).map(link).collect()
    }

    /// Has what refers to an alias of the chain wait until its deployment has ended, as with CodeDeploy; but for what an
    /// alias of the chain itself waits for. `resources` are those of the new template.
    pub(crate) fn hold(&self, resources: &mut Members, new_id: impl Fn(&str) -> String) {
        let Some(last) = self.ids().pop() else { return };
        let aliases: BTreeSet<String> = self.aliases.iter().map(|alias| new_id(alias.id)).collect();
        let needed: BTreeSet<String> = needed(resources, &last).into_iter().map(str::to_owned).collect();
        for (id, resource) in resources.iter_mut().filter(|(id, _)| !needed.contains(*id) && **id != last) {
            let refers = || {
                let by_name = resource["DependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let all = named(resource).into_iter().chain(by_name).chain(resource["DependsOn"].as_str());
                all.into_iter().any(|other| aliases.contains(other))
            };
            if !aliases.contains(id)
                && refers()
                && let Some(resource) = resource.as_object_mut()
            {
                depend(resource, [last.clone()]);
            }
        }
    }
}

/// How many resources have to wait after the alias itself.
fn links(resources: &Members, alias: &Alias<'_>, settings: &Settings) -> u64 {
    if !settings.waits {
        return 0;
    }
    let shift = match routings(resources, alias.group()) {
        Some(known) => known.iter().map(seconds).max().unwrap_or_default(),
        None => settings.longest_shift_minutes * 60,
    };
    let hooks: u64 = alias.hooks().map(|_| MINUTES_OF_A_HOOK * 60).sum();
    let all = shift + SECONDS_OF_THE_REST + hooks;
    (all + all / 10 + SECONDS_OF_SLACK).div_ceil(MINUTES_OF_A_LINK * 60).saturating_sub(1)
}

fn seconds(routing: &Routing) -> u64 {
    routing.steps().iter().map(|step| u64::from(step.wait_seconds) + SECONDS_OF_A_STEP).sum()
}

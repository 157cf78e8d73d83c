//! What a template says to Spillway in its `Metadata`.

use serde_json::Value;
use spillway_domain::catalog::routing::MAX_TOTAL_WAIT_MINUTES;

use crate::fault::Faults;

const LONGEST: &str = "LongestDeploymentMinutes";
const WAITS: &str = "WaitForCompletion";
const ADOPTS: &str = "AdoptAliases";
const SERVERS: &str = "Servers";

/// What counts for all of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How many minutes a shift takes at most of which the resources tell nothing.
    pub longest_shift_minutes: u64,
    /// Whether the stack waits for deployments.
    pub waits: bool,
    /// Whether aliases that are there already are taken over.
    pub adopts: Adoption,
    /// Whether the applications and groups of servers are taken over from CodeDeploy. Their hosts need another agent then,
    /// so that a template has to say it.
    pub servers: bool,
}

/// Whether aliases that are there already are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// They are not.
    No,
    /// Those that the stack itself has had until now, as `AWS::Lambda::Alias`.
    OfThisStack,
    /// Those that no resource of the stack stands for.
    FromElsewhere,
}

impl Default for Settings {
    fn default() -> Self {
        Self { longest_shift_minutes: 180, waits: true, adopts: Adoption::No, servers: false }
    }
}

impl Settings {
    /// The settings of a template: `Metadata.Spillway`.
    pub(crate) fn of(fragment: &Value, faults: &mut Faults) -> Self {
        let mut settings = Self::default();
        let own = &fragment["Metadata"]["Spillway"];
        let Some(given) = own.as_object() else {
            if !own.is_null() {
                faults.template("'Metadata.Spillway' should be a map.");
            }
            return settings;
        };
        for (name, value) in given {
            let understood = match name.as_str() {
                LONGEST => minutes(value)
                    .map(|minutes| settings.longest_shift_minutes = minutes)
                    .ok_or_else(|| format!("is {value}; it should be a number from 1 to {MAX_TOTAL_WAIT_MINUTES}.")),
                WAITS => boolean(value).map(|waits| settings.waits = waits),
                ADOPTS => adoption(value).map(|adopts| settings.adopts = adopts),
                SERVERS => boolean(value).map(|servers| settings.servers = servers),
                other => {
                    let all = [LONGEST, WAITS, ADOPTS, SERVERS].join(", ");
                    faults.template(format!("'Metadata.Spillway' has no '{other}'. It has {all}."));
                    continue;
                }
            };
            if let Err(what) = understood {
                faults.template(format!("'Metadata.Spillway.{name}' {what}"));
            }
        }
        if settings.adopts == Adoption::OfThisStack && !settings.waits {
            faults.template(format!(
                "'Metadata.Spillway' has '{ADOPTS}: true', with which the stack keeps its old resource for each alias \
                 until traffic has moved, and '{WAITS}: false', with which it does not wait for that: leave \
                 '{WAITS}' out of this update."
            ));
        }
        settings
    }
}

fn minutes(value: &Value) -> Option<u64> {
    let minutes = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    minutes.filter(|minutes| (1..=MAX_TOTAL_WAIT_MINUTES).contains(minutes))
}

fn boolean(value: &Value) -> Result<bool, String> {
    let read = value.as_bool().or_else(|| value.as_str()?.parse().ok());
    read.ok_or_else(|| format!("is {value}; it should be true or false."))
}

fn adoption(value: &Value) -> Result<Adoption, String> {
    if *value == "FromElsewhere" {
        return Ok(Adoption::FromElsewhere);
    }
    match boolean(value) {
        Ok(true) => Ok(Adoption::OfThisStack),
        Ok(false) => Ok(Adoption::No),
        Err(_) => Err(format!("is {value}; it should be true, false or FromElsewhere.")),
    }
}

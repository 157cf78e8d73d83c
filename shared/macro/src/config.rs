//! Names of deployment configurations that cannot be any: found before the first resource of a stack changes.

use spillway_domain::catalog::config::{ComputePlatform, find_built_in};
use spillway_domain::catalog::routing::Routing;
use spillway_domain::names::ConfigName;

use crate::duration::text;
use crate::fault::Faults;
use crate::fragment::{Members, kind, possible};
use crate::takeover::{CONFIG, GROUP, TakenOver};

/// Finds the groups that are taken over whose configuration, as far as the template tells its name, is none. A name that
/// may be that of a configuration made elsewhere is not looked up.
pub(crate) fn check(resources: &Members, taken_over: &TakenOver<'_>, faults: &mut Faults) {
    let made: Vec<String> = resources
        .values()
        .filter(|resource| resource["Type"] == CONFIG)
        .filter_map(|config| text(&config["Properties"]["DeploymentConfigName"]))
        .collect();
    for (group, taken) in taken_over.iter().filter(|(id, _)| kind(resources, id) == GROUP) {
        let names = &resources[*group]["Properties"]["DeploymentConfigName"];
        for name in possible(names).into_iter().filter_map(text).filter(|name| !made.contains(name)) {
            if let Some(why) = wrong(&name, taken.platform) {
                faults.resource(group, why);
            }
        }
    }
}

/// Why no configuration of a platform can have that name.
fn wrong(name: &str, platform: ComputePlatform) -> Option<String> {
    let parsed = name.parse::<ConfigName>();
    let built_in = parsed.as_ref().ok().and_then(find_built_in);
    let is_lambda = platform == ComputePlatform::Lambda;
    if is_lambda && name == "AllAtOnce" || built_in.is_some_and(|(of, _)| of == platform) {
        return None;
    }
    let suggest = |name: &str| ConfigName::suggestion(name, Some(platform));
    let meant = suggest(name).or_else(|| suggest(name.strip_prefix("CodeDeployDefault.")?));
    let hint = meant.as_ref().map(|meant| format!(" Did you mean {meant}?")).unwrap_or_default();
    if is_lambda && name.starts_with("Steps.") {
        return name
            .parse::<Routing>()
            .err()
            .map(|error| format!("Its deployment configuration is none: {error}.{hint}"));
    }
    if name.starts_with("CodeDeployDefault.") {
        let platform = if is_lambda { "Lambda" } else { "servers" };
        return Some(format!("CodeDeploy has no configuration '{name}' for {platform}.{hint}"));
    }
    if let Err(error) = parsed {
        return Some(format!("Its deployment configuration cannot be called '{name}': {error}.{hint}"));
    }
    // A configuration of one's own may well be called as a predefined one is, but for its numbers.
    meant.filter(|meant| digits(meant.as_str()) == digits(name)).map(|meant| {
        format!(
            "It has no configuration '{name}'. Did you mean {meant}? A configuration of your own needs a name that does \
             not look like a predefined one."
        )
    })
}

fn digits(name: &str) -> Vec<&str> {
    name.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_configuration_is_none_of_ours_to_judge() {
        for name in [
            "AllAtOnce",
            "Steps.1@30s,50@2h",
            "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "ours",
            "orders-canary",
            "Canary25Percent45Minutes",
            "Canary10Percent2Minutes",
            "Linear10PercentEvery5Minutes",
        ] {
            assert_eq!(wrong(name, ComputePlatform::Lambda), None, "{name}");
        }
    }

    #[test]
    fn what_can_be_none_is_told_with_what_it_was_meant_for() {
        let predefined = |name: &str, meant: &str| {
            format!(
                "It has no configuration '{name}'. Did you mean {meant}? A configuration of your own needs a name that \
                 does not look like a predefined one."
            )
        };
        let canary = "CodeDeployDefault.LambdaCanary10Percent5Minutes";
        for (name, words) in [
            ("Canary10Percent5Minute", predefined("Canary10Percent5Minute", canary)),
            ("canary10percent5minutes", predefined("canary10percent5minutes", canary)),
            ("LambdaCanary10Percent5Minutes", predefined("LambdaCanary10Percent5Minutes", canary)),
            ("AllAtOne", predefined("AllAtOne", "CodeDeployDefault.LambdaAllAtOnce")),
            ("steps.10@5m", predefined("steps.10@5m", "Steps.10@5m")),
            (
                "Steps.50@5m,10@5m",
                "Its deployment configuration is none: 'Steps.50@5m,10@5m' does not fit \
                 Steps.<percent>@<wait>[,<percent>@<wait>...]: '1' at character 13, percents rise strictly from step to \
                 step."
                    .to_owned(),
            ),
            (
                "CodeDeployDefault.Canary10Percent5Minutes",
                format!(
                    "CodeDeploy has no configuration 'CodeDeployDefault.Canary10Percent5Minutes' for Lambda. Did you \
                     mean {canary}?"
                ),
            ),
            (
                "CodeDeployDefault.OneAtATime",
                "CodeDeploy has no configuration 'CodeDeployDefault.OneAtATime' for Lambda.".to_owned(),
            ),
        ] {
            assert_eq!(wrong(name, ComputePlatform::Lambda), Some(words), "{name}");
        }
        assert!(
            wrong("two words", ComputePlatform::Lambda)
                .unwrap()
                .starts_with("Its deployment configuration cannot be called 'two words': ")
        );
    }

    #[test]
    fn servers_have_configurations_of_their_own() {
        let of_servers = |name| wrong(name, ComputePlatform::Server);
        for name in ["CodeDeployDefault.OneAtATime", "CodeDeployDefault.HalfAtATime", "ours"] {
            assert_eq!(of_servers(name), None, "{name}");
        }
        let lambda = "CodeDeployDefault.LambdaAllAtOnce";
        let words = of_servers(lambda).unwrap();
        assert!(words.starts_with(&format!("CodeDeploy has no configuration '{lambda}' for servers.")), "{words}");
    }
}

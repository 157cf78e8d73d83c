//! Settings, which the template gives each function as environment variables.

use std::fmt;
use std::str::FromStr;

use aws_config::SdkConfig;

/// The value of an environment variable that the template must give this function.
pub fn setting<T>(name: &'static str) -> Result<T, Miswired>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    read(name, std::env::var(name).ok(), "Set it for this function as template.yaml does.")
}

/// The table of the stack, which `open` makes of its name and of how many days ended deployments are kept in it.
pub fn table<T>(config: &SdkConfig, open: impl FnOnce(&SdkConfig, String, u32) -> T) -> Result<T, Miswired> {
    Ok(open(config, setting("TABLE_NAME")?, setting("RETENTION_DAYS")?))
}

/// The Region. The template cannot give it; Lambda does.
pub(crate) fn region() -> Result<String, Miswired> {
    let advice = "Lambda sets it; where the function runs elsewhere, set it to the Region of the stack.";
    read("AWS_REGION", std::env::var("AWS_REGION").ok(), advice)
}

fn read<T>(name: &'static str, given: Option<String>, advice: &str) -> Result<T, Miswired>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let given = given.filter(|text| !text.is_empty());
    let text = given.ok_or_else(|| Miswired(format!("The environment variable {name} is not set. {advice}")))?;
    text.parse().map_err(|error| {
        Miswired(format!("The environment variable {name} is '{text}', which does not fit: {error}. {advice}"))
    })
}

/// A function that was given wrong settings, and cannot start.
#[derive(thiserror::Error)]
#[error("{0}")]
pub struct Miswired(String);

/// What Rust prints when `main` ends with an error.
impl fmt::Debug for Miswired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_setting_is_named() {
        for given in [None, Some(String::new())] {
            assert_eq!(
                read::<String>("TABLE_NAME", given, "Set it.").unwrap_err().to_string(),
                "The environment variable TABLE_NAME is not set. Set it."
            );
        }
    }

    #[test]
    fn a_setting_that_does_not_fit_is_shown() {
        let given = Some("many".to_owned());
        assert_eq!(
            read::<u32>("RETENTION_DAYS", given, "Set it.").unwrap_err().to_string(),
            "The environment variable RETENTION_DAYS is 'many', which does not fit: invalid digit found in string. \
             Set it."
        );
        assert_eq!(read::<u32>("RETENTION_DAYS", Some("400".to_owned()), "").unwrap(), 400);
    }
}

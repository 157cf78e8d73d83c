//! Timestamps: epoch seconds with three decimals, as JSON numbers. They are also read as clients besides AWS's own
//! write them: as the text of such a number, as ISO 8601, and as HTTP writes dates.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// As the API shows it.
pub(crate) fn render(at: Timestamp) -> Value {
    // Milliseconds are exact in a float, and its shortest text has at most three decimals.
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// A timestamp as it is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    /// This one.
    At(Timestamp),
    /// So many seconds, which lead to no year that there is.
    Beyond(f64),
}

impl Moment {
    fn of_seconds(seconds: f64) -> Self {
        let milliseconds = (seconds * 1000.0).round();
        // Far outside of what a moment can be the cast saturates, and is refused.
        Timestamp::from_millisecond(milliseconds as i64).map_or(Self::Beyond(seconds), Self::At)
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(seconds) = text.parse().ok().filter(|seconds: &f64| seconds.is_finite()) {
            return Some(Self::of_seconds(seconds));
        }
        // Without an offset UTC is meant; a date is its first moment.
        let iso = || {
            text.parse::<Timestamp>()
                .or_else(|_| text.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|at| at.timestamp()))
        };
        let http = || rfc2822::parse(text).map(|at| at.timestamp());
        iso().or_else(|_| http()).ok().map(Self::At)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Given)
    }
}

struct Given;

impl Visitor<'_> for Given {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970, or a date and time such as 2026-01-31T12:00:00Z")
    }

    fn visit_i64<E>(self, seconds: i64) -> Result<Moment, E> {
        Ok(Moment::of_seconds(seconds as f64))
    }

    fn visit_u64<E>(self, seconds: u64) -> Result<Moment, E> {
        Ok(Moment::of_seconds(seconds as f64))
    }

    fn visit_f64<E>(self, seconds: f64) -> Result<Moment, E> {
        Ok(Moment::of_seconds(seconds))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        Moment::of_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_decimals() {
        for (text, shown) in [
            ("2015-11-05T17:23:08.595Z", "1446744188.595"),
            ("2015-11-05T17:23:08.5954Z", "1446744188.595"),
            ("2015-11-05T17:23:08Z", "1446744188.0"),
            ("1970-01-01T00:00:00.001Z", "0.001"),
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(render(at).to_string(), shown);
        }
    }

    #[test]
    fn every_form_that_clients_send_is_the_same_moment() {
        let moment = |given: Value| serde_json::from_value::<Moment>(given).unwrap();
        let at = |text: &str| Moment::At(text.parse().unwrap());
        for (whole, forms) in [
            (
                "2015-11-05T17:23:08Z",
                &[
                    json!(1446744188),
                    json!(1446744188.0),
                    json!("1446744188"),
                    json!(" 1446744188.0 "),
                    json!("1.446744188e9"),
                    json!("2015-11-05T17:23:08Z"),
                    json!("2015-11-05T17:23:08+00:00"),
                    json!("2015-11-05T17:23:08.000Z"),
                    json!("2015-11-05 17:23:08Z"),
                    json!("2015-11-05T17:23:08"),
                    json!("20151105T172308Z"),
                    json!("2015-11-05T18:23:08+01:00"),
                    json!("2015-11-05T22:53:08+05:30"),
                    json!("2015-11-05T09:23:08-0800"),
                    json!("Thu, 05 Nov 2015 17:23:08 GMT"),
                    json!("Thu, 5 Nov 2015 18:23:08 +0100"),
                ][..],
            ),
            (
                "2015-11-05T17:23:08.595Z",
                &[json!(1446744188.595), json!("1446744188.595"), json!("2015-11-05T17:23:08.595Z")],
            ),
            ("2015-11-05T00:00:00Z", &[json!("2015-11-05")]),
            ("1969-12-31T23:59:58.5Z", &[json!(-1.5), json!("-1.5")]),
        ] {
            for form in forms {
                assert_eq!(moment(form.clone()), at(whole), "{form}");
            }
        }
    }

    #[test]
    fn a_number_may_lead_to_no_moment_and_a_text_may_be_none() {
        for beyond in [1e300, -1e300, 1e15] {
            assert_eq!(Moment::of_seconds(beyond), Moment::Beyond(beyond));
            assert_eq!(Moment::of_text(&beyond.to_string()), Some(Moment::Beyond(beyond)));
        }
        for none in ["", "yesterday", "NaN", "inf", "2015-13-05", "25:00", "Thu, 05 Nov 2015"] {
            assert_eq!(Moment::of_text(none), None, "{none}");
        }
        assert!(serde_json::from_value::<Moment>(json!(true)).is_err());
    }
}

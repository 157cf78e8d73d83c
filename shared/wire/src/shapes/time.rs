//! Timestamps: epoch seconds with three decimals, as JSON numbers.

use jiff::Timestamp;
use serde_json::{Value, json};

/// As the API shows it.
pub(crate) fn render(at: Timestamp) -> Value {
    // Milliseconds are exact in a float, and its shortest text has at most three decimals.
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// The moment that a number stands for; `None` when there is no such year.
pub(crate) fn parse(seconds: f64) -> Option<Timestamp> {
    let milliseconds = (seconds * 1000.0).round();
    // Far outside of what a moment can be the cast saturates, and is refused.
    Timestamp::from_millisecond(milliseconds as i64).ok()
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
    fn a_number_is_a_moment_when_it_can_be_one() {
        assert_eq!(parse(1_446_744_188.595), "2015-11-05T17:23:08.595Z".parse().ok());
        assert_eq!(parse(-1.5), "1969-12-31T23:59:58.5Z".parse().ok());
        for bad in [1e300, -1e300, 1e15] {
            assert_eq!(parse(bad), None);
        }
    }
}

//! A share of traffic.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A share of traffic in hundredths of a percent, from 0 to 100 %. Exact, unlike a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(u16);

impl Percent {
    /// Nothing.
    pub const ZERO: Percent = Percent(0);
    /// Everything.
    pub const ALL: Percent = Percent(10_000);

    /// So many hundredths of a percent; more than 100 % is 100 %.
    pub fn from_hundredths(hundredths: u32) -> Self {
        Self(u16::try_from(hundredths.min(10_000)).unwrap_or(10_000))
    }

    /// So many percent; more than 100 is 100.
    pub fn from_whole(percent: u32) -> Self {
        Self::from_hundredths(percent.min(100) * 100)
    }

    /// The share that a routing weight between 0 and 1 stands for.
    pub fn from_weight(weight: f64) -> Self {
        let hundredths = (weight * 10_000.0).round().clamp(0.0, 10_000.0);
        // In range after the clamp; NaN becomes 0.
        Self(hundredths as u16)
    }

    /// As a routing weight between 0 and 1, as Lambda takes it.
    pub fn as_weight(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// As a percentage between 0 and 100, as CodeDeploy shows that of a task set.
    pub fn as_percentage(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Whether it is a whole number of tenths of a percent.
    pub fn is_in_tenths(self) -> bool {
        self.0.is_multiple_of(10)
    }

    /// What remains to 100 %.
    pub fn rest(self) -> Self {
        Self(10_000 - self.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part / 10, part % 10) {
            (0, 0) => write!(f, "{whole}"),
            (tenths, 0) => write!(f, "{whole}.{tenths}"),
            (tenths, hundredths) => write!(f, "{whole}.{tenths}{hundredths}"),
        }
    }
}

impl FromStr for Percent {
    type Err = ();

    /// Digits, and after a point one or two more; no sign, no exponent, at most 100.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
        let digits = |s: &str, most: usize| (1..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 3) || part.is_some_and(|part| !digits(part, 2)) {
            return Err(());
        }
        let whole: u32 = whole.parse().map_err(|_| ())?;
        let part: u32 = match part {
            None => 0,
            Some(one) if one.len() == 1 => one.parse::<u32>().map_err(|_| ())? * 10,
            Some(two) => two.parse().map_err(|_| ())?,
        };
        let hundredths = whole * 100 + part;
        if hundredths <= 10_000 { Ok(Self::from_hundredths(hundredths)) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_survives_being_a_weight_and_a_text() {
        for hundredths in 0..=10_000 {
            let share = Percent::from_hundredths(hundredths);
            assert_eq!(Percent::from_weight(share.as_weight()), share);
            assert_eq!(share.to_string().parse(), Ok(share));
        }
    }

    #[test]
    fn text_has_at_most_two_decimals_and_no_ornaments() {
        for bad in ["", ".5", "5.", "0.123", "+5", "1e1", "100.01", "101", " 5"] {
            assert_eq!(bad.parse::<Percent>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn a_weight_out_of_range_is_clamped() {
        assert_eq!(Percent::from_weight(1.7), Percent::ALL);
        assert_eq!(Percent::from_weight(-0.2), Percent::ZERO);
        assert_eq!(Percent::from_weight(f64::NAN), Percent::ZERO);
    }
}

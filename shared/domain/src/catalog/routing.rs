//! Traffic routing: the list of steps by which traffic moves.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::percent::Percent;

/// The most steps before 100 %. A longer list would outgrow what TrafficStep Functions keeps of one execution.
pub const MAX_STEPS: usize = 1000;
/// The most minutes between the first and the last shift, as in CodeDeploy: two days.
pub const MAX_TOTAL_WAIT_MINUTES: u64 = 2880;

/// One step: shift to `percent`, then bake for `wait_seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficStep {
    /// The share of the target version after the shift.
    pub percent: Percent,
    /// How long the share is kept before the next step.
    pub wait_seconds: u32,
}

/// The steps of a shift, strictly rising and below 100 %; the last step to 100 % is implied. No step at all is
/// all at once. Stored as its own text, so that the grammar is the only way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Routing(Vec<TrafficStep>);

impl Routing {
    /// One step to 100 %.
    pub fn all_at_once() -> Self {
        Self(Vec::new())
    }

    /// CodeDeploy's `TimeBasedCanary`: to `percent` at once, to 100 % after `minutes`.
    pub fn canary(percent: u32, minutes: u32) -> Self {
        Self(vec![TrafficStep { percent: Percent::from_whole(percent), wait_seconds: minutes * 60 }])
    }

    /// CodeDeploy's `TimeBasedLinear`: by `percent` at once and after every `minutes`, the last clipped at 100 %.
    pub fn linear(percent: u32, minutes: u32) -> Self {
        let shares = (1..).map(|n| n * percent.max(1)).take_while(|&share| share < 100);
        Self(
            shares
                .map(|share| TrafficStep { percent: Percent::from_whole(share), wait_seconds: minutes * 60 })
                .collect(),
        )
    }

    /// The steps before 100 %.
    pub fn steps(&self) -> &[TrafficStep] {
        &self.0
    }

    /// Whether every share is a whole number of tenths of a percent, which is what a load balancer's weights can be.
    pub fn is_in_tenths(&self) -> bool {
        self.0.iter().all(|step| step.percent.is_in_tenths())
    }

    /// The share after `step`: one of the steps, or 100 % past the last.
    pub fn share(&self, step: usize) -> Percent {
        self.0.get(step).map_or(Percent::ALL, |step| step.percent)
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("AllAtOnce");
        }
        for (n, step) in self.0.iter().enumerate() {
            let (amount, unit) = match step.wait_seconds {
                s if s % 3600 == 0 => (s / 3600, 'h'),
                s if s % 60 == 0 => (s / 60, 'm'),
                s => (s, 's'),
            };
            write!(f, "{}{}@{amount}{unit}", if n == 0 { "Steps." } else { "," }, step.percent)?;
        }
        Ok(())
    }
}

/// A text that does not fit `Steps.<percent>@<wait>[,<percent>@<wait>…]`: where, what stood there, what belongs there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' does not fit Steps.<percent>@<wait>[,<percent>@<wait>...]: {found} at character {position}, {rule}")]
pub struct GrammarError {
    /// The text, cut after the first wrong character where it is long.
    pub text: String,
    /// The first wrong character in quotes, or the end.
    pub found: String,
    /// Its place, counted from 1.
    pub position: usize,
    /// What belongs there.
    pub rule: &'static str,
}

impl FromStr for Routing {
    type Err = GrammarError;

    /// `Steps.0.5@30s,5@2m,25@10m`, or `AllAtOnce`.
    fn from_str(text: &str) -> Result<Self, GrammarError> {
        if text == "AllAtOnce" {
            return Ok(Self::all_at_once());
        }
        let wrong = |at: usize, rule| GrammarError::new(text, at, rule);
        let Some(list) = text.strip_prefix("Steps.") else {
            let common = text.bytes().zip(b"Steps.").take_while(|(a, b)| a == *b).count();
            return Err(wrong(common, "the name begins with 'Steps.'"));
        };
        let mut steps: Vec<TrafficStep> = Vec::new();
        let mut at = text.len() - list.len();
        let mut total: u64 = 0;
        loop {
            let (step, end) = parse_step(text, at)?;
            if steps.last().is_some_and(|last| step.percent <= last.percent) {
                return Err(wrong(at, "percents rise strictly from step to step"));
            }
            if steps.len() == MAX_STEPS {
                return Err(wrong(at, "there are at most 1000 steps"));
            }
            total += u64::from(step.wait_seconds);
            if total > MAX_TOTAL_WAIT_MINUTES * 60 {
                return Err(wrong(at, "all waits together are at most 2880 minutes (2 days)"));
            }
            steps.push(step);
            match text[end..].chars().next() {
                None => return Ok(Self(steps)),
                Some(',') => at = end + 1,
                Some(_) => return Err(wrong(end, "after a step comes ',' or the end")),
            }
        }
    }
}

/// The step that begins at byte `at`, and where it ends.
fn parse_step(text: &str, at: usize) -> Result<(TrafficStep, usize), GrammarError> {
    let wrong = |at, rule| Err(GrammarError::new(text, at, rule));
    let run = |from: usize, fits: fn(char) -> bool| {
        text[from..].find(|c| !fits(c)).map_or(text.len(), |length| from + length)
    };

    let end = run(at, |c| c.is_ascii_digit());
    if end == at {
        return wrong(at, "a step begins with a percent such as 5 or 0.5");
    }
    let mut percent_end = end;
    if text[end..].starts_with('.') {
        percent_end = run(end + 1, |c| c.is_ascii_digit());
        if percent_end == end + 1 {
            return wrong(percent_end, "a digit follows the decimal point");
        }
        if percent_end > end + 3 {
            return wrong(end + 3, "a percent has at most two decimals");
        }
    }
    let percent = match text[at..percent_end].parse::<Percent>() {
        Ok(percent) if percent > Percent::ZERO && percent < Percent::ALL => percent,
        _ => {
            return wrong(at, "a percent is above 0 and below 100; the last step to 100 is implied");
        }
    };

    if !text[percent_end..].starts_with('@') {
        return wrong(percent_end, "'@' and a wait follow the percent");
    }
    let wait = percent_end + 1;
    let unit = run(wait, |c| c.is_ascii_digit());
    if unit == wait {
        return wrong(wait, "a wait is a whole number and s, m or h, such as 30s");
    }
    let factor = match text[unit..].chars().next() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return wrong(unit, "a wait ends with s, m or h"),
    };
    let seconds = text[wait..unit].parse::<u32>().ok().and_then(|amount| amount.checked_mul(factor));
    match seconds {
        Some(wait_seconds) if wait_seconds > 0 => Ok((TrafficStep { percent, wait_seconds }, unit + 1)),
        Some(_) => wrong(wait, "a wait is at least one second"),
        None => wrong(wait, "all waits together are at most 2880 minutes (2 days)"),
    }
}

impl GrammarError {
    fn new(text: &str, at: usize, rule: &'static str) -> Self {
        let found = text[at..].chars().next().map_or_else(|| "the end".to_owned(), |c| format!("'{c}'"));
        let cut = text.char_indices().map(|(i, c)| i + c.len_utf8()).find(|&end| end > at + 60);
        let text = cut.map_or_else(|| text.to_owned(), |end| format!("{}...", &text[..end]));
        let position = text[..at.min(text.len())].chars().count() + 1;
        Self { text, found, position, rule }
    }
}

impl TryFrom<String> for Routing {
    type Error = GrammarError;

    fn try_from(text: String) -> Result<Self, GrammarError> {
        text.parse()
    }
}

impl From<Routing> for String {
    fn from(routing: Routing) -> String {
        routing.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(routing: &Routing) -> Vec<String> {
        routing.steps().iter().map(|step| step.percent.to_string()).collect()
    }

    #[test]
    fn linear_by_ten_has_nine_waits() {
        assert_eq!(shares(&Routing::linear(10, 1)), ["10", "20", "30", "40", "50", "60", "70", "80", "90"]);
        assert_eq!(shares(&Routing::linear(33, 1)), ["33", "66", "99"]);
        assert_eq!(shares(&Routing::linear(50, 1)), ["50"]);
        assert_eq!(Routing::linear(1, 1).steps().len(), 99);
    }

    #[test]
    fn a_list_of_steps_is_read_and_written_the_same() {
        for text in ["Steps.0.5@30s,5@2m,25@10m", "Steps.99.99@1h", "Steps.1@1s,1.01@1s", "AllAtOnce"] {
            assert_eq!(text.parse::<Routing>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_thousand_steps_are_read_and_one_more_is_refused() {
        let list = |n: u32| {
            let steps: Vec<String> = (1..=n).map(|i| format!("{}@1s", Percent::from_hundredths(i * 9))).collect();
            format!("Steps.{}", steps.join(","))
        };
        assert_eq!(list(1000).parse::<Routing>().map(|r| r.steps().len()), Ok(1000));
        assert_eq!(list(1001).parse::<Routing>().unwrap_err().rule, "there are at most 1000 steps");
    }

    #[test]
    fn an_error_shows_the_first_wrong_character() {
        let cases = [
            ("Steps.", "the end at character 7, a step begins with a percent such as 5 or 0.5"),
            ("Step.5@1s", "'.' at character 5, the name begins with 'Steps.'"),
            ("Steps.x@1s", "'x' at character 7, a step begins with a percent such as 5 or 0.5"),
            ("Steps.5", "the end at character 8, '@' and a wait follow the percent"),
            ("Steps.5%@1s", "'%' at character 8, '@' and a wait follow the percent"),
            ("Steps.5@", "the end at character 9, a wait is a whole number and s, m or h, such as 30s"),
            ("Steps.5@1", "the end at character 10, a wait ends with s, m or h"),
            ("Steps.5@1d", "'d' at character 10, a wait ends with s, m or h"),
            ("Steps.5@0s", "'0' at character 9, a wait is at least one second"),
            ("Steps.5@1s,", "the end at character 12, a step begins with a percent such as 5 or 0.5"),
            ("Steps.5@1s;6@1s", "';' at character 11, after a step comes ',' or the end"),
            ("Steps.5@1s,5@1s", "'5' at character 12, percents rise strictly from step to step"),
            ("Steps.0@1s", "'0' at character 7, a percent is above 0 and below 100; the last step to 100 is implied"),
            ("Steps.100@1s", "'1' at character 7, a percent is above 0 and below 100; the last step to 100 is implied"),
            ("Steps.0.125@1s", "'5' at character 11, a percent has at most two decimals"),
            ("Steps.1.@1s", "'@' at character 9, a digit follows the decimal point"),
            ("Steps.5@49h", "'5' at character 7, all waits together are at most 2880 minutes (2 days)"),
            ("Steps.5@24h,6@24h,7@1s", "'7' at character 19, all waits together are at most 2880 minutes (2 days)"),
            ("Steps.5@99999999999s", "'9' at character 9, all waits together are at most 2880 minutes (2 days)"),
            ("Steps.5@1sé", "'é' at character 11, after a step comes ',' or the end"),
        ];
        for (text, words) in cases {
            let error = text.parse::<Routing>().expect_err(text).to_string();
            assert_eq!(error, format!("'{text}' does not fit Steps.<percent>@<wait>[,<percent>@<wait>...]: {words}"),);
        }
    }
}

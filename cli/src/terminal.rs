//! What a command writes to, and by which clock.

use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Where output goes. Colors are written always, and taken out by what is behind `out` and `err`.
pub struct Terminal<'a> {
    /// Standard output.
    pub out: &'a mut (dyn Write + Send),
    /// Standard error.
    pub err: &'a mut (dyn Write + Send),
    /// Whether a person looks at a terminal that can be written over.
    pub is_live: bool,
    /// Whether it shows colors.
    pub has_colors: bool,
    /// How many columns it has; lines are left as they are where that is not known.
    pub columns: Option<usize>,
    /// The zone in which moments are shown.
    pub zone: TimeZone,
    /// What the time is.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// The shortest pause between two calls.
    pub pace: Duration,
}

impl Terminal<'_> {
    /// What the time is.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A moment: its time, and its date unless that is today's.
    pub fn moment(&self, at: Timestamp) -> String {
        let (at, now) = (at.to_zoned(self.zone.clone()), self.now().to_zoned(self.zone.clone()));
        let form = if at.date() == now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        at.strftime(form).to_string()
    }

    /// A moment with its date.
    pub fn date(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// How long it is until a moment, in words that end a sentence.
    pub fn left(&self, until: Timestamp) -> String {
        let left = until.duration_since(self.now());
        if left.is_positive() { format!("in {}", span(left)) } else { "about now".to_owned() }
    }

    /// Pauses for so many seconds, and at least as long as the pace says.
    pub async fn pause(&self, seconds: u64) {
        if !self.pace.is_zero() {
            tokio::time::sleep(self.pace.max(Duration::from_secs(seconds))).await;
        }
    }
}

/// A line, broken between words where it is too long. What follows is indented as far as the first text after a gap. A
/// command is left whole, since it is copied.
pub fn wrap(line: &str, columns: usize) -> String {
    let width = |text: &str| anstream::adapter::strip_str(text).to_string().chars().count();
    let is_command = ["spillway ", "aws "].iter().any(|program| line.trim_start().starts_with(program));
    if width(line) <= columns || is_command {
        return line.to_owned();
    }
    let plain = anstream::adapter::strip_str(line).to_string();
    let begin = plain.chars().take_while(|c| *c == ' ').count();
    let gap = plain[begin..].find("  ").map(|gap| begin + width(&plain[begin..begin + gap]) + 2);
    let indent = gap.filter(|gap| *gap <= columns / 3).unwrap_or(begin + 2);
    let mut words = line.split(' ');
    let (mut lines, mut current) = (Vec::new(), words.next().unwrap_or_default().to_owned());
    for word in words {
        if width(&current) > indent && width(&current) + 1 + width(word) > columns {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent) + word));
        } else {
            current.push(' ');
            current.push_str(word);
        }
    }
    lines.push(current);
    lines.join("\n")
}

/// A duration as one says it.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1} s", duration.as_secs_f64().max(0.0)),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) if hours < 48 => format!("{hours} h {minutes:02} min"),
        (hours, ..) => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_below_its_text() {
        let line = "  22:13:20  one two three four five six seven eight";
        assert_eq!(wrap(line, 36), "  22:13:20  one two three four five\n            six seven eight");
        assert_eq!(wrap("one two three", 9), "one two\n  three");
        assert_eq!(wrap("  short", 9), "  short");
        assert_eq!(wrap("  one two three", 10), "  one two\n    three");
        assert_eq!(wrap("  aws logs tail", 9), "  aws logs tail");
        let colored = "\u{1b}[31mone two\u{1b}[0m three";
        assert_eq!(wrap(colored, 9), "\u{1b}[31mone two\u{1b}[0m\n  three");
    }

    #[test]
    fn a_duration_is_as_exact_as_it_is_worth() {
        for (milliseconds, words) in [
            (0, "0.0 s"),
            (840, "0.8 s"),
            (9_400, "9.4 s"),
            (12_300, "12 s"),
            (129_000, "2 min 09 s"),
            (3_900_000, "1 h 05 min"),
            (200 * 3_600_000, "8 days"),
            (-5, "0.0 s"),
        ] {
            assert_eq!(span(SignedDuration::from_millis(milliseconds)), words);
        }
    }
}

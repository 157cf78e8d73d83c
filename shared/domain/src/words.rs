//! Words from outside: what AWS, hooks, containers and topics say. They have no limit there, and a table item of 400 KB
//! must hold them several times over, so that they are cut where they come in.

/// The most characters of words from outside that are kept.
const MOST_CHARS: usize = 2_048;
/// The most bytes of them.
const MOST_BYTES: usize = 4_096;
/// The most bytes of each text in a record that would otherwise be too large for the table.
pub(crate) const FEW_BYTES: usize = 256;
/// What stands for the rest.
const ELLIPSIS: &str = "...";

/// The beginning of words from outside, with a sign that there were more: 2,048 characters and 4,096 bytes at most.
pub fn excerpt(words: impl Into<String>) -> String {
    let mut words = words.into();
    if let Some((end, _)) = words.char_indices().nth(MOST_CHARS).filter(|(end, _)| *end <= MOST_BYTES) {
        words.truncate(end);
        words.push_str(ELLIPSIS);
    }
    shorten(&mut words, MOST_BYTES);
    words
}

/// The end of a log, which is where a failure stands: 4,096 bytes at most.
pub fn end_of_log(log: impl Into<String>) -> String {
    let log = log.into();
    if log.len() <= MOST_BYTES {
        return log;
    }
    let begin = log.ceil_char_boundary(log.len() - MOST_BYTES);
    format!("{ELLIPSIS}{}", &log[begin..])
}

/// At most `most` characters of a text, with a sign that there were more.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Cuts a text to so many bytes and an ellipsis.
pub(crate) fn shorten(words: &mut String, most: usize) {
    if words.len() > most + ELLIPSIS.len() {
        words.truncate(words.floor_char_boundary(most));
        words.push_str(ELLIPSIS);
    }
}

/// Sentences, and one more. Not every service, and not CodeDeploy itself, ends its words with a full stop.
pub(crate) fn followed_by(sentences: String, further: &str) -> String {
    let stop = if sentences.ends_with('.') { "" } else { "." };
    format!("{sentences}{stop} {further}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_characters_at_both_limits() {
        for (words, kept) in [
            ("a".repeat(2_048), "a".repeat(2_048)),
            ("a".repeat(2_049), format!("{}...", "a".repeat(2_048))),
            ("é".repeat(2_048), "é".repeat(2_048)),
            ("語".repeat(2_048), format!("{}...", "語".repeat(1_365))),
            ("😀".repeat(6_000_000 / 4), format!("{}...", "😀".repeat(1_024))),
            (String::new(), String::new()),
        ] {
            assert_eq!(excerpt(words.clone()), kept, "{} bytes", words.len());
            assert_eq!(excerpt(kept.clone()), kept, "what was cut is not cut again");
        }
    }

    #[test]
    fn of_a_log_the_end_is_kept() {
        assert_eq!(end_of_log("short"), "short");
        let log = end_of_log(format!("{}END", "語".repeat(2_000_000)));
        assert!(log.starts_with("...語") && log.ends_with("語END") && log.len() <= 4_099, "{}", log.len());
    }
}

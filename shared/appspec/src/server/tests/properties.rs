use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(content in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let reading = read_any(&content);
        prop_assert_eq!(reading.appspec.is_none(), reading.findings.iter().any(Finding::is_refusal));
    }

    #[test]
    fn any_text_of_what_appspecs_are_made_of_is_read_or_refused(
        parts in proptest::collection::vec(prop_oneof![
            Just("version: 0.0\n"), Just("os: linux\n"), Just("files:\n"), Just("hooks:\n"), Just("permissions:\n"),
            Just("  - source: /\n"), Just("    destination: /a\n"), Just("  AfterInstall:\n"), Just("    - location: x\n"),
            Just("      timeout: 1\n"), Just("environment:\n"), Just("  A: ssm:/a\n"), Just("      environment: {A: x}\n"),
            Just("&a "), Just("*a"), Just("{"), Just("}"), Just("["), Just("]"), Just(","),
            Just("\t"), Just("\r\n"), Just("---\n"), Just("...\n"), Just("\""), Just("'"), Just("|\n"), Just("? "),
            Just(": "), Just("- "), Just("!x "), Just("<<: "), Just("#"), Just("\u{feff}"), Just("ø"), Just("\0"),
        ], 0..60),
    ) {
        let reading = read_any(parts.concat());
        prop_assert_eq!(reading.appspec.is_none(), reading.findings.iter().any(Finding::is_refusal));
    }

    /// What the reader takes does not depend on how lines end.
    #[test]
    fn lines_may_end_as_on_windows(timeout in 1_u32..5_000, mode in "[0-7]{3}") {
        let content = with(&format!(
            "files:\n  - source: /\n    destination: /a\npermissions:\n  - object: /a\n    mode: {mode}\n\
             hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: {timeout}\n"
        ));
        prop_assert_eq!(read_any(&content), read_any(content.replace('\n', "\r\n")));
    }
}

#[test]
fn megabytes_are_refused_by_their_size() {
    let content = with(&"# nothing\n".repeat(30_000));
    let finding = &read_any(&content).findings[0];
    let expected = format!(
        "The deployment failed because the AppSpec file cannot be parsed. [the AppSpec has {} bytes; it may have 262144]",
        content.len()
    );
    assert_eq!(finding.to_string(), expected);
}

#[test]
fn aliases_that_multiply_are_refused_before_they_take_memory() {
    let mut content = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        content.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    assert!(read_any(content).findings[0].detail.contains("more than 20000 values"));
}

#[test]
fn what_is_nested_without_end_is_refused() {
    for content in ["[".repeat(100_000), "- ".repeat(50_000), "{a: ".repeat(50_000), "? ".repeat(50_000)] {
        assert!(read_any(content).appspec.is_none());
    }
    let aliases: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    assert!(read_any(format!("a0: &a0 x\n{aliases}")).findings[0].detail.contains("nested more than 32 deep"));
    assert!(read_any("a: &a [*a]").findings[0].detail.contains("repeats the value in which it stands"));
}

#[test]
fn more_entries_than_anybody_writes_are_refused() {
    let entry = "  - source: /\n    destination: /a\n";
    let reading = read_any(with(&format!("files:\n{}", entry.repeat(1_001))));
    assert_eq!(
        reading.findings[0].detail,
        "the AppSpec has 1001 entries of files, permissions and hooks; it may have 1000"
    );
}

#[test]
fn a_hundred_findings_are_kept_and_the_rest_is_counted() {
    let content = with(&(0..300).map(|n| format!("key{n}: x\n")).collect::<String>());
    let findings = read_any(content).findings;
    assert_eq!(findings.len(), 101);
    assert_eq!(findings[100].detail, "and 200 more");
}

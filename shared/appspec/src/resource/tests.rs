use std::fmt::Debug;
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::*;

/// What a text stands for.
pub(super) fn named<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What is said of an AppSpec of a platform.
pub(super) fn violations_for(platform: ComputePlatform, content: &str) -> Vec<String> {
    match read(content, platform) {
        Target::Invalid(violations) => violations,
        other @ (Target::Lambda(_) | Target::Ecs(_) | Target::Server(_) | Target::Unread) => {
            panic!("{content}\nis valid: {other:?}")
        }
    }
}

fn violations(content: &str) -> Vec<String> {
    violations_for(ComputePlatform::Lambda, content)
}

#[test]
fn a_syntax_error_has_its_line_and_column() {
    let nothing = "must be a map with version, Resources and Hooks, not nothing.";
    for content in ["", "   \n", "# nothing", "null"] {
        assert_eq!(violations(content), [format!("The AppSpec: {nothing}")]);
    }
    let cases = [
        ("{", "JSON: EOF while parsing an object at line 1 column 1."),
        ("{\"version\": 0.0,,}", "JSON: key must be a string at line 1 column 17."),
        ("{\"version\": 0.0} x", "JSON: trailing characters at line 1 column 18."),
        ("a: b: c", "YAML: mapping values are not allowed in this context at line 1, column 5."),
        ("version: 0.0\n\tResources: x", "YAML: while scanning a plain scalar, found a tab at line 1, column 10."),
        ("[[[", "YAML: unclosed bracket '[' at line 1, column 3."),
        ("a: 'b", "YAML: unclosed quote at line 1, column 4."),
        ("- a\nb: c", "YAML: "),
        ("a: !Ref b", "YAML: unsupported tag `!Ref` at line 1, column 9."),
        ("a: *b", "YAML: reference to unknown value at line 1, column 4."),
        ("a: 1\na: 2", "YAML: duplicate mapping key: a not allowed here at line 2, column 1."),
        ("a: 1\n---\nb: 2", "YAML: only single YAML document expected but multiple found at line 3, column 1."),
        ("\u{0}", "YAML: "),
        ("? [a]\n: b", "YAML: expected string scalar at line 1, column 3."),
        ("a: &x [*x]", "YAML: Recursive reference not allowed here at line 1, column 8."),
    ];
    for (content, words) in cases {
        let found = violations(content);
        let full = format!("The input AppSpec file is a not well-formed yaml. The template cannot be parsed. {words}");
        assert!(found.len() == 1 && found[0].starts_with(&full), "{content:?}: {found:?}");
        let place = found[0].contains(" at line ");
        assert!(place, "{content:?}: {found:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures how long reading takes")]
fn hostile_documents_are_answered_at_once_and_briefly() {
    let nested = |open: &str, n: usize| open.repeat(n);
    let bomb: String =
        (0..9).map(|n| format!("a{}: &a{} [{}]\n", n + 1, n + 1, vec![format!("*a{n}"); 9].join(","))).collect();
    let documents = [
        nested("[", 1_000_000),
        nested("[", 100_000),
        nested("{\"a\":", 20_000),
        nested("{a: ", 20_000),
        nested("- ", 50_000),
        (0..400).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        format!("a0: &a0 [x]\n{bomb}"),
        "a: &x b\n".repeat(8_000),
        format!("a: &x b\nb: [{}]", "*x,".repeat(30_000)),
        "---\n".repeat(25_000),
        "? ".repeat(50_000),
        "a: b\n".repeat(20_000),
        (0..9_000).map(|n| format!("k{n}: 1\n")).collect(),
        "- a\n".repeat(25_000),
        "#\n".repeat(50_000),
        format!("a: \"{}\"", "\\x41".repeat(25_000)),
        format!("a: |\n{}", "  x\n".repeat(25_000)),
        "%".repeat(100_000),
        "\t".repeat(100_000),
        "'".repeat(100_001),
        "\"".repeat(100_001),
        "!".repeat(100_000),
        "&".repeat(100_000),
        "<<: *a\n".repeat(12_000),
        "x".repeat(5_000_000),
        format!("{{\"Resources\":[{}{{}}]}}", "{},".repeat(25_000)),
        format!("{{\"Hooks\":[{}{{}}]}}", "{\"a\":1},".repeat(10_000)),
        format!("{{\"{}\": 1}}", "k".repeat(90_000)),
    ];
    for content in documents {
        let begun = Instant::now();
        let violations = violations(&content);
        let start: String = content.chars().take(20).collect();
        assert!(begun.elapsed() < Duration::from_secs(5), "{start} took {:?}", begun.elapsed());
        assert!(!violations.is_empty() && violations.len() <= 21, "{start}");
        assert!(violations.iter().all(|words| words.chars().count() <= 410), "{start}");
    }
}

//! The files that configure CodeDeploy's agents: YAML with one level of keys, each with a colon before it or not.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, without colons.
    pub key: String,
    /// The line on which it is.
    pub line: u64,
    /// The value as text; none if the file has none.
    pub value: Option<String>,
}

/// Reads the entries of a file, in its order.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 4,
            max_events: 2_000,
            max_nodes: 1_000,
            max_aliases: 0,
            max_anchors: 0,
        },
        with_snippet: false,
    };
    let read: Result<Option<Entries>, _> = serde_saphyr::from_str_with_options(text, options);
    let words = |error: serde_saphyr::Error| error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    Ok(read.map_err(words)?.map(|entries| entries.0).unwrap_or_default())
}

struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lines of the form `:key: value`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let Scalar(value) = map.next_value()?;
            let (line, key) = (key.defined.line(), key.value.trim_start_matches(':').to_owned());
            found.push(Entry { key, line, value });
        }
        Ok(Entries(found))
    }
}

/// A value as text, whatever YAML makes of it.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_none<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        let text = value.trim();
        Ok(Scalar((!text.is_empty()).then(|| text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_begin_with_a_colon_and_values_are_texts() {
        let text = "---\n# of the package\n:root_dir: '/opt/x'\n:wait_between_runs: 1\nverbose: false\n:proxy_uri:\n\
                    iam_user_arn: arn:aws:iam::1:user/a\n:factor: 1.5\n:empty: ''\n";
        let found: Vec<_> =
            read(text).unwrap().into_iter().map(|e| (e.line, e.key, e.value.unwrap_or_default())).collect();
        let expected = [
            (3, "root_dir", "/opt/x"),
            (4, "wait_between_runs", "1"),
            (5, "verbose", "false"),
            (6, "proxy_uri", ""),
            (7, "iam_user_arn", "arn:aws:iam::1:user/a"),
            (8, "factor", "1.5"),
            (9, "empty", ""),
        ];
        assert_eq!(found, expected.map(|(line, key, value)| (line, key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_file_without_entries_has_none_and_one_of_another_form_is_refused() {
        assert_eq!((read(""), read("---\n# nothing\n")), (Ok(Vec::new()), Ok(Vec::new())));
        for odd in ["- a\n", "a:\n  b: c\n", "a: [b]\n", "just text\n", "a: 'b\n"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}

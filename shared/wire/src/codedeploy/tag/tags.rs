//! `Tag`, whose members are capitalized.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given};

/// The characters of a tag's key.
pub(crate) const KEY_CHARACTERS: usize = 128;
/// The characters of a tag's value.
pub(crate) const VALUE_CHARACTERS: usize = 256;

/// One as it is given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    key: Option<String>,
    value: Option<String>,
}

/// What is given, checked. A missing value is an empty one.
pub(crate) fn parse(given: Option<Vec<Object<Input>>>, quotas: &Quotas) -> Result<Vec<Tag>, Exception> {
    let invalid = |words: String| Exception::new("InvalidTagsToAddException", words);
    let given = given.unwrap_or_default();
    if given.len() > quotas.tags {
        return Err(invalid(format!("tags: there may be {} tags; {}.", quotas.tags, count_given(given.len()))));
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(given.len());
    for (n, Object(input)) in given.into_iter().enumerate() {
        let (key, value) = (input.key.unwrap_or_default(), input.value.unwrap_or_default());
        let shown = cut(&key, KEY_CHARACTERS);
        let words = if key.is_empty() {
            "Key is required and was not given.".to_owned()
        } else if key.chars().count() > KEY_CHARACTERS {
            format!("Key '{shown}' is longer than {} characters.", KEY_CHARACTERS)
        } else if value.chars().count() > VALUE_CHARACTERS {
            format!("the Value of '{shown}' is longer than {} characters.", VALUE_CHARACTERS)
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            format!("Key '{shown}' begins with aws:, which is reserved; choose another.")
        } else if tags.iter().any(|tag| tag.key == key) {
            format!("Key '{shown}' is given twice; give it once.")
        } else {
            tags.push(Tag { key, value });
            continue;
        };
        return Err(invalid(format!("tags[{n}]: {words}")));
    }
    Ok(tags)
}

/// As they are shown.
pub(crate) fn render(tags: &[Tag]) -> Vec<Value> {
    tags.iter().map(|tag| json!({ "Key": tag.key, "Value": tag.value })).collect()
}

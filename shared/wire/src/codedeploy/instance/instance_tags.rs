//! What is said of on-premises instances in `TagList`, whose members are capitalized.

use serde::Deserialize;
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given};
use crate::codedeploy::tag::tags::{KEY_CHARACTERS, VALUE_CHARACTERS};

/// A tag as it is given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    key: Option<String>,
    value: Option<String>,
}

type Given = Option<Vec<Object<Input>>>;

/// The tags that instances are to have.
pub(crate) fn parse_added(given: Given, quotas: &Quotas) -> Result<Vec<Tag>, Exception> {
    let mut tags: Vec<Tag> = Vec::new();
    for (n, input) in list(given, quotas)?.into_iter().enumerate() {
        let Input { key, value } = fit(input).map_err(|words| invalid_tag(n, words))?;
        let Some(key) = key else { return Err(invalid_tag(n, "Key is required and was not given.".to_owned())) };
        let shown = cut(&key, KEY_CHARACTERS);
        let Some(value) = value else {
            return Err(invalid_tag(n, format!("the Value of '{shown}' is required and was not given.")));
        };
        if tags.iter().any(|tag| tag.key == key) {
            return Err(invalid_tag(n, format!("Key '{shown}' is given twice; give it once.")));
        }
        tags.push(Tag { key, value });
    }
    Ok(tags)
}

/// The tags that instances are no longer to have. Without a value, whatever it is.
pub(crate) fn parse_removed(given: Given, quotas: &Quotas) -> Result<Vec<TagFilter>, Exception> {
    let inputs = list(given, quotas)?.into_iter().enumerate();
    let tags = inputs.map(|(n, input)| match fit(input).map_err(|words| invalid_tag(n, words))? {
        Input { key: Some(key), value: Some(value) } => Ok(TagFilter::KeyAndValue(Tag { key, value })),
        Input { key: Some(key), value: None } => Ok(TagFilter::Key(key)),
        Input { key: None, .. } => Err(invalid_tag(n, "Key is required and was not given.".to_owned())),
    });
    tags.collect()
}

/// The tags of a request, of which there must be some.
fn list(given: Given, quotas: &Quotas) -> Result<Vec<Input>, Exception> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return Err(Exception::new("TagRequiredException", "tags is required and was not given, or has no tag."));
    }
    let most = quotas.instance_tags;
    if given.len() > most {
        let words = format!("tags: an on-premises instance may have {most} tags; {}.", count_given(given.len()));
        return Err(Exception::new("TagLimitExceededException", words));
    }
    Ok(given.into_iter().map(|Object(input)| input).collect())
}

/// An input whose key is not empty, and not too long, nor its value.
fn fit(input: Input) -> Result<Input, String> {
    let long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().count() > most);
    if input.key.as_deref() == Some("") {
        Err("Key is empty; give one.".to_owned())
    } else if long(&input.key, KEY_CHARACTERS) {
        Err(format!("Key is longer than {} characters; shorten it.", KEY_CHARACTERS))
    } else if long(&input.value, VALUE_CHARACTERS) {
        Err(format!("Value is longer than {} characters; shorten it.", VALUE_CHARACTERS))
    } else {
        Ok(input)
    }
}

fn invalid_tag(n: usize, words: String) -> Exception {
    Exception::new("InvalidTagException", format!("tags[{n}]: {words}"))
}

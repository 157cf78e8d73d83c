//! `EC2TagFilter`, `TagFilter`, and the sets of them. Members of filters are capitalized.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given, one_of};
use crate::codedeploy::tag::tags::{KEY_CHARACTERS, VALUE_CHARACTERS};

/// One as it is given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    key: Option<String>,
    value: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
}

/// A list as it is given.
pub(crate) type List = Vec<Object<Input>>;

/// What filters are for, with the exception for those that are not valid.
pub(crate) struct Kind {
    pub(crate) invalid: &'static str,
}

pub(crate) const EC2: Kind = Kind { invalid: "InvalidEC2TagException" };
pub(crate) const ON_PREMISES: Kind = Kind { invalid: "InvalidTagException" };
pub(crate) const LISTED: Kind = Kind { invalid: "InvalidTagFilterException" };

impl Kind {
    /// One list of filters of a group, checked.
    pub(crate) fn filters(&self, member: &str, given: List, quotas: &Quotas) -> Result<Vec<TagFilter>, Exception> {
        let most = quotas.tag_filters;
        if given.len() > most {
            let words = format!("{member}: there may be {most} tag filters; {}.", count_given(given.len()));
            return Err(Exception::new(self.invalid, words));
        }
        self.all(member, given)
    }

    /// One list of however many filters, checked.
    pub(crate) fn all(&self, member: &str, given: List) -> Result<Vec<TagFilter>, Exception> {
        let mut filters = Vec::with_capacity(given.len());
        for (n, Object(input)) in given.into_iter().enumerate() {
            let invalid = |words: String| Exception::new(self.invalid, format!("{member}[{n}]: {words}"));
            let filter = parse(input).map_err(invalid)?;
            if filters.contains(&filter) {
                return Err(invalid("the same filter is given twice; give it once.".to_owned()));
            }
            filters.push(filter);
        }
        Ok(filters)
    }

    /// A set of lists, checked.
    pub(crate) fn set(
        &self,
        member: &str,
        given: Option<Vec<List>>,
        quotas: &Quotas,
    ) -> Result<Vec<Vec<TagFilter>>, Exception> {
        let (given, most) = (given.unwrap_or_default(), quotas.tag_groups);
        if given.len() > most {
            return Err(Exception::new(
                "TagSetListLimitExceededException",
                format!("{member}: there may be {most} groups of tag filters in a set; {}.", count_given(given.len())),
            ));
        }
        let groups = given.into_iter().enumerate().map(|(n, group)| {
            let member = format!("{member}[{n}]");
            if group.is_empty() {
                let words = format!("{member} has no tag filter; give one, or leave the group out.");
                return Err(Exception::new(self.invalid, words));
            }
            self.filters(&member, group, quotas)
        });
        groups.collect()
    }
}

#[derive(Clone, Copy)]
enum FilterType {
    Key,
    Value,
    KeyAndValue,
}

/// A filter without a type has that of what it has. Clients send empty texts for what is not given.
fn parse(input: Input) -> Result<TagFilter, String> {
    let Input { key, value, kind } = input;
    let key = key.filter(|key| !key.is_empty());
    let text = value.as_deref().unwrap_or_default();
    for (member, text, most) in
        [("Key", key.as_deref().unwrap_or_default(), KEY_CHARACTERS), ("Value", text, VALUE_CHARACTERS)]
    {
        if text.chars().count() > most {
            return Err(format!("{member} is longer than {most} characters; shorten it."));
        }
    }
    let given = value.clone().filter(|value| !value.is_empty());
    let kind = match (kind, &key, &given) {
        (Some(kind), ..) => {
            let all = [FilterType::Key, FilterType::Value, FilterType::KeyAndValue];
            one_of(&kind, all, type_text).map_err(|words| format!("Type {words}"))?
        }
        (None, Some(_), None) => FilterType::Key,
        (None, None, Some(_)) => FilterType::Value,
        (None, Some(_), Some(_)) => FilterType::KeyAndValue,
        (None, None, None) => return Err("neither Key nor Value was given; give what to look for.".to_owned()),
    };
    match (kind, key, given) {
        (FilterType::Key, Some(key), None) => Ok(TagFilter::Key(key)),
        (FilterType::Value, None, Some(value)) => Ok(TagFilter::Value(value)),
        (FilterType::KeyAndValue, Some(key), given) if value.is_some() => {
            Ok(TagFilter::KeyAndValue(Tag { key, value: given.unwrap_or_default() }))
        }
        (FilterType::Key, ..) => Err("Type KEY_ONLY goes with a Key and no Value.".to_owned()),
        (FilterType::Value, ..) => Err("Type VALUE_ONLY goes with a Value and no Key.".to_owned()),
        (FilterType::KeyAndValue, ..) => Err("Type KEY_AND_VALUE goes with a Key and a Value.".to_owned()),
    }
}

/// A list as it is shown.
pub(crate) fn render(filters: &[TagFilter]) -> Value {
    let shown = filters.iter().map(|filter| match filter {
        TagFilter::Key(key) => json!({ "Key": key, "Type": type_text(FilterType::Key) }),
        TagFilter::Value(value) => json!({ "Value": value, "Type": type_text(FilterType::Value) }),
        TagFilter::KeyAndValue(Tag { key, value }) => {
            json!({ "Key": key, "Value": value, "Type": type_text(FilterType::KeyAndValue) })
        }
    });
    Value::Array(shown.collect())
}

/// A set as it is shown; `None` for one without groups.
pub(crate) fn render_set(member: &str, set: &[Vec<TagFilter>]) -> Option<Value> {
    let groups: Vec<Value> = set.iter().map(|group| render(group)).collect();
    (!groups.is_empty()).then(|| json!({ member: groups }))
}

fn type_text(kind: FilterType) -> &'static str {
    match kind {
        FilterType::Key => "KEY_ONLY",
        FilterType::Value => "VALUE_ONLY",
        FilterType::KeyAndValue => "KEY_AND_VALUE",
    }
}

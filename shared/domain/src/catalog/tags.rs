//! What has tags, and how tags are added and removed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{ApplicationName, GroupName};

/// A tag of an application, a group or an on-premises instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What an ARN can name for the sake of its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// An application.
    Application(ApplicationName),
    /// A group of an application.
    Group(ApplicationName, GroupName),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(name) => write!(f, "application {name}"),
            Self::Group(application, name) => write!(f, "deployment group {name} of application {application}"),
        }
    }
}

/// The tags with some added: one of a key that is there already takes its place.
pub fn merge_tags(own: &[Tag], added: &[Tag]) -> Vec<Tag> {
    let mut tags = own.to_vec();
    for tag in added {
        match tags.iter_mut().find(|own| own.key == tag.key) {
            Some(own) => own.value.clone_from(&tag.value),
            None => tags.push(tag.clone()),
        }
    }
    tags
}

/// The tags without those of these keys.
pub fn remove_tags(own: &[Tag], keys: &[String]) -> Vec<Tag> {
    own.iter().filter(|tag| !keys.contains(&tag.key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[(&str, &str)]) -> Vec<Tag> {
        all.iter().map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect()
    }

    #[test]
    fn a_tag_takes_the_place_of_another_of_its_key() {
        let own = tags(&[("team", "red"), ("stage", "test")]);
        let merged = merge_tags(&own, &tags(&[("cost", "1"), ("team", "blue")]));
        assert_eq!(merged, tags(&[("team", "blue"), ("stage", "test"), ("cost", "1")]));
        assert_eq!(remove_tags(&own, &["team".to_owned(), "none".to_owned()]), tags(&[("stage", "test")]));
    }
}

//! On-premises instances: their names, the identities they are known by, and their tags.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::catalog::tags::Tag;
use crate::names::{fits_name_rule, text_type};

/// An on-premises instance. It stays readable after it was deregistered, until its name is registered again. It is
/// saved under its generation: whoever read an older one saves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name.
    pub name: InstanceName,
    /// Tells it from the others that had its name before it.
    pub id: String,
    /// Counts the saves.
    pub generation: u64,
    /// By whom it is known to be itself.
    pub identity: Identity,
    /// Its tags, in the order in which they came.
    pub tags: Vec<Tag>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it was deregistered.
    pub deregistered_at: Option<Timestamp>,
}

/// Who an instance is for IAM. No two registered instances are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    /// A user.
    User(IamUserArn),
    /// A session of a role.
    Session(IamSessionArn),
}

text_type!(
    /// The name of an on-premises instance, unique among the registered ones.
    InstanceName,
    "instance name",
    "1 to 100 letters, digits or any of . _ + = , @ - and not beginning with i-, as the ids of EC2's instances do",
    |text| fits_name_rule(text) && !text.starts_with("i-")
);
text_type!(
    /// The ARN of an IAM user.
    IamUserArn,
    "user ARN",
    "arn:<partition>:iam::<account>:user/<name>, with or without a path before the name",
    |text| {
        let user = arn_resource(text, "iam").and_then(|resource| resource.strip_prefix("user/"));
        let parts = user.map(|user| user.rsplit_once('/').unwrap_or(("path", user)));
        parts.is_some_and(|(path, name)| {
            !path.is_empty() && path.chars().all(|c| c.is_ascii_graphic()) && name.len() <= 64 && fits_name_rule(name)
        })
    }
);
text_type!(
    /// The ARN of a session of an assumed role.
    IamSessionArn,
    "session ARN",
    "arn:<partition>:sts::<account>:assumed-role/<role>/<session>",
    |text| {
        let session = arn_resource(text, "sts").and_then(|resource| resource.strip_prefix("assumed-role/"));
        session.and_then(|session| session.split_once('/')).is_some_and(|(role, session)| {
            [role, session].into_iter().all(|name| name.len() <= 64 && fits_name_rule(name))
        })
    }
);

/// The last part of the ARN of something global of an account.
fn arn_resource<'a>(text: &'a str, service: &str) -> Option<&'a str> {
    // IAM's longest: a path of 512 characters, and a name of 64.
    let arn = Arn::parse(text).filter(|_| text.len() <= 640)?;
    let fits = arn.partition().starts_with("aws")
        && fits_name_rule(arn.partition())
        && arn.service() == service
        && arn.region().is_empty()
        && arn.has_account();
    fits.then_some(arn.resource())
}

impl Identity {
    /// Its ARN.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(arn) => arn.as_str(),
            Self::Session(arn) => arn.as_str(),
        }
    }
}

/// RegisterOnPremisesInstance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstance {
    /// Its name.
    pub name: InstanceName,
    /// By whom it is known to be itself.
    pub identity: Identity,
}

impl Instance {
    /// An instance that has just been registered.
    pub fn new(request: &NewInstance, id: String, now: Timestamp) -> Self {
        let NewInstance { name, identity } = request.clone();
        Self { name, id, generation: 1, identity, tags: Vec::new(), registered_at: now, deregistered_at: None }
    }

    /// Whether it has not been deregistered.
    pub fn is_registered(&self) -> bool {
        self.deregistered_at.is_none()
    }

    /// Deregisters it.
    pub fn deregister(&mut self, now: Timestamp) {
        self.deregistered_at = Some(now);
        self.generation += 1;
    }

    /// Gives it these tags, each in place of the one with its key. `false` when it has them all.
    pub fn add_tags(&mut self, tags: &[Tag]) -> bool {
        let before = self.tags.clone();
        for tag in tags {
            match self.tags.iter_mut().find(|own| own.key == tag.key) {
                Some(own) => own.clone_from(tag),
                None => self.tags.push(tag.clone()),
            }
        }
        self.changed_from(&before)
    }

    /// Takes from it the tags that one of the filters fits. `false` when it has none of them.
    pub fn remove_tags(&mut self, filters: &[TagFilter]) -> bool {
        let before = self.tags.clone();
        self.tags.retain(|tag| !filters.iter().any(|filter| filter.fits(tag)));
        self.changed_from(&before)
    }

    fn changed_from(&mut self, before: &[Tag]) -> bool {
        let changed = self.tags != before;
        self.generation += u64::from(changed);
        changed
    }
}

/// CodeDeploy's `TagFilter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TagFilter {
    /// Tags with this key.
    Key(String),
    /// Tags with this value.
    Value(String),
    /// The tag with this key and this value.
    KeyAndValue(Tag),
}

impl TagFilter {
    /// Whether a tag is one of those.
    pub fn fits(&self, tag: &Tag) -> bool {
        match self {
            Self::Key(key) => tag.key == *key,
            Self::Value(value) => tag.value == *value,
            Self::KeyAndValue(own) => tag == own,
        }
    }
}

/// ListOnPremisesInstances: which, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstanceFilter {
    /// Only those that are registered, or only those that no longer are.
    pub registered: Option<bool>,
    /// Only those that have a tag for each of these.
    pub tags: Vec<TagFilter>,
}

impl InstanceFilter {
    /// Whether an instance is one of those.
    pub fn fits(&self, instance: &Instance) -> bool {
        self.registered.is_none_or(|registered| registered == instance.is_registered())
            && self.tags.iter().all(|filter| instance.tags.iter().any(|tag| filter.fits(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    fn instance() -> Instance {
        let identity = Identity::User("arn:aws:iam::111122223333:user/box".parse().unwrap());
        Instance::new(
            &NewInstance { name: "box".parse().unwrap(), identity },
            "4IwLNI2Alh".to_owned(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn an_instance_is_named_like_no_instance_of_ec2() {
        for good in ["box", "i", "I-1", "AssetTag12010298EX", "a.b_c+d=e,f@g-h"] {
            assert!(good.parse::<InstanceName>().is_ok(), "{good}");
        }
        for bad in ["", "i-0123456789abcdef0", "a b", "a/b", &"a".repeat(101)] {
            assert!(bad.parse::<InstanceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_identity_is_a_user_or_a_session_of_a_role() {
        for good in
            ["arn:aws:iam::111122223333:user/box", "arn:aws-cn:iam::111122223333:user/AWS/CodeDeploy/a+b=c,d.@-_"]
        {
            assert!(good.parse::<IamUserArn>().is_ok(), "{good}");
            assert!(good.parse::<IamSessionArn>().is_err(), "{good}");
        }
        let good = "arn:aws:sts::111122223333:assumed-role/deployer/box";
        assert!(good.parse::<IamSessionArn>().is_ok());
        assert!(good.parse::<IamUserArn>().is_err());
        for bad in [
            "",
            "box",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user//box",
            "arn:aws:iam::111122223333:user/a/",
            "arn:aws:iam::111122223333:role/box",
            "arn:aws:iam::1111:user/box",
            "arn:aws:iam:us-east-1:111122223333:user/box",
            "arn:gcp:iam::111122223333:user/box",
            "arn:aws:sts::111122223333:assumed-role/box",
            "arn:aws:sts::111122223333:assumed-role//box",
            "arn:aws:sts::111122223333:assumed-role/deployer/a/b",
            &format!("arn:aws:iam::111122223333:user/{}", "a".repeat(65)),
            &format!("arn:aws:iam::111122223333:user/{}/box", "a".repeat(700)),
        ] {
            assert!(bad.parse::<IamUserArn>().is_err(), "{bad}");
            assert!(bad.parse::<IamSessionArn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_has_one_value() {
        let mut instance = instance();
        assert!(instance.add_tags(&[tag("Name", "a"), tag("Stage", "live")]));
        assert!(instance.add_tags(&[tag("Name", "b")]));
        assert_eq!(
            (instance.tags.as_slice(), instance.generation),
            ([tag("Name", "b"), tag("Stage", "live")].as_slice(), 3)
        );
        assert!(!instance.add_tags(&[tag("Name", "b")]));
        assert!(!instance.remove_tags(&[TagFilter::KeyAndValue(tag("Name", "a"))]));
        assert!(instance.remove_tags(&[TagFilter::KeyAndValue(tag("Name", "b")), TagFilter::Key("Stage".to_owned())]));
        assert_eq!((instance.tags.as_slice(), instance.generation), ([].as_slice(), 4));
    }

    #[test]
    fn a_list_has_those_that_fit_every_filter() {
        let mut own = instance();
        own.add_tags(&[tag("Name", "a"), tag("Stage", "live")]);
        let fits = |tags: &[TagFilter]| InstanceFilter { registered: None, tags: tags.to_vec() }.fits(&own);
        assert!(fits(&[]));
        assert!(fits(&[TagFilter::Key("Name".to_owned()), TagFilter::Value("live".to_owned())]));
        assert!(fits(&[TagFilter::KeyAndValue(tag("Stage", "live"))]));
        assert!(!fits(&[TagFilter::KeyAndValue(tag("Name", "live"))]));
        assert!(!fits(&[TagFilter::Key("Name".to_owned()), TagFilter::Key("Team".to_owned())]));

        let mut gone = instance();
        gone.deregister(Timestamp::UNIX_EPOCH);
        for (registered, own_fits, gone_fits) in
            [(None, true, true), (Some(true), true, false), (Some(false), false, true)]
        {
            let filter = InstanceFilter { registered, tags: Vec::new() };
            assert_eq!((filter.fits(&own), filter.fits(&gone)), (own_fits, gone_fits));
        }
    }
}

//! An object that belongs to the installation, read with the function's own role.

use std::str::FromStr;

use spillway_aws_core::SdkConfig;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::problem::Problem;
use spillway_engine::ports::access::{PolicySource, PolicyText};

use crate::address::may_name_bucket;
use crate::fetch;

/// The most bytes of policies. They must fit into an item of the table.
const MOST_BYTES: usize = 256 * 1024;

/// `<bucket>/<key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPath {
    bucket: String,
    key: String,
}

impl FromStr for ObjectPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((bucket, key)) if may_name_bucket(bucket) && !key.is_empty() => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            Some(_) | None => Err("give the bucket and the key, such as my-bucket/policies.cedar"),
        }
    }
}

/// The policies of the installation.
#[derive(Debug)]
pub struct OwnObject {
    config: SdkConfig,
    object: S3Object,
}

impl OwnObject {
    /// The object at `path`, read with the function's own configuration.
    pub fn new(config: &SdkConfig, path: ObjectPath) -> Self {
        let ObjectPath { bucket, key } = path;
        Self { config: config.clone(), object: S3Object { bucket, key, bundle: None, version: None, e_tag: None } }
    }
}

impl PolicySource for OwnObject {
    async fn read(&self) -> Result<PolicyText, Problem> {
        let (text, e_tag) = fetch(&self.config, &self.object, MOST_BYTES, "a file of policies").await?;
        Ok(PolicyText { text, e_tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_bucket_and_key() {
        let path = ObjectPath { bucket: "b-1".to_owned(), key: "spillway/policies.cedar".to_owned() };
        assert_eq!("b-1/spillway/policies.cedar".parse(), Ok(path));
        for bad in ["", "none", "b-1", "b-1/", "/key", "s3://b-1/key"] {
            assert!(bad.parse::<ObjectPath>().is_err(), "{bad}");
        }
    }
}

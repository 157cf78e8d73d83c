//! Identities of the emulated AWS: users, roles, their keys and what they may do.

use anyhow::{Context, bail};

use super::query::{self, Query, element};
use crate::local::Endpoints;

/// Under which path `aws deploy register` makes its users.
const USER_PATH: &str = "/AWS/CodeDeploy/";
pub(super) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// Every bundle of the emulated AWS is one's own.
const READ_BUNDLES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","s3:ListBucket"],"Resource":"arn:aws:s3:::*"}]}"#;

/// IAM and STS of the emulated AWS.
pub struct Iam<'a> {
    iam: Query<'a>,
    sts: Query<'a>,
}

/// What requests are signed with.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token of a session.
    pub token: Option<String>,
    /// When a session ends.
    pub expires_at: Option<String>,
}

impl<'a> Iam<'a> {
    /// IAM where Spillway runs.
    ///
    /// # Errors
    ///
    /// If there can be no HTTP client.
    pub fn new(endpoints: &'a Endpoints) -> anyhow::Result<Self> {
        Ok(Self { iam: Query::new(&endpoints.aws, query::IAM)?, sts: Query::new(&endpoints.aws, query::STS)? })
    }

    /// Makes a user, unless there is one; its ARN.
    ///
    /// # Errors
    ///
    /// If IAM does not.
    pub async fn user(&self, name: &str) -> anyhow::Result<String> {
        let made = self.iam.ask(&[("Action", "CreateUser"), ("UserName", name), ("Path", USER_PATH)]).await?;
        let text = if made.contains("EntityAlreadyExists") {
            self.iam.ask(&[("Action", "GetUser"), ("UserName", name)]).await?
        } else {
            made
        };
        element(&text, "Arn").with_context(|| format!("the emulated IAM makes no user {name}: {text}"))
    }

    /// Makes a key for a user.
    ///
    /// # Errors
    ///
    /// If IAM does not.
    pub async fn key(&self, user: &str) -> anyhow::Result<Key> {
        let text = self.iam.ask(&[("Action", "CreateAccessKey"), ("UserName", user)]).await?;
        key(&text).with_context(|| format!("the emulated IAM makes no key for {user}: {text}"))
    }

    /// Lets a user call Spillway as its policy for on-premises instances says, and fetch bundles.
    ///
    /// # Errors
    ///
    /// If IAM does not.
    pub async fn let_host(&self, user: &str, policy_arn: &str) -> anyhow::Result<()> {
        let attach = [("Action", "AttachUserPolicy"), ("UserName", user), ("PolicyArn", policy_arn)];
        self.carry_out(&attach).await?;
        let read = [
            ("Action", "PutUserPolicy"),
            ("UserName", user),
            ("PolicyName", "bundles"),
            ("PolicyDocument", READ_BUNDLES),
        ];
        self.carry_out(&read).await
    }

    /// Makes a role that EC2 may assume.
    ///
    /// # Errors
    ///
    /// If IAM does not.
    pub async fn role(&self, name: &str) -> anyhow::Result<()> {
        self.carry_out(&[("Action", "CreateRole"), ("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]).await
    }

    /// Attaches a policy to a role.
    ///
    /// # Errors
    ///
    /// If IAM does not.
    pub async fn attach_to_role(&self, role: &str, policy_arn: &str) -> anyhow::Result<()> {
        self.carry_out(&[("Action", "AttachRolePolicy"), ("RoleName", role), ("PolicyArn", policy_arn)]).await
    }

    /// Assumes a role of this account, for a session of that name.
    ///
    /// # Errors
    ///
    /// If STS does not.
    pub async fn session(&self, account: &str, role: &str, name: &str) -> anyhow::Result<Key> {
        let arn = format!("arn:aws:iam::{account}:role/{role}");
        let text = self.sts.ask(&[("Action", "AssumeRole"), ("RoleArn", &arn), ("RoleSessionName", name)]).await?;
        key(&text).with_context(|| format!("the emulated STS assumes no role: {text}"))
    }

    async fn carry_out(&self, fields: &[(&str, &str)]) -> anyhow::Result<()> {
        let text = self.iam.ask(fields).await?;
        if text.contains("<ErrorResponse") {
            bail!("the emulated IAM refuses {}: {text}", fields[0].1);
        }
        Ok(())
    }
}

fn key(text: &str) -> Option<Key> {
    Some(Key {
        id: element(text, "AccessKeyId")?,
        secret: element(text, "SecretAccessKey")?,
        token: element(text, "SessionToken"),
        expires_at: element(text, "Expiration"),
    })
}

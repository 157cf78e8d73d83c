//! The parts of an ARN.

/// The text of an ARN, `arn:<partition>:<service>:<region>:<account>:<resource>`, in its parts. Region and account may be
/// empty, as they are for what is global; the resource may have colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The ARN that a text is, if it is one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next();
        let ("arn", partition, service, region, account, resource) =
            (part()?, part()?, part()?, part()?, part()?, part()?)
        else {
            return None;
        };
        Some(Self { partition, service, region, account, resource })
    }

    /// `aws`, `aws-cn` or another.
    pub fn partition(self) -> &'a str {
        self.partition
    }

    /// The service whose resource it is, as ARNs spell it: `elasticloadbalancing`.
    pub fn service(self) -> &'a str {
        self.service
    }

    /// The Region.
    pub fn region(self) -> &'a str {
        self.region
    }

    /// The account.
    pub fn account(self) -> &'a str {
        self.account
    }

    /// Whether the account is one: twelve digits.
    pub fn has_account(self) -> bool {
        self.account.len() == 12 && self.account.bytes().all(|digit| digit.is_ascii_digit())
    }

    /// What is named in the service, in the form that the service gives it: `role/<name>`, `stateMachine:<name>`.
    pub fn resource(self) -> &'a str {
        self.resource
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_five_parts_and_its_resource_may_have_colons() {
        let arn = Arn::parse("arn:aws-cn:states:cn-north-1:111122223333:execution:spillway-deployment:a:b").unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            ("aws-cn", "states", "cn-north-1", "111122223333", "execution:spillway-deployment:a:b")
        );
        let bucket = Arn::parse("arn:aws:s3:::shop/live").unwrap();
        assert_eq!((bucket.region(), bucket.account(), bucket.resource()), ("", "", "shop/live"));
        assert_eq!(Arn::parse("arn:::::").map(Arn::resource), Some(""));
    }

    #[test]
    fn a_text_with_fewer_parts_or_another_beginning_is_no_arn() {
        for text in [
            "",
            "arn",
            "arn:aws:s3::",
            "orders",
            "111122223333:function:orders",
            "urn:aws:s3:::shop",
            " arn:aws:s3:::a",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_account_is_twelve_digits() {
        for (account, is_one) in [
            ("111122223333", true),
            ("", false),
            ("11112222333", false),
            ("1111222233334", false),
            ("11112222333x", false),
        ] {
            let text = format!("arn:aws:iam::{account}:user/box");
            assert_eq!(Arn::parse(&text).map(Arn::has_account), Some(is_one), "{account}");
        }
    }
}

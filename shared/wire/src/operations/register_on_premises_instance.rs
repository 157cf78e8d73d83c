//! RegisterOnPremisesInstance.

use serde::Deserialize;
use spillway_domain::catalog::instance::{Identity, NewInstance};

use crate::input::{INSTANCE, SESSION, USER, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    instance_name: Option<String>,
    iam_session_arn: Option<String>,
    iam_user_arn: Option<String>,
}

/// The request.
pub fn parse(body: &[u8], _: &Context) -> Result<NewInstance, Exception> {
    let input: Input = read(body)?;
    let name = INSTANCE.required(input.instance_name)?;
    if input.iam_user_arn.as_deref() == Some("") {
        return Err(Exception::new(
            USER.required,
            "iamUserArn is empty; give the ARN of an IAM user, or leave it out.",
        ));
    }
    let identity = match (SESSION.optional(input.iam_session_arn)?, USER.optional(input.iam_user_arn)?) {
        (Some(session), None) => Identity::Session(session),
        (None, Some(user)) => Identity::User(user),
        (None, None) => {
            return Err(Exception::new(
                "IamArnRequiredException",
                format!("Neither iamSessionArn nor iamUserArn was given for {name}; give one of them."),
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Exception::new(
                "MultipleIamArnsProvidedException",
                format!("Both iamSessionArn and iamUserArn were given for {name}; give one of them."),
            ));
        }
    };
    Ok(NewInstance { name, identity })
}

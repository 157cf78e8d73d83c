//! `Arn`, of what has tags.

use spillway_domain::catalog::tags::Resource;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;

/// The characters of an ARN.
const ARN_CHARACTERS: usize = 1011;

/// What the ARN names, which must be of this installation.
pub(crate) fn parse(given: Option<String>, cx: &Context) -> Result<Resource, Exception> {
    let Some(given) = given else {
        return Err(Exception::new("ResourceArnRequiredException", "ResourceArn is required and was not given."));
    };
    let invalid = |words: String| {
        Exception::new("InvalidArnException", format!("ResourceArn: '{}' is not valid: {words}.", cut(&given, 120)))
    };
    if given.chars().count() > ARN_CHARACTERS {
        return Err(invalid(format!("it is longer than {} characters", ARN_CHARACTERS)));
    }
    let here = cx.place.arn("codedeploy", "");
    let Some(resource) = given.strip_prefix(&here) else {
        return Err(invalid(format!("the ARNs of this installation begin with {here}")));
    };
    let (kind, name) = resource.split_once(':').unwrap_or((resource, ""));
    match kind {
        "application" => match name.parse() {
            Ok(name) => Ok(Resource::Application(name)),
            Err(bad) => Err(invalid(bad.to_string())),
        },
        "deploymentgroup" => {
            let (application, group) = name.split_once('/').unwrap_or((name, ""));
            match (application.parse(), group.parse()) {
                (Ok(application), Ok(group)) => Ok(Resource::Group(application, group)),
                (Err(bad), _) | (_, Err(bad)) => Err(invalid(bad.to_string())),
            }
        }
        "deploymentconfig" | "instance" => Err(Exception::new(
            "ArnNotSupportedException",
            format!(
                "ResourceArn: '{}' names a {kind}, which has no tags here. Applications and deployment groups have.",
                cut(&given, 120)
            ),
        )),
        _ => Err(invalid(
            "after the account comes application:<name> or deploymentgroup:<application>/<name>".to_owned(),
        )),
    }
}

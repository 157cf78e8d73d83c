//! `ComputePlatform`.

use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;

const ALL: [ComputePlatform; 3] = [ComputePlatform::Server, ComputePlatform::Lambda, ComputePlatform::Ecs];

/// As the API spells it.
pub(crate) fn text(platform: ComputePlatform) -> &'static str {
    match platform {
        ComputePlatform::Server => "Server",
        ComputePlatform::Lambda => "Lambda",
        ComputePlatform::Ecs => "ECS",
    }
}

/// The platform that is named; Server when none is.
pub(crate) fn parse(given: Option<String>) -> Result<ComputePlatform, Exception> {
    let Some(given) = given else {
        return Ok(ComputePlatform::Server);
    };
    ALL.into_iter().find(|platform| text(*platform) == given).ok_or_else(|| {
        Exception::new(
            "InvalidComputePlatformException",
            format!(
                "ComputePlatform '{}' is not valid. Valid values are [{}]",
                cut(&given, 120),
                ALL.map(text).join(", ")
            ),
        )
    })
}

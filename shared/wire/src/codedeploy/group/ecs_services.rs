//! `ECSService`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::environment::EcsService;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given};

/// One as it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    service_name: Option<String>,
    cluster_name: Option<String>,
}

/// No platform has more, but how many there may be is said when the platform is known.
const MOST: usize = 10;

/// What is given, checked.
pub(crate) fn parse(given: Vec<Object<Input>>) -> Result<Vec<EcsService>, Exception> {
    if given.len() > MOST {
        return Err(invalid(format!("ecsServices: {}; a deployment group is for one.", count_given(given.len()))));
    }
    let services = given.into_iter().enumerate().map(|(n, Object(input))| {
        let missing = |member: &str| invalid(format!("ecsServices[{n}].{member} is required and was not given."));
        let service = input.service_name.ok_or_else(|| missing("serviceName"))?;
        let cluster = input.cluster_name.ok_or_else(|| missing("clusterName"))?;
        Ok(EcsService {
            service: service.parse().map_err(|bad| invalid(format!("ecsServices[{n}].serviceName: {bad}")))?,
            cluster: cluster.parse().map_err(|bad| invalid(format!("ecsServices[{n}].clusterName: {bad}")))?,
        })
    });
    services.collect()
}

/// As they are shown.
pub(crate) fn render(services: &[EcsService]) -> Value {
    let shown =
        services.iter().map(|own| json!({ "serviceName": own.service.as_str(), "clusterName": own.cluster.as_str() }));
    Value::Array(shown.collect())
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidECSServiceException", words)
}

//! One operation of the Query protocol.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use form_urlencoded::Serializer;
use spillway_aws_core::{Failure, HttpResponse, Request, SdkConfig, domain, endpoint, send};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

/// An operation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    DescribeInstances,
    TerminateInstances,
    UpdateAutoScalingGroup,
    DescribeAutoScalingGroups,
    PutLifecycleHook,
    DeleteLifecycleHook,
    CompleteLifecycleAction,
    RecordLifecycleActionHeartbeat,
    GetInstanceProfile,
    DescribeTargetGroups,
    DescribeTargetHealth,
    RegisterTargets,
    DeregisterTargets,
    DescribeInstanceHealth,
    RegisterInstancesWithLoadBalancer,
    DeregisterInstancesFromLoadBalancer,
}

/// How a service is reached.
struct Service {
    /// The service's id, as its endpoint variable spells it.
    id: &'static str,
    /// What requests are signed for, and the first label of its host.
    name: &'static str,
    version: &'static str,
    action: &'static str,
}

const EC2: Service = Service { id: "EC2", name: "ec2", version: "2016-11-15", action: "DescribeInstances" };
const AUTO_SCALING: Service =
    Service { id: "Auto Scaling", name: "autoscaling", version: "2011-01-01", action: "DescribeAutoScalingGroups" };
const TARGET_GROUPS: Service = Service {
    id: "Elastic Load Balancing v2",
    name: "elasticloadbalancing",
    version: "2015-12-01",
    action: "DescribeTargetGroups",
};
const LOAD_BALANCERS: Service = Service {
    id: "Elastic Load Balancing",
    name: "elasticloadbalancing",
    version: "2012-06-01",
    action: "DescribeInstanceHealth",
};

impl Operation {
    fn service(self) -> Service {
        match self {
            Self::DescribeInstances => EC2,
            Self::TerminateInstances => Service { name: "ec2", action: "TerminateInstances", ..EC2 },
            Self::UpdateAutoScalingGroup => {
                Service { name: "autoscaling", action: "UpdateAutoScalingGroup", ..AUTO_SCALING }
            }
            Self::DescribeAutoScalingGroups => AUTO_SCALING,
            Self::PutLifecycleHook => Service { name: "autoscaling", action: "PutLifecycleHook", ..AUTO_SCALING },
            Self::DeleteLifecycleHook => Service { name: "autoscaling", action: "DeleteLifecycleHook", ..AUTO_SCALING },
            Self::CompleteLifecycleAction => {
                Service { name: "autoscaling", action: "CompleteLifecycleAction", ..AUTO_SCALING }
            }
            Self::RecordLifecycleActionHeartbeat => {
                Service { name: "autoscaling", action: "RecordLifecycleActionHeartbeat", ..AUTO_SCALING }
            }
            Self::GetInstanceProfile => {
                Service { id: "IAM", name: "iam", version: "2010-05-08", action: "GetInstanceProfile" }
            }
            Self::DescribeTargetGroups => TARGET_GROUPS,
            Self::DescribeTargetHealth => {
                Service { name: "elasticloadbalancing", action: "DescribeTargetHealth", ..TARGET_GROUPS }
            }
            Self::RegisterTargets => {
                Service { name: "elasticloadbalancing", action: "RegisterTargets", ..TARGET_GROUPS }
            }
            Self::DeregisterTargets => {
                Service { name: "elasticloadbalancing", action: "DeregisterTargets", ..TARGET_GROUPS }
            }
            Self::DescribeInstanceHealth => LOAD_BALANCERS,
            Self::RegisterInstancesWithLoadBalancer => {
                Service { name: "elasticloadbalancing", action: "RegisterInstancesWithLoadBalancer", ..LOAD_BALANCERS }
            }
            Self::DeregisterInstancesFromLoadBalancer => Service {
                name: "elasticloadbalancing",
                action: "DeregisterInstancesFromLoadBalancer",
                ..LOAD_BALANCERS
            },
        }
    }
}

/// The XML that an operation is answered with.
pub(crate) async fn ask(
    config: &SdkConfig,
    operation: Operation,
    fields: Vec<(String, String)>,
) -> Result<String, Failure> {
    let service = operation.service();
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let server = endpoint(config, service.id).unwrap_or_else(|| own_endpoint(&service, region));
    let server = server.trim_end_matches('/');
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", service.action).append_pair("Version", service.version);
    fields.iter().for_each(|(name, value)| _ = form.append_pair(name, value));
    let request = signed(config, &service, region, server, form.finish()).await;
    let request = request.map_err(Failure::construction_failure)?;
    Box::pin(send(config, (service.id, service.action), server, request, text)).await
}

/// IAM has one endpoint in a partition; that of the partition `aws` has no Region.
fn own_endpoint(service: &Service, region: &str) -> String {
    let domain = domain(region);
    match service.name {
        "iam" if domain == "amazonaws.com" && !region.starts_with("us-gov-") => "https://iam.amazonaws.com".to_owned(),
        "iam" if domain == "amazonaws.com" => "https://iam.us-gov.amazonaws.com".to_owned(),
        "iam" if domain == "amazonaws.com.cn" => "https://iam.cn-north-1.amazonaws.com.cn".to_owned(),
        name => format!("https://{name}.{region}.{domain}"),
    }
}

/// The Region that IAM's requests are signed for.
fn signing_region<'a>(service: &Service, region: &'a str) -> &'a str {
    match (service.name, region) {
        ("iam", region) if region.starts_with("cn-") => "cn-north-1",
        ("iam", region) if region.starts_with("us-gov-") => "us-gov-west-1",
        ("iam", region) if domain(region) == "amazonaws.com" => "us-east-1",
        (_, region) => region,
    }
}

async fn signed(
    config: &SdkConfig,
    service: &Service,
    region: &str,
    server: &str,
    body: String,
) -> Result<Request, BoxError> {
    let provider = config.credentials_provider().ok_or("there are no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(signing_region(service, region))
        .name(service.name)
        .time(config.time_source().unwrap_or_default().now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let url = format!("{server}/");
    let signable = SignableRequest::new("POST", &url, [FORM].into_iter(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    let headers = [FORM].into_iter().chain(instructions.headers());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Request { method: "POST", path: "/".to_owned(), headers, body })
}

fn text(response: &HttpResponse) -> String {
    String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned()
}

//! The AWS CLI's own commands around CodeDeploy, and the SDK for Rust with groups of every platform.

use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, ComputePlatform, DeploymentOption,
    DeploymentReadyAction, DeploymentReadyOption, DeploymentStyle, DeploymentType, Ec2TagFilter, Ec2TagFilterType,
    EcsService, InstanceAction, LoadBalancerInfo, TargetGroupInfo, TargetGroupPairInfo, TrafficRoute,
};
use serde_json::{Value, json};

use super::programs::{clients, written};
use super::{Cloud, Shop, in_cloud};

impl Cloud {
    /// What an `aws` command that ends well wrote, of whatever form.
    async fn aws_well(&self, arguments: &[&str]) -> String {
        written(&format!("aws {}", arguments.join(" ")), &self.aws(arguments).await)
    }
}

#[test]
fn the_aws_cli_pushes_a_revision() {
    in_cloud(async |cloud| {
        let source = tempfile::tempdir().unwrap();
        std::fs::write(source.path().join("appspec.yml"), "version: 0.0\nos: linux\n").unwrap();
        cloud.aws_well(&["s3api", "create-bucket", "--bucket", "cli-push"]).await;
        let application = ["--application-name", "cli-push"];
        cloud.aws_well(&[&["deploy", "create-application"], &application[..]].concat()).await;
        let location = ["--s3-location", "s3://cli-push/bundle.zip", "--source", source.path().to_str().unwrap()];
        let push = [&["deploy", "push", "--description", "pushed"], &application[..], &location].concat();
        let told = cloud.aws_well(&push).await;
        assert!(told.contains("aws deploy create-deployment --application-name cli-push --s3-location"));
        let listed = cloud.aws_well(&[&["deploy", "list-application-revisions"], &application[..]].concat()).await;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let pushed = &listed["revisions"][0]["s3Location"];
        assert_eq!((&pushed["key"], &pushed["bundleType"]), (&json!("bundle.zip"), &json!("zip")), "{listed}");
        let lies = cloud.s3.head_object().bucket("cli-push").key("bundle.zip").send().await.unwrap();
        let unquoted = |tag: &str| tag.trim_matches('"').to_owned();
        assert_eq!(pushed["eTag"].as_str().map(unquoted), lies.e_tag().map(unquoted));
    });
}

#[test]
fn the_aws_cli_registers_and_deregisters_an_instance() {
    in_cloud(async |cloud| {
        // The command writes the configuration of the agent into the folder that it runs in.
        let folder = tempfile::tempdir().unwrap();
        let aws = async |arguments: &[&str]| {
            let clients = clients().await;
            let mut command = cloud.client(clients.python());
            command.current_dir(folder.path()).arg(clients.program("aws")).args(arguments);
            written(&arguments.join(" "), &command.output().await.unwrap())
        };
        aws(&["deploy", "register", "--instance-name", "cli-rack", "--tags", "Key=role,Value=web"]).await;
        let configuration = std::fs::read_to_string(folder.path().join("codedeploy.onpremises.yml")).unwrap();
        assert!(configuration.contains("user/AWS/CodeDeploy/cli-rack"), "{configuration}");
        let named = ["--instance-name", "cli-rack", "--output", "json"];
        let found = aws(&[&["deploy", "get-on-premises-instance"], &named[..]].concat()).await;
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["instanceInfo"]["tags"], json!([{ "Key": "role", "Value": "web" }]), "{found}");
        aws(&["deploy", "deregister", "--instance-name", "cli-rack"]).await;
        let left = ["deploy", "list-on-premises-instances", "--registration-status", "Registered", "--output", "json"];
        let left: Value = serde_json::from_str(&aws(&left).await).unwrap();
        assert!(!left["instanceNames"].as_array().unwrap().contains(&json!("cli-rack")), "{left}");
    });
}

async fn create_ecs_group(cloud: &Cloud, application: &str, group: &str) {
    let request = cloud.codedeploy.create_deployment_group().application_name(application).deployment_group_name(group);
    let target_group = |name: &str| TargetGroupInfo::builder().name(name).build();
    let listener = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/web/1/2";
    let pair = TargetGroupPairInfo::builder()
        .target_groups(target_group("blue"))
        .target_groups(target_group("green"))
        .prod_traffic_route(TrafficRoute::builder().listener_arns(listener).build());
    let ready = DeploymentReadyOption::builder()
        .action_on_timeout(DeploymentReadyAction::StopDeployment)
        .wait_time_in_minutes(10);
    let end =
        BlueInstanceTerminationOption::builder().action(InstanceAction::Terminate).termination_wait_time_in_minutes(5);
    let blue_green = BlueGreenDeploymentConfiguration::builder()
        .deployment_ready_option(ready.build())
        .terminate_blue_instances_on_deployment_success(end.build());
    let style = DeploymentStyle::builder()
        .deployment_type(DeploymentType::BlueGreen)
        .deployment_option(DeploymentOption::WithTrafficControl);
    let request = request
        .service_role_arn(&cloud.endpoints().service_role_arn)
        .deployment_config_name("CodeDeployDefault.ECSCanary10Percent5Minutes")
        .deployment_style(style.build())
        .ecs_services(EcsService::builder().cluster_name("sdk").service_name("web").build())
        .blue_green_deployment_configuration(blue_green.build())
        .load_balancer_info(LoadBalancerInfo::builder().target_group_pair_info_list(pair.build()).build());
    request.send().await.unwrap();
}

#[test]
fn the_sdk_for_rust_reads_groups_of_every_platform_as_they_were_made() {
    in_cloud(async |cloud| {
        let role = cloud.endpoints().service_role_arn.as_str();
        let read = async |application: &str, group: &str| {
            let request = cloud.codedeploy.get_deployment_group().application_name(application);
            let answer = request.deployment_group_name(group).send().await.unwrap();
            answer.deployment_group_info.unwrap()
        };
        Shop::open(cloud, "sdk-lambda").await;
        let found = read("sdk-lambda", "sdk-lambda").await;
        assert_eq!(found.compute_platform(), Some(&ComputePlatform::Lambda));
        assert_eq!(found.auto_rollback_configuration().unwrap().events().len(), 3);

        let request = cloud.codedeploy.create_application().application_name("sdk-ecs");
        request.compute_platform(ComputePlatform::Ecs).send().await.unwrap();
        create_ecs_group(cloud, "sdk-ecs", "web").await;
        let found = read("sdk-ecs", "web").await;
        assert_eq!(found.compute_platform(), Some(&ComputePlatform::Ecs));
        assert_eq!(found.ecs_services()[0].service_name(), Some("web"));
        let blue_green = found.blue_green_deployment_configuration().unwrap();
        assert_eq!(blue_green.deployment_ready_option().unwrap().wait_time_in_minutes(), 10);
        let pair = &found.load_balancer_info().unwrap().target_group_pair_info_list()[0];
        assert_eq!(pair.target_groups()[1].name(), Some("green"));

        cloud.codedeploy.create_application().application_name("sdk-fleet").send().await.unwrap();
        let filter = Ec2TagFilter::builder().key("role").value("web").r#type(Ec2TagFilterType::KeyAndValue).build();
        let request = cloud.codedeploy.create_deployment_group().application_name("sdk-fleet");
        let request = request.deployment_group_name("hosts").service_role_arn(role).ec2_tag_filters(filter.clone());
        request.send().await.unwrap();
        let found = read("sdk-fleet", "hosts").await;
        assert_eq!(found.compute_platform(), Some(&ComputePlatform::Server));
        assert_eq!(found.ec2_tag_filters(), [filter]);
        assert_eq!(found.deployment_config_name(), Some("CodeDeployDefault.OneAtATime"));
    });
}

/// `{"applicationName":"gzip"}`
const GZIPPED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x2c\x28\xc8\xc9\x4c\x4e\x2c\xc9\xcc\xcf\
    \xf3\x4b\xcc\x4d\x55\xb2\x52\x4a\xaf\xca\x2c\x50\xaa\x05\x00\xe9\x87\x0c\x19\x1a\x00\x00\x00";

#[test]
fn a_gzipped_request_with_headers_in_title_case_passes_the_proxy_and_the_function_url() {
    in_cloud(async |cloud| {
        let client = reqwest::Client::builder().http1_title_case_headers().build().unwrap();
        let request = client.post(&cloud.endpoints().codedeploy).body(GZIPPED);
        let request = request
            .header("x-amz-target", "CodeDeploy_20141006.GetApplication")
            .header("content-type", "application/x-amz-json-1.1")
            .header("content-encoding", "gzip");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["x-amzn-requestid"].len()), (400, 36));
        let said = answer.text().await.unwrap();
        assert!(said.contains("No application found for name: gzip"), "{said}");
    });
}

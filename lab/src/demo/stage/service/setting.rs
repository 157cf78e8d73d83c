//! How the service is made, with what is in front of it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_ecs::types::{
    ContainerDefinition, DeploymentController, DeploymentControllerType, KeyValuePair, LaunchType, LoadBalancer,
    PortMapping, Scale, ScaleUnit, StabilityStatus,
};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ProtocolEnum};

use super::{CLUSTER, CONTAINER, ORDERS, PORT, Service, TARGET_GROUPS, TEST_TRAFFIC};
use crate::local::{Functions, LocalCloud, Network, sdk_config};

const PRODUCTION_PORT: i32 = 80;
const TEST_PORT: i32 = 8080;
const TASKS: i32 = 2;
/// What the containers of each version have in their environment. To the emulated load balancer, VERSION is what they
/// answer, and FAILS makes it an error; so version 3 is a bad one.
const VERSIONS: [&[(&str, &str)]; 3] =
    [&[("VERSION", "1")], &[("VERSION", "2")], &[("VERSION", "3"), ("FAILS", "always")]];

impl Service {
    /// Makes it all, and the hook: version 1 has all traffic.
    pub async fn set(functions: &Functions, cloud: &LocalCloud) -> anyhow::Result<Self> {
        let containers = &cloud.endpoints().containers;
        let aws = sdk_config(containers);
        let elb = aws_sdk_elasticloadbalancingv2::Client::new(&aws);
        let balancer = Balancer { elb: &elb, network: cloud.network().await? };
        let groups = [balancer.put_group(TARGET_GROUPS[0]).await?, balancer.put_group(TARGET_GROUPS[1]).await?];
        let listeners = balancer.open(&groups[0]).await?;
        let answers = format!("{containers}/_load-balancer?listener=");
        let address = format!("{answers}{}", listeners[0]);
        let (ecs, callers) = (aws_sdk_ecs::Client::new(&aws), spillway::proxy::plain_client()?);
        let service = Self { ecs, elb, callers, listeners, address };
        service.register_versions().await?;
        service.create(&groups[0]).await?;
        let hook = include_str!("../../functions/test_traffic.py");
        functions.create(TEST_TRAFFIC, hook, &[("LOAD_BALANCER", &answers)]).await?;
        Ok(service)
    }

    /// Each version is a revision of the task definition; the emulated ECS counts from 1, as AWS does.
    async fn register_versions(&self) -> anyhow::Result<()> {
        for variables in VERSIONS {
            let pairs = variables.iter().map(|(name, value)| KeyValuePair::builder().name(*name).value(*value).build());
            let container = ContainerDefinition::builder()
                .name(CONTAINER)
                .image("shop/orders")
                .memory(128)
                .port_mappings(PortMapping::builder().container_port(PORT).build())
                .set_environment(Some(pairs.collect()));
            let request = self.ecs.register_task_definition().family(ORDERS).container_definitions(container.build());
            request.send().await.with_context(|| format!("task definition {ORDERS} cannot be registered"))?;
        }
        Ok(())
    }

    /// Makes the service, with its first task set, and waits until that runs.
    async fn create(&self, group: &str) -> anyhow::Result<()> {
        self.ecs.create_cluster().cluster_name(CLUSTER).send().await.context("no cluster can be made")?;
        let external = DeploymentController::builder().r#type(DeploymentControllerType::External).build()?;
        let request = self.ecs.create_service().cluster(CLUSTER).service_name(ORDERS).desired_count(TASKS);
        request.deployment_controller(external).send().await.context("the service cannot be made")?;
        let balancer = LoadBalancer::builder().target_group_arn(group).container_name(CONTAINER).container_port(PORT);
        let request = self.ecs.create_task_set().cluster(CLUSTER).service(ORDERS).launch_type(LaunchType::Ec2);
        let request = request.task_definition(format!("{ORDERS}:1")).load_balancers(balancer.build());
        let made = request.scale(Scale::builder().value(100.0).unit(ScaleUnit::Percent).build()).send().await;
        let made = made.context("the first task set cannot be made")?.task_set;
        let id = made.and_then(|set| set.id).context("the first task set has no id")?;
        let request = self.ecs.update_service_primary_task_set().cluster(CLUSTER).service(ORDERS);
        request.primary_task_set(id).send().await.context("the first task set cannot be made PRIMARY")?;
        self.wait_until_steady().await
    }

    async fn wait_until_steady(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while !self.task_sets().await?.iter().all(|set| set.stability_status() == Some(&StabilityStatus::SteadyState)) {
            if began.elapsed() > Duration::from_secs(20) {
                bail!("the first task set was not steady within 20 s");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

/// The load balancer, while it is made.
struct Balancer<'a> {
    elb: &'a aws_sdk_elasticloadbalancingv2::Client,
    network: Network,
}

impl Balancer<'_> {
    /// The ARN of a new target group.
    async fn put_group(&self, name: &str) -> anyhow::Result<String> {
        let request = self.elb.create_target_group().name(name).protocol(ProtocolEnum::Http).port(PORT);
        let made = request.vpc_id(&self.network.vpc).send().await;
        let made = made.with_context(|| format!("target group {name} cannot be made"))?;
        let group = made.target_groups().first().and_then(|group| group.target_group_arn());
        Ok(group.context("a target group has no ARN")?.to_owned())
    }

    /// The ARNs of two listeners that forward to the group.
    async fn open(&self, group: &str) -> anyhow::Result<[String; 2]> {
        let request = self.elb.create_load_balancer().name(ORDERS);
        let made = request.set_subnets(Some(self.network.subnets.clone())).send().await;
        let made = made.context("the load balancer cannot be made")?;
        let balancer = made.load_balancers().first().and_then(|balancer| balancer.load_balancer_arn());
        let balancer = balancer.context("the load balancer has no ARN")?;
        Ok([self.listen(balancer, PRODUCTION_PORT, group).await?, self.listen(balancer, TEST_PORT, group).await?])
    }

    async fn listen(&self, balancer: &str, port: i32, group: &str) -> anyhow::Result<String> {
        let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build();
        let request = self.elb.create_listener().load_balancer_arn(balancer).protocol(ProtocolEnum::Http).port(port);
        let made = request.default_actions(forward).send().await;
        let made = made.with_context(|| format!("the listener on port {port} cannot be made"))?;
        let listener = made.listeners().first().and_then(|listener| listener.listener_arn());
        Ok(listener.context("a listener has no ARN")?.to_owned())
    }
}

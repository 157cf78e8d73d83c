//! The lifecycle hooks of Auto Scaling groups, and the instances that wait at them.

use serde_json::{Value, json};
use spillway_aws_core::Roles;
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::problem::ProblemKind;
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{ActionAnswer, HookOwner, LifecycleAction, LifecycleHook, Transition};
use spillway_engine::ports::autoscaling::{LifecycleActions, LifecycleHooks};
use spillway_lab::host::query::{AUTO_SCALING, Query};
use spillway_testkit::World;
use spillway_wire::lifecycle_action::LifecycleNotice;

use super::{both_keep, fresh, kind, named, session};
use crate::cloud::{Cloud, until};

/// Who has Auto Scaling groups.
pub(super) trait Customer {
    /// The account's hooks and the instances at them.
    fn auto_scaling(&self) -> &(impl LifecycleHooks + LifecycleActions);
    /// Makes an Auto Scaling group without instances.
    async fn make(&self, group: &AutoScalingGroupName);
    /// Launches one instance in a group, and answers with how it waits there, where it does.
    async fn launch(&self, group: &AutoScalingGroupName) -> Option<(HookOwner, LifecycleAction)>;
}

impl Customer for World {
    fn auto_scaling(&self) -> &(impl LifecycleHooks + LifecycleActions) {
        self
    }

    async fn make(&self, group: &AutoScalingGroupName) {
        self.make_auto_scaling_group(group);
    }

    async fn launch(&self, group: &AutoScalingGroupName) -> Option<(HookOwner, LifecycleAction)> {
        self.launch_instance(group)
    }
}

/// A customer of the emulated AWS.
pub(super) struct Real {
    cloud: &'static Cloud,
    auto_scaling: spillway_aws_ec2::AutoScaling,
}

pub(super) async fn real(cloud: &'static Cloud) -> Real {
    Real { cloud, auto_scaling: spillway_aws_ec2::AutoScaling::new(&Roles::new(&super::reached(cloud).await)) }
}

impl Real {
    async fn ask(&self, fields: &[(&str, &str)]) -> String {
        let answer = Query::new(&self.cloud.endpoints().containers, AUTO_SCALING).unwrap().ask(fields).await.unwrap();
        assert!(!answer.contains("<Error>"), "{answer}");
        answer
    }

    /// An operation of a service that speaks JSON.
    async fn tell(&self, operation: &str, body: Value) -> Value {
        let request = reqwest::Client::new().post(&self.cloud.endpoints().aws).header("x-amz-target", operation);
        let request = request.header("content-type", "application/x-amz-json-1.0");
        let answer = request.body(body.to_string()).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap_or_default()
    }
}

impl Customer for Real {
    fn auto_scaling(&self) -> &(impl LifecycleHooks + LifecycleActions) {
        &self.auto_scaling
    }

    async fn make(&self, group: &AutoScalingGroupName) {
        let name = group.as_str();
        let image = [("ImageId", "ami-12c6146b"), ("InstanceType", "t3.micro")];
        let configuration = [("Action", "CreateLaunchConfiguration"), ("LaunchConfigurationName", name)];
        self.ask(&[&configuration[..], &image].concat()).await;
        let create = [("Action", "CreateAutoScalingGroup"), ("AutoScalingGroupName", name)];
        let of = [("LaunchConfigurationName", name), ("AvailabilityZones.member.1", "us-east-1a")];
        self.ask(&[&create[..], &of, &[("MinSize", "0"), ("MaxSize", "9")]].concat()).await;
        self.tell("AmazonSQS.CreateQueue", json!({ "QueueName": name })).await;
        let pattern =
            json!({ "source": ["aws.autoscaling"], "detail": { "AutoScalingGroupName": [name] } }).to_string();
        self.tell("AWSEvents.PutRule", json!({ "Name": name, "EventPattern": pattern })).await;
        let target = json!({ "Id": "queue", "Arn": format!("arn:aws:sqs:us-east-1:000000000000:{name}") });
        self.tell("AWSEvents.PutTargets", json!({ "Rule": name, "Targets": [target] })).await;
    }

    async fn launch(&self, group: &AutoScalingGroupName) -> Option<(HookOwner, LifecycleAction)> {
        let name = group.as_str();
        let fields = [("Action", "SetDesiredCapacity"), ("AutoScalingGroupName", name), ("DesiredCapacity", "1")];
        self.ask(&fields).await;
        let fields = [("Action", "DescribeAutoScalingGroups"), ("AutoScalingGroupNames.member.1", name)];
        if !self.ask(&fields).await.contains("Pending:Wait") {
            return None;
        }
        let url = format!("{}/000000000000/{name}", self.cloud.endpoints().aws);
        let message = until("the event of the instance that waits", async || {
            let received = self.tell("AmazonSQS.ReceiveMessage", json!({ "QueueUrl": url })).await;
            received["Messages"][0]["Body"].as_str().map(str::to_owned)
        });
        let notice: LifecycleNotice = serde_json::from_str(&message.await).unwrap();
        notice.read(["aws", "us-east-1", "000000000000"])
    }
}

both_keep! {
    an_instance_waits_until_it_is_told_that_it_goes_on
    an_instance_that_is_abandoned_waits_no_more
    a_hook_that_was_deleted_holds_nobody
    a_hook_may_be_put_twice_and_deleted_twice
    no_hook_is_put_where_there_is_no_group
}

fn hook(group: &AutoScalingGroupName) -> LifecycleHook {
    LifecycleHook { group: group.clone(), name: "launch-web".to_owned(), transition: Transition::Launching }
}

fn owner() -> HookOwner {
    "shop/6f1f2c7e-4a55-4f0e-9a9e-0d6c6a3d8b11".parse().unwrap()
}

/// A group with a hook.
async fn group(customer: &impl Customer) -> AutoScalingGroupName {
    let group = named(&fresh("scaling"));
    customer.make(&group).await;
    customer.auto_scaling().put(&session(), &hook(&group), &owner()).await.unwrap();
    group
}

async fn an_instance_waits_until_it_is_told_that_it_goes_on(customer: &impl Customer) {
    let group = group(customer).await;
    let (owned_by, action) = customer.launch(&group).await.expect("the instance waits");
    assert_eq!((owned_by, &action.hook), (owner(), &hook(&group)));
    let answer = async |answer| customer.auto_scaling().answer(&session(), &action, answer).await.unwrap();
    assert!(answer(ActionAnswer::Heartbeat).await);
    assert!(answer(ActionAnswer::Continue).await);
    for late in [ActionAnswer::Heartbeat, ActionAnswer::Continue, ActionAnswer::Abandon] {
        assert!(!answer(late).await, "nobody waits for {late:?}");
    }
    let elsewhere = LifecycleAction { instance: named::<HostId>("i-0123456789abcdef0"), ..action };
    let elsewhere = LifecycleAction { token: uuid::Uuid::new_v4().to_string(), ..elsewhere };
    assert!(!customer.auto_scaling().answer(&session(), &elsewhere, ActionAnswer::Continue).await.unwrap());
}

async fn an_instance_that_is_abandoned_waits_no_more(customer: &impl Customer) {
    let group = group(customer).await;
    let (_, action) = customer.launch(&group).await.expect("the instance waits");
    assert!(customer.auto_scaling().answer(&session(), &action, ActionAnswer::Abandon).await.unwrap());
    assert!(!customer.auto_scaling().answer(&session(), &action, ActionAnswer::Heartbeat).await.unwrap());
}

async fn a_hook_that_was_deleted_holds_nobody(customer: &impl Customer) {
    let group = group(customer).await;
    customer.auto_scaling().delete(&session(), &hook(&group)).await.unwrap();
    assert_eq!(customer.launch(&group).await, None);
}

async fn a_hook_may_be_put_twice_and_deleted_twice(customer: &impl Customer) {
    let group = group(customer).await;
    customer.auto_scaling().put(&session(), &hook(&group), &owner()).await.unwrap();
    for _ in 0..2 {
        customer.auto_scaling().delete(&session(), &hook(&group)).await.unwrap();
    }
    customer.auto_scaling().delete(&session(), &hook(&named(&fresh("none")))).await.unwrap();
}

async fn no_hook_is_put_where_there_is_no_group(customer: &impl Customer) {
    let put = customer.auto_scaling().put(&session(), &hook(&named(&fresh("none"))), &owner()).await;
    assert_eq!(kind(put), ProblemKind::Missing);
}

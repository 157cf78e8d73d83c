//! Load balancers of the emulated AWS, and what is behind them.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, LoadBalancerTypeEnum, ProtocolEnum,
    RuleCondition, TargetGroupTuple, TargetTypeEnum,
};
use spillway::local::sdk_config;
use spillway_domain::catalog::environment::ListenerArn;
use spillway_domain::ecs::listener::ListenerKind;
use spillway_domain::ecs::service::TargetGroup;
use tokio::sync::OnceCell;

use super::Cloud;

/// Somebody's load balancers.
pub(crate) struct Front {
    pub elb: Client,
    network: &'static Network,
}

/// A network with two subnets.
pub(crate) struct Network {
    pub vpc: String,
    pub subnets: Vec<String>,
}

impl Front {
    pub async fn of(cloud: &Cloud) -> Self {
        let elb = Client::new(&sdk_config(&cloud.endpoints().containers));
        Self { elb, network: Network::of(cloud).await }
    }

    /// Makes a listener of a load balancer of its own, which forwards to the group.
    pub async fn open(&self, kind: ListenerKind, group: &TargetGroup) -> ListenerArn {
        let (kind, protocol) = match kind {
            ListenerKind::Application => (LoadBalancerTypeEnum::Application, ProtocolEnum::Http),
            ListenerKind::Network => (LoadBalancerTypeEnum::Network, ProtocolEnum::Tcp),
        };
        let request = self.elb.create_load_balancer().name(short("lb")).r#type(kind);
        let balancer = request.set_subnets(Some(self.network.subnets.clone())).send().await.unwrap();
        let balancer = balancer.load_balancers()[0].load_balancer_arn().unwrap();
        let request = self.elb.create_listener().load_balancer_arn(balancer).protocol(protocol).port(80);
        let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group.arn).build();
        let listener = request.default_actions(forward).send().await.unwrap();
        listener.listeners()[0].listener_arn().unwrap().parse().unwrap()
    }

    /// Makes a target group for listeners of this kind.
    pub async fn put_target_group(&self, kind: ListenerKind, name: &str) -> TargetGroup {
        let protocol = match kind {
            ListenerKind::Application => ProtocolEnum::Http,
            ListenerKind::Network => ProtocolEnum::Tcp,
        };
        let request = self.elb.create_target_group().name(short(name)).protocol(protocol).port(80);
        let made = request.vpc_id(&self.network.vpc).target_type(TargetTypeEnum::Ip).send().await.unwrap();
        let made = &made.target_groups()[0];
        let (name, arn) = (made.target_group_name().unwrap().to_owned(), made.target_group_arn().unwrap().to_owned());
        TargetGroup { name, arn }
    }

    /// Makes a rule for a path, which does this.
    pub async fn put_rule(&self, listener: &ListenerArn, priority: i32, actions: Vec<Action>) -> String {
        let condition = RuleCondition::builder().field("path-pattern").values(format!("/{priority}/*")).build();
        let request = self.elb.create_rule().listener_arn(listener.as_str()).priority(priority);
        let made = request.conditions(condition).set_actions(Some(actions)).send().await.unwrap();
        made.rules()[0].rule_arn().unwrap().to_owned()
    }

    /// Has the default action, or a rule, do this.
    pub async fn act(&self, listener: &ListenerArn, rule: Option<&str>, action: Action) {
        match rule {
            None => {
                let request = self.elb.modify_listener().listener_arn(listener.as_str());
                request.default_actions(action).send().await.unwrap();
            }
            Some(rule) => {
                self.elb.modify_rule().rule_arn(rule).actions(action).send().await.unwrap();
            }
        }
    }
}

impl Network {
    /// The network that every account has.
    pub async fn of(cloud: &Cloud) -> &'static Self {
        static NETWORK: OnceCell<Network> = OnceCell::const_new();
        NETWORK.get_or_init(async || Self::look(cloud).await).await
    }

    /// EC2's SDK would take minutes to build, for two questions.
    async fn look(cloud: &Cloud) -> Self {
        const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, \
                                     SignedHeaders=host, Signature=none";
        let request = reqwest::Client::new().post(&cloud.endpoints().containers).header("authorization", AUTHORIZATION);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body("Action=DescribeSubnets&Version=2016-11-15").send().await.unwrap();
        let text = answer.text().await.unwrap();
        let all = |element: &str| {
            let begin = format!("<{element}>");
            let contents = text.split(&begin).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
            contents.take(2).collect::<Vec<_>>()
        };
        Self { vpc: all("vpcId").swap_remove(0), subnets: all("subnetId") }
    }
}

/// An action that forwards to these groups with these weights.
pub(crate) fn forward(groups: &[(&TargetGroup, i32)]) -> Action {
    let tuple = |(group, weight): &(&TargetGroup, i32)| {
        TargetGroupTuple::builder().target_group_arn(&group.arn).weight(*weight).build()
    };
    let config = ForwardActionConfig::builder().set_target_groups(Some(groups.iter().map(tuple).collect())).build();
    Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build()
}

/// An action that answers by itself.
pub(crate) fn answer() -> Action {
    let config = FixedResponseActionConfig::builder().status_code("503").build();
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(config).build()
}

/// A name that nobody else has, and that is short enough.
pub(crate) fn short(kind: &str) -> String {
    format!("{kind}-{}", &uuid::Uuid::new_v4().simple().to_string()[..12])
}

//! A customer with ECS services of the world.

use jiff::SignedDuration;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::ecs::listener::{Forward, Groups, Listener, ListenerKind};
use spillway_domain::ecs::target::{AwsvpcConfiguration, EcsTarget};
use spillway_domain::percent::Percent;
use spillway_engine::ports::services::TaskSets;
use spillway_testkit::{Service, ServiceEvent, TaskPlan, World};

use super::{Customer, Fate, Shop, steady, target};
use crate::cloud::front::short;
use crate::contracts::{named, session};

impl Customer for World {
    async fn define_in(&self, family: &str, fate: Fate) -> String {
        let plan = match fate {
            Fate::Run => TaskPlan::Run(20),
            Fate::Die(_) => TaskPlan::Die(10),
            Fate::FindNoPlace(_) => TaskPlan::Wait,
        };
        let last = self.latest(&session(), family).await.ok();
        let last = last.and_then(|name| name.split_once(':').and_then(|(_, number)| number.parse::<u32>().ok()));
        let name = format!("{family}:{}", last.unwrap_or(0) + 1);
        self.put_definition(&name, plan);
        name
    }

    async fn open(&self, definition: &str, desired: u32) -> Shop {
        let [blue, green, admin] = ["blue", "green", "admin"].map(|name| self.put_target_group(&short(name)).arn);
        let groups = Groups { original: blue.clone(), replacement: green };
        let service = EcsService { service: named(&short("service")), cluster: named(&short("cluster")) };
        let network = AwsvpcConfiguration {
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_groups: Vec::new(),
            assign_public_ip: true,
        };
        let running = EcsTarget {
            port: 8080,
            platform_version: Some("1.4.0".to_owned()),
            network: Some(network.clone()),
            ..target(definition)
        };
        let opened = Service::new(desired, vec![listener(&groups)], groups.clone(), self.now());
        let opened = opened.with_primary(vec![admin.clone(), blue], running, TaskPlan::Run(20));
        let primary = opened.task_sets[0].id.clone();
        self.put_service(&service.address(), opened);
        let shop = Shop { service, groups, admin, primary, network };
        steady(self, &shop, &shop.primary).await;
        shop
    }

    async fn resize(&self, shop: &Shop, desired: u32) {
        self.change_service(&shop.service.address(), &ServiceEvent::DesiredCount(desired));
    }

    async fn delete_replacement_group(&self, shop: &Shop) {
        self.change_service(&shop.service.address(), &ServiceEvent::TargetGroupDeleted);
    }

    async fn put_target_group(&self) -> String {
        Self::put_target_group(self, &short("new")).arn
    }

    async fn delete_service(&self, shop: &Shop) {
        self.delete_service(&shop.service.address());
    }

    async fn wait(&self) {
        self.turn_clock(SignedDuration::from_secs(1));
    }
}

/// One that forwards everything to the original, and lists the replacement.
fn listener(groups: &Groups) -> Listener {
    let arn = format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/{}/1/1", short("lb"));
    let weights = groups.weights(Percent::ZERO, ListenerKind::Application);
    Listener { arn, kind: ListenerKind::Application, forwards: vec![Forward { rule: None, groups: weights }] }
}

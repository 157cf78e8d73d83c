//! On-premises instances.

use spillway_domain::catalog::instance::{Instance, InstanceFilter, InstanceName};
use spillway_domain::catalog::page::Page;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::instances::{Instances, Registration};

use super::page;
use crate::World;

impl Instances for World {
    async fn instances(&self, names: &[InstanceName]) -> Result<Vec<Instance>, Problem> {
        self.call(|world| Ok(names.iter().filter_map(|name| world.instances.get(name).cloned()).collect())).await
    }

    async fn register_instance(&self, instance: &Instance) -> Result<Registration, Problem> {
        self.call(|world| {
            match world.instances.get(&instance.name) {
                Some(own) if own.id == instance.id => return Ok(Registration::Registered),
                Some(own) if own.is_registered() => return Ok(Registration::NameTaken),
                Some(_) | None => {}
            }
            let mut registered = world.instances.values().filter(|other| other.is_registered());
            if let Some(other) = registered.find(|other| other.identity == instance.identity) {
                return Ok(Registration::IdentityTaken(other.name.clone()));
            }
            world.instances.insert(instance.name.clone(), instance.clone());
            Ok(Registration::Registered)
        })
        .await
    }

    async fn replace_instances(&self, instances: &[Instance]) -> Result<(), Problem> {
        self.call(|world| {
            let follows = |next: &Instance| {
                let own = world.instances.get(&next.name);
                own.is_some_and(|own| own.id == next.id && own.generation + 1 == next.generation)
            };
            if !instances.iter().all(follows) {
                return Err(Problem::new(ProblemKind::Stale, "an instance has changed"));
            }
            for next in instances {
                world.instances.insert(next.name.clone(), next.clone());
            }
            Ok(())
        })
        .await
    }

    async fn list_instances(
        &self,
        filter: &InstanceFilter,
        after: Option<&str>,
    ) -> Result<Page<InstanceName>, Problem> {
        self.call(|world| {
            let fitting = world.instances.values().filter(|instance| filter.fits(instance));
            let names = fitting.map(|instance| instance.name.clone());
            // The last of the page before may fit no more.
            let rest = names.filter(|name| after.is_none_or(|after| name.as_str() > after)).collect();
            Ok(page(rest, None::<fn(&InstanceName) -> bool>))
        })
        .await
    }
}

//! On-premises instances.

use spillway_domain::catalog::instance::{Identity, Instance, InstanceFilter, InstanceName};
use spillway_domain::catalog::page::Page;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::instances::{Instances, Registration};

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, doc, key, number, read_doc, read_text, text, with};
use crate::record::days_after;
use crate::table::{Outcome, PAGE, Query, Tried, retry_stale};

const INSTANCES: &str = "instances";
const IDENTITIES: &str = "identities";
/// How many instances are read at a time for a list.
const READ_AT_ONCE: usize = 250;
/// How often that is done for one page before the rest is left to the next.
const MOST_READS: usize = 4;

impl Instances for Table {
    async fn instances(&self, names: &[InstanceName]) -> Result<Vec<Instance>, Problem> {
        let keys = names.iter().map(instance_key).collect();
        let items = self.get_all("the on-premises instances", keys).await?;
        let found: Vec<Instance> = items.iter().map(read_doc).collect::<Result<_, _>>()?;
        Ok(names.iter().filter_map(|name| found.iter().find(|instance| instance.name == *name).cloned()).collect())
    }

    async fn register_instance(&self, instance: &Instance) -> Result<Registration, Problem> {
        let what = format!("the new on-premises instance {}", instance.name);
        let mark = with(identity_key(&instance.identity), [("instance", text(instance.name.as_str()))]);
        let actions = vec![
            Action::put(self.item(instance))
                .only_if("attribute_not_exists(#pk) OR attribute_exists(#deregistered)", []),
            Action::put(mark).if_new(),
        ];
        retry_stale(&what, async || {
            if self.transact(&what, actions.clone()).await? == Outcome::Written {
                return Ok(Tried::Break(Registration::Registered));
            }
            let mark = identity_key(&instance.identity);
            let found = self.get_all(&what, vec![instance_key(&instance.name), mark]).await?;
            let has_doc = |item: &&Item| item.contains_key("doc");
            let own: Option<Instance> = found.iter().find(has_doc).map(read_doc).transpose()?;
            match own.filter(Instance::is_registered) {
                // It was written, and the answer was lost.
                Some(own) if own.id == instance.id => return Ok(Tried::Break(Registration::Registered)),
                Some(_) => return Ok(Tried::Break(Registration::NameTaken)),
                None => {}
            }
            if let Some(other) = found.iter().find_map(|item| read_text(item, "instance")?.parse().ok()) {
                return Ok(Tried::Break(Registration::IdentityTaken(other)));
            }
            Ok(Tried::Continue(()))
        })
        .await
    }

    async fn replace_instances(&self, instances: &[Instance]) -> Result<(), Problem> {
        let mut actions = Vec::with_capacity(instances.len());
        for instance in instances {
            let before = [(":id", text(&instance.id)), (":before", number(instance.generation.saturating_sub(1)))];
            actions.push(Action::put(self.item(instance)).only_if("#id = :id AND #generation = :before", before));
            if !instance.is_registered() {
                actions.push(Action::delete(identity_key(&instance.identity)));
            }
        }
        match self.transact("the on-premises instances", actions).await? {
            Outcome::Written => Ok(()),
            Outcome::Refused(_) => {
                let words = "An on-premises instance was changed by another call since it was read.";
                Err(Problem::new(ProblemKind::Stale, words))
            }
        }
    }

    async fn list_instances(
        &self,
        filter: &InstanceFilter,
        after: Option<&str>,
    ) -> Result<Page<InstanceName>, Problem> {
        let mut names = Vec::new();
        let mut after = after.unwrap_or(" ").to_owned();
        for _ in 0..MOST_READS {
            let query = Query {
                condition: "#pk = :pk AND #sk > :after",
                values: vec![(":pk", text(INSTANCES)), (":after", text(&after))],
                most: Some(READ_AT_ONCE),
                ..Query::default()
            };
            let items = self.query("the on-premises instances", query).await?;
            for item in &items {
                let instance: Instance = read_doc(item)?;
                if names.len() == PAGE {
                    return Ok(Page { items: names, next: Some(after) });
                }
                after = instance.name.to_string();
                names.extend(filter.fits(&instance).then_some(instance.name));
            }
            if items.len() < READ_AT_ONCE {
                return Ok(Page { items: names, next: None });
            }
        }
        Ok(Page { items: names, next: Some(after) })
    }
}

impl Table {
    fn item(&self, instance: &Instance) -> Item {
        let mut item = with(
            instance_key(&instance.name),
            [("doc", doc(instance)), ("id", text(&instance.id)), ("generation", number(instance.generation))],
        );
        if let Some(at) = instance.deregistered_at {
            item.insert("deregistered".to_owned(), text(at.to_string()));
            item.insert("expires_at".to_owned(), number(days_after(at, self.retention_days)));
        }
        item
    }
}

fn instance_key(name: &InstanceName) -> Item {
    key(INSTANCES, name.as_str())
}

/// The key of the item that is there while a registered instance has the identity.
fn identity_key(identity: &Identity) -> Item {
    key(IDENTITIES, identity.as_str())
}

//! The work of hosts, and what is known of them.
//!
//! The work of a deployment's hosts is spread over partitions, so that none is written more often than DynamoDB allows;
//! what a host is known for lies under its own key, so that a poll of its agent is one query.

use std::collections::BTreeMap;

use futures_util::stream::{self, TryStreamExt};
use jiff::Timestamp;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::progress::Roster;
use spillway_domain::server::work::{Ended, HostWork};
use spillway_engine::ports::hosts::{HostDossier, HostDossiers, HostStatus, HostWorks, OpenWork};

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, doc, key, number, read_doc, read_text, text, with};
use crate::record::days_after;
use crate::table::{Outcome, Query};

/// Over how many partitions the work of a deployment is spread.
const SHARDS: u32 = 16;
/// How many writes or reads are under way at once.
const AT_ONCE: usize = 32;
/// Whatever is there makes way.
const IN_ANY_CASE: &str = "attribute_not_exists(#pk) OR attribute_exists(#pk)";
const UNTOUCHED: &str = "#generation = :before";

impl HostWorks for Table {
    async fn create_works(&self, roster: &Roster, at: Timestamp, works: &[HostWork]) -> Result<(), Problem> {
        let what = format!("the work of the hosts of deployment {}", roster.deployment);
        let items = works.iter().flat_map(|work| {
            let expires = ("expires_at", number(days_after(at, self.retention_days)));
            let open = with(
                open_key(&work.host.identifier, roster),
                [("host", text(work.host.id.as_str())), ("at", number(at.as_millisecond())), expires],
            );
            [self.work_item(roster, work), open]
        });
        let writes = stream::iter(items.map(Ok::<_, Problem>)).map_ok(|item| self.put(&what, item, IN_ANY_CASE, &[]));
        writes.try_buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await.map(|_| ())
    }

    async fn works(&self, roster: &Roster) -> Result<Vec<HostWork>, Problem> {
        let what = format!("the hosts of deployment {}", roster.deployment);
        let shards = stream::iter((0..SHARDS).map(Ok::<_, Problem>)).map_ok(|shard| {
            let condition = "#pk = :pk";
            let values = vec![(":pk", text(partition(roster, shard)))];
            self.query(&what, Query { condition, values, ..Query::default() })
        });
        let items: Vec<Vec<Item>> = shards.try_buffer_unordered(AT_ONCE).try_collect().await?;
        items.iter().flatten().map(read_doc).collect()
    }

    async fn works_of(&self, roster: &Roster, hosts: &[HostId]) -> Result<Vec<HostWork>, Problem> {
        let what = format!("hosts of deployment {}", roster.deployment);
        // One host is read by a function that has no right to read several at once.
        if let [host] = hosts {
            return self.get(&what, work_key(roster, host)).await?.iter().map(read_doc).collect();
        }
        let keys = hosts.iter().map(|host| work_key(roster, host)).collect();
        self.get_all(&what, keys).await?.iter().map(read_doc).collect()
    }

    async fn save_work(&self, roster: &Roster, next: &HostWork, ended: Option<&Ended>) -> Result<(), Problem> {
        let what = format!("the work of {} in deployment {}", next.host.id, roster.deployment);
        let before = [(":before", number(next.generation.saturating_sub(1)))];
        let item = self.work_item(roster, next);
        let is_written = match ended {
            None => self.put(&what, item, UNTOUCHED, &before).await?,
            Some(ended) => {
                let log = Action::put(self.log_item(roster, next, ended));
                let work = Action::put(item).only_if(UNTOUCHED, before);
                self.transact(&what, vec![work, log]).await? == Outcome::Written
            }
        };
        if is_written {
            return Ok(());
        }
        let now = self.works_of(roster, std::slice::from_ref(&next.host.id)).await?;
        if now.first() == Some(next) {
            return Ok(()); // it was written, and the answer was lost
        }
        Err(Problem::new(ProblemKind::Stale, format!("Another call has changed {what} since it was read.")))
    }

    async fn note_log(
        &self,
        roster: &Roster,
        work: &HostWork,
        event: HostEvent,
        so_far: &HostDiagnostics,
    ) -> Result<(), Problem> {
        let what = format!("the log of {event} of {} in deployment {}", work.host.id, roster.deployment);
        // The work itself is not written: its stream would tell of it once more.
        let unchanged = Action::check(work_key(roster, &work.host.id))
            .only_if("#generation = :before", [(":before", number(work.generation))]);
        let so_far = Ended { event, diagnostics: so_far.clone() };
        let log = Action::put(self.log_item(roster, work, &so_far));
        self.transact(&what, vec![unchanged, log]).await.map(drop)
    }

    async fn diagnostics(
        &self,
        roster: &Roster,
        host: &HostId,
    ) -> Result<BTreeMap<HostEvent, HostDiagnostics>, Problem> {
        let prefix = format!("{host}#");
        let query = Query {
            condition: "#pk = :pk AND begins_with(#sk, :prefix)",
            values: vec![(":pk", text(logs(roster, host))), (":prefix", text(&prefix))],
            ..Query::default()
        };
        let items = self.query(&format!("the diagnostics of {host}"), query).await?;
        let read = |item: &Item| {
            let event = read_text(item, "sk")?.strip_prefix(&prefix)?.parse().ok()?;
            Some(read_doc(item).map(|diagnostics| (event, diagnostics)))
        };
        items.iter().filter_map(read).collect()
    }
}

impl HostDossiers for Table {
    async fn dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem> {
        self.read_dossier(host, false).await
    }

    async fn recent_dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem> {
        self.read_dossier(host, true).await
    }

    async fn note_seen(&self, host: &HostIdentifier, at: Timestamp, stops: bool) -> Result<(), Problem> {
        let at = || number(at.as_millisecond());
        let mut item = with(key(known(host), "seen"), [("seen", at())]);
        if stops {
            item.insert("stopped".to_owned(), at());
        }
        self.put(&format!("host {host}"), item, IN_ANY_CASE, &[]).await.map(|_| ())
    }

    async fn note_status(&self, host: &HostIdentifier, group_id: &str, status: &HostStatus) -> Result<(), Problem> {
        let item = with(key(known(host), format!("group#{group_id}")), [("doc", doc(status))]);
        self.put(&format!("host {host}"), item, IN_ANY_CASE, &[]).await.map(|_| ())
    }

    async fn close_work(&self, host: &HostIdentifier, roster: &Roster) -> Result<(), Problem> {
        let delete = Action::delete(open_key(host, roster));
        self.transact(&format!("the open work of host {host}"), vec![delete]).await.map(|_| ())
    }
}

impl Table {
    async fn read_dossier(&self, host: &HostIdentifier, may_be_old: bool) -> Result<HostDossier, Problem> {
        let values = vec![(":pk", text(known(host)))];
        let query = Query { condition: "#pk = :pk", values, may_be_old, ..Query::default() };
        let mut dossier = HostDossier::default();
        let mut open = Vec::new();
        for item in self.query(&format!("host {host}"), query).await? {
            match read_text(&item, "sk").and_then(|sk| sk.split_once('#')) {
                Some(("work", list)) => {
                    let roster = list.split_once('#').and_then(|(deployment, name)| {
                        Some(Roster { deployment: deployment.parse().ok()?, name: name.to_owned() })
                    });
                    if let (Some(roster), Some(Ok(host))) = (roster, read_text(&item, "host").map(str::parse)) {
                        open.push((moment(&item, "at"), OpenWork { roster, host }));
                    }
                }
                Some(("group", group)) => _ = dossier.groups.insert(group.to_owned(), read_doc(&item)?),
                Some(_) | None => {
                    (dossier.seen_at, dossier.stopped_at) = (moment(&item, "seen"), moment(&item, "stopped"));
                }
            }
        }
        open.sort_by(|(a, of_a), (b, of_b)| (a, &of_a.roster.deployment).cmp(&(b, &of_b.roster.deployment)));
        dossier.open = open.into_iter().map(|(_, open)| open).collect();
        Ok(dossier)
    }

    /// The stream of the table tells of an item by its `advances` and its `told`, which the template filters by.
    fn work_item(&self, roster: &Roster, work: &HostWork) -> Item {
        let mut item = with(
            work_key(roster, &work.host.id),
            [
                ("doc", doc(work)),
                ("generation", number(work.generation)),
                ("deployment", text(roster.deployment.as_str())),
                ("expires_at", number(days_after(work.updated_at, self.retention_days))),
            ],
        );
        if work.outcome.is_some() || work.traffic_event().is_some() {
            item.insert("advances".to_owned(), text("host"));
        }
        if work.told_state().is_some() {
            item.insert("told".to_owned(), text("host"));
        }
        item
    }

    fn log_item(&self, roster: &Roster, work: &HostWork, ended: &Ended) -> Item {
        let expires = number(days_after(work.updated_at, self.retention_days));
        let key = key(logs(roster, &work.host.id), format!("{}#{}", work.host.id, ended.event));
        with(key, [("doc", doc(&ended.diagnostics)), ("expires_at", expires)])
    }
}

/// Where a time is stored in milliseconds.
fn moment(item: &Item, name: &str) -> Option<Timestamp> {
    let milliseconds = item.get(name)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_millisecond(milliseconds).ok()
}

fn shard(host: &HostId) -> u32 {
    host.as_str().bytes().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % SHARDS
}

fn partition(roster: &Roster, shard: u32) -> String {
    format!("hosts#{}#{}#{shard}", roster.deployment, roster.name)
}

fn logs(roster: &Roster, host: &HostId) -> String {
    format!("host-logs#{}#{}#{}", roster.deployment, roster.name, shard(host))
}

fn work_key(roster: &Roster, host: &HostId) -> Item {
    key(partition(roster, shard(host)), host.as_str())
}

fn known(host: &HostIdentifier) -> String {
    format!("host#{host}")
}

fn open_key(host: &HostIdentifier, roster: &Roster) -> Item {
    key(known(host), format!("work#{}#{}", roster.deployment, roster.name))
}

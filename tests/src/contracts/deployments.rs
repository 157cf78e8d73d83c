//! Records, slots, ledgers and lists.

use jiff::Timestamp;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::{Deployment, Ending, Status};
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::names::AlarmName;
use spillway_domain::problem::ProblemKind;
use spillway_engine::operations::deployment::list_deployments;
use spillway_engine::ports::catalog::Catalog;
use spillway_engine::ports::deployments::{Change, Creation, Deployments};

use super::table as real;
use super::{at, both_keep, deployment, find, fresh, fresh_id, group, kind, named, opened, put};

pub(super) trait Store: Deployments + Catalog {}
impl<T: Deployments + Catalog> Store for T {}

both_keep! {
    a_creation_takes_the_slot
    a_creation_whose_answer_was_lost_is_a_creation
    a_creation_in_a_group_that_is_gone_creates_nothing
    many_are_loaded_in_the_order_in_which_they_are_asked_for
    a_creation_in_a_group_that_came_later_under_its_name_creates_nothing
    those_that_are_active_are_counted
    only_one_of_two_saves_of_a_generation_counts
    a_save_whose_answer_was_lost_is_a_save
    the_end_frees_the_slot_and_is_remembered_by_the_group
    a_successor_takes_the_slot
    an_alias_has_one_deployment_at_a_time
    the_lock_of_an_alias_passes_to_the_successor
    a_revision_that_is_read_later_takes_the_lock_then
    a_lock_of_another_is_not_released
    a_deployment_is_active_until_its_end_is_told
    those_that_watch_an_alarm_are_found_until_they_end
    a_deployment_of_a_group_that_was_deleted_ends_all_the_same
    the_ledger_is_kept_in_order
    a_list_is_newest_first_and_has_pages
    a_list_can_be_narrowed_by_status_and_time
}

/// A group, without a deployment.
pub(super) async fn open(store: &impl Store) -> DeploymentGroup {
    let group = group(&opened(store).await, "live");
    put(store, &group).await;
    group
}

/// What its deployments have changed in the group.
pub(super) async fn state(store: &impl Store, group: &DeploymentGroup) -> GroupState {
    find(store, &named(&group.lock.home), &group.name).await.unwrap().state
}

/// A deployment that has been created.
pub(super) async fn created(store: &impl Store, group: &DeploymentGroup, created_at: Timestamp) -> Deployment {
    let deployment = deployment(group, created_at);
    assert_eq!(store.create(&deployment, None).await.unwrap(), Creation::Created);
    deployment
}

/// The record, one generation on.
fn next(record: &Deployment) -> Deployment {
    let note = format!("{} and on", record.note);
    Deployment { generation: record.generation + 1, note, ..record.clone() }
}

pub(super) fn ended(record: &Deployment, status: Status) -> Deployment {
    let ending =
        Ending { status, error: None, at: at(2), rolled_back_by: None, rollback_message: None, followed_by: None };
    Deployment { ending: Some(ending), ..next(record) }
}

fn closing(next: &Deployment) -> Change<'_> {
    Change { closes: true, ..Change::quiet(next) }
}

pub(super) async fn end(store: &impl Store, record: &Deployment, status: Status) -> Deployment {
    let ended = ended(record, status);
    store.save(closing(&ended)).await.unwrap();
    ended
}

async fn a_creation_takes_the_slot(store: &impl Store) {
    let group = open(store).await;
    let first = created(store, &group, at(1)).await;
    assert_eq!(store.load(&first.id).await.unwrap(), Some(first.clone()));
    let found = state(store, &group).await;
    assert_eq!(found.active, Some(first.id.clone()));
    assert_eq!(found.last_attempted.map(|last| (last.id, last.status)), Some((first.id.clone(), Status::Created)));
    let second = deployment(&group, at(2));
    assert_eq!(store.create(&second, None).await.unwrap(), Creation::Busy(first.id));
    assert_eq!(store.load(&second.id).await.unwrap(), None);
}

async fn a_creation_whose_answer_was_lost_is_a_creation(store: &impl Store) {
    let group = open(store).await;
    let first = created(store, &group, at(1)).await;
    assert_eq!(store.create(&first, None).await.unwrap(), Creation::Created);
    assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
}

async fn a_creation_in_a_group_that_is_gone_creates_nothing(store: &impl Store) {
    let group = open(store).await;
    assert_eq!(store.delete_group(&group).await.unwrap(), None);
    let late = deployment(&group, at(1));
    assert_eq!(store.create(&late, None).await.unwrap(), Creation::NoGroup);
    assert_eq!(store.load(&late.id).await.unwrap(), None);
    assert!(!store.active().await.unwrap().contains(&late.id));
}

async fn many_are_loaded_in_the_order_in_which_they_are_asked_for(store: &impl Store) {
    let group = open(store).await;
    let mut records = Vec::new();
    for n in 0..26 {
        let record = created(store, &group, at(n)).await;
        records.push(end(store, &record, Status::Succeeded).await);
    }
    records.reverse();
    let mut ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
    ids.insert(3, fresh_id());
    assert_eq!(store.load_many(&ids).await.unwrap(), records);
    assert_eq!(store.load_many(&ids[3..4]).await.unwrap(), []);
}

async fn a_creation_in_a_group_that_came_later_under_its_name_creates_nothing(store: &impl Store) {
    let gone = open(store).await;
    assert_eq!(store.delete_group(&gone).await.unwrap(), None);
    let later = DeploymentGroup { id: fresh("id"), ..gone.clone() };
    put(store, &later).await;
    let late = deployment(&gone, at(1));
    assert_eq!(store.create(&late, None).await.unwrap(), Creation::NoGroup);
    assert_eq!(store.load(&late.id).await.unwrap(), None);
    assert_eq!(state(store, &later).await.active, None);
}

async fn those_that_are_active_are_counted(store: &impl Store) {
    // Others are at work in the same table.
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    assert!(store.count_active().await.unwrap() >= 1);
    assert!(store.active().await.unwrap().contains(&record.id));
}

async fn only_one_of_two_saves_of_a_generation_counts(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    let (one, other) = (next(&record), Deployment { attempt: 2, ..next(&record) });
    store.save(Change::quiet(&one)).await.unwrap();
    assert_eq!(kind(store.save(Change::quiet(&other)).await), ProblemKind::Stale);
    let entry = entry(&other);
    assert_eq!(kind(store.save(Change::of(&other, &entry)).await), ProblemKind::Stale);
    assert_eq!(kind(store.save(closing(&ended(&record, Status::Failed))).await), ProblemKind::Stale);
    assert_eq!(store.load(&record.id).await.unwrap(), Some(one));
    assert_eq!(store.ledger(&record.id, 0, 100).await.unwrap(), []);
    assert_eq!(state(store, &group).await.active, Some(record.id));
}

async fn a_save_whose_answer_was_lost_is_a_save(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    let quiet = next(&record);
    let written = next(&quiet);
    let entry = entry(&written);
    let over = ended(&written, Status::Succeeded);
    for change in [Change::quiet(&quiet), Change::of(&written, &entry), closing(&over)] {
        store.save(change).await.unwrap();
        store.save(change).await.unwrap();
    }
    assert_eq!(store.ledger(&record.id, 0, 100).await.unwrap(), [entry]);
    assert_eq!(store.load(&record.id).await.unwrap(), Some(over));
}

async fn the_end_frees_the_slot_and_is_remembered_by_the_group(store: &impl Store) {
    let group = open(store).await;
    let first = created(store, &group, at(1)).await;
    end(store, &first, Status::Succeeded).await;
    let second = created(store, &group, at(3)).await;
    end(store, &second, Status::Failed).await;
    let found = state(store, &group).await;
    assert_eq!(found.active, None);
    let last = found.last_attempted.unwrap();
    assert_eq!((last.id, last.status, last.ended_at), (second.id, Status::Failed, Some(at(2))));
    assert_eq!(found.last_successful.unwrap().id, first.id);
    assert_eq!(found.target_revision, Some(first.spec.revision.clone()));
}

async fn a_successor_takes_the_slot(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    let over = ended(&record, Status::Stopped);
    let mut successor = deployment(&group, at(2));
    successor.spec.rolls_back = Some(record.id.clone());
    let change = Change { closes: true, successor: Some(&successor), ..Change::quiet(&over) };
    store.save(change).await.unwrap();
    let found = state(store, &group).await;
    assert_eq!(found.active, Some(successor.id.clone()));
    assert_eq!(found.last_attempted.unwrap().id, successor.id);
    assert_eq!(store.load(&successor.id).await.unwrap(), Some(successor.clone()));
    assert_eq!(store.create(&deployment(&group, at(3)), None).await.unwrap(), Creation::Busy(successor.id.clone()));
    assert!(store.active().await.unwrap().contains(&successor.id));
    end(store, &successor, Status::Succeeded).await;
    assert_eq!(state(store, &group).await.active, None);
}

/// Two deployments, of two groups, of one alias, which it names as well.
async fn rivals(store: &impl Store) -> (Deployment, Deployment, String) {
    let one = deployment(&open(store).await, at(1));
    let mut other = deployment(&open(store).await, at(2));
    other.spec.target = one.spec.target.clone();
    let alias = one.locked_alias().unwrap();
    (one, other, alias)
}

async fn an_alias_has_one_deployment_at_a_time(store: &impl Store) {
    let (first, second, alias) = rivals(store).await;
    assert_eq!(store.holder(&alias).await.unwrap(), None);
    assert_eq!(store.create(&first, None).await.unwrap(), Creation::Created);
    assert_eq!(store.create(&first, None).await.unwrap(), Creation::Created, "the answer was lost");
    assert_eq!(store.holder(&alias).await.unwrap(), Some(first.id.clone()));
    assert_eq!(store.create(&second, None).await.unwrap(), Creation::AliasBusy(first.id.clone()));
    assert_eq!(store.load(&second.id).await.unwrap(), None);
    end(store, &first, Status::Failed).await;
    assert_eq!(store.holder(&alias).await.unwrap(), None);
    assert_eq!(store.create(&second, None).await.unwrap(), Creation::Created);
    assert_eq!(store.holder(&alias).await.unwrap(), Some(second.id.clone()));
    end(store, &second, Status::Succeeded).await;
}

async fn the_lock_of_an_alias_passes_to_the_successor(store: &impl Store) {
    let (first, rival, alias) = rivals(store).await;
    assert_eq!(store.create(&first, None).await.unwrap(), Creation::Created);
    let over = ended(&first, Status::Stopped);
    let mut successor = Deployment { id: fresh_id(), ..first.clone() };
    successor.spec.rolls_back = Some(first.id.clone());
    let change = Change { closes: true, successor: Some(&successor), ..Change::quiet(&over) };
    store.save(change).await.unwrap();
    assert_eq!(store.holder(&alias).await.unwrap(), Some(successor.id.clone()));
    assert_eq!(store.create(&rival, None).await.unwrap(), Creation::AliasBusy(successor.id.clone()));
    end(store, &successor, Status::Succeeded).await;
    assert_eq!(store.holder(&alias).await.unwrap(), None);
}

async fn a_revision_that_is_read_later_takes_the_lock_then(store: &impl Store) {
    let (mut late, rival, alias) = rivals(store).await;
    let target = std::mem::replace(&mut late.spec.target, Target::Unread);
    assert_eq!(store.create(&late, None).await.unwrap(), Creation::Created);
    assert_eq!(store.holder(&alias).await.unwrap(), None);
    assert_eq!(store.create(&rival, None).await.unwrap(), Creation::Created);
    let mut understood = next(&late);
    understood.spec.target = target;
    let locking = Change { locks: true, ..Change::quiet(&understood) };
    assert_eq!(kind(store.save(locking).await), ProblemKind::Transient);
    assert_eq!(store.load(&late.id).await.unwrap(), Some(late), "nothing was saved");
    end(store, &rival, Status::Succeeded).await;
    store.save(locking).await.unwrap();
    store.save(locking).await.unwrap();
    assert_eq!(store.holder(&alias).await.unwrap(), Some(understood.id.clone()));
    end(store, &understood, Status::Succeeded).await;
    assert_eq!(store.holder(&alias).await.unwrap(), None);
}

async fn a_lock_of_another_is_not_released(store: &impl Store) {
    let (mut without, rival, alias) = rivals(store).await;
    let target = std::mem::replace(&mut without.spec.target, Target::Unread);
    assert_eq!(store.create(&without, None).await.unwrap(), Creation::Created);
    assert_eq!(store.create(&rival, None).await.unwrap(), Creation::Created);
    without.spec.target = target;
    let over = end(store, &without, Status::Failed).await;
    assert_eq!(store.load(&without.id).await.unwrap(), Some(over));
    assert_eq!(store.holder(&alias).await.unwrap(), Some(rival.id.clone()));
    end(store, &rival, Status::Succeeded).await;
}

async fn a_deployment_is_active_until_its_end_is_told(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    let is_active = async || store.active().await.unwrap().contains(&record.id);
    assert!(is_active().await);
    let over = end(store, &record, Status::Succeeded).await;
    assert!(is_active().await, "its end has not been told");
    let mut told = next(&over);
    told.notified.end = true;
    store.save(Change::of(&told, &entry(&told))).await.unwrap();
    assert!(!is_active().await);
}

async fn those_that_watch_an_alarm_are_found_until_they_end(store: &impl Store) {
    let group = open(store).await;
    let alarm: AlarmName = named(&fresh("alarm"));
    let mut record = deployment(&group, at(1));
    record.spec.alarms.enabled = true;
    // Twice, which nobody should, and a transaction does not take.
    record.spec.alarms.alarms = vec![alarm.clone(), alarm.clone(), named("another")];
    assert_eq!(store.create(&record, None).await.unwrap(), Creation::Created);
    assert_eq!(store.watching(&alarm).await.unwrap(), std::slice::from_ref(&record.id));
    end(store, &record, Status::Succeeded).await;
    assert_eq!(store.watching(&alarm).await.unwrap(), []);
    let mut off = deployment(&group, at(2));
    off.spec.alarms.alarms = vec![alarm.clone()];
    assert_eq!(store.create(&off, None).await.unwrap(), Creation::Created);
    assert_eq!(store.watching(&alarm).await.unwrap(), [], "its alarms are switched off");
}

async fn a_deployment_of_a_group_that_was_deleted_ends_all_the_same(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    assert_eq!(store.delete_group(&group).await.unwrap(), Some(record.id.clone()));
    let over = end(store, &record, Status::Succeeded).await;
    assert_eq!(store.delete_group(&group).await.unwrap(), None);
    let told = next(&over);
    store.save(closing(&told)).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap(), Some(told));
}

fn entry(record: &Deployment) -> LedgerEntry {
    record.entry("alias: seen".to_owned(), "Announce", "Because it was to be.".to_owned())
}

async fn the_ledger_is_kept_in_order(store: &impl Store) {
    let group = open(store).await;
    let mut record = created(store, &group, at(1)).await;
    let mut entries = Vec::new();
    for _ in 0..12 {
        record = next(&record);
        entries.push(entry(&record));
        store.save(Change::of(&record, &entries[entries.len() - 1])).await.unwrap();
    }
    assert_eq!(store.ledger(&record.id, 0, 100).await.unwrap(), entries);
    assert_eq!(store.ledger(&record.id, entries[2].generation, 4).await.unwrap(), entries[3..7]);
    assert_eq!(store.ledger(&fresh_id(), 0, 100).await.unwrap(), []);
}

async fn a_list_is_newest_first_and_has_pages(store: &impl Store) {
    let group = open(store).await;
    let mut ids = Vec::new();
    for n in 0..103 {
        // Several in the same moment, too.
        let record = created(store, &group, at(1_000 + n / 3)).await;
        end(store, &record, Status::Succeeded).await;
        ids.push((record.created_at, record.id));
    }
    ids.sort_by(|a, b| b.cmp(a));
    let ids: Vec<_> = ids.into_iter().map(|(_, id)| id).collect();
    let all = DeploymentFilter::default();
    let first = store.list(Some(&group.id), &all, None).await.unwrap();
    assert_eq!(first.items, ids[..100]);
    let second = store.list(Some(&group.id), &all, first.next.as_deref()).await.unwrap();
    assert_eq!((second.items.as_slice(), second.next), (&ids[100..], None));
    let few = DeploymentFilter { most: Some(2), ..all.clone() };
    let short = store.list(Some(&group.id), &few, None).await.unwrap();
    assert_eq!(short.items, ids[..2]);
    assert_eq!(store.list(Some(&group.id), &few, short.next.as_deref()).await.unwrap().items, ids[2..4]);
    assert_eq!(store.list(Some(&fresh("id")), &all, None).await.unwrap().items, []);
    // What was begun in a group goes on in it, and a group that comes later under its name has nothing of it.
    let filter = DeploymentFilter { group: Some((named(&group.lock.home), group.name.clone())), ..all };
    let first = list_deployments(store, store, &filter, None).await.unwrap();
    assert_eq!(first.items, ids[..100]);
    assert_eq!(store.delete_group(&group).await.unwrap(), None);
    put(store, &DeploymentGroup { id: fresh("id"), ..group }).await;
    let second = list_deployments(store, store, &filter, first.next.as_deref()).await.unwrap();
    assert_eq!((second.items.as_slice(), second.next), (&ids[100..], None));
    assert_eq!(list_deployments(store, store, &filter, None).await.unwrap().items, []);
}

async fn a_list_can_be_narrowed_by_status_and_time(store: &impl Store) {
    let group = open(store).await;
    // A time of its own, because the list of all groups is asked as well.
    let noon = i64::from(uuid::Uuid::new_v4().as_fields().0);
    let mut ids = Vec::new();
    for (n, status) in [Status::Succeeded, Status::Failed, Status::Stopped, Status::Succeeded].into_iter().enumerate() {
        let record = created(store, &group, at(noon + 10 * n as i64)).await;
        end(store, &record, status).await;
        ids.push(record.id);
    }
    ids.push(created(store, &group, at(noon + 40)).await.id);
    let found = async |group: Option<&str>, statuses: &[Status], from: i64, to: i64| {
        let (from, to) = (Some(at(noon + from)), Some(at(noon + to)));
        let filter = DeploymentFilter { group: None, statuses: statuses.to_vec(), from, to, most: None };
        let page = store.list(group, &filter, None).await.unwrap();
        page.items.iter().map(|id| ids.iter().position(|known| known == id).unwrap()).collect::<Vec<_>>()
    };
    for of in [None, Some(group.id.as_str())] {
        assert_eq!(found(of, &[], 0, 40).await, [4, 3, 2, 1, 0], "both ends count");
        assert_eq!(found(of, &[], 1, 39).await, [3, 2, 1]);
        assert_eq!(found(of, &[], 10, 10).await, [1]);
        assert_eq!(found(of, &[], 30, 20).await, Vec::<usize>::new());
        assert_eq!(found(of, &[Status::Succeeded], 0, 40).await, [3, 0]);
        assert_eq!(found(of, &[Status::Failed, Status::Created], 0, 40).await, [4, 1]);
        assert_eq!(found(of, &[Status::InProgress], 0, 40).await, Vec::<usize>::new());
    }
    let last = store.load(&ids[4]).await.unwrap().unwrap();
    let waiting = Deployment { stage: Stage::Gate(Gate::Ready), ..next(&last) };
    store.save(Change::quiet(&waiting)).await.unwrap();
    assert_eq!(found(None, &[Status::Ready], 0, 40).await, [4]);
    assert_eq!(found(None, &[Status::Created, Status::InProgress], 0, 40).await, Vec::<usize>::new());
}

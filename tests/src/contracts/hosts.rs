//! The work of hosts, and what is known of them.

use spillway_domain::problem::ProblemKind;
use spillway_domain::server::diagnostics::{HostDiagnostics, HostErrorCode};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{Host, HostId, Principal, Standing};
use spillway_domain::server::progress::Roster;
use spillway_domain::server::work::{Claim, HostWork};
use spillway_engine::ports::hosts::{HostDossiers, HostStatus, HostWorks, OpenWork};

use super::table as real;
use super::{at, both_keep, fresh, fresh_id, kind, named};

both_keep! {
    the_work_of_many_hosts_is_found_whole_and_one_by_one
    a_list_of_work_knows_nothing_of_another
    only_one_of_two_saves_of_work_counts
    a_save_of_work_whose_answer_was_lost_is_a_save
    the_diagnostics_of_each_event_are_kept
    the_log_of_an_event_that_runs_is_kept_until_the_work_changes
    the_open_work_of_a_host_is_listed_oldest_first_until_it_is_closed
    a_host_was_seen_and_stops
    groups_know_of_a_host_each_by_itself
}

trait Store: HostWorks + HostDossiers {}
impl<T: HostWorks + HostDossiers> Store for T {}

fn roster() -> Roster {
    Roster { deployment: fresh_id(), name: fresh("roster") }
}

fn work(rank: u32) -> HostWork {
    let name = fresh("i-host");
    let host = Host {
        id: named(&name),
        arn: name.clone(),
        identifier: named(&format!("arn:aws:iam::111122223333:user/{name}")),
        principal: Principal::Registered(format!("arn:aws:iam::111122223333:user/{name}")),
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Unknown,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
        had_traffic: false,
    };
    HostWork::new(host, rank, &HostEvent::IN_PLACE, false, at(1))
}

async fn written(store: &impl Store, roster: &Roster, hosts: u32) -> Vec<HostWork> {
    let works: Vec<HostWork> = (0..hosts).map(work).collect();
    store.create_works(roster, at(1), &works).await.unwrap();
    works
}

async fn find(store: &impl Store, roster: &Roster, host: &HostId) -> Option<HostWork> {
    store.works_of(roster, std::slice::from_ref(host)).await.unwrap().pop()
}

/// The same work, once its agent has claimed the first event.
fn claimed(work: &HostWork, second: i64) -> HostWork {
    let mut next = work.clone();
    assert_eq!(next.acknowledge(work.next_command().unwrap(), at(second)), Claim::Granted);
    next
}

async fn the_work_of_many_hosts_is_found_whole_and_one_by_one(store: &impl Store) {
    let roster = roster();
    // More than DynamoDB reads with one call.
    let works = written(store, &roster, 120).await;
    let mut all = store.works(&roster).await.unwrap();
    all.sort_by_key(|work| work.rank);
    assert_eq!(all, works);
    assert_eq!(find(store, &roster, &works[7].host.id).await.as_ref(), Some(&works[7]));
    let every: Vec<HostId> = works.iter().map(|work| work.host.id.clone()).collect();
    let mut found = store.works_of(&roster, &every).await.unwrap();
    found.sort_by_key(|work| work.rank);
    assert_eq!(found, works);
    let two = [works[3].host.id.clone(), works[39].host.id.clone(), named("i-unknown")];
    let mut found = store.works_of(&roster, &two).await.unwrap();
    found.sort_by_key(|work| work.rank);
    assert_eq!(found, [works[3].clone(), works[39].clone()]);
}

async fn a_list_of_work_knows_nothing_of_another(store: &impl Store) {
    let (one, other) = (roster(), roster());
    let of_same_deployment = Roster { name: fresh("roster"), ..one.clone() };
    let works = written(store, &one, 1).await;
    for empty in [&other, &of_same_deployment] {
        assert_eq!(store.works(empty).await.unwrap(), []);
        assert_eq!(find(store, empty, &works[0].host.id).await, None);
    }
}

async fn only_one_of_two_saves_of_work_counts(store: &impl Store) {
    let roster = roster();
    let works = written(store, &roster, 1).await;
    let (first, second) = (claimed(&works[0], 2), claimed(&works[0], 3));
    store.save_work(&roster, &first, None).await.unwrap();
    assert_eq!(kind(store.save_work(&roster, &second, None).await), ProblemKind::Stale);
    assert_eq!(find(store, &roster, &first.host.id).await, Some(first));
    let never_written = claimed(&work(0), 2);
    assert_eq!(kind(store.save_work(&roster, &never_written, None).await), ProblemKind::Stale);
}

async fn a_save_of_work_whose_answer_was_lost_is_a_save(store: &impl Store) {
    let roster = roster();
    let works = written(store, &roster, 1).await;
    let next = claimed(&works[0], 2);
    store.save_work(&roster, &next, None).await.unwrap();
    store.save_work(&roster, &next, None).await.unwrap();
    assert_eq!(find(store, &roster, &next.host.id).await, Some(next));
}

async fn the_diagnostics_of_each_event_are_kept(store: &impl Store) {
    let roster = roster();
    let works = written(store, &roster, 2).await;
    let mut next = works[0].clone();
    for log in ["stopped", "fetched"] {
        let command = next.next_command().unwrap();
        next.acknowledge(command, at(2));
        store.save_work(&roster, &next, None).await.unwrap();
        let diagnostics = HostDiagnostics::new(HostErrorCode::Success, "stop.sh", "Succeeded", log);
        let ended = next.complete(command, true, diagnostics, at(3)).unwrap();
        store.save_work(&roster, &next, Some(&ended)).await.unwrap();
    }
    let kept = store.diagnostics(&roster, &next.host.id).await.unwrap();
    let logs: Vec<_> = kept.iter().map(|(event, diagnostics)| (*event, diagnostics.log_tail.as_str())).collect();
    assert_eq!(logs, [(HostEvent::ApplicationStop, "stopped"), (HostEvent::DownloadBundle, "fetched")]);
    assert!(store.diagnostics(&roster, &works[1].host.id).await.unwrap().is_empty());
}

async fn the_log_of_an_event_that_runs_is_kept_until_the_work_changes(store: &impl Store) {
    let roster = roster();
    let works = written(store, &roster, 1).await;
    let mut running = works[0].clone();
    let command = running.next_command().unwrap();
    running.acknowledge(command, at(2));
    store.save_work(&roster, &running, None).await.unwrap();
    let id = running.host.id.clone();
    for log in ["one\n", "one\ntwo\n"] {
        store.note_log(&roster, &running, command.event, &HostDiagnostics::so_far(log)).await.unwrap();
        assert_eq!(store.diagnostics(&roster, &id).await.unwrap()[&command.event].log_tail, log);
    }
    let mut next = running.clone();
    let diagnostics = HostDiagnostics::new(HostErrorCode::Success, "stop.sh", "Succeeded", "whole");
    let ended = next.complete(command, true, diagnostics, at(3)).unwrap();
    store.save_work(&roster, &next, Some(&ended)).await.unwrap();
    store.note_log(&roster, &running, command.event, &HostDiagnostics::so_far("late")).await.unwrap();
    assert_eq!(store.diagnostics(&roster, &id).await.unwrap()[&command.event].log_tail, "whole");
    assert_eq!(find(store, &roster, &id).await, Some(next), "the work is as it was");
}

async fn the_open_work_of_a_host_is_listed_oldest_first_until_it_is_closed(store: &impl Store) {
    let (late, early) = (roster(), roster());
    let work = work(0);
    store.create_works(&early, at(1), std::slice::from_ref(&work)).await.unwrap();
    store.create_works(&late, at(2), std::slice::from_ref(&work)).await.unwrap();
    store.create_works(&late, at(2), std::slice::from_ref(&work)).await.unwrap();
    let open = |roster: &Roster| OpenWork { roster: roster.clone(), host: work.host.id.clone() };
    let host = &work.host.identifier;
    assert_eq!(store.dossier(host).await.unwrap().open, [open(&early), open(&late)]);
    store.close_work(host, &early).await.unwrap();
    store.close_work(host, &early).await.unwrap();
    assert_eq!(store.dossier(host).await.unwrap().open, [open(&late)]);
    let next = Roster { name: "next-phase".to_owned(), ..late.clone() };
    store.create_works(&next, at(3), std::slice::from_ref(&work)).await.unwrap();
    store.close_work(host, &late).await.unwrap();
    assert_eq!(
        store.dossier(host).await.unwrap().open,
        [open(&next)],
        "a phase that is closed late closes no later one"
    );
}

async fn a_host_was_seen_and_stops(store: &impl Store) {
    let host = work(0).host.identifier;
    assert_eq!(store.dossier(&host).await.unwrap(), Default::default());
    store.note_seen(&host, at(1), true).await.unwrap();
    let dossier = store.dossier(&host).await.unwrap();
    assert_eq!((dossier.seen_at, dossier.stopped_at), (Some(at(1)), Some(at(1))));
    store.note_seen(&host, at(2), false).await.unwrap();
    let dossier = store.dossier(&host).await.unwrap();
    assert_eq!((dossier.seen_at, dossier.stopped_at), (Some(at(2)), None));
    assert_eq!(store.recent_dossier(&host).await.unwrap(), dossier);
}

async fn groups_know_of_a_host_each_by_itself(store: &impl Store) {
    let host = work(0).host.identifier;
    let status = |is_healthy| HostStatus { is_healthy, revision: None };
    store.note_status(&host, "group-1", &status(false)).await.unwrap();
    store.note_status(&host, "group-2", &status(false)).await.unwrap();
    store.note_status(&host, "group-1", &status(true)).await.unwrap();
    let groups = store.dossier(&host).await.unwrap().groups;
    assert_eq!(groups, [("group-1".to_owned(), status(true)), ("group-2".to_owned(), status(false))].into());
}

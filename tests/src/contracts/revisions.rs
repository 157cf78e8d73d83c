//! The registered revisions.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::revision::{BundleType, NewRevision, Revision, RevisionKind, RevisionLocation, S3Object};
use spillway_domain::deployment::record::Status;
use spillway_domain::names::{ApplicationName, DeploymentId};
use spillway_engine::ports::catalog::Catalog;
use spillway_engine::ports::deployments::{Change, Creation, Deployments};
use spillway_engine::ports::revisions::Revisions;

use super::deployments::ended;
use super::table as real;
use super::{application, at, both_keep, deployment, fresh, group, opened, put};

trait Store: Catalog + Deployments + Revisions {}
impl<T: Catalog + Deployments + Revisions> Store for T {}

both_keep! {
    a_revision_is_registered_once
    a_deployment_registers_its_revision
    a_text_is_found_by_its_sum_in_either_member
    revisions_are_those_of_their_application
    revisions_and_their_application_are_found_by_its_name_of_today
    an_application_that_comes_later_sees_nothing_of_one_that_had_its_name
    what_an_application_has_left_does_not_keep_another_from_deploying_it
    what_was_deployed_successfully_is_listed_with_the_revisions
}

fn zip(key: &str) -> NewRevision {
    let location = RevisionLocation::S3(S3Object {
        bucket: "bucket".to_owned(),
        key: key.to_owned(),
        bundle: Some(BundleType::Zip),
        version: None,
        e_tag: None,
    });
    NewRevision { location, content: None }
}

fn text(content: &str) -> NewRevision {
    NewRevision::text(RevisionKind::AppSpecContent, content.to_owned())
}

fn registered_by(id: &DeploymentId) -> Option<String> {
    Some(format!("Application revision registered by Deployment ID: {id}"))
}

async fn a_revision_is_registered_once(store: &impl Store) {
    let application = opened(store).await;
    let revision = zip("one");
    store.register_revision(&application, &revision, Some("by hand"), at(1)).await.unwrap();
    store.register_revision(&application, &revision, None, at(2)).await.unwrap();
    let expected = Revision {
        location: revision.location.clone(),
        content: None,
        description: Some("by hand".to_owned()),
        groups: Vec::new(),
        registered_at: at(1),
        first_used_at: None,
        last_used_at: None,
    };
    let asked = [zip("nobody").location, revision.location];
    assert_eq!(find(store, &application.name, &asked).await, std::slice::from_ref(&expected));
    assert_eq!(list(store, &application.name).await, [expected]);
}

async fn a_deployment_registers_its_revision(store: &impl Store) {
    let application = opened(store).await;
    let revision = text("version: 0.0");
    for (n, name) in [(1, "b"), (2, "a")] {
        let group = group(&application, name);
        put(store, &group).await;
        let mut deployment = deployment(&group, at(n));
        deployment.spec.revision = revision.location.clone();
        let created = store.create(&deployment, revision.content.as_deref()).await.unwrap();
        assert_eq!(created, Creation::Created);
        let found = find(store, &application.name, std::slice::from_ref(&revision.location)).await;
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.registered_at, found.first_used_at), (at(1), Some(at(1))));
        assert_eq!(found.last_used_at, Some(at(n)));
        assert_eq!(found.content.as_deref(), Some("version: 0.0"));
        if n == 1 {
            assert_eq!(found.description, registered_by(&deployment.id));
        } else {
            let names: Vec<_> = found.groups.iter().map(ToString::to_string).collect();
            assert_eq!(names, ["a", "b"]);
        }
    }
    assert_eq!(store.list_revisions(&application.name).await.unwrap().unwrap().1, [], "none has succeeded");
}

async fn a_text_is_found_by_its_sum_in_either_member(store: &impl Store) {
    let application = opened(store).await;
    let revision = text("version: 0");
    store.register_revision(&application, &revision, None, at(1)).await.unwrap();
    let RevisionLocation::Text { sha256, .. } = revision.location else { panic!("it is a text") };
    let asked = [RevisionKind::String, RevisionKind::AppSpecContent]
        .map(|kind| RevisionLocation::Text { kind, sha256: sha256.clone() });
    let found = find(store, &application.name, &asked).await;
    let texts: Vec<_> = found.iter().map(|one| one.content.as_deref()).collect();
    assert_eq!(texts, [Some("version: 0"); 2]);
    assert_eq!(list(store, &application.name).await[0].content, None);
}

async fn revisions_are_those_of_their_application(store: &impl Store) {
    let (one, other) = (opened(store).await, opened(store).await);
    store.register_revision(&one, &zip("one"), None, at(1)).await.unwrap();
    assert_eq!(find(store, &other.name, &[zip("one").location]).await, []);
    assert_eq!(list(store, &other.name).await, []);
    let nobody = application().name;
    assert_eq!(store.revisions(&nobody, &[zip("one").location]).await.unwrap(), None);
    assert_eq!(store.list_revisions(&nobody).await.unwrap(), None);
}

async fn revisions_and_their_application_are_found_by_its_name_of_today(store: &impl Store) {
    let old = opened(store).await;
    for revision in [zip("one"), text("two")] {
        store.register_revision(&old, &revision, None, at(1)).await.unwrap();
    }
    let before = list(store, &old.name).await;
    let new = application().name;
    assert!(store.rename_application(&old, &new).await.unwrap());
    let renamed = Application { name: new.clone(), ..old.clone() };
    let asked = [text("two").location, zip("one").location];
    let (found, revisions) = store.revisions(&new, &asked).await.unwrap().unwrap();
    assert_eq!((found, revisions.len()), (renamed, 2));
    assert_eq!(revisions[0].content.as_deref(), Some("two"));
    assert_eq!((before.len(), list(store, &new).await), (2, before));
    // Another that takes the name does not have the home.
    let heir = Application { id: fresh("id"), ..old.clone() };
    assert!(store.create_application(&heir, &[]).await.unwrap());
    assert_eq!(find(store, &old.name, &asked).await, []);
    assert_eq!(list(store, &old.name).await, []);
    assert_eq!(find(store, &new, &asked).await, revisions);
}

async fn an_application_that_comes_later_sees_nothing_of_one_that_had_its_name(store: &impl Store) {
    let gone = opened(store).await;
    let both = [zip("one"), text("two")];
    for revision in &both {
        store.register_revision(&gone, revision, Some("by the one that is gone"), at(1)).await.unwrap();
    }
    let later = heir(store, &gone).await;
    let asked = both.clone().map(|revision| revision.location);
    assert_eq!(find(store, &later.name, &asked).await, []);
    assert_eq!(list(store, &later.name).await, []);
    for revision in &both {
        store.register_revision(&later, revision, None, at(2)).await.unwrap();
        // Somebody who read the application before it was deleted comes late.
        store.register_revision(&gone, revision, Some("late"), at(3)).await.unwrap();
    }
    let found = find(store, &later.name, &asked).await;
    let seen: Vec<_> = found.iter().map(|one| (one.registered_at, one.description.clone())).collect();
    assert_eq!(seen, [(at(2), None), (at(2), None)]);
    assert_eq!(found[1].content.as_deref(), Some("two"));
    assert_eq!(list(store, &later.name).await.len(), 2);
}

async fn what_an_application_has_left_does_not_keep_another_from_deploying_it(store: &impl Store) {
    let gone = opened(store).await;
    let [first, back] = ["first", "back"].map(text);
    for revision in [&first, &back] {
        store.register_revision(&gone, revision, Some("by the one that is gone"), at(1)).await.unwrap();
    }
    let later = heir(store, &gone).await;
    let group = group(&later, "live");
    put(store, &group).await;
    let mut record = deployment(&group, at(2));
    record.spec.revision = first.location.clone();
    assert_eq!(store.create(&record, first.content.as_deref()).await.unwrap(), Creation::Created);
    let over = ended(&record, Status::Stopped);
    let mut successor = deployment(&group, at(3));
    (successor.spec.revision, successor.spec.rolls_back) = (back.location.clone(), Some(record.id.clone()));
    let change = Change { closes: true, successor: Some(&successor), ..Change::quiet(&over) };
    store.save(change).await.unwrap();
    assert_eq!(store.load(&successor.id).await.unwrap().as_ref(), Some(&successor));
    let found = find(store, &later.name, &[first.location, back.location]).await;
    let seen: Vec<_> = found.into_iter().map(|one| (one.registered_at, one.description)).collect();
    assert_eq!(seen, [(at(2), registered_by(&record.id)), (at(3), registered_by(&successor.id))]);
}

async fn what_was_deployed_successfully_is_listed_with_the_revisions(store: &impl Store) {
    let application = opened(store).await;
    for name in ["a", "b"] {
        let group = group(&application, name);
        put(store, &group).await;
        let mut record = deployment(&group, at(1));
        record.spec.revision = zip(name).location;
        assert_eq!(store.create(&record, None).await.unwrap(), Creation::Created);
        let over = ended(&record, if name == "a" { Status::Succeeded } else { Status::Failed });
        store.save(Change { closes: true, ..Change::quiet(&over) }).await.unwrap();
    }
    let (all, targets) = store.list_revisions(&application.name).await.unwrap().unwrap();
    assert_eq!((all.len(), targets), (2, vec![zip("a").location]));
}

/// An application under the name of one that is deleted.
async fn heir(store: &impl Store, gone: &Application) -> Application {
    assert!(store.delete_application(gone).await.unwrap());
    let later = Application { id: fresh("id"), ..gone.clone() };
    assert!(store.create_application(&later, &[]).await.unwrap());
    later
}

async fn find(store: &impl Store, application: &ApplicationName, at: &[RevisionLocation]) -> Vec<Revision> {
    store.revisions(application, at).await.unwrap().unwrap().1
}

async fn list(store: &impl Store, application: &ApplicationName) -> Vec<Revision> {
    store.list_revisions(application).await.unwrap().unwrap().0
}

//! The registered revisions.

use spillway_domain::{BundleType, DeploymentId, NewRevision, Revision, RevisionKind, RevisionLocation, S3Object};
use spillway_engine::{Catalog, Creation, Deployments, Revisions};

use super::table as real;
use super::{at, both_keep, deployment, group, opened, put};

both_keep! {
    a_revision_is_registered_once
    a_deployment_registers_its_revision
    a_text_is_found_by_its_sum_in_either_member
    revisions_are_those_of_their_application
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

async fn a_revision_is_registered_once(store: &(impl Catalog + Revisions)) {
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
    assert_eq!(store.revisions(&application, &asked).await.unwrap(), std::slice::from_ref(&expected));
    assert_eq!(store.list_revisions(&application).await.unwrap(), [expected]);
}

async fn a_deployment_registers_its_revision(store: &(impl Catalog + Deployments + Revisions)) {
    let application = opened(store).await;
    let revision = text("version: 0.0");
    for (n, name) in [(1, "b"), (2, "a")] {
        let group = group(&application, name);
        put(store, &group).await;
        let mut deployment = deployment(&group, at(n));
        deployment.order.revision = revision.location.clone();
        let created = store.create(&deployment, revision.content.as_deref()).await.unwrap();
        assert_eq!(created, Creation::Created);
        let found = store.revisions(&application, std::slice::from_ref(&revision.location)).await.unwrap();
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
    assert_eq!(store.target_revisions(&application).await.unwrap(), []);
}

async fn a_text_is_found_by_its_sum_in_either_member(store: &(impl Catalog + Revisions)) {
    let application = opened(store).await;
    let revision = text("version: 0");
    store.register_revision(&application, &revision, None, at(1)).await.unwrap();
    let RevisionLocation::Text { sha256, .. } = revision.location else { panic!("it is a text") };
    for kind in [RevisionKind::String, RevisionKind::AppSpecContent] {
        let asked = RevisionLocation::Text { kind, sha256: sha256.clone() };
        let found = store.revisions(&application, &[asked]).await.unwrap();
        assert_eq!(found[0].content.as_deref(), Some("version: 0"));
    }
    assert_eq!(store.list_revisions(&application).await.unwrap()[0].content, None);
}

async fn revisions_are_those_of_their_application(store: &(impl Catalog + Revisions)) {
    let (one, other) = (opened(store).await, opened(store).await);
    store.register_revision(&one, &zip("one"), None, at(1)).await.unwrap();
    // Another that has taken the name, and with it the home.
    let heir = spillway_domain::Application { id: super::fresh("id"), ..one.clone() };
    for foreign in [&other, &heir] {
        assert_eq!(store.revisions(foreign, &[zip("one").location]).await.unwrap(), []);
        assert_eq!(store.list_revisions(foreign).await.unwrap(), []);
    }
}

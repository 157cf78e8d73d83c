//! Revisions that the host has kept.

use super::*;

#[test]
fn a_revision_that_is_deployed_again_is_not_fetched_where_the_host_has_kept_it() {
    let stage = Stage::new();
    let hooks = "hooks:\n  AfterInstall:\n    - location: after\n";
    let first = stage.revision("d-ONE", &[("web/page", "one"), ("after", "echo ran\n")], hooks);
    stage.deploy(&first);
    fs::remove_dir_all(stage.path("d-ONE")).unwrap();

    let again = DeploymentSpec { archive_of: Some("d-ONE".to_owned()), ..stage.spec("d-TWO") };
    stage.deploy(&again);
    assert!(stage.agent().run(&again, "AfterInstall").is_success());
    assert_eq!(stage.site(), [("page".to_owned(), "one".to_owned())]);
    let log = fs::read_to_string(stage.path("root/group-1/d-TWO/logs/scripts.log")).unwrap();
    assert!(log.contains("the revision is that of deployment d-ONE, which this host has kept"), "{log}");
    // The archive is a copy: the revision before keeps its own.
    assert!(stage.path("root/group-1/d-ONE/deployment-archive/after").is_file());
}

#[test]
fn a_revision_that_the_host_has_not_kept_or_cannot_copy_is_fetched_and_the_log_says_why() {
    let stage = Stage::new();
    stage.deploy(&stage.revision("d-ONE", &[("web/page", "one")], ""));
    symlink("/etc", stage.path("root/group-1/d-ONE/deployment-archive/out")).unwrap();
    for (id, archive, why) in
        [("d-TWO", "d-GONE", "this host has not kept it"), ("d-THREE", "d-ONE", "links to \"/etc\"")]
    {
        let spec = stage.revision(id, &[("web/page", id)], "");
        stage.deploy(&DeploymentSpec { archive_of: Some(archive.to_owned()), ..spec });
        assert_eq!(stage.site(), [("page".to_owned(), id.to_owned())]);
        let log = fs::read_to_string(stage.path(&format!("root/group-1/{id}/logs/scripts.log"))).unwrap();
        let words = format!("the revision of deployment {archive} is fetched anew, since ");
        assert!(log.lines().any(|line| line.contains(&words) && line.contains(why)), "{log}");
    }
}

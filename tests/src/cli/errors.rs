//! What a command says when it cannot do what it was asked for.

use insta::assert_snapshot;
use spillway_testkit::{Plot, Story, World};

use super::stories::canary;
use super::{Stage, invoke};

/// What each command says, below it.
fn said(stage: &Stage<'_>, commands: &[&[&str]]) -> String {
    let said = commands.iter().map(|command| format!("$ spillway {}\n{}", command.join(" "), stage.run(command)));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_refusal_says_what_to_do_next_and_has_an_exit_code_of_its_own() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&canary(), 100);
    assert_snapshot!(said(
        &stage,
        &[
            &["explain", "d-AAAAAAAAA"],
            &["stop", "d-1"],
            &["continue", &id],
            &["rollback", "shop/orders"],
            &["retry", &id],
            &["status", "shop/nothing"],
            &["history", "billing"],
            &["list", "--status", "Done"],
        ]
    ));
}

#[test]
fn a_group_without_a_past_has_nothing_to_show() {
    let world = World::new();
    let stage = Stage::new(&world);
    Story::new("CodeDeployDefault.LambdaAllAtOnce").set(&world);
    assert_snapshot!(said(
        &stage,
        &[
            &["status"],
            &["list"],
            &["history", "shop/orders"],
            &["explain", "shop"],
            &["rollback", "shop/orders"],
            &["watch", "shop/orders"],
        ]
    ));
}

#[test]
fn a_wrong_command_line_says_what_is_wrong() {
    let world = World::new();
    let stage = Stage::new(&world);
    assert_snapshot!(said(
        &stage,
        &[&["stop"], &["list", "--limit", "1000"], &["status", "--output", "xml"], &["deplo"]]
    ));
}

#[test]
fn what_cannot_be_reached_is_named() {
    let nobody = "http://127.0.0.1:9";
    let said = invoke(nobody, &["stop", "d-AAAAAAAAA"], &Default::default());
    assert!(said.starts_with("spillway: Spillway cannot be reached at URL/: "), "{said}");
    assert!(said.ends_with("exit code 4\n"), "{said}");
}

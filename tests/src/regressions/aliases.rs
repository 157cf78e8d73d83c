//! Aliases and versions that are not as the AppSpec has them, or do not stay so.

use jiff::SignedDuration;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::decision::Seen;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::alias::AliasState;
use spillway_domain::names::DeploymentId;
use spillway_domain::plan::plan;
use spillway_engine::operations::deployment::create_deployment;
use spillway_testkit::{Event, HookPlan, Plot, Story, World};

use super::{alias, ending, only, play, split, version};

fn steps() -> Story {
    Story::new("Steps.10@1m,50@1m").without_rollback()
}

#[test]
fn a_target_version_that_is_not_there_is_noticed_before_the_first_hook() {
    let story = steps().before(HookPlan::Succeeds).at(0.0, Event::VersionDeleted(version(2)));
    let (world, record) = play(&story);
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_FUNCTION: What is deployed to does not exist. GetFunctionConfiguration orders:live: no \
         version 2. No traffic was moved."
    );
    assert_eq!(alias(&world), only(1));
    assert_eq!(world.asked(&record.id, EventName::BeforeAllowTraffic), 0);
}

#[test]
fn a_target_version_that_is_deleted_in_mid_shift_gives_the_traffic_back() {
    let (world, record) = play(&steps().at(30.0, Event::VersionDeleted(version(2))));
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_FUNCTION: What is deployed to does not exist. UpdateAlias orders:live: no such \
         version. All traffic is on version 1."
    );
    assert_eq!(alias(&world), only(1));
}

#[test]
fn a_target_version_that_has_all_traffic_cannot_be_deleted() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_mins(5), succeeded: true };
    let (world, record) = play(&steps().after(later).at(200.0, Event::VersionDeleted(version(2))));
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(alias(&world), only(2));
}

#[test]
fn an_original_version_that_is_gone_when_the_alarm_goes_off_leaves_all_traffic_on_the_target() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_mins(5), succeeded: true };
    let story = Story::new("Steps.10@1m").after(later);
    let story = story.at(200.0, Event::VersionDeleted(version(1))).at(210.0, Event::AlarmRed);
    let (world, record) = play(&story);
    assert_eq!(
        ending(&record),
        "Stopped ALARM_ACTIVE: One or more alarms have been activated according to the Amazon CloudWatch metrics \
         you selected, and the affected deployments have been stopped. Activated alarms: errors. Traffic could not \
         go back to version 1: UpdateAlias orders:live: no such version. Alias \
         arn:aws:lambda:us-east-1:111122223333:function:orders:live sends 100 % to version 2."
    );
    assert_eq!(
        record.ending.unwrap().rollback_message.unwrap(),
        "No rollback deployment was made; the error's message says what stands in its way."
    );
    assert_eq!(alias(&world), only(2));
}

#[test]
fn an_alias_that_is_not_there_is_named() {
    let (_, record) = play(&steps().at(0.0, Event::AliasDeleted));
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_FUNCTION: What is deployed to does not exist. GetAlias orders:live: \
         ResourceNotFoundException: no such alias. No traffic was moved."
    );
}

#[test]
fn an_alias_that_is_deleted_in_mid_shift_is_named() {
    let (_, record) = play(&steps().at(30.0, Event::AliasDeleted));
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_FUNCTION: What is deployed to does not exist. GetAlias orders:live: \
         ResourceNotFoundException: no such alias. There is no alias left to restore: GetAlias orders:live: \
         ResourceNotFoundException: no such alias."
    );
}

#[test]
fn an_alias_that_somebody_left_between_the_two_versions_is_taken_over_from_there() {
    let (world, record) = play(&Story { alias: split(1, 2, 70), ..steps() });
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(alias(&world), only(2));
    assert_eq!(
        world.ledger_of(&record.id)[0].why,
        "The alias and the alarms allow it, so the deployment starts. It starts from the split that it found on the \
         alias: 70 % to version 2 and 30 % to version 1."
    );
}

#[test]
fn an_alias_that_somebody_left_between_the_two_versions_stays_so_when_nothing_was_moved() {
    let (world, record) = play(&Story { alias: split(1, 2, 10), ..steps() }.before(HookPlan::Fails));
    assert_eq!(
        ending(&record),
        "Failed HOOK_EXECUTION_FAILURE: The deployment failed because one or more of the lifecycle event \
         validation functions failed. See the diagnostics of BeforeAllowTraffic. No traffic was moved."
    );
    assert_eq!(alias(&world), split(1, 2, 10));
}

#[test]
fn an_alias_that_shares_its_traffic_with_a_third_version_is_left_alone() {
    for (found, sends) in [
        (split(1, 3, 20), "20 % to version 3 and 80 % to version 1"),
        (split(3, 1, 10), "10 % to version 1 and 90 % to version 3"),
        (split(2, 1, 10), "10 % to version 1 and 90 % to version 2"),
    ] {
        let (world, record) = play(&Story { alias: found, ..steps() });
        assert_eq!(
            ending(&record),
            format!(
                "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live \
                 sends {sends}, which is no place between CurrentVersion 1 and TargetVersion 2 that a deployment starts \
                 from. Nothing was changed. Give all traffic to one version first, such as with `aws lambda update-alias \
                 --function-name orders --name live --function-version 1 --routing-config AdditionalVersionWeights={{}}`, \
                 and deploy with that as CurrentVersion."
            )
        );
        assert_eq!(alias(&world), found);
        assert!(world.writes().is_empty());
    }
}

#[test]
fn an_alias_that_points_elsewhere_is_left_alone() {
    let (world, record) = play(&Story { alias: only(3), ..steps() });
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live \
         points at version 3, not at the AppSpec's CurrentVersion 1: it sends 100 % to version 3. Nothing was \
         changed. Deploy again with CurrentVersion 3, or point the alias at version 1 first."
    );
    assert_eq!(alias(&world), only(3));
    assert!(world.writes().is_empty());
}

#[test]
fn an_alias_on_latest_is_advised_to_be_put_on_a_published_version() {
    let world = World::new();
    let request = Story::new("Steps.10@1m").set(&world);
    let read = |_: &str, _| Target::Invalid(Vec::new());
    let (id, spare_id) = (DeploymentId::from_number(1001), DeploymentId::from_number(1002));
    let quotas = Quotas::default();
    let created = create_deployment(&world, &world, &request, read, &quotas, id, world.now());
    let record = pollster::block_on(created).unwrap();
    let latest = AliasState {
        arn: "arn:aws:lambda:us-east-1:111122223333:function:orders:live".to_owned(),
        main: AliasState::LATEST.to_owned(),
        weights: Vec::new(),
        revision: "1".to_owned(),
    };
    let seen = Seen {
        alias: Some(Ok(latest)),
        service: None,
        kept: None,
        fleet: None,
        alarms: AlarmReading::Quiet,
        failed: None,
        spare_id,
    };
    let first = plan(&record, &seen, world.now());
    let second = plan(&first.next, &seen, world.now() + SignedDuration::from_secs(2));
    assert_eq!(
        ending(&second.next),
        "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live points at \
         $LATEST, which is no published version, so that no traffic can be shifted from it. Nothing was changed. Publish \
         a version and point the alias at it first, with `aws lambda update-alias --function-name orders --name live \
         --function-version $(aws lambda publish-version --function-name orders --query Version --output text)`; then \
         deploy with that as CurrentVersion."
    );
}

#[test]
fn an_alias_that_is_on_the_target_already_is_left_alone() {
    let (world, record) = play(&Story { alias: only(2), ..steps() });
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live \
         sends 100 % to version 2 already, so that TargetVersion 2 is deployed and nothing is left to do. Nothing was \
         changed. To deploy another version, name it as TargetVersion, with CurrentVersion 2."
    );
    assert_eq!(alias(&world), only(2));
}

#[test]
fn an_alias_that_is_written_during_the_hook_before_the_shift_is_not_overwritten() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_mins(5), succeeded: true };
    let story = Story::new("Steps.10@1m").before(later).at(100.0, Event::AliasWritten(split(1, 3, 20)));
    let (world, record) = play(&story);
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live \
         drifted during the deployment: it was changed outside this deployment and now sends 20 % to version 3 and 80 \
         % to version 1, \
         while this deployment d-BAAAAAAAA had found it on CurrentVersion and had not touched it. Spillway has left the alias as it is. No traffic was moved."
    );
    assert_eq!(alias(&world), split(1, 3, 20));
}

#[test]
fn an_alias_that_is_written_in_mid_shift_is_not_overwritten() {
    let (world, record) = play(&steps().at(30.0, Event::AliasWritten(only(3))));
    assert_eq!(
        ending(&record),
        "Failed INVALID_LAMBDA_CONFIGURATION: Alias arn:aws:lambda:us-east-1:111122223333:function:orders:live \
         drifted during the deployment: it was changed outside this deployment and now sends 100 % to version 3, \
         while this \
         deployment d-BAAAAAAAA had asked for 10 % to version 2 and 90 % to version 1. Spillway has left the alias as it is."
    );
    assert_eq!(alias(&world), only(3));
}

#[test]
fn an_alias_that_is_written_after_the_traffic_went_back_is_not_overwritten() {
    let story = Story::new("Steps.10@1m,50@1m");
    let (world, record) = play(&story.at(30.0, Event::AlarmRed).at(30.01, Event::AliasWritten(split(1, 3, 20))));
    assert_eq!(
        ending(&record),
        "Stopped ALARM_ACTIVE: One or more alarms have been activated according to the Amazon CloudWatch metrics \
         you selected, and the affected deployments have been stopped. Activated alarms: errors. Alias \
         arn:aws:lambda:us-east-1:111122223333:function:orders:live drifted: it was changed outside this deployment \
         and sends 20 % to version 3 and 80 % to version 1. Spillway has left the alias as it is."
    );
    assert_eq!(alias(&world), split(1, 3, 20));
}

#[test]
fn an_alias_that_is_written_as_it_is_does_no_harm() {
    let story = steps().at(30.0, Event::AliasTouched).at(59.99, Event::AliasTouched).at(90.0, Event::AliasTouched);
    let (world, record) = play(&story);
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(alias(&world), only(2));
}

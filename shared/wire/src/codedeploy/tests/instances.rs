use serde_json::{Value, json};
use spillway_domain::catalog::instance::{Identity, Instance, NewInstance, TagFilter};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::target::{LabelMember, TargetFilter, TargetStatus};
use spillway_domain::server::phase::Side;

use super::*;
use crate::testing::{at, context, named};

const ADD: Operation = Operation::AddTagsToOnPremisesInstances;
const REMOVE: Operation = Operation::RemoveTagsFromOnPremisesInstances;
const LIST: Operation = Operation::ListOnPremisesInstances;
const REGISTER: Operation = Operation::RegisterOnPremisesInstance;
const USER: &str = "arn:aws:iam::111122223333:user/AWS/CodeDeploy/box";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/deployer/box";

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

#[test]
fn what_is_required_is_asked_for() {
    use Operation::*;
    let cases = [
        (RegisterOnPremisesInstance, "instanceName", "InstanceNameRequired"),
        (DeregisterOnPremisesInstance, "instanceName", "InstanceNameRequired"),
        (GetOnPremisesInstance, "instanceName", "InstanceNameRequired"),
        (ContinueDeployment, "deploymentId", "DeploymentIdRequired"),
        (SkipWaitTimeForInstanceTermination, "deploymentId", "DeploymentIdRequired"),
        (GetDeploymentInstance, "deploymentId", "DeploymentIdRequired"),
        (GetDeploymentInstance, "instanceId", "InstanceIdRequired"),
        (BatchGetDeploymentInstances, "deploymentId", "DeploymentIdRequired"),
        (ListDeploymentInstances, "deploymentId", "DeploymentIdRequired"),
        (DeleteGitHubAccountToken, "tokenName", "GitHubAccountTokenNameRequired"),
    ];
    for (operation, member, name) in cases {
        let found = refused(operation, member, Value::Null);
        assert_eq!(found, format!("{name}Exception: {member} is required and was not given."));
    }
    let lists = [
        (BatchGetOnPremisesInstances, "instanceNames", "InstanceNameRequired", "is empty"),
        (AddTagsToOnPremisesInstances, "instanceNames", "InstanceNameRequired", "is empty"),
        (RemoveTagsFromOnPremisesInstances, "instanceNames", "InstanceNameRequired", "is empty"),
        (AddTagsToOnPremisesInstances, "tags", "TagRequired", "has no tag"),
        (RemoveTagsFromOnPremisesInstances, "tags", "TagRequired", "has no tag"),
        (BatchGetDeployments, "deploymentIds", "DeploymentIdRequired", "is empty"),
        (BatchGetDeploymentInstances, "instanceIds", "InstanceIdRequired", "names no instance"),
    ];
    for (operation, member, name, or) in lists {
        for nothing in [Value::Null, json!([])] {
            let found = refused(operation, member, nothing);
            assert_eq!(found, format!("{name}Exception: {member} is required and was not given, or {or}."));
        }
    }
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_rule() {
    use Operation::*;
    for operation in [RegisterOnPremisesInstance, DeregisterOnPremisesInstance, GetOnPremisesInstance] {
        for bad in ["", "a b", "i-0123456789abcdef0", &"a".repeat(101)] {
            assert_eq!(
                refused(operation, "instanceName", json!(bad)),
                format!(
                    "InvalidInstanceNameException: instanceName: instance name '{bad}' is not valid: 1 to 100 letters, \
                     digits or any of . _ + = , @ - and not beginning with i-, as the ids of EC2's instances do"
                )
            );
        }
    }
    for operation in [BatchGetOnPremisesInstances, ADD, REMOVE] {
        let words = refused(operation, "instanceNames", json!(["box", "a b"]));
        assert!(words.starts_with("InvalidInstanceNameException: instanceNames[1]: instance name 'a b' is"), "{words}");
    }
    for operation in [ContinueDeployment, SkipWaitTimeForInstanceTermination, ListDeploymentInstances] {
        let words = refused(operation, "deploymentId", json!("d-1"));
        let own =
            "InvalidDeploymentIdException: Specified DeploymentId is not in the valid format: d-1 (deploymentId: ";
        assert!(words.starts_with(own), "{words}");
    }
    for bad in ["", "a b", &"a".repeat(513)] {
        let rule = "an instance is named by its id at EC2, or by its name as an on-premises one.";
        assert_eq!(
            refused(GetDeploymentInstance, "instanceId", json!(bad)),
            format!("InvalidInstanceNameException: instanceId is not valid: {rule}")
        );
        assert_eq!(
            refused(BatchGetDeploymentInstances, "instanceIds", json!(["box", bad])),
            format!("InvalidInstanceNameException: instanceIds[1] is not valid: {rule}")
        );
    }
    for bad in ["", "a\nb", &"a".repeat(101)] {
        assert_eq!(
            refused(DeleteGitHubAccountToken, "tokenName", json!(bad)),
            "InvalidGitHubAccountTokenNameException: tokenName is not valid: it has 1 to 100 characters, none of them a \
             control character."
        );
    }
}

#[test]
fn there_may_be_so_many_in_a_request() {
    use Operation::*;
    let names: Vec<String> = (0..26).map(|n| format!("box-{n}")).collect();
    let ids: Vec<String> = (0..26).map(|n| format!("d-AAAAAAA{n:02}")).collect();
    let cases = [
        (BatchGetOnPremisesInstances, "instanceNames", json!(names), "BatchLimitExceeded", " in a request"),
        (ADD, "instanceNames", json!(names), "InstanceLimitExceeded", " in a request"),
        (REMOVE, "instanceNames", json!(names), "InstanceLimitExceeded", " in a request"),
        (BatchGetDeployments, "deploymentIds", json!(ids), "BatchLimitExceeded", " in a request"),
        (BatchGetDeploymentInstances, "instanceIds", json!(names), "BatchLimitExceeded", ""),
    ];
    for (operation, member, many, name, rest) in cases {
        assert_eq!(
            refused(operation, member, many.clone()),
            format!("{name}Exception: {member}: there may be 25{rest}; 26 were given.")
        );
        let most = &many.as_array().unwrap()[..25];
        assert!(parse(operation, with(operation, member, json!(most)).to_string().as_bytes()).is_ok());
    }
    let twice = json!({ "deploymentIds": ["d-BBBBBBBBB", "d-AAAAAAAAA", "d-BBBBBBBBB"] });
    assert_eq!(
        crate::codedeploy::deployment::BatchGetDeployments::parse(twice.to_string().as_bytes(), &context()),
        Ok(vec![named("d-BBBBBBBBB"), named("d-AAAAAAAAA")])
    );
}

#[test]
fn an_instance_is_registered_with_one_arn() {
    let read = |request: Value| RegisterOnPremisesInstance::parse(request.to_string().as_bytes(), &context());
    assert_eq!(
        read(json!({ "instanceName": "box", "iamUserArn": USER })),
        Ok(NewInstance { name: named("box"), identity: Identity::User(named(USER)) })
    );
    assert_eq!(
        read(json!({ "instanceName": "box", "iamSessionArn": SESSION })),
        Ok(NewInstance { name: named("box"), identity: Identity::Session(named(SESSION)) })
    );
    let cases = [
        (
            json!({}),
            "IamArnRequiredException: Neither iamSessionArn nor iamUserArn was given for box; give one of them.",
        ),
        (
            json!({ "iamUserArn": USER, "iamSessionArn": SESSION }),
            "MultipleIamArnsProvidedException: Both iamSessionArn and iamUserArn were given for box; give one of them.",
        ),
        (
            json!({ "iamUserArn": "" }),
            "IamUserArnRequiredException: iamUserArn is empty; give the ARN of an IAM user, or leave it out.",
        ),
        (
            json!({ "iamUserArn": SESSION }),
            "InvalidIamUserArnException: iamUserArn: user ARN \
             'arn:aws:sts::111122223333:assumed-role/deployer/box' is not valid: \
             arn:<partition>:iam::<account>:user/<name>, with or without a path before the name",
        ),
        (
            json!({ "iamSessionArn": USER }),
            "InvalidIamSessionArnException: iamSessionArn: session ARN \
             'arn:aws:iam::111122223333:user/AWS/CodeDeploy/box' is not valid: \
             arn:<partition>:sts::<account>:assumed-role/<role>/<session>",
        ),
    ];
    for (mut request, words) in cases {
        request["instanceName"] = json!("box");
        assert_eq!(refusal(REGISTER, &request), words);
    }
}

#[test]
fn tags_of_instances_have_their_rules() {
    let added = json!({ "instanceNames": ["box", "crate", "box"], "tags": [{ "Key": "Name", "Value": "" }] });
    assert_eq!(
        AddTagsToOnPremisesInstances::parse(added.to_string().as_bytes(), &context()),
        Ok((vec![named("box"), named("crate")], vec![tag("Name", "")]))
    );
    let removed = json!({ "instanceNames": ["box"], "tags": [{ "Key": "Name", "Value": "a" }, { "Key": "Stage" }] });
    assert_eq!(
        RemoveTagsFromOnPremisesInstances::parse(removed.to_string().as_bytes(), &context()),
        Ok((vec![named("box")], vec![TagFilter::KeyAndValue(tag("Name", "a")), TagFilter::Key("Stage".to_owned())]))
    );
    let eleven: Vec<Value> = (0..11).map(|n| json!({ "Key": format!("k{n}"), "Value": "" })).collect();
    for operation in [ADD, REMOVE] {
        let cases = [
            (json!([{ "Value": "a" }]), "InvalidTagException: tags[0]: Key is required and was not given."),
            (json!([{ "Key": "", "Value": "a" }]), "InvalidTagException: tags[0]: Key is empty; give one."),
            (
                json!([{ "Key": "k".repeat(129), "Value": "a" }]),
                "InvalidTagException: tags[0]: Key is longer than 128 characters; shorten it.",
            ),
            (
                json!([{ "Key": "a", "Value": "v" }, { "Key": "b", "Value": "v".repeat(257) }]),
                "InvalidTagException: tags[1]: Value is longer than 256 characters; shorten it.",
            ),
            (
                json!(eleven),
                "TagLimitExceededException: tags: an on-premises instance may have 10 tags; 11 were given.",
            ),
        ];
        for (tags, words) in cases {
            assert_eq!(refused(operation, "tags", tags), words);
        }
    }
    assert_eq!(
        refused(ADD, "tags", json!([{ "Key": "Name" }])),
        "InvalidTagException: tags[0]: the Value of 'Name' is required and was not given."
    );
    assert_eq!(
        refused(ADD, "tags", json!([{ "Key": "Name", "Value": "a" }, { "Key": "Name", "Value": "b" }])),
        "InvalidTagException: tags[1]: Key 'Name' is given twice; give it once."
    );
}

#[test]
fn instances_are_listed_by_status_and_tags() {
    let read = |request: Value| ListOnPremisesInstances::parse(request.to_string().as_bytes(), &context());
    let (all, after) = read(json!({})).unwrap();
    assert_eq!((all.registered, all.tags.as_slice(), after), (None, [].as_slice(), None));
    for (status, registered) in [("Registered", true), ("Deregistered", false)] {
        assert_eq!(read(json!({ "registrationStatus": status })).unwrap().0.registered, Some(registered));
    }
    assert_eq!(
        refused(LIST, "registrationStatus", json!("registered")),
        "InvalidRegistrationStatusException: registrationStatus 'registered' is not valid. Valid values are [Registered, \
         Deregistered]"
    );
    let (key, value) = (TagFilter::Key("Name".to_owned()), TagFilter::Value("a".to_owned()));
    let both = TagFilter::KeyAndValue(tag("Name", "a"));
    let cases = [
        (json!({ "Type": "KEY_ONLY", "Key": "Name" }), &key),
        (json!({ "Type": "KEY_ONLY", "Key": "Name", "Value": "" }), &key),
        (json!({ "Key": "Name" }), &key),
        (json!({ "Type": "VALUE_ONLY", "Value": "a" }), &value),
        (json!({ "Value": "a" }), &value),
        (json!({ "Type": "KEY_AND_VALUE", "Key": "Name", "Value": "a" }), &both),
        (json!({ "Key": "Name", "Value": "a" }), &both),
    ];
    for (filter, tag) in cases {
        assert_eq!(read(json!({ "tagFilters": [filter] })).unwrap().0.tags, std::slice::from_ref(tag));
    }
    let bad = [
        (json!({}), "neither Key nor Value was given; give what to look for."),
        (json!({ "Type": "KEY_ONLY", "Value": "a" }), "Type KEY_ONLY goes with a Key and no Value."),
        (json!({ "Type": "VALUE_ONLY", "Key": "a" }), "Type VALUE_ONLY goes with a Value and no Key."),
        (json!({ "Type": "KEY_AND_VALUE", "Key": "a" }), "Type KEY_AND_VALUE goes with a Key and a Value."),
        (
            json!({ "Type": "ANY", "Key": "a" }),
            "Type 'ANY' is not valid. Valid values are [KEY_ONLY, VALUE_ONLY, KEY_AND_VALUE]",
        ),
    ];
    for (filter, words) in bad {
        assert_eq!(
            refused(LIST, "tagFilters", json!([filter])),
            format!("InvalidTagFilterException: tagFilters[0]: {words}")
        );
    }

    let request = read(json!({ "tagFilters": [{ "Key": "Name" }] })).unwrap();
    let page = Page { items: vec!["box"], next: Some("box".to_owned()) };
    let answer = ListOnPremisesInstances::render(&request, &page, &context());
    assert_eq!(answer["instanceNames"], json!(["box"]));
    let token = &answer["nextToken"];
    let next = read(json!({ "tagFilters": [{ "Key": "Name" }], "nextToken": token })).unwrap();
    assert_eq!(next.1.as_deref(), Some("box"));
    for other in [json!({ "nextToken": token }), json!({ "tagFilters": [{ "Key": "Stage" }], "nextToken": token })] {
        assert!(refusal(LIST, &other).starts_with("InvalidNextTokenException"));
    }
}

#[test]
fn an_instance_is_shown_with_its_arn_and_its_identity() {
    let request = NewInstance { name: named("box"), identity: Identity::User(named(USER)) };
    let mut instance = Instance::new(&request, "9fd2fbef-2157-40d8-91e7-6845af69e2d2".to_owned(), at(0));
    instance.add_tags(&[tag("Name", "a")]);
    let mut shown = json!({
        "instanceName": "box", "iamUserArn": USER, "registerTime": 1786000000.0,
        "instanceArn": "arn:aws:codedeploy:us-east-1:111122223333:instance/box_9fd2fbef21",
        "tags": [{ "Key": "Name", "Value": "a" }],
    });
    let (name, cx) = (named("box"), context());
    assert_eq!(GetOnPremisesInstance::render(&name, &instance, &cx), json!({ "instanceInfo": shown }));
    instance.deregister(at(1500));
    shown["deregisterTime"] = json!(1786000001.5);
    assert_eq!(
        BatchGetOnPremisesInstances::render(&[name], &[instance.clone()], &cx),
        json!({ "instanceInfos": [shown] })
    );
    instance.identity = Identity::Session(named(SESSION));
    let shown = GetOnPremisesInstance::render(&named("box"), &instance, &cx);
    assert_eq!(shown["instanceInfo"]["iamSessionArn"], SESSION);
    assert_eq!(shown["instanceInfo"].get("iamUserArn"), None);
}

#[test]
fn a_wait_is_the_one_before_traffic_moves_unless_the_caller_says_so() {
    let read = |wait: Value| {
        let request = with(Operation::ContinueDeployment, "deploymentWaitType", wait);
        ContinueDeployment::parse(request.to_string().as_bytes(), &context()).map(|(_, wait)| wait)
    };
    assert_eq!(read(Value::Null), Ok(Gate::Ready));
    assert_eq!(read(json!("READY_WAIT")), Ok(Gate::Ready));
    assert_eq!(read(json!("TERMINATION_WAIT")), Ok(Gate::Termination));
    assert_eq!(
        read(json!("ready")).unwrap_err().to_string(),
        "InvalidDeploymentWaitTypeException: deploymentWaitType 'ready' is not valid. Valid values are [READY_WAIT, \
         TERMINATION_WAIT]"
    );
    let skip = good(Operation::SkipWaitTimeForInstanceTermination).to_string();
    let (_, wait) = SkipWaitTimeForInstanceTermination::parse(skip.as_bytes(), &context()).unwrap();
    assert_eq!(wait, Gate::Termination);
}

#[test]
fn instances_of_a_deployment_are_asked_for_by_status() {
    const INSTANCES: Operation = Operation::ListDeploymentInstances;
    let listed = |statuses: Value| {
        let request = with(INSTANCES, "instanceStatusFilter", statuses);
        ListDeploymentInstances::parse(request.to_string().as_bytes(), &context()).unwrap().1.statuses
    };
    for all in [Value::Null, json!([])] {
        assert_eq!(listed(all), None);
    }
    use TargetStatus::{Failed, Pending, Ready, Unknown};
    for (given, statuses) in
        [(json!(["Pending"]), vec![Pending]), (json!(["Ready", "Failed", "Unknown"]), vec![Ready, Failed, Unknown])]
    {
        assert_eq!(listed(given), Some(statuses));
    }
    assert_eq!(
        refused(INSTANCES, "instanceStatusFilter", json!(["Pending", "pending"])),
        "InvalidInstanceStatusException: instanceStatusFilter: 'pending' is not a status. Valid values are [Pending, \
         InProgress, Succeeded, Failed, Skipped, Unknown, Ready]"
    );
    assert_eq!(
        refused(INSTANCES, "instanceTypeFilter", json!(["Blue", "BLUE"])),
        "InvalidInstanceTypeException: instanceTypeFilter: 'BLUE' is not a type. Valid values are [Blue, Green]"
    );
    let blue = Some((LabelMember::InstanceTypeFilter, vec![Side::Blue]));
    for (types, labels) in [(json!(["Blue"]), blue), (json!([]), None)] {
        let request = with(INSTANCES, "instanceTypeFilter", types).to_string();
        let (_, filter, _) = ListDeploymentInstances::parse(request.as_bytes(), &context()).unwrap();
        assert_eq!(filter, TargetFilter { statuses: None, labels });
    }
    let other = with(INSTANCES, "nextToken", json!("x"));
    assert!(refusal(INSTANCES, &other).starts_with("InvalidNextTokenException"));
}

#[test]
fn what_there_is_none_of_is_an_empty_list() {
    assert_eq!(ListGitHubAccountTokenNames::render(&(), &context()), json!({ "tokenNameList": [] }));
    let words = refused(Operation::ListGitHubAccountTokenNames, "nextToken", json!("x"));
    assert!(words.starts_with("InvalidNextTokenException"), "{words}");
    assert_eq!(BatchGetDeployments::render(&[], &[], &context()), json!({ "deploymentsInfo": [] }));
}

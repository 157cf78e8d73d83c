//! On-premises instances, through the door.

use jiff::SignedDuration;
use serde_json::{Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_testkit::{Accident, Harm, World};
use spillway_tests::door::Door;

fn user(name: &str) -> String {
    format!("arn:aws:iam::111122223333:user/AWS/CodeDeploy/{name}")
}

fn register(door: &Door<'_>, name: &str) -> Value {
    door.call("RegisterOnPremisesInstance", &json!({ "instanceName": name, "iamUserArn": user(name) }))
}

fn tag(door: &Door<'_>, operation: &str, names: &[&str], tags: Value) -> Value {
    door.call(operation, &json!({ "instanceNames": names, "tags": tags }))
}

fn info(door: &Door<'_>, name: &str) -> Value {
    door.call("GetOnPremisesInstance", &json!({ "instanceName": name }))["instanceInfo"].clone()
}

/// The name of an exception and, after a colon, its words.
fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap())
}

const ADD: &str = "AddTagsToOnPremisesInstances";
const REMOVE: &str = "RemoveTagsFromOnPremisesInstances";

#[test]
fn an_instance_is_registered_tagged_and_deregistered() {
    let world = World::new();
    let door = Door::new(&world);
    assert_eq!(register(&door, "box"), json!({}));
    assert_eq!(
        tag(&door, ADD, &["box"], json!([{ "Key": "Name", "Value": "a" }, { "Key": "Stage", "Value": "" }])),
        json!({})
    );
    let shown = info(&door, "box");
    let arn = shown["instanceArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:codedeploy:us-east-1:111122223333:instance/box_"), "{arn}");
    assert_eq!(shown["iamUserArn"], user("box"));
    assert_eq!(shown["registerTime"], json!(1_700_000_000.0));
    assert_eq!(shown["tags"], json!([{ "Key": "Name", "Value": "a" }, { "Key": "Stage", "Value": "" }]));
    assert_eq!(info(&door, "box")["instanceArn"], arn, "it stays");

    assert_eq!(tag(&door, ADD, &["box"], json!([{ "Key": "Name", "Value": "b" }])), json!({}));
    for gone in
        [json!({ "Key": "Name", "Value": "a" }), json!({ "Key": "Team", "Value": "x" }), json!({ "Key": "Stage" })]
    {
        assert_eq!(tag(&door, REMOVE, &["box"], json!([gone])), json!({}));
    }
    assert_eq!(info(&door, "box")["tags"], json!([{ "Key": "Name", "Value": "b" }]));

    world.turn_clock(SignedDuration::from_secs(60));
    for _ in 0..2 {
        assert_eq!(door.call("DeregisterOnPremisesInstance", &json!({ "instanceName": "box" })), json!({}));
        world.turn_clock(SignedDuration::from_secs(60));
    }
    let gone = info(&door, "box");
    assert_eq!((&gone["deregisterTime"], &gone["instanceArn"]), (&json!(1_700_000_060.0), &json!(arn)));
    assert_eq!(
        words(&tag(&door, ADD, &["box"], json!([{ "Key": "Name", "Value": "c" }]))),
        "InstanceNotRegisteredException: No on-premises instance is registered with the name: box"
    );

    assert_eq!(register(&door, "box"), json!({}));
    let again = info(&door, "box");
    assert_ne!(again["instanceArn"], arn);
    assert_eq!((again.get("deregisterTime"), &again["tags"]), (None, &json!([])));
}

#[test]
fn a_name_and_an_identity_belong_to_one_registered_instance() {
    let world = World::new();
    let door = Door::new(&world);
    assert_eq!(register(&door, "box"), json!({}));
    assert_eq!(
        words(&register(&door, "box")),
        "InstanceNameAlreadyRegisteredException: An on-premises instance is already registered with the name: box. \
         Deregister it first, or choose another name."
    );
    let other = json!({ "instanceName": "crate", "iamUserArn": user("box") });
    assert_eq!(
        words(&door.call("RegisterOnPremisesInstance", &other)),
        "IamUserArnAlreadyRegisteredException: arn:aws:iam::111122223333:user/AWS/CodeDeploy/box is already registered \
         with the on-premises instance box. Deregister that, or use an ARN of this instance's own."
    );
    let session = |name: &str| {
        let arn = "arn:aws:sts::111122223333:assumed-role/fleet/one";
        door.call("RegisterOnPremisesInstance", &json!({ "instanceName": name, "iamSessionArn": arn }))
    };
    assert_eq!(session("first"), json!({}));
    assert!(words(&session("second")).starts_with("IamSessionArnAlreadyRegisteredException: arn:aws:sts::1111"));
    for (name, gone) in [("crate", "box"), ("second", "first")] {
        assert_eq!(door.call("DeregisterOnPremisesInstance", &json!({ "instanceName": gone })), json!({}));
        assert_eq!(info(&door, name), Value::Null, "what was refused is not there");
    }
    assert_eq!(door.call("RegisterOnPremisesInstance", &other), json!({}));
    assert_eq!(session("second"), json!({}));
}

#[test]
fn many_are_tagged_or_none() {
    let world = World::new();
    let door = Door::new(&world);
    for name in ["a", "b", "c"] {
        register(&door, name);
    }
    let nine: Vec<Value> = (0..9).map(|n| json!({ "Key": format!("k{n}"), "Value": "" })).collect();
    tag(&door, ADD, &["b"], json!(nine));
    let two = json!([{ "Key": "Name", "Value": "x" }, { "Key": "Stage", "Value": "y" }]);
    assert_eq!(
        words(&tag(&door, ADD, &["a", "b", "c"], two.clone())),
        "TagLimitExceededException: The on-premises instance b would have 11 tags; it may have 10. Remove some first. No \
         instance was tagged."
    );
    for operation in [ADD, REMOVE] {
        assert_eq!(
            words(&tag(&door, operation, &["a", "nobody"], two.clone())),
            "InstanceNotRegisteredException: No on-premises instance is registered with the name: nobody"
        );
    }
    assert_eq!((&info(&door, "a")["tags"], &info(&door, "c")["tags"]), (&json!([]), &json!([])));
    let wide = Door::with_quotas(&world, Quotas { instance_tags: 11, ..Quotas::default() });
    assert_eq!(tag(&wide, ADD, &["a", "b", "c"], two.clone()), json!({}));
    assert_eq!(info(&door, "b")["tags"].as_array().unwrap().len(), 11);
    assert_eq!(info(&door, "c")["tags"], two);
}

#[test]
fn instances_are_read_many_at_once() {
    let world = World::new();
    let door = Door::new(&world);
    for name in ["a", "b", "c"] {
        register(&door, name);
    }
    door.call("DeregisterOnPremisesInstance", &json!({ "instanceName": "b" }));
    let asked = json!({ "instanceNames": ["c", "nobody", "b", "c", "a"] });
    let answer = door.call("BatchGetOnPremisesInstances", &asked);
    let infos = answer["instanceInfos"].as_array().unwrap();
    let names: Vec<&str> = infos.iter().map(|info| info["instanceName"].as_str().unwrap()).collect();
    assert_eq!(names, ["c", "b", "a"]);
    assert!(infos[1]["deregisterTime"].is_number());
    assert_eq!(
        words(&door.call("GetOnPremisesInstance", &json!({ "instanceName": "nobody" }))),
        "InstanceNotRegisteredException: No on-premises instance is registered with the name: nobody"
    );
    assert_eq!(door.call("DeregisterOnPremisesInstance", &json!({ "instanceName": "nobody" })), json!({}));
}

#[test]
fn a_list_has_pages_that_keep_to_its_filters() {
    let world = World::new();
    let door = Door::new(&world);
    for n in 0..105 {
        let name = format!("box-{n:03}");
        register(&door, &name);
        tag(&door, ADD, &[&name], json!([{ "Key": "Half", "Value": (n % 2).to_string() }]));
    }
    for gone in ["box-000", "box-003"] {
        door.call("DeregisterOnPremisesInstance", &json!({ "instanceName": gone }));
    }
    let all = |filter: Value| {
        let (mut names, mut pages, mut request) = (Vec::new(), 0, filter);
        loop {
            let answer = door.call("ListOnPremisesInstances", &request);
            names.extend(
                answer["instanceNames"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()),
            );
            pages += 1;
            match answer.get("nextToken") {
                None => return (names, pages),
                Some(token) => request["nextToken"] = token.clone(),
            }
        }
    };
    let (names, pages) = all(json!({}));
    assert_eq!((names.len(), pages), (105, 2));
    assert!(names.is_sorted());
    assert_eq!(all(json!({ "registrationStatus": "Registered" })).0.len(), 103);
    assert_eq!(all(json!({ "registrationStatus": "Deregistered" })).0, ["box-000", "box-003"]);
    let odd = json!({ "tagFilters": [{ "Key": "Half", "Value": "1", "Type": "KEY_AND_VALUE" }] });
    assert_eq!(all(odd).0.len(), 52);
    let both = json!({ "tagFilters": [{ "Key": "Half", "Type": "KEY_ONLY" }, { "Value": "0", "Type": "VALUE_ONLY" }] });
    assert_eq!(all(both).0.len(), 53);
    let none = json!({ "tagFilters": [{ "Value": "0" }, { "Value": "1" }] });
    assert_eq!(all(none).0, Vec::<String>::new());
}

#[test]
fn whatever_befalls_a_call_it_can_be_made_again() {
    // The calls of ports that the requests below make, and a few more.
    for moment in 0..12 {
        for harm in [Harm::Fail, Harm::LoseAnswer] {
            let world = World::new().with_accidents(vec![Accident { moment, harm }]);
            let door = Door::new(&world);
            let again = |operation: &str, body: Value, fine: &str| {
                let answer = door.call(operation, &body);
                let exception = answer["__type"].as_str().unwrap_or_default();
                if exception == "InternalFailure" {
                    let answer = door.call(operation, &body);
                    assert!(answer == json!({}) || words(&answer).starts_with(fine), "{answer}");
                } else {
                    assert_eq!(answer, json!({}));
                }
            };
            let tags = json!({ "instanceNames": ["box"], "tags": [{ "Key": "Name", "Value": "a" }] });
            // To register is the one that says so when it was done already.
            let new = json!({ "instanceName": "box", "iamUserArn": user("box") });
            again("RegisterOnPremisesInstance", new, "InstanceNameAlreadyRegisteredException");
            again(ADD, tags.clone(), "-");
            let stage = json!({ "instanceNames": ["box"], "tags": [{ "Key": "Stage", "Value": "b" }] });
            again(ADD, stage, "-");
            again(REMOVE, tags, "-");
            again("DeregisterOnPremisesInstance", json!({ "instanceName": "box" }), "-");
            let found = (0..2).map(|_| info(&door, "box")).find(Value::is_object).unwrap();
            assert_eq!(found["tags"], json!([{ "Key": "Stage", "Value": "b" }]), "{moment} {harm:?}");
            assert!(found["deregisterTime"].is_number());
        }
    }
}

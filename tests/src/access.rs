//! Who may do what: the API before policies, and the policies as they come and go.

use std::cell::{Cell, RefCell};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use spillway_domain::access::caller::Caller;
use spillway_domain::access::permission::{Authorization, Permission, Protected, Question};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::access::authorize::{InForce, Written, authorize};
use spillway_engine::ports::access::{Access, PolicySource, PolicyStore, PolicyText};
use spillway_policy::{Policies, SCHEMA};
use spillway_testkit::{Plot, Story, World};
use spillway_tests::door::{Door, request, request_by};
use spillway_wire::access::{action, operator_action};
use spillway_wire::codedeploy::operation::Operation;
use spillway_wire::operator::operation::OperatorOperation;

const GUIDE: &str = include_str!("../../docs/guides/access.md");
const SHOP: &str = "arn:aws:sts::111122223333:assumed-role/shop-deployer/alice";
const BILLING: &str = "arn:aws:sts::111122223333:assumed-role/billing-deployer/bob";

/// The policies of the guide.
fn of_guide() -> Policies {
    let text = GUIDE.split("```cedar\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    text.parse().unwrap()
}

/// The function that knows the policies, without Lambda between.
struct Guard(Policies);

impl Access for Guard {
    fn has_policies(&self) -> bool {
        true
    }

    async fn ask(&self, question: &Question) -> Result<Authorization, Problem> {
        let sent: Question = serde_json::from_str(&serde_json::to_string(question).unwrap()).unwrap();
        let answer = self.0.decide(&sent).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        Ok(serde_json::from_str(&serde_json::to_string(&answer).unwrap()).unwrap())
    }
}

/// A function that cannot be asked.
struct Unreachable;

impl Access for Unreachable {
    fn has_policies(&self) -> bool {
        true
    }

    async fn ask(&self, _: &Question) -> Result<Authorization, Problem> {
        Err(Problem::new(ProblemKind::Transient, "lambda:InvokeFunction of authorize failed: Throttled."))
    }
}

fn exception(answer: &Value) -> String {
    let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", text("__type"), text("message"))
}

/// Everything that stands in the world, as far as the API shows it.
fn shown(world: &World) -> String {
    let door = Door::new(world);
    let all = ["ListApplications", "ListDeploymentConfigs", "ListDeployments", "ListOnPremisesInstances"];
    let all = all.map(|operation| door.call(operation, &json!({})).to_string());
    format!("{all:?} {:?}", world.records())
}

#[test]
fn each_team_has_its_applications() {
    let world = World::new();
    let door = Door::guarded_by(&world, Guard(of_guide()));
    let by = |caller: &str, operation: &str, body: &Value| door.send(&request_by(caller, operation, body));
    let create = |name: &str| json!({ "applicationName": name, "computePlatform": "Lambda" });
    assert!(by(SHOP, "CreateApplication", &create("shop"))["applicationId"].is_string());
    assert!(by(BILLING, "CreateApplication", &create("billing"))["applicationId"].is_string());
    let group = |role: &str| {
        json!({
            "applicationName": "shop", "deploymentGroupName": "orders",
            "serviceRoleArn": format!("arn:aws:iam::111122223333:role/{role}"),
            "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        })
    };
    assert_eq!(
        exception(&by(SHOP, "CreateDeploymentGroup", &group("spillway-billing"))),
        "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/shop-deployer/alice is not authorized to \
         perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/spillway-billing because no identity-based \
         policy allows the iam:PassRole action"
    );
    assert!(
        exception(&by(BILLING, "CreateDeploymentGroup", &group("spillway-billing"))).contains("CreateDeploymentGroup")
    );
    assert!(by(SHOP, "CreateDeploymentGroup", &group("spillway-shop"))["deploymentGroupId"].is_string());
    let change = json!({ "applicationName": "shop", "currentDeploymentGroupName": "orders",
                         "serviceRoleArn": "arn:aws:iam::111122223333:role/spillway-billing" });
    assert!(exception(&by(SHOP, "UpdateDeploymentGroup", &change)).contains("iam:PassRole"));
    // Everybody looks at everything.
    let found =
        by(BILLING, "GetDeploymentGroup", &json!({ "applicationName": "shop", "deploymentGroupName": "orders" }));
    let role = &found["deploymentGroupInfo"]["serviceRoleArn"];
    assert_eq!(role, "arn:aws:iam::111122223333:role/spillway-shop", "and it is as it was made: {found}");
    // Nobody takes over a name.
    let rename = json!({ "applicationName": "billing", "newApplicationName": "other" });
    assert!(exception(&by(BILLING, "UpdateApplication", &rename)).contains("application:other"));
}

#[test]
fn a_refused_call_writes_nothing() {
    let world = World::new();
    let order = Story::new("Steps.10@1m").set(&world);
    let everything = json!({
        "applicationName": order.application.as_str(), "deploymentGroupName": order.group.as_str(),
        "currentDeploymentGroupName": order.group.as_str(), "newDeploymentGroupName": "taken",
        "newApplicationName": "taken", "deploymentConfigName": "taken", "instanceName": "taken",
        "instanceNames": ["taken"], "computePlatform": "Lambda", "deploymentId": "d-75I7MBT7C",
        "serviceRoleArn": "arn:aws:iam::111122223333:role/spillway-shop", "iamUserArn": "arn:aws:iam::111122223333:user/a",
        "tags": [{ "Key": "a", "Value": "b" }], "Tags": [{ "Key": "a", "Value": "b" }], "TagKeys": ["a"],
        "ResourceArn": format!("arn:aws:codedeploy:us-east-1:111122223333:application:{}", order.application),
        "tokenName": "token", "minimumHealthyHosts": { "type": "HOST_COUNT", "value": 1 },
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": "{}" } },
    });
    let before = shown(&world);
    let writes = Operation::ALL.iter().filter(|operation| !operation.is_read());
    for operation in writes {
        let door = Door::guarded_by(&world, Guard("".parse().unwrap()));
        for request in [request_by(SHOP, operation.name(), &everything), request(operation.name(), &everything)] {
            let answer = door.answer(&request);
            assert_eq!(answer["statusCode"], 400, "{operation}: {answer}");
            let words = answer["body"].as_str().unwrap();
            assert!(
                words.contains("AccessDeniedException") && words.contains(operation.name()),
                "{operation}: {words}"
            );
        }
        let door = Door::guarded_by(&world, Unreachable);
        assert_eq!(door.answer(&request_by(SHOP, operation.name(), &everything))["statusCode"], 500, "{operation}");
    }
    assert_eq!(shown(&world), before);
}

#[test]
fn without_policies_whoever_comes_is_admitted() {
    let world = World::new();
    let body = json!({ "applicationName": "shop", "computePlatform": "Lambda" });
    assert!(Door::new(&world).send(&request("CreateApplication", &body))["applicationId"].is_string());
}

#[test]
fn every_operation_can_be_permitted_and_refused() {
    let everything: Policies = "permit (principal, action, resource);".parse().unwrap();
    let nothing: Policies = "".parse().unwrap();
    let resources = [
        Protected::Installation,
        Protected::Application("shop".parse().unwrap()),
        Protected::Group("shop".parse().unwrap(), "orders".parse().unwrap()),
        Protected::Deployment { id: "d-75I7MBT7C".parse().unwrap(), group: None },
        Protected::Config("slow".parse().unwrap()),
        Protected::Instance("one".parse().unwrap()),
    ];
    let of_codedeploy = Operation::ALL.iter().map(|operation| action(*operation));
    let of_our_own = OperatorOperation::ALL.into_iter().map(operator_action);
    for action in of_codedeploy.chain(of_our_own) {
        assert!(SCHEMA.contains(&format!("\"{action}\"")), "{action}");
        let ask = |policies: &Policies, resource: &Protected| {
            let permission = Permission { action: action.clone(), resource: resource.clone() };
            policies.decide(&Question { caller: SHOP.parse().unwrap(), permissions: vec![permission] })
        };
        let fits = resources.iter().filter(|resource| ask(&everything, resource) == Ok(Authorization::Allowed)).count();
        assert!((1..=3).contains(&fits), "{action} fits {fits} kinds of resources");
        assert_eq!(ask(&everything, &Protected::Installation), Ok(Authorization::Allowed), "{action}");
        assert!(matches!(ask(&nothing, &Protected::Installation), Ok(Authorization::Denied(_))), "{action}");
    }
}

#[test]
fn whoever_created_a_deployment_and_whoever_stopped_it_stand_in_its_ledger() {
    let world = World::new();
    let spec = Story::new("Steps.10@1m").set(&world);
    let door = Door::new(&world);
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": "{}" } });
    let body = json!({ "applicationName": spec.application.as_str(), "deploymentGroupName": spec.group.as_str(),
                       "revision": revision });
    let created = door.send(&request_by(SHOP, "CreateDeployment", &body));
    let id = created["deploymentId"].as_str().unwrap();
    let record = || world.record(&id.parse().unwrap()).unwrap();
    assert_eq!(record().spec.caller.as_ref().map(Caller::as_str), Some(SHOP));
    door.send(&request_by(BILLING, "StopDeployment", &json!({ "deploymentId": id })));
    assert_eq!(record().note, format!("StopDeployment was called by {BILLING}."));
    let halt = record().halt.unwrap();
    assert!(format!("{:?}", halt.cause).contains(BILLING), "{halt:?}");
}

/// Where policies are written and kept, by hand.
#[derive(Default)]
struct Shelf {
    written: RefCell<Option<PolicyText>>,
    kept: RefCell<Option<PolicyText>>,
    reads: Cell<usize>,
}

impl Shelf {
    fn write(&self, e_tag: &str, text: &str) {
        *self.written.borrow_mut() = Some(PolicyText { text: text.to_owned(), e_tag: e_tag.to_owned() });
    }
}

impl PolicySource for Shelf {
    async fn read(&self) -> Result<PolicyText, Problem> {
        self.reads.set(self.reads.get() + 1);
        self.written.borrow().clone().ok_or_else(|| Problem::new(ProblemKind::Missing, "S3: NoSuchKey."))
    }
}

impl PolicyStore for Shelf {
    async fn kept_policies(&self) -> Result<Option<PolicyText>, Problem> {
        Ok(self.kept.borrow().clone())
    }

    async fn keep_policies(&self, policies: &PolicyText) -> Result<(), Problem> {
        *self.kept.borrow_mut() = Some(policies.clone());
        Ok(())
    }
}

/// What is in force at that second, and what is wrong with what is written.
fn at(second: i64, shelf: &Shelf, in_force: &InForce<String>) -> Result<(String, Option<String>), Problem> {
    let understand = |text: &str| match text {
        "broken" => Err("it is broken".to_owned()),
        text => Ok(text.to_owned()),
    };
    let used = RefCell::new(String::new());
    let decide = |policies: &String| -> Result<Authorization, String> {
        used.borrow_mut().clone_from(policies);
        Ok(Authorization::Allowed)
    };
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    let (_, trouble) =
        pollster::block_on(authorize(in_force, &Written { source: shelf, store: shelf }, understand, decide, now))?;
    Ok((used.take(), trouble))
}

#[test]
fn policies_are_looked_at_again_after_a_minute() {
    let (shelf, in_force) = (Shelf::default(), InForce::default());
    shelf.write("1", "first");
    assert_eq!(at(0, &shelf, &in_force), Ok(("first".to_owned(), None)));
    shelf.write("2", "second");
    assert_eq!(at(59, &shelf, &in_force), Ok(("first".to_owned(), None)));
    assert_eq!(shelf.reads.get(), 1);
    assert_eq!(at(60, &shelf, &in_force), Ok(("second".to_owned(), None)));
    assert_eq!(shelf.kept.borrow().as_ref().map(|kept| kept.text.clone()), Some("second".to_owned()));
}

#[test]
fn policies_that_are_not_valid_leave_the_last_good_ones_in_force_and_raise_an_error() {
    let (shelf, in_force) = (Shelf::default(), InForce::default());
    shelf.write("1", "good");
    at(0, &shelf, &in_force).unwrap();
    shelf.write("2", "broken");
    let words = "The policies are not valid, and those before them stay in force. it is broken.";
    assert_eq!(at(100, &shelf, &in_force), Ok(("good".to_owned(), Some(words.to_owned()))));
    // Another instance starts, and knows only what is kept.
    assert_eq!(at(200, &shelf, &InForce::default()), Ok(("good".to_owned(), Some(words.to_owned()))));
    *shelf.written.borrow_mut() = None;
    let words = "The policies could not be read, and the last ones stay in force. S3: NoSuchKey.";
    assert_eq!(at(300, &shelf, &InForce::default()), Ok(("good".to_owned(), Some(words.to_owned()))));
    shelf.write("3", "better");
    assert_eq!(at(400, &shelf, &in_force), Ok(("better".to_owned(), None)));
}

#[test]
fn without_any_good_policies_nothing_is_decided() {
    let shelf = Shelf::default();
    shelf.write("1", "broken");
    let problem = at(0, &shelf, &InForce::default()).unwrap_err();
    assert!(problem.words.ends_with("it is broken. But there are none before them."), "{problem}");
}

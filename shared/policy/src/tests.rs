use spillway_domain::access::permission::Protected;

use super::*;

const SHOP: &str = r#"
    permit (principal in Role::"arn:aws:iam::111122223333:role/shop", action, resource in Application::"shop");
    permit (principal is Stack, action, resource in Application::"shop") when { principal.name like "shop-*" };
    forbid (principal, action == Action::"codedeploy:DeleteDeploymentGroup", resource == DeploymentGroup::"shop/core");
    permit (
        principal == Session::"arn:aws:sts::111122223333:assumed-role/shop/alice",
        action == Action::"iam:PassRole",
        resource == Role::"arn:aws:iam::111122223333:role/path/spillway-shop"
    );
"#;

fn group(application: &str, name: &str) -> Protected {
    Protected::Group(application.parse().unwrap(), name.parse().unwrap())
}

fn deployment(group: Option<(&str, &str)>) -> Protected {
    let group = group.map(|(of, name)| (of.parse().unwrap(), name.parse().unwrap()));
    Protected::Deployment { id: "d-75I7MBT7C".parse().unwrap(), group }
}

fn role(arn: &str) -> Protected {
    Protected::Role(arn.parse().unwrap())
}

/// What the policies say: `allowed`, `forbidden`, or `none` where no policy permits it.
fn decided(caller: &str, action: &str, resource: Protected) -> &'static str {
    let policies: Policies = SHOP.parse().unwrap();
    let permissions = vec![Permission { action: action.to_owned(), resource }];
    match policies.decide(&Question { caller: caller.parse().unwrap(), permissions }).unwrap() {
        Authorization::Allowed => "allowed",
        Authorization::Denied(Denial { is_forbidden: true, .. }) => "forbidden",
        Authorization::Denied(Denial { is_forbidden: false, .. }) => "none",
    }
}

const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/shop/alice";
const BOB: &str = "arn:aws:sts::111122223333:assumed-role/billing/bob";

#[test]
fn what_is_in_an_application_is_permitted_with_it() {
    let stop = "codedeploy:StopDeployment";
    assert_eq!(decided(ALICE, "codedeploy:CreateDeployment", group("shop", "orders")), "allowed");
    assert_eq!(decided(ALICE, stop, deployment(Some(("shop", "orders")))), "allowed");
    assert_eq!(decided(ALICE, stop, deployment(Some(("billing", "orders")))), "none");
    assert_eq!(decided(ALICE, stop, deployment(None)), "none");
    assert_eq!(decided(ALICE, "codedeploy:ListApplications", Protected::Installation), "none");
}

#[test]
fn nobody_else_is_permitted_it() {
    for caller in [
        BOB,
        "arn:aws:sts::444455556666:assumed-role/shop/alice",
        "arn:aws:iam::111122223333:user/shop",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/shop",
        "arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:shop",
        "arn:aws:cloudformation:us-east-1:111122223333:stack/billing-shop/1",
    ] {
        assert_eq!(decided(caller, "codedeploy:CreateDeployment", group("shop", "orders")), "none", "{caller}");
    }
    let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/shop-orders/1";
    assert_eq!(decided(stack, "codedeploy:CreateDeployment", group("shop", "orders")), "allowed");
}

#[test]
fn what_is_forbidden_is_told_from_what_is_not_permitted() {
    let delete = "codedeploy:DeleteDeploymentGroup";
    assert_eq!(decided(ALICE, delete, group("shop", "core")), "forbidden");
    assert_eq!(decided(ALICE, delete, group("shop", "orders")), "allowed");
    assert_eq!(decided(BOB, delete, group("shop", "orders")), "none");
}

#[test]
fn a_role_is_passed_by_its_whole_arn() {
    let pass = |caller, arn| decided(caller, "iam:PassRole", role(arn));
    assert_eq!(pass(ALICE, "arn:aws:iam::111122223333:role/path/spillway-shop"), "allowed");
    assert_eq!(pass(ALICE, "arn:aws:iam::111122223333:role/spillway-shop"), "none");
    assert_eq!(pass(ALICE, "arn:aws:iam::111122223333:role/shop"), "none");
    assert_eq!(pass(BOB, "arn:aws:iam::111122223333:role/path/spillway-shop"), "none");
}

#[test]
fn one_refused_of_several_refuses_them_all_and_is_named() {
    let policies: Policies = SHOP.parse().unwrap();
    let [own, other] = ["shop", "billing"].map(|name| Permission {
        action: "codedeploy:BatchGetApplications".to_owned(),
        resource: Protected::Application(name.parse().unwrap()),
    });
    let question = Question { caller: ALICE.parse().unwrap(), permissions: vec![own, other.clone()] };
    let denial = Denial { permission: other, is_forbidden: false };
    assert_eq!(policies.decide(&question), Ok(Authorization::Denied(denial)));
}

#[test]
fn policies_that_do_not_fit_the_schema_are_refused_with_what_is_wrong() {
    let wrong = |text: &str| text.parse::<Policies>().unwrap_err();
    let unknown = wrong(r#"permit (principal, action == Action::"codedeploy:CreateDeploymnet", resource);"#);
    assert!(unknown.contains("codedeploy:CreateDeploymnet"), "{unknown}");
    let unknown = wrong("permit (principal is Team, action, resource);");
    assert!(unknown.contains("Team"), "{unknown}");
    let attribute = wrong("permit (principal, action, resource) when { principal.team == 1 };");
    assert!(attribute.contains("team"), "{attribute}");
    assert!(!wrong("permit (principal, action").is_empty());
    assert!("".parse::<Policies>().is_ok(), "no policy permits anything, which is valid");
}

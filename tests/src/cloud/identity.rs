//! Who hosts are, in a cloud where signatures and policies count: Lambda's part of the answer, and ours.

use aws_sdk_codedeploy::config::Credentials;
use aws_sdk_codedeploy::types::DeploymentStatus;
use serde_json::json;
use spillway::loopback::listen;
use spillway::proxy::{Proxy, Upstream, plain_client};
use spillway_lab::host::iam::{Iam, Key};
use spillway_lab::local::Options;

use super::fleets::Fleet;
use super::{Cloud, block_on};

/// What a poll is answered that calls itself this host.
async fn post(url: &str, host: &str) -> String {
    let request = plain_client().unwrap().post(url).header("content-type", "application/x-amz-json-1.1");
    let request = request.header("x-amz-target", "CodeDeployCommandService_v20141006.PollHostCommand");
    let answer = request.body(json!({ "HostIdentifier": host }).to_string()).send().await.unwrap();
    format!("{} {}", answer.status().as_u16(), answer.text().await.unwrap())
}

/// The same, signed.
async fn poll(cloud: &Cloud, key: &Key, host: &str) -> String {
    let credentials = Credentials::new(&key.id, &key.secret, key.token.clone(), None, "host");
    let upstream = Upstream::new(&cloud.endpoints().agent_api, "us-east-1", credentials).unwrap();
    let proxy = Proxy::start(upstream, listen(0).unwrap()).unwrap();
    post(proxy.url(), host).await
}

#[test]
fn a_host_is_who_signs_for_it_with_the_policy_of_hosts() {
    block_on(async {
        let options = Options { authenticates: true, ..Options::default() };
        let cloud: &Cloud = Box::leak(Box::new(Cloud::start_with(options).await.unwrap()));
        let (endpoints, iam) = (cloud.endpoints(), Iam::new(cloud.endpoints()).unwrap());
        let user = iam.user("gate").await.unwrap();
        let key = iam.key("gate").await.unwrap();

        let refused = poll(cloud, &key, &user).await;
        assert!(
            refused.contains("AccessDenied") && refused.contains("lambda:InvokeFunctionUrl"),
            "no policy: {refused}"
        );
        iam.let_host("gate", &endpoints.on_premises_host_policy_arn).await.unwrap();
        let polled = poll(cloud, &key, &user).await;
        assert_eq!(polled, r#"200 {"PollAgainAfterSeconds":1.0}"#);
        let unsigned = post(&endpoints.agent_api, &user).await;
        assert!(unsigned.starts_with("403 "), "unsigned: {unsigned}");
        let forged = Key { secret: "another".to_owned(), ..key.clone() };
        let forged = poll(cloud, &forged, &user).await;
        assert!(forged.contains("signature"), "signed with another secret: {forged}");
        let other = user.replace("gate", "other");
        let claimed = poll(cloud, &key, &other).await;
        let words = format!("{user} is not host {other}: an on-premises host calls as the IAM user");
        assert!(claimed.starts_with("400 ") && claimed.contains(&words), "{claimed}");

        // A session that a caller has named after an instance has no keys that EC2 has delivered.
        let instance = format!("arn:aws:ec2:us-east-1:{}:instance/i-0abc", endpoints.account_id);
        iam.role("web").await.unwrap();
        iam.attach_to_role("web", &endpoints.host_policy_arn).await.unwrap();
        let session = iam.session(&endpoints.account_id, "web", "i-0abc").await.unwrap();
        let refused = poll(cloud, &session, &instance).await;
        assert!(refused.contains("AccessDenied") && refused.contains("assumed-role/web/i-0abc"), "{refused}");
        // It is the policy that refuses: with another one, the session is taken for the instance that it is named after.
        iam.attach_to_role("web", &endpoints.on_premises_host_policy_arn).await.unwrap();
        let polled = poll(cloud, &session, &instance).await;
        assert!(polled.starts_with("200 "), "{polled}");
        let claimed = poll(cloud, &session, &instance.replace("i-0abc", "i-0def")).await;
        assert!(claimed.contains("is not host") && claimed.contains("the session is not named after"), "{claimed}");

        let fleet = Fleet::open(cloud, "fleet-signed", 2, "CodeDeployDefault.AllAtOnce").await;
        fleet.put("one", &["index.html"], 0).await;
        let ended = fleet.ended(&fleet.deploy("one").await).await;
        assert_eq!(ended.status(), Some(&DeploymentStatus::Succeeded), "{ended:#?}");
        assert_eq!(fleet.sites(), ["index.html one"; 2]);
        fleet.close().await;
    });
}

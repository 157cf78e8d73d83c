//! Policies, as the functions that are deployed ask for them, read them and keep them.

use serde_json::{Value, json};
use spillway_aws_dynamodb::Table;
use spillway_engine::ports::access::PolicyStore;
use spillway_tests::door::{request, request_by};

use super::{Cloud, in_cloud};

const GUIDE: &str = include_str!("../../../docs/guides/access.md");
const EXECUTION: &str = include_str!("../../../events/create-deployment.json");
const STACK: &str = include_str!("../../../events/change-resource.json");
const SHOP: &str = "arn:aws:sts::111122223333:assumed-role/shop-deployer/alice";
const BILLING: &str = "arn:aws:sts::111122223333:assumed-role/billing-deployer/bob";
const BUCKET: &str = "with-policies";

/// Copies of the functions that ask, and of the one that is asked, with a table and policies of their own.
struct Guarded(&'static Cloud);

impl Guarded {
    async fn open(cloud: &'static Cloud, policies: &str) -> Self {
        cloud.copy_table(BUCKET).await;
        cloud.s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        let guarded = Self(cloud);
        guarded.write(policies).await;
        guarded.start_authorize("with-policies-1").await;
        for folder in ["api", "create-deployment", "change-resource"] {
            let settings = [("AUTHORIZE_FUNCTION", "with-policies-1")];
            guarded.copy(folder, &format!("with-policies-{folder}"), &settings).await;
        }
        guarded
    }

    async fn copy(&self, folder: &str, name: &str, settings: &[(&str, &str)]) {
        let own = [("TABLE_NAME", BUCKET), ("POLICIES", "with-policies/access.cedar")];
        self.0.copy_function(folder, name, &[&own, settings].concat()).await;
    }

    async fn start_authorize(&self, name: &str) {
        self.copy("authorize", name, &[]).await;
    }

    async fn write(&self, policies: &str) {
        let request = self.0.s3.put_object().bucket(BUCKET).key("access.cedar");
        request.body(policies.as_bytes().to_vec().into()).send().await.unwrap();
    }

    async fn invoke(&self, function: &str, payload: &Value) -> Value {
        let answer = self.0.invoke(&format!("with-policies-{function}"), &payload.to_string()).await;
        serde_json::from_str(&answer.unwrap()).unwrap()
    }

    async fn call(&self, caller: Option<&str>, operation: &str, body: &Value) -> String {
        let request = match caller {
            Some(caller) => request_by(caller, operation, body),
            None => request(operation, body),
        };
        let answer = self.invoke("api", &serde_json::to_value(request).unwrap()).await;
        format!("{} {}", answer["statusCode"], answer["body"].as_str().unwrap())
    }
}

#[test]
fn the_functions_let_each_team_have_its_applications() {
    let of_guide = GUIDE.split("```cedar\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    in_cloud(async |cloud| {
        let guarded = Guarded::open(cloud, of_guide).await;
        let shop = json!({ "applicationName": "shop", "computePlatform": "Lambda" });
        let refused = guarded.call(Some(BILLING), "CreateApplication", &shop).await;
        assert!(refused.starts_with("400") && refused.contains("AccessDeniedException"), "{refused}");
        assert!(refused.contains(&format!("User: {BILLING} is not authorized to perform")), "{refused}");
        let refused = guarded.call(None, "CreateApplication", &shop).await;
        assert!(refused.contains("AccessDeniedException"), "a caller without a name: {refused}");
        let created = guarded.call(Some(SHOP), "CreateApplication", &shop).await;
        assert!(created.starts_with("200"), "{created}");
        let read = guarded.call(Some(BILLING), "GetApplication", &json!({ "applicationName": "shop" })).await;
        assert!(read.starts_with("200"), "every caller may read: {read}");

        // The policies of the guide admit executions and stacks by a name that these do not have.
        let execution = guarded.invoke("create-deployment", &serde_json::from_str(EXECUTION).unwrap()).await;
        assert!(execution.to_string().contains("AccessDeniedException"), "{execution}");
        let stack = guarded.invoke("change-resource", &serde_json::from_str(STACK).unwrap()).await;
        assert!(stack.to_string().contains("AccessDeniedException"), "{stack}");
        let named = EXECUTION.replace(":spillway-deployment:0b0e2c1e", ":spillway-deployment:shop-0b0e2c1e");
        let named = guarded.invoke("create-deployment", &serde_json::from_str(&named).unwrap()).await;
        assert!(named.to_string().contains("DeploymentGroupDoesNotExist"), "it may ask, and there is none: {named}");

        // Policies that are broken leave in force those that the table has kept, for a function that starts as well.
        let kept = Table::new(&cloud.local.sdk_config(), BUCKET, 400).kept_policies().await.unwrap();
        assert_eq!(kept.map(|kept| kept.text).as_deref(), Some(of_guide));
        guarded.write("permit (principal, action, nonsense);").await;
        guarded.start_authorize("with-policies-2").await;
        guarded.copy("api", "with-policies-api-2", &[("AUTHORIZE_FUNCTION", "with-policies-2")]).await;
        let delete = json!({ "applicationName": "shop" });
        let ask =
            async |caller| guarded.invoke("api-2", &json!(request_by(caller, "DeleteApplication", &delete))).await;
        assert_eq!(ask(BILLING).await["statusCode"], 400);
        assert_eq!(ask(SHOP).await["statusCode"], 200);
    });
}

//! Copies of what the stack has, for tests that need it otherwise.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex};
use aws_sdk_lambda::types::{Environment, FunctionCode, FunctionUrlAuthType, Runtime};
use spillway::loopback::listen;
use spillway::proxy::{Proxy, Upstream};

use super::Cloud;

/// Succeeds at once, and does nothing.
const IDLE: &str = r#"{"StartAt": "Idle", "States": {"Idle": {"Type": "Succeed"}}}"#;

/// An API beside that of the stack: the same function and the same proxy, with a table and quotas of its own, and with
/// a state machine that does nothing. A deployment that is created here stays as it was created.
pub(super) struct Aside {
    pub function: String,
    pub proxy: Proxy,
}

impl Aside {
    pub async fn open(cloud: &Cloud, name: &str, quotas: &str) -> Self {
        cloud.copy_table(name).await;
        let role = format!("arn:aws:iam::{}:role/{name}", cloud.endpoints().account_id);
        let request = cloud.executions.create_state_machine().name(name).definition(IDLE).role_arn(role);
        let machine = request.send().await.unwrap().state_machine_arn;
        let settings = [("TABLE_NAME", name), ("STATE_MACHINE_ARN", &machine), ("QUOTAS", quotas)];
        cloud.copy_function("api", name, &settings).await;
        let request = cloud.lambda.create_function_url_config().function_name(name);
        let url = request.auth_type(FunctionUrlAuthType::AwsIam).send().await.unwrap().function_url;
        let id = url.trim_start_matches("https://").split('.').next().unwrap();
        let url = format!("{}/_aws/lambda-url/{id}/", cloud.endpoints().aws);
        let credentials = cloud.local.sdk_config().credentials_provider().unwrap();
        let upstream = Upstream::new(&url, &cloud.endpoints().region, credentials).unwrap();
        Self { function: name.to_owned(), proxy: Proxy::start(upstream, listen(0).unwrap()).unwrap() }
    }
}

impl Cloud {
    /// Makes another function of the code in a folder, with the stack's settings but for these.
    pub(super) async fn copy_function(&self, folder: &str, name: &str, settings: &[(&str, &str)]) {
        let original = self.function(folder).await;
        let found = self.lambda.get_function_configuration().function_name(original).send().await.unwrap();
        let mut variables: HashMap<_, _> = found.environment.unwrap().variables.unwrap();
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let code = FunctionCode::builder().s3_bucket("spillway-artifacts").s3_key(format!("{folder}.zip")).build();
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let request = self.lambda.create_function().function_name(name).runtime(Runtime::Providedal2023).code(code);
        let request = request.handler("bootstrap").environment(environment).timeout(60).role(found.role.unwrap());
        request.send().await.unwrap();
    }

    /// Makes another table like that of the stack, which no function of the stack knows of.
    pub(crate) async fn copy_table(&self, name: &str) {
        let original = self.dynamodb.describe_table().table_name(&self.endpoints().table).send().await.unwrap();
        let original = original.table.unwrap();
        let indexes = original.global_secondary_indexes().iter().map(|index| {
            let new = GlobalSecondaryIndex::builder().set_index_name(index.index_name.clone());
            let new = new.set_key_schema(index.key_schema.clone()).set_projection(index.projection.clone());
            new.build().unwrap()
        });
        let request = self.dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let request = request.set_key_schema(original.key_schema.clone());
        let request = request.set_attribute_definitions(original.attribute_definitions.clone());
        request.set_global_secondary_indexes(Some(indexes.collect())).send().await.unwrap();
    }
}

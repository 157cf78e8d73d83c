//! Templates as SAM, CDK and the Serverless Framework write them, and what the macro makes of a template.

use serde_json::Value;
use spillway_macro::{Home, needs_sam, rewrite};

/// What SAM makes of `sam.yaml`; a test of the local cloud translates it anew.
pub const SAM: &str = include_str!("rewriting/sam.json");
/// As CDK writes a template.
pub const CDK: &str = include_str!("rewriting/cdk.json");
/// As the Serverless Framework writes one.
pub const SERVERLESS: &str = include_str!("rewriting/serverless.json");

/// What the macro makes of a template.
pub fn rewritten(template: &Value) -> Value {
    let account = "arn:aws:lambda:us-east-1:111122223333:function";
    let home = Home {
        answer_hook_url: Some("https://answer.lambda-url.us-east-1.on.aws/".to_owned()),
        service_token: format!("{account}:spillway-CustomResourceFunction"),
        function_roles: "arn:aws:iam::111122223333:role/spillway/spillway/*".to_owned(),
        service_role_names: "spillway-*".to_owned(),
    };
    assert!(!needs_sam(template));
    rewrite(template.clone(), &home).expect("the template is as it should be")
}

/// A template from its text.
pub fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("the template is JSON")
}

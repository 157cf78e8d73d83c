//! Lambda functions in Python: what the demo and chaos deploy, and their hooks.

use std::io::{Cursor, Write};

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Endpoints;

/// Those of an account.
pub(crate) struct Functions {
    pub client: Client,
    account_id: String,
}

impl Functions {
    pub fn new(aws: &SdkConfig, endpoints: &Endpoints) -> Self {
        Self { client: Client::new(aws), account_id: endpoints.account_id.clone() }
    }

    /// Makes one.
    pub async fn create(&self, name: &str, source: &str, variables: &[(&str, &str)]) -> anyhow::Result<()> {
        let code = FunctionCode::builder().zip_file(Blob::new(zip_source(source)?)).build();
        let request = self.client.create_function().function_name(name).runtime(Runtime::Python312).timeout(30);
        let request = request.handler("index.handler").code(code).environment(environment(variables));
        let role = format!("arn:aws:iam::{}:role/{name}", self.account_id);
        request.role(role).send().await.with_context(|| format!("function {name} cannot be made"))?;
        Ok(())
    }
}

pub(crate) fn environment(variables: &[(&str, &str)]) -> Environment {
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::builder().set_variables(Some(pairs.collect())).build()
}

fn zip_source(source: &str) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", SimpleFileOptions::default().unix_permissions(0o644))?;
    zip.write_all(source.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

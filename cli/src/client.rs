//! A client of Spillway's two APIs.

use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::Failure;
use crate::proxy::plain_client;
use crate::signing::Signer;

const JSON: &str = "application/x-amz-json-1.1";
/// How long a read pauses before it is tried again, after trouble that passes.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// The two target prefixes of the door.
#[derive(Debug, Clone, Copy)]
enum Api {
    CodeDeploy,
    Operator,
}

/// What asks Spillway.
pub struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    signer: Option<Signer>,
    pauses: [Duration; 2],
}

impl Client {
    /// Of the Spillway that answers there. Requests are signed where there is a signer.
    pub fn new(url: &str, signer: Option<Signer>) -> Result<Self, Failure> {
        let url = reqwest::Url::parse(url).map_err(|_| Failure::Usage(format!("{url} is no URL.")))?;
        Ok(Self { http: plain_client().map_err(Failure::Local)?, url, signer, pauses: PAUSES })
    }

    /// The same, which pauses so long before it tries a read again.
    pub fn pausing(self, pauses: [Duration; 2]) -> Self {
        Self { pauses, ..self }
    }

    /// Asks for an operation of CodeDeploy's API.
    pub async fn codedeploy<T: DeserializeOwned>(&self, operation: &str, body: &Value) -> Result<T, Failure> {
        self.ask(Api::CodeDeploy, operation, body).await
    }

    /// Asks for one of Spillway's own operations.
    pub async fn operator<T: DeserializeOwned>(&self, operation: &str, body: &Value) -> Result<T, Failure> {
        self.ask(Api::Operator, operation, body).await
    }

    async fn ask<T: DeserializeOwned>(&self, api: Api, operation: &str, body: &Value) -> Result<T, Failure> {
        // What is written may have been written though its answer was lost.
        let is_read = ["Get", "List", "BatchGet"].iter().any(|verb| operation.starts_with(verb));
        let mut pauses = self.pauses.into_iter().filter(|_| is_read);
        let answer = loop {
            let trouble = match self.send(api, operation, body).await {
                Ok((status, answer)) if status < 500 && status != 429 => break (status, answer),
                Ok((_, answer)) => refusal(&answer),
                Err(error) => Failure::Unreachable(error),
            };
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(trouble),
            }
        };
        match answer {
            (200, answer) => serde_json::from_slice(&answer)
                .with_context(|| format!("the answer to {operation} of {} is not one of Spillway's", self.url))
                .map_err(Failure::Unreachable),
            (_, answer) => Err(refusal(&answer)),
        }
    }

    async fn send(&self, api: Api, operation: &str, body: &Value) -> anyhow::Result<(u16, Vec<u8>)> {
        let target = match api {
            Api::CodeDeploy => format!("CodeDeploy_20141006.{operation}"),
            Api::Operator => format!("Spillway_20261101.{operation}"),
        };
        let body = body.to_string();
        let own = [("content-type", JSON), ("x-amz-target", target.as_str())];
        let mut request = self.http.post(self.url.clone()).header(CONTENT_TYPE, JSON).header("x-amz-target", &target);
        if let Some(signer) = &self.signer {
            for (name, value) in signer.headers("lambda", "POST", self.url.as_str(), &own, body.as_bytes()).await? {
                request = request.header(name, value);
            }
        }
        let unreachable = || format!("Spillway cannot be reached at {}", self.url);
        let answer = request.body(body).send().await.map_err(reqwest::Error::without_url).with_context(unreachable)?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.with_context(|| format!("{} stopped in mid-answer", self.url))?;
        Ok((status, bytes.to_vec()))
    }
}

/// What an answer that is no success says.
fn refusal(answer: &[u8]) -> Failure {
    let said: Value = serde_json::from_slice(answer).unwrap_or_default();
    let text = |member: &str| said[member].as_str().map(str::to_owned);
    match (text("__type"), text("message")) {
        (Some(name), message) => Failure::Refused { name, message: message.unwrap_or_default() },
        // Lambda itself refuses a signature so, before Spillway sees the request.
        (None, message) => {
            let words = text("Message").or(message);
            let words = words.unwrap_or_else(|| String::from_utf8_lossy(answer).chars().take(200).collect());
            Failure::Unreachable(anyhow!(
                "the function URL refuses the request: {words}. The caller needs lambda:InvokeFunctionUrl and \
                 lambda:InvokeFunction on the function behind it; `aws sts get-caller-identity` shows who the caller is"
            ))
        }
    }
}

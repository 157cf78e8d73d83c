//! The few questions to AWS's own services that commands have. Their SDKs would be most of the binary.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;

use crate::failure::Failure;
use crate::proxy::client;
use crate::signing::Signer;

/// The namespace of CloudFormation's answers.
const OF_CLOUDFORMATION: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
/// How long AWS may take. A bundle takes as long as its upload does.
const TIMEOUT: Duration = Duration::from_secs(600);

/// AWS, as the operator.
pub struct Aws {
    http: reqwest::Client,
    signer: Signer,
    endpoint: Option<String>,
}

/// A request of a service.
struct Request<'a> {
    service: &'a str,
    method: &'a str,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
}

impl Aws {
    /// With this signer; at an endpoint of all services, where one is set.
    pub fn new(signer: Signer, endpoint: Option<&str>) -> Result<Self, Failure> {
        let http = client(TIMEOUT).map_err(Failure::Local)?;
        Ok(Self { http, signer, endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()) })
    }

    /// What signs its requests.
    pub fn signer(&self) -> Signer {
        self.signer.clone()
    }

    /// An output of a stack.
    pub async fn stack_output(&self, stack: &str, output: &str) -> Result<String, Failure> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "DescribeStacks")
            .append_pair("Version", "2010-05-15")
            .append_pair("StackName", stack)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let request =
            Request { service: "cloudformation", method: "POST", path: "/", headers: &headers, body: body.as_bytes() };
        let (status, answer) = self.send(request).await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let what = format!("the stack {stack} in {}", self.signer.region());
        let advice = "Give --endpoint-url, or --stack-name and --region of the stack that Spillway is installed by";
        if status != 200 {
            let words = text_of(&answer, "Message").unwrap_or(answer);
            return Err(Failure::Unreachable(anyhow!("{what} cannot be read: {words}. {advice}")));
        }
        output_in(&answer, output)
            .ok_or_else(|| Failure::Unreachable(anyhow!("{what} has no output {output}. {advice}")))
    }

    /// Asks Lambda's API for a path.
    pub async fn lambda(&self, path: &str) -> Result<Value, Failure> {
        let path = format!("/2015-03-31{path}");
        let request = Request { service: "lambda", method: "GET", path: &path, headers: &[], body: b"" };
        self.json(request).await
    }

    /// Asks ECS for an operation.
    pub async fn ecs(&self, operation: &str, body: &Value) -> Result<Value, Failure> {
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let body = body.to_string();
        let request = Request { service: "ecs", method: "POST", path: "/", headers: &headers, body: body.as_bytes() };
        self.json(request).await
    }

    /// Writes an object; its version and its ETag.
    pub async fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Result<(Option<String>, Option<String>), Failure> {
        let path = format!("/{bucket}/{}", encode_key(key));
        let url = self.url("s3", &path);
        let headers = [("content-type", "application/zip")];
        let signed = self.signer.headers("s3", "PUT", &url, &headers, &body).await.map_err(Failure::Unreachable)?;
        let mut request = self.http.put(&url);
        for (name, value) in headers.iter().map(|(name, value)| (*name, *value)).chain(pairs(&signed)) {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.context("S3 cannot be reached").map_err(Failure::Unreachable)?;
        if !answer.status().is_success() {
            let text = answer.text().await.unwrap_or_default();
            let name = text_of(&text, "Code").unwrap_or_else(|| "Refused".to_owned());
            let message = text_of(&text, "Message").unwrap_or(text);
            return Err(Failure::Refused { name, message: format!("S3 does not take s3://{bucket}/{key}: {message}") });
        }
        let header =
            |name: &str| answer.headers().get(name)?.to_str().ok().map(|value| value.trim_matches('"').to_owned());
        Ok((header("x-amz-version-id").filter(|version| version != "null"), header("etag")))
    }

    async fn json(&self, request: Request<'_>) -> Result<Value, Failure> {
        let service = request.service.to_owned();
        let (status, answer) = self.send(request).await?;
        let said: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if status == 200 {
            return Ok(said);
        }
        let text = |members: &[&str]| members.iter().find_map(|member| said[*member].as_str()).map(str::to_owned);
        let name = text(&["__type", "Type", "Code"]).unwrap_or_else(|| status.to_string());
        let words = text(&["message", "Message"]).unwrap_or_default();
        Err(Failure::Refused { name, message: format!("AWS ({service}) refuses the request: {words}") })
    }

    async fn send(&self, request: Request<'_>) -> Result<(u16, Vec<u8>), Failure> {
        let Request { service, method, path, headers, body } = request;
        let url = self.url(service, path);
        let signed = self.signer.headers(service, method, &url, headers, body).await.map_err(Failure::Unreachable)?;
        let mut sent = if method == "GET" { self.http.get(&url) } else { self.http.post(&url) };
        for (name, value) in headers.iter().copied().chain(pairs(&signed)) {
            sent = sent.header(name, value);
        }
        let unreachable = || format!("AWS ({service}) cannot be reached");
        let answer = sent.body(body.to_vec()).send().await.with_context(unreachable).map_err(Failure::Unreachable)?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.with_context(unreachable).map_err(Failure::Unreachable)?;
        Ok((status, bytes.to_vec()))
    }

    fn url(&self, service: &str, path: &str) -> String {
        let region = self.signer.region();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}{path}"),
            None => format!("https://{service}.{region}.{suffix}{path}"),
        }
    }
}

fn pairs(headers: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// A key as a path has it: everything but what S3 leaves as it is becomes a number.
fn encode_key(key: &str) -> String {
    key.bytes().fold(String::new(), |mut path, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => path.push(char::from(byte)),
            other => path.push_str(&format!("%{other:02X}")),
        }
        path
    })
}

/// The text of the first element of that name.
fn text_of(xml: &str, element: &str) -> Option<String> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let found = document.descendants().find(|node| node.tag_name().name() == element)?;
    found.text().map(str::to_owned)
}

fn output_in(xml: &str, output: &str) -> Option<String> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        let own = node.children().find(|child| child.tag_name().name() == name)?;
        own.text().map(str::to_owned)
    };
    let members = document
        .descendants()
        .filter(|node| node.has_tag_name("member") || node.has_tag_name((OF_CLOUDFORMATION, "member")));
    members
        .filter(|node| child(*node, "OutputKey").as_deref() == Some(output))
        .find_map(|node| child(node, "OutputValue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_found_by_its_key() {
        let xml = |namespace: &str| {
            format!(
                "<DescribeStacksResponse{namespace}><DescribeStacksResult><Stacks><member><Outputs><member>\
                 <OutputKey>TableName</OutputKey><OutputValue>t</OutputValue></member><member>\
                 <OutputKey>ApiUrl</OutputKey><OutputValue>https://abc/</OutputValue></member></Outputs></member>\
                 </Stacks></DescribeStacksResult></DescribeStacksResponse>"
            )
        };
        for namespace in [String::new(), format!(" xmlns=\"{OF_CLOUDFORMATION}\"")] {
            assert_eq!(output_in(&xml(&namespace), "ApiUrl").as_deref(), Some("https://abc/"));
            assert_eq!(output_in(&xml(&namespace), "Other"), None);
        }
        let refused = "<ErrorResponse><Error><Message>Stack with id x does not exist</Message></Error></ErrorResponse>";
        assert_eq!(text_of(refused, "Message").as_deref(), Some("Stack with id x does not exist"));
    }

    #[test]
    fn a_key_becomes_a_path() {
        assert_eq!(encode_key("shop/ä b+1.zip"), "shop/%C3%A4%20b%2B1.zip");
    }
}

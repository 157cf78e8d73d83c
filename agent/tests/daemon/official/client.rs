//! What both agents have in common: AWS's signature 4, made as AWS documents it, and HTTP over one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::host::{KEY, SECRET};

/// An agent, by what is seen of it from outside.
pub struct Official {
    pub stream: TcpStream,
    pub address: SocketAddr,
    /// Before an operation's name.
    pub prefix: &'static str,
    /// The service for which it signs.
    pub signs_for: &'static str,
    pub key: String,
    pub secret: String,
    pub token: Option<String>,
    /// When it says that it signs.
    pub time: &'static str,
    /// Whether the hash of the body is in a header.
    pub has_hash: bool,
}

pub struct Answered {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The name of an exception and its words.
    pub fn refusal(&self) -> String {
        let body = self.json();
        format!("{} {}: {}", self.status, body["__type"].as_str().unwrap(), body["message"].as_str().unwrap())
    }
}

impl Official {
    /// Version 1.8.1 as it is installed.
    pub fn version_1(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).unwrap(),
            address,
            prefix: "CodeDeployCommandService_v20141006.",
            signs_for: "codedeploy-commands",
            key: KEY.to_owned(),
            secret: SECRET.to_owned(),
            token: None,
            time: "20261128T120000Z",
            has_hash: true,
        }
    }

    /// Version 2 with `:enable_auth_policy: true`.
    pub fn version_2(address: SocketAddr) -> Self {
        let (prefix, signs_for) = ("CodeDeployCommandService.", "codedeploy-commands-secure");
        Self { prefix, signs_for, has_hash: false, ..Self::version_1(address) }
    }

    pub fn call(&mut self, operation: &str, input: &Value) -> Answered {
        let body = input.to_string().into_bytes();
        let headers = self.signed(operation, &body);
        self.send("POST / HTTP/1.1", &headers, &body)
    }

    /// The headers of a call, with its signature.
    pub fn signed(&self, operation: &str, body: &[u8]) -> Vec<(String, String)> {
        let hash = hex(&Sha256::digest(body));
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("host", self.address.to_string()),
            ("x-amz-codedeploy-agent-version", "OFFICIAL_1.8.1.1_deb".to_owned()),
        ];
        headers.extend(self.has_hash.then(|| ("x-amz-content-sha256", hash.clone())));
        headers.push(("x-amz-date", self.time.to_owned()));
        headers.extend(self.token.iter().map(|token| ("x-amz-security-token", token.clone())));
        headers.push(("x-amz-target", format!("{}{operation}", self.prefix)));
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{hash}");
        let (date, region) = (&self.time[..8], "eu-west-1");
        let scope = format!("{date}/{region}/{}/aws4_request", self.signs_for);
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.time, hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for step in [date, region, self.signs_for, "aws4_request", &text] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(step.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        let credential = format!("Credential={}/{scope}", self.key);
        let signature = hex(&key);
        let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}");
        let mut all: Vec<(String, String)> =
            headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        all.push(("authorization".to_owned(), authorization));
        all
    }

    /// Sends a request on the connection, and reads the answer.
    pub fn send(&mut self, line: &str, headers: &[(String, String)], body: &[u8]) -> Answered {
        let mut whole = format!("{line}\r\n");
        for (name, value) in headers {
            whole.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = body.len();
        let mut whole = format!("{whole}content-length: {length}\r\naccept: */*\r\n\r\n").into_bytes();
        whole.extend_from_slice(body);
        self.stream.write_all(&whole).unwrap();
        self.read()
    }

    pub fn read(&mut self) -> Answered {
        let mut reader = BufReader::new(&self.stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        Answered { status, body }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

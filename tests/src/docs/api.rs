//! CodeDeploy's API in memory, behind a port: for clients that are programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use serde_json::Value;
use spillway_testkit::World;
use spillway_tests::door::{Door, request};

const TARGET: &str = "codedeploy_20141006.";
/// What every other service answers: it has understood what it was asked for, and does nothing.
const JSON: &str = r#"{"__type":"Understood","message":"This service does nothing here."}"#;
const XML: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Understood</Code><Message>This service does nothing \
                   here.</Message></Error><RequestId>1</RequestId></ErrorResponse>";

/// What CloudFormation answers to DescribeStacks of Spillway's stack: outputs that lead back here.
const STACKS: &str = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>spillway</StackName>\
                      <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
                      <Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>URL/</OutputValue></member>\
                      <member><OutputKey>DeadLetterQueueUrl</OutputKey><OutputValue>URL/queue</OutputValue></member>\
                      <member><OutputKey>HostPolicyArn</OutputKey><OutputValue>arn:aws:iam::111122223333:policy/host\
                      </OutputValue></member><member><OutputKey>OnPremisesHostPolicyArn</OutputKey><OutputValue>\
                      arn:aws:iam::111122223333:policy/on-premises-host</OutputValue></member>\
                      </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

/// A port that is open.
pub(super) struct Api(TcpListener);

/// What a client sends.
struct Sent {
    target: Option<String>,
    is_json: bool,
    body: Vec<u8>,
}

impl Api {
    /// On any free port.
    pub fn open() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Answers requests with an empty installation, until `client` has ended.
    pub fn serve_while<T: Send>(&self, client: impl FnOnce() -> T + Send) -> T {
        let (world, address) = (World::new(), self.0.local_addr().unwrap());
        world.make_auto_scaling_group(&"shop-web".parse().unwrap());
        let door = Door::new(&world);
        thread::scope(|scope| {
            let client = scope.spawn(move || {
                let ended = client();
                drop(TcpStream::connect(address)); // without a request, which ends the loop below
                ended
            });
            while let Some((sent, connection)) = receive(self.0.accept().unwrap().0) {
                self.answer(&door, &sent, connection);
            }
            client.join().unwrap()
        })
    }

    fn answer(&self, door: &Door<'_>, sent: &Sent, mut connection: TcpStream) {
        let (status, body) = match &sent.target {
            Some(operation) => {
                let body: Value = serde_json::from_slice(&sent.body).unwrap();
                let answer = door.answer(&request(operation, &body));
                (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
            }
            None if sent.body.starts_with(b"Action=DescribeStacks&") => (200, STACKS.replace("URL", &self.url())),
            None => (400, if sent.is_json { JSON } else { XML }.to_owned()),
        };
        let kind = if body.starts_with('<') { "text/xml" } else { "application/x-amz-json-1.1" };
        let head = format!("HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        write!(connection, "{head}Connection: close\r\n\r\n{body}").unwrap();
    }
}

/// A request, or none when the connection ends without one.
fn receive(connection: TcpStream) -> Option<(Sent, TcpStream)> {
    let mut reader = BufReader::new(connection);
    let mut sent = Sent { target: None, is_json: false, body: Vec::new() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let header = line.trim_end().to_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(("content-type", value)) => sent.is_json = value.contains("json"),
            Some(("x-amz-target", value)) if value.starts_with(TARGET) => {
                sent.target = line.trim_end().rsplit_once('.').map(|(_, operation)| operation.to_owned());
            }
            _ if header.is_empty() => break,
            _ => (),
        }
    }
    sent.body = vec![0; length];
    reader.read_exact(&mut sent.body).unwrap();
    Some((sent, reader.into_inner()))
}

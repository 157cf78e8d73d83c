//! CodeDeploy's API in memory, behind a port: for clients that are programs.

use serde_json::Value;
use spillway_testkit::World;
use spillway_tests::door::{Door, targeted};
use spillway_tests::port::{Port, Sent};

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
pub(super) struct Api(Port);

impl Api {
    /// On any free port.
    pub fn open() -> Self {
        Self(Port::open())
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Answers requests with an empty installation, until `client` has ended.
    pub fn serve_while<T: Send>(&self, client: impl FnOnce() -> T + Send) -> T {
        let world = World::new();
        world.make_auto_scaling_group(&"shop-web".parse().unwrap());
        let door = Door::new(&world);
        self.0.serve_while(|sent| self.answer(&door, sent), client)
    }

    fn answer(&self, door: &Door<'_>, sent: &Sent) -> (u64, String) {
        match &sent.target {
            Some(target) if target.starts_with("CodeDeploy_") => {
                let body: Value = serde_json::from_slice(&sent.body).unwrap();
                let answer = door.answer(&targeted(target, &body));
                (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
            }
            None if sent.body.starts_with(b"Action=DescribeStacks&") => (200, STACKS.replace("URL", &self.url())),
            Some(_) | None => (400, if sent.is_json { JSON } else { XML }.to_owned()),
        }
    }
}

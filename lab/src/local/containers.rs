//! The emulated ECS, with its load balancers and the networks that both need: moto, beside the emulated AWS, which knows
//! neither task sets nor weights.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use spillway::loopback::listen;

use super::emulator::{Emulator, Program};
use super::python::PythonEnvironment;

static PROGRAM: Program = Program { emulates: "ECS", name: "ecs", health: "/_health" };

/// Starts it, which takes seconds. It sends its events to the emulated AWS, which is to answer there.
pub(super) fn spawn(python: &PythonEnvironment, aws: SocketAddr) -> anyhow::Result<Emulator> {
    Emulator::spawn(&PROGRAM, python, listen(0)?, |command, _, _| {
        command.env("MOTO_ACCOUNT_ID", super::ACCOUNT_ID);
        command.env("SPILLWAY_EVENTS_URL", format!("http://{aws}/_events"));
    })
}

/// A network that every account has.
#[derive(Clone, Debug)]
pub struct Network {
    /// The id of the VPC.
    pub vpc: String,
    /// The ids of its subnets.
    pub subnets: Vec<String>,
}

impl Network {
    /// Asks the emulated EC2. Its SDK would take minutes to build, for one question.
    pub(super) async fn find(containers: &str) -> anyhow::Result<Self> {
        const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, \
                                     SignedHeaders=host, Signature=none";
        let request = spillway::proxy::plain_client()?.post(containers).header("authorization", AUTHORIZATION);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body("Action=DescribeSubnets&Version=2016-11-15").send().await;
        let text = answer.context("the emulated EC2 does not answer")?.text().await?;
        let vpc = contents(&text, "vpcId").into_iter().next().context("the emulated EC2 has no VPC")?;
        let subnets = contents(&text, "subnetId");
        ensure!(subnets.len() >= 2, "the emulated EC2 has fewer subnets than a load balancer needs, 2");
        Ok(Self { vpc, subnets })
    }
}

/// What the elements of this name contain.
fn contents(xml: &str, element: &str) -> Vec<String> {
    let begin = format!("<{element}>");
    xml.split(&begin).skip(1).filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
}

//! Actions of pipelines, as CodePipeline sends their jobs, and what it is told of each.

mod faults;
mod samples;
mod stories;

use serde_json::{Value, json};
use spillway_appspec::resource;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::pipeline::JobReport;
use spillway_engine::pipeline::run_pipeline_job::{Ports, run_pipeline_job};
use spillway_engine::ports::access::{Access, Anyone};
use spillway_engine::ports::pipelines::PipelineJobs;
use spillway_testkit::{Plot, Runner, ServiceStory, Story, World};
use spillway_tests::template::{machine, root};
use spillway_wire::access;
use spillway_wire::pipeline::event::{PipelineEvent, caller};
use spillway_wire::pipeline::report::{refused, report};
use spillway_wire::place::Place;

/// Bucket and key of the first artifact of the sample, and of that with the image.
const BUILD: (&str, &str) = ("shop-pipeline-artifacts", "shop/BuildOutpu/pi5IJ3a");
const IMAGE: (&str, &str) = ("shop-pipeline-artifacts", "shop/Image/9tKcW2b");
const FIRST: &str = "11111111-abcd-1111-abcd-111111abcdef";

const APPSPEC: &str = r#"{"version":0.0,"Resources":[{"f":{"Type":"AWS::Lambda::Function","Properties":
    {"Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":"2"}}}]}"#;
const SERVICE: &str = r#"{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":
    {"TaskDefinition":"<TASK_DEFINITION>","LoadBalancerInfo":{"ContainerName":"web","ContainerPort":80}}}}]}"#;
const DEFINITION: &str = r#"{"family":"web","containerDefinitions":[{"name":"web","image":"<IMAGE1_NAME>"}]}"#;

/// An action of a pipeline: its parameters, and how far it is.
struct Action<'a, P = Anyone> {
    world: &'a World,
    access: P,
    parameters: Value,
    jobs: usize,
    token: Option<String>,
}

impl<'a> Action<'a> {
    fn new(world: &'a World, parameters: Value) -> Self {
        Self::guarded_by(world, Anyone, parameters)
    }
}

impl<'a, P: Access> Action<'a, P> {
    fn guarded_by(world: &'a World, access: P, parameters: Value) -> Self {
        Self { world, access, parameters, jobs: 0, token: None }
    }

    /// CodePipeline has the next job done.
    fn next(&mut self) -> JobReport {
        self.jobs += 1;
        self.again()
    }

    /// CodePipeline delivers the same job once more.
    fn again(&mut self) -> JobReport {
        let mut event: Value = serde_json::from_str(&file("events/run-pipeline-job.json")).unwrap();
        let job = &mut event["CodePipeline.job"];
        job["id"] = json!(FIRST.replacen("11111111", &format!("{:08}", 11_111_110 + self.jobs), 1));
        job["data"]["actionConfiguration"]["configuration"]["UserParameters"] = json!(self.parameters.to_string());
        job["data"]["continuationToken"] = json!(self.token);
        let report = self.run(&event);
        // As CodePipeline does, it hands back the token as it was given.
        if let JobReport::Continues { progress, .. } = &report {
            self.token = Some(serde_json::to_string(progress).unwrap());
        }
        report
    }

    /// What the function does with an event.
    fn run(&self, event: &Value) -> JobReport {
        let (quotas, world) = (Quotas::default(), self.world);
        let event: PipelineEvent = serde_json::from_value(event.clone()).unwrap();
        let id = event.id().clone();
        let home = ["aws", "us-east-1", "111122223333"];
        let function = "arn:aws:lambda:us-east-1:111122223333:function:spillway-run-pipeline-job";
        let report = match event.read(&quotas, caller(home, "run-pipeline-job", function)) {
            Err(refusal) => refused(&refusal),
            Ok(job) => {
                let deployment = &job.parameters.deployment;
                let permission = access::to_deploy(&deployment.application, &deployment.group);
                let ports = Ports {
                    store: world,
                    executions: world,
                    artifacts: world,
                    definitions: world,
                    access: &self.access,
                };
                let [partition, region, account] = home.map(str::to_owned);
                let place = Place { partition, region, account };
                let done = run_pipeline_job(&ports, &job, permission, resource::read, &quotas, world.now());
                report(pollster::block_on(done), deployment.caller.as_ref(), &place)
            }
        };
        pollster::block_on(world.report(&id, &report)).unwrap();
        report
    }

    /// The kind and the words with which the next job fails.
    fn failure(&mut self) -> String {
        let report = self.next();
        let JobReport::Failed { kind, message, .. } = report else { panic!("{report:?}") };
        format!("{}: {message}", kind.as_str())
    }

    /// What the action waits for after the next job.
    fn waits(&mut self) -> String {
        let report = self.next();
        let JobReport::Continues { summary, .. } = report else { panic!("{report:?}") };
        summary
    }
}

/// A file of the checkout.
fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn lambda() -> Value {
    json!({ "applicationName": "shop", "deploymentGroupName": "orders" })
}

fn service() -> Value {
    json!({ "applicationName": "shop", "deploymentGroupName": "web", "images": { "IMAGE1_NAME": "Image" } })
}

/// A world in which `orders:live` can be deployed to, with the AppSpec in the artifact of the build.
fn world(story: &Story) -> World {
    let world = World::new();
    story.set(&world);
    world.put_artifact(BUILD, &[("appspec.yaml", APPSPEC)]);
    world
}

/// A world in which the service `prod/web` can be deployed to.
fn world_of_service() -> World {
    let world = World::new();
    ServiceStory::new("CodeDeployDefault.ECSAllAtOnce").set(&world);
    world.put_artifact(BUILD, &[("appspec.yaml", SERVICE), ("taskdef.json", DEFINITION)]);
    world.put_artifact(IMAGE, &[("imageDetail.json", r#"{"ImageURI":"111122223333.dkr.ecr/web@sha256:5f0c"}"#)]);
    world
}

fn only(world: &World) -> Deployment {
    let [record] = world.records().try_into().unwrap();
    record
}

fn run(world: &World) {
    Runner::new(world, machine()).run();
}

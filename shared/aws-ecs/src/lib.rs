//! The customer's ECS services and their task sets, seen and changed with the service role.

mod create;
mod deaths;
mod seen;

use std::time::Duration;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::Builder;
use aws_sdk_ecs::config::timeout::TimeoutConfig;
use aws_sdk_ecs::types::{DesiredStatus, Service, Tag, TaskDefinitionStatus, TaskSetField};
use spillway_aws_core::{Clients, Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::{NewTaskSet, ServiceSeen};

/// The longest that ECS may take for one attempt at a call.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);
/// The longest for all attempts, a third of what a function has that makes a move.
const LONGEST_CALL: Duration = Duration::from_secs(10);
/// How many stopped tasks are asked about at once: as many as ECS describes.
const TASKS_A_PAGE: i32 = 100;
/// How many times at most.
const MOST_PAGES: usize = 5;
/// How many tasks of the task set are enough to know.
const ENOUGH: usize = 100;

/// The task sets that the service roles may touch.
#[derive(Debug)]
pub struct TaskSets {
    clients: Clients<Client>,
}

impl TaskSets {
    /// Task sets that are touched as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, impatient) }
    }
}

/// A client that gives up early: traffic that is to go home waits for no longer to hear that its home is still there.
fn impatient(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(LONGEST_ATTEMPT)
        .operation_timeout(LONGEST_CALL);
    Client::from_conf(Builder::from(config).timeout_config(timeouts.build()).build())
}

impl spillway_engine::ports::services::TaskSets for TaskSets {
    async fn read(&self, session: &RoleSession, service: &EcsService) -> Result<ServiceSeen, Problem> {
        describe(&self.clients.of(session), service).await.map(|found| seen::service(&found))
    }

    async fn latest(&self, session: &RoleSession, family: &str) -> Result<String, Problem> {
        let what = format!("ecs:DescribeTaskDefinition of {family}");
        let answer = self.clients.of(session).describe_task_definition().task_definition(family).send().await;
        let found = match answer {
            Ok(answer) => answer.task_definition.filter(|own| own.status() == Some(&TaskDefinitionStatus::Active)),
            // To ECS, a family of which nothing is ACTIVE is a mistake of the caller's.
            Err(error) if code(&error) == Some("ClientException") => None,
            Err(error) => return Err(problem(&what, &error)),
        };
        found.and_then(|definition| definition.task_definition_arn).ok_or_else(|| {
            let words = format!("There is no ACTIVE revision of task definition {family}: {what} finds none.");
            Problem::new(ProblemKind::Missing, words)
        })
    }

    async fn deaths(
        &self,
        session: &RoleSession,
        service: &EcsService,
        task_set: &str,
    ) -> Result<Vec<String>, Problem> {
        let client = self.clients.of(session);
        // Whose they are cannot be asked for together with whether they have stopped.
        let request = client.list_tasks().cluster(service.cluster.as_str()).service_name(service.names().1);
        let request = request.desired_status(DesiredStatus::Stopped).into_paginator().page_size(TASKS_A_PAGE);
        let (mut pages, mut dead) = (request.send(), Vec::new());
        for _ in 0..MOST_PAGES {
            let listed =
                pages.try_next().await.map_err(|error| problem(&tried("ListTasks", task_set, service), &error))?;
            let tasks = listed.and_then(|page| page.task_arns).unwrap_or_default();
            if tasks.is_empty() || dead.len() >= ENOUGH {
                break;
            }
            let request = client.describe_tasks().cluster(service.cluster.as_str()).set_tasks(Some(tasks));
            let described = request.send().await;
            let described = described.map_err(|error| problem(&tried("DescribeTasks", task_set, service), &error))?;
            dead.extend(
                described.tasks.unwrap_or_default().into_iter().filter(|task| task.started_by() == Some(task_set)),
            );
        }
        Ok(deaths::in_words(dead))
    }

    async fn create(&self, session: &RoleSession, service: &EcsService, new: &NewTaskSet<'_>) -> Result<(), Problem> {
        let client = self.clients.of(session);
        let found = describe(&client, service).await?;
        let Some(request) = create::request(service, found.task_sets(), new)? else {
            return Ok(());
        };
        let request = request.set_tags(tags(&client, service, new.like).await?);
        match request.send_with(&client).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut problem = problem(&tried("CreateTaskSet", new.deployment.as_str(), service), &error);
                // ECS may not know yet what was put behind a listener a moment ago.
                if problem.words.contains("associated load balancer") {
                    problem.kind = ProblemKind::Transient;
                }
                Err(problem)
            }
        }
    }

    async fn promote(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        let request = self.clients.of(session).update_service_primary_task_set().cluster(service.cluster.as_str());
        match request.service(service.service.as_str()).primary_task_set(task_set).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(problem(&tried("UpdateServicePrimaryTaskSet", task_set, service), &error)),
        }
    }

    async fn delete(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        let request = self.clients.of(session).delete_task_set().cluster(service.cluster.as_str());
        match request.service(service.service.as_str()).task_set(task_set).force(true).send().await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some("TaskSetNotFoundException") => Ok(()),
            Err(error) => Err(problem(&tried("DeleteTaskSet", task_set, service), &error)),
        }
    }
}

/// The service as ECS shows it. One that is not there is no error to ECS.
async fn describe(client: &Client, service: &EcsService) -> Result<Service, Problem> {
    let request = client.describe_services().cluster(service.cluster.as_str()).services(service.service.as_str());
    let what = format!("ecs:DescribeServices of {}", place(service));
    let answer = request.send().await.map_err(|error| problem(&what, &error))?;
    let found = answer.services.unwrap_or_default().pop();
    found.ok_or_else(|| {
        let words = format!("There is no {}: ecs:DescribeServices does not find it.", place(service));
        Problem::new(ProblemKind::Missing, words)
    })
}

/// The tags that a new task set takes over from another one. A role that may not see them, as CodeDeploy's own may not,
/// deploys without them.
async fn tags(client: &Client, service: &EcsService, task_set: &str) -> Result<Option<Vec<Tag>>, Problem> {
    let request = client.describe_task_sets().cluster(service.cluster.as_str()).service(service.service.as_str());
    match request.task_sets(task_set).include(TaskSetField::Tags).send().await {
        Ok(found) => Ok(found.task_sets().first().and_then(|set| create::inheritable(set.tags()))),
        Err(error) => match problem(&tried("DescribeTaskSets", task_set, service), &error) {
            Problem { kind: ProblemKind::Denied, .. } => Ok(None),
            problem => Err(problem),
        },
    }
}

fn place(service: &EcsService) -> String {
    format!("service {} in cluster {}", service.service, service.cluster)
}

/// An action on a task set, by its id or the deployment that it is for.
fn tried(action: &str, task_set: &str, service: &EcsService) -> String {
    format!("ecs:{action} for task set {task_set} of {}", place(service))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    use spillway_domain::access::session::Purpose;
    use spillway_engine::ports::services::TaskSets as _;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_about_which_ecs_says_nothing_is_not_waited_for_for_long() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
            .http_client(https.build_https())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("key", "secret", None)))
            .build();
        let service = EcsService { service: "web".parse().unwrap(), cluster: "prod".parse().unwrap() };
        let session = RoleSession {
            role: "arn:aws:iam::111122223333:role/spillway".parse().unwrap(),
            application: "shop".parse().unwrap(),
            purpose: Purpose::Sweep,
        };
        let task_sets = TaskSets::new(&Roles::new(&config));
        let read = timeout(LONGEST_CALL + Duration::from_secs(1), task_sets.read(&session, &service)).await;
        let problem = read.unwrap().unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    }
}

//! The GitHub step that deploys to ECS, with stand-ins for the programs that it runs.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use spillway_tests::template::root;
use tempfile::TempDir;

const STEP: &str = "examples/github/deploy-ecs";
const URL: &str = "https://abc.lambda-url.us-east-1.on.aws/";

/// Notes its arguments and where CodeDeploy is, keeps the task definition, and says what the AWS CLI says.
const AWS: &str = r#"#!/usr/bin/env bash
echo "aws $* at $AWS_ENDPOINT_URL_CODEDEPLOY" >>"$NOTES"
if [ "$1 $2" = "ecs deploy" ]; then
  cp "$8" "$NOTES.definition"
  echo "Successfully registered new ECS task definition arn:aws:ecs:us-east-1:111122223333:task-definition/web:7"
  echo "Successfully created deployment d-75I7MBT7C"
  exit "$DEPLOYED"
fi
echo "Failed HOOK_EXECUTION_FAILURE"
"#;
/// Notes its arguments, listens on a free port, and prints where, as `spillway proxy` does.
const SPILLWAY: &str = r#"#!/usr/bin/env bash
echo "spillway $*" >>"$NOTES"
exec python3 -c 'import socket
listening = socket.create_server(("127.0.0.1", 0))
print("http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
while True:
    listening.accept()'
"#;

/// A folder with the stand-ins and a task definition as DescribeTaskDefinition answers with it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in [("aws", AWS), ("spillway", SPILLWAY)] {
        let path = folder.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let described = json!({
        "family": "web", "containerDefinitions": [{ "name": "web" }], "revision": 6, "status": "ACTIVE",
        "taskDefinitionArn": "arn", "compatibilities": ["FARGATE"], "requiresAttributes": [], "registeredAt": 1,
        "registeredBy": "arn",
    });
    fs::write(folder.path().join("task.json"), described.to_string()).unwrap();
    folder
}

/// The step in that folder, whose deployment ends with that status.
fn run(folder: &Path, deployed: i32, variables: &[(&str, &str)]) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(root().join(STEP).join("deploy.sh"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("NOTES", folder.join("notes"))
        .env("GITHUB_OUTPUT", folder.join("output"))
        .env("DEPLOYED", deployed.to_string())
        .envs([("CLUSTER", "prod"), ("SERVICE", "web"), ("TASK_DEFINITION", "task.json")])
        .envs(variables.iter().copied());
    command.output().unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// A line of the notes, without the folder that the step makes for itself.
fn notes(folder: &Path) -> Vec<String> {
    let without_folder = |word: &str| match word.strip_suffix("/task-definition.json") {
        Some(_) => "task-definition.json".to_owned(),
        None => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(without_folder).collect::<Vec<_>>().join(" ");
    read(folder, "notes").lines().map(line).collect()
}

#[test]
fn the_step_runs_the_proxy_deploys_and_tells_the_workflow_what_it_deployed() {
    let folder = folder();
    let output = run(folder.path(), 0, &[("FUNCTION_URL", URL), ("APPLICATION", "shop")]);
    assert!(output.status.success(), "{output:?}");
    let asked = notes(folder.path()).pop().unwrap();
    let port: u16 = asked.rsplit_once(':').unwrap().1.parse().unwrap();
    assert_eq!(
        notes(folder.path()),
        [
            format!("spillway proxy --function-url {URL}"),
            format!(
                "aws ecs deploy --cluster prod --service web --task-definition task-definition.json --codedeploy-appspec \
                 appspec.yaml --codedeploy-application shop --codedeploy-deployment-group DgpECS-prod-web at \
                 http://127.0.0.1:{port}"
            ),
        ]
    );
    assert_eq!(
        read(folder.path(), "output"),
        "codedeploy-deployment-id=d-75I7MBT7C\n\
         task-definition-arn=arn:aws:ecs:us-east-1:111122223333:task-definition/web:7\n"
    );
    let registered: Value = serde_json::from_str(&read(folder.path(), "notes.definition")).unwrap();
    assert_eq!(registered, json!({ "family": "web", "containerDefinitions": [{ "name": "web" }] }));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "the proxy still runs");
}

#[test]
fn a_deployment_that_does_not_succeed_fails_the_step_with_its_reason() {
    let folder = folder();
    let output = run(folder.path(), 255, &[("AWS_ENDPOINT_URL_CODEDEPLOY", "http://127.0.0.1:4601")]);
    assert_eq!(output.status.code(), Some(255), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "Failed HOOK_EXECUTION_FAILURE\n");
    let asked = notes(folder.path()).pop().unwrap();
    assert!(asked.starts_with("aws deploy get-deployment --deployment-id d-75I7MBT7C --output text"), "{asked}");
    assert!(read(folder.path(), "output").starts_with("codedeploy-deployment-id=d-75I7MBT7C\n"));
}

#[test]
fn the_step_asks_nothing_of_aws_codedeploy() {
    let folder = folder();
    let output = run(folder.path(), 0, &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "Set FUNCTION_URL or AWS_ENDPOINT_URL_CODEDEPLOY; without either, AWS CodeDeploy would be asked.\n"
    );
    assert!(notes(folder.path()).is_empty());
}

#[test]
fn the_action_hands_every_input_to_its_script_and_every_output_back() {
    let text = fs::read_to_string(root().join(STEP).join("action.yml")).unwrap();
    let action: Value = serde_saphyr::from_str(&text).unwrap();
    let script = fs::read_to_string(root().join(STEP).join("deploy.sh")).unwrap();
    let step = &action["runs"]["steps"][0];
    let given = step["env"].as_object().unwrap();
    for input in action["inputs"].as_object().unwrap().keys() {
        let wanted = format!("${{{{ inputs.{input} }}}}");
        let (variable, _) = given.iter().find(|(_, value)| **value == wanted).expect("the script is given the input");
        assert!(script.contains(&format!("${{{variable}:")), "{variable} is not read");
    }
    for (output, value) in action["outputs"].as_object().unwrap() {
        assert_eq!(value["value"], format!("${{{{ steps.deploy.outputs.{output} }}}}"));
        assert!(script.contains(&format!("{output}=%s")), "{output} is not written");
    }
    assert_eq!((&step["id"], &step["run"]), (&json!("deploy"), &json!("\"$GITHUB_ACTION_PATH/deploy.sh\"")));
}

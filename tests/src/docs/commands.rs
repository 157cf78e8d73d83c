//! Command blocks are executed by bash. `aws` is the pinned AWS CLI, which talks to the API in memory; stand-ins take the
//! place of what builds, installs and stays.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use spillway_domain::catalog::config::ComputePlatform;
use spillway_tests::template::root;
use tempfile::TempDir;

use super::Page;
use super::api::Api;
use super::blocks::Block;
use super::samples::of_appspec;
use crate::cloud::{block_on, programs};
use crate::house::sources;

/// Notes how it was called.
const STAND_IN: &str = "#!/usr/bin/env bash\necho \"$(basename \"$0\") $*\" >>\"$NOTES\"\n";
/// Notes how it was called, how the AWS CLI ended, and what it said; in one line, with the unit separator between them. What
/// would go anywhere but to the API's port meets a proxy that is not there.
const AWS: &str = r#"#!/usr/bin/env bash
AWS_ENDPOINT_URL=$API AWS_ENDPOINT_URL_CODEDEPLOY=$API AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
  AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1 AWS_PAGER= \
  HTTP_PROXY=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=127.0.0.1 \
  "$PYTHON" "$CLI" "$@" 2>"$NOTES.error"
printf 'aws %s\x1f%s\x1f%s\n' "$*" "$?" "$(tr '\n' ' ' <"$NOTES.error")" >>"$NOTES"
"#;
/// What cargo knows by itself, or by a tool that CI installs.
const OF_CARGO: [&str; 10] = ["bench", "build", "clippy", "deny", "fmt", "fuzz", "machete", "mutants", "t", "test"];

/// Executes the command blocks of a page in a folder that has the page's samples; what does not work.
pub(super) fn execute(page: &Page, blocks: &[Block]) -> Vec<String> {
    let console: Vec<&Block> = blocks.iter().filter(|block| block.language == "console").collect();
    if console.is_empty() {
        return Vec::new();
    }
    let (mut script, mut faults) = (String::new(), Vec::new());
    for block in console {
        match commands(&block.text) {
            Ok(commands) => script += &commands,
            Err(line) => {
                faults.push(format!("{}: '{line}' is no command; output stands in a block of text", block.place))
            }
        }
    }
    let folder = folder(blocks);
    let output = run(folder.path(), &script);
    let error = String::from_utf8_lossy(&output.stderr);
    faults.extend(error.lines().map(|line| format!("{}: bash says: {line}", page.path)));
    let notes = fs::read_to_string(folder.path().join("notes")).unwrap_or_default();
    if notes.is_empty() {
        faults.push(format!("{}: its commands execute nothing", page.path));
    }
    faults.extend(notes.lines().filter_map(|note| check(note).err()).map(|fault| format!("{}: {fault}", page.path)));
    faults
}

/// The commands of a block: each begins with `$ `, and goes on after a backslash at the end of a line.
fn commands(block: &str) -> Result<String, &str> {
    let mut script = String::new();
    let mut goes_on = false;
    for line in block.lines() {
        let command = if goes_on { Some(line) } else { line.strip_prefix("$ ") };
        script.extend([command.ok_or(line)?, "\n"]);
        goes_on = line.ends_with('\\');
    }
    Ok(script)
}

/// A folder with the stand-ins and with the samples, under the names that commands and texts give them.
fn folder(blocks: &[Block]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["cargo", "sam", "spillway", "spillway-agent"] {
        write(&format!("bin/{name}"), STAND_IN, 0o755);
    }
    write("bin/aws", AWS, 0o755);
    write(".ci/run", STAND_IN, 0o755);
    for name in ["web.json", "task.json"] {
        write(name, "{}", 0o644);
    }
    for block in blocks {
        match block.language.as_str() {
            "json" if block.text.contains(r#""revisionType""#) => write("revision.json", &block.text, 0o644),
            "json" if block.text.contains(r#""ecsServices""#) => write("group.json", &block.text, 0o644),
            "yaml" => match of_appspec(&block.text) {
                Some(ComputePlatform::Server) => write("shop/appspec.yml", &block.text, 0o644),
                Some(ComputePlatform::Lambda | ComputePlatform::Ecs) => write("appspec.yaml", &block.text, 0o644),
                None => (),
            },
            _ => (),
        }
    }
    folder
}

fn run(folder: &Path, script: &str) -> Output {
    let clients = block_on(programs::clients());
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NOTES", folder.join("notes"))
        .env("PYTHON", clients.python())
        .env("CLI", clients.program("aws"))
        .env("ROLE", "arn:aws:iam::111122223333:role/spillway-spillway-us-east-1")
        .envs([
            ("SUBNETS", "subnet-1"),
            ("BLUE", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1"),
        ]);
    let api = Api::open();
    command.env("API", api.url());
    api.serve_while(move || command.output().unwrap())
}

/// What is wrong with a command that was executed.
fn check(note: &str) -> Result<(), String> {
    let words: Vec<&str> = note.split(' ').collect();
    match words[..] {
        ["aws", ..] => of_aws(note),
        ["sam", "build" | "deploy", ..] | ["run", ..] => Ok(()),
        ["cargo", tool, ref rest @ ..] if is_alias(tool) => flags(note, rest),
        ["cargo", tool, ..] if OF_CARGO.contains(&tool) => Ok(()),
        ["spillway" | "spillway-agent", ref rest @ ..] => flags(note, rest),
        _ => Err(format!("'{note}' is not known")),
    }
}

/// The API has done it, or another service was asked for something that the AWS CLI understands.
fn of_aws(note: &str) -> Result<(), String> {
    let parts: Vec<&str> = note.split('\x1f').collect();
    let [command, status, error] = parts[..] else { return Err(format!("'{note}' was not noted whole")) };
    let understood = ["(Understood)", "(DeploymentDoesNotExistException)", "Failed to connect to proxy URL"];
    let is_understood = understood.iter().any(|words| error.contains(words));
    if status == "0" || is_understood { Ok(()) } else { Err(format!("'{command}' ends with {status}: {error}")) }
}

fn is_alias(tool: &str) -> bool {
    let config = fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    config.lines().any(|line| line.split_once(" = ").is_some_and(|(name, _)| name == tool))
}

/// Each flag is a field of a command line of ours.
fn flags(note: &str, words: &[&str]) -> Result<(), String> {
    let of_ours =
        |path: &str| path.starts_with("cli/src") || path.starts_with("lab/src") || path.starts_with("agent/src");
    let texts: Vec<String> = sources().into_iter().filter(|(path, _)| of_ours(path)).map(|(_, text)| text).collect();
    for flag in words.iter().filter_map(|word| word.strip_prefix("--")) {
        let (field, long) = (format!("{}: ", flag.replace('-', "_")), format!("long = \"{flag}\""));
        let has = |text: &String| text.contains("#[arg(") && (text.contains(&field) || text.contains(&long));
        if !texts.iter().any(has) {
            return Err(format!("'{note}' has --{flag}, which is not known"));
        }
    }
    Ok(())
}

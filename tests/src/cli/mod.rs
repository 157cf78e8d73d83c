//! The operator's command line: each command against the API in memory, and what it prints.

mod cloud;
mod connection;
mod deployments;
mod errors;
mod steering;
mod stories;

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anstream::StripStream;
use aws_credential_types::Credentials;
use clap::Parser;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use spillway::arguments::{Cli, Command};
use spillway::aws::Aws;
use spillway::commands::{Session, carry_out};
use spillway::failure::Failure;
use spillway::signing::Signer;
use spillway::terminal::Terminal;
use spillway_testkit::{Plot, Runner, World};
use spillway_tests::door::{Door, signed, targeted};
use spillway_tests::port::{Port, Sent};
use spillway_tests::template::machine;
use tokio::sync::OnceCell;

/// Who calls.
const OPERATOR: &str = "arn:aws:sts::111122223333:assumed-role/shop/alice";

/// An installation, what drives its deployments, and a clock that goes on with each request.
struct Stage<'w> {
    world: &'w World,
    runner: RefCell<Runner<'w>>,
    /// How many seconds pass before each request but the first.
    seconds_between: i64,
}

impl<'w> Stage<'w> {
    fn new(world: &'w World) -> Self {
        Self { world, runner: RefCell::new(Runner::new(world, machine())), seconds_between: 0 }
    }

    /// The same, on which time passes.
    fn passing(self, seconds_between: i64) -> Self {
        Self { seconds_between, ..self }
    }

    /// Plays a story to its end; the id of its deployment.
    fn play(&self, story: &dyn Plot) -> String {
        self.runner.borrow_mut().play(story).to_string()
    }

    /// Begins a deployment and lets so many seconds pass; its id.
    fn begin(&self, story: &dyn Plot, seconds: i64) -> String {
        let request = story.set(self.world);
        let id = self.runner.borrow_mut().begin(&request);
        self.pass(seconds);
        id.to_string()
    }

    /// Lets so many seconds pass.
    fn pass(&self, seconds: i64) {
        let until = self.world.now() + SignedDuration::from_secs(seconds);
        self.runner.borrow_mut().run_until(|world| world.now() >= until);
        let left = until.duration_since(self.world.now());
        if left.is_positive() {
            self.world.turn_clock(left);
        }
    }

    /// Runs a command; what it writes, and how it ends.
    fn run(&self, arguments: &[&str]) -> String {
        let port = Port::open();
        let door = Door::new(self.world);
        let clock = AtomicI64::new(self.world.now().as_millisecond());
        let is_first = RefCell::new(true);
        let answer = |sent: &Sent| {
            if !is_first.replace(false) && self.seconds_between > 0 {
                self.pass(self.seconds_between);
            }
            let Some(target) = sent.target.as_deref().filter(|target| !target.contains("ContainerService")) else {
                return of_aws(sent);
            };
            let body: Value = serde_json::from_slice(&sent.body).unwrap();
            let answer = door.answer(&signed(OPERATOR, targeted(target, &body)));
            clock.store(self.world.now().as_millisecond(), Ordering::SeqCst);
            (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
        };
        let url = port.url();
        let written = port.serve_while(answer, || invoke(&url, arguments, &clock));
        numbered(&written)
    }
}

/// What AWS's own services answer: an alias on version 1 of two, a service with one container, and a bucket.
fn of_aws(sent: &Sent) -> (u64, String) {
    let answer = match (sent.path.as_str(), &sent.target) {
        ("/2015-03-31/functions/orders/aliases/live", None) => json!({ "FunctionVersion": "1" }),
        ("/2015-03-31/functions/orders/versions?MaxItems=50", None) => {
            json!({ "Versions": [{ "Version": "$LATEST" }, { "Version": "1" }], "NextMarker": "+2" })
        }
        ("/2015-03-31/functions/orders/versions?MaxItems=50&Marker=%2B2", None) => {
            json!({ "Versions": [{ "Version": "2" }] })
        }
        ("/", Some(_)) => {
            let set =
                json!({ "status": "PRIMARY", "loadBalancers": [{ "containerName": "web", "containerPort": 80 }] });
            json!({ "services": [{ "serviceName": "web", "taskSets": [set] }] })
        }
        ("/artifacts/shop/web.zip", None) if sent.body.starts_with(b"PK") => json!({}),
        _ => return (404, json!({ "Code": "ResourceNotFoundException", "Message": "There is none." }).to_string()),
    };
    (200, answer.to_string())
}

/// Runs a command whose Spillway answers there.
fn invoke(url: &str, arguments: &[&str], clock: &AtomicI64) -> String {
    let own = ["spillway", "--endpoint-url", url];
    let cli = match Cli::try_parse_from(own.iter().chain(arguments)) {
        Ok(cli) => cli,
        Err(error) => return format!("{error}exit code {}", error.exit_code()),
    };
    let Command::Operation(operation) = &cli.command else { panic!("{arguments:?} asks Spillway for nothing") };
    let (mut out, mut err) = (StripStream::new(Vec::new()), StripStream::new(Vec::new()));
    let now = || Timestamp::from_millisecond(clock.load(Ordering::SeqCst)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended: Result<(), Failure> = runtime.block_on(async {
        let client = cli.connection.client().await?;
        let terminal = Terminal {
            out: &mut out,
            err: &mut err,
            is_live: false,
            has_colors: false,
            columns: Some(110),
            zone: TimeZone::UTC,
            now: &now,
            pace: Duration::ZERO,
        };
        let signer = Signer::new("us-east-1", Credentials::new("a", "b", None, None, "test"));
        let aws = OnceCell::new_with(Some(Aws::new(signer, Some(url))?));
        let connection = cli.connection.clone();
        let mut session = Session { client, terminal, output: cli.output, connection, aws };
        carry_out(&mut session, operation).await
    });
    let text = |stream: StripStream<Vec<u8>>| String::from_utf8(stream.into_inner()).unwrap();
    let mut written = text(out) + &text(err);
    if let Err(failure) = ended {
        if !failure.is_silent() {
            written += &format!("spillway: {failure}\n");
        }
        written += &format!("exit code {}\n", failure.exit_code());
    }
    let lines = written.replace(url, "URL");
    lines.lines().map(|line| timeless(line) + "\n").collect()
}

/// The door halts by the clock of the machine, and not by that of the world.
fn timeless(line: &str) -> String {
    match line.split_once("  StopDeployment was called") {
        Some((before, words)) => {
            let indent = before.len() - before.trim_start().len();
            format!("{}NOW       StopDeployment was called{words}", " ".repeat(indent))
        }
        None => line.to_owned(),
    }
}

/// The ids that were drawn at random, by the order in which they come.
fn numbered(text: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    let is_id = |word: &&str| word.len() == 11 && word.starts_with("d-") && !word.ends_with("AAAAAA");
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(is_id) {
        if !known.contains(&word) {
            known.push(word);
        }
    }
    known.iter().enumerate().fold(text.to_owned(), |text, (n, id)| text.replace(id, &format!("d-RANDOM00{}", n + 1)))
}

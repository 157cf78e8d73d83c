//! From the start of a process to its first request for an invocation. This bench plays Lambda's runtime API, and never
//! answers. All functions take turns, so that whatever else the machine does falls on all of them alike.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;

use crate::cloud::block_on;
use crate::functions::{BARE, binaries, environment};
use crate::{Effort, Row, median};

const ROUNDS: usize = 31;
const MOST_TIMES: f64 = 2.0;
const PATIENCE: Duration = Duration::from_secs(20);
const FIRST_POLL: &str = "GET /2018-06-01/runtime/invocation/next ";

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let mut starts: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    block_on(async {
        let runtime_api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for _ in 0..effort.take(ROUNDS, 1) {
            for (name, binary) in binaries(effort) {
                let milliseconds = start(name, binary, &runtime_api).await.as_secs_f64() * 1000.0;
                starts.entry(name).or_default().push(milliseconds);
            }
        }
    });
    let bare = median(starts.remove(BARE).expect("the bare function was started too"));
    let row = |(name, starts): (&str, Vec<f64>)| {
        let milliseconds = median(starts);
        let times = milliseconds / bare;
        Row {
            what: format!("process start to first poll: {name}"),
            measured: format!("{times:.2} × ({milliseconds:.1} ms, bare {bare:.1} ms)"),
            bar: format!("≤ {MOST_TIMES} × bare"),
            holds: times <= MOST_TIMES,
        }
    };
    starts.into_iter().map(row).collect()
}

async fn start(name: &str, binary: &Path, runtime_api: &TcpListener) -> Duration {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .envs(environment(name))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let began = Instant::now();
    let mut process = command.spawn().unwrap();
    let asked = timeout(PATIENCE, first_request(runtime_api)).await;
    let passed = began.elapsed();
    process.kill().await.unwrap();
    let (_connection, asked) = asked.unwrap_or_else(|_| panic!("{} asked for no invocation", binary.display()));
    assert!(asked.starts_with(FIRST_POLL), "{} asked {asked}", binary.display());
    passed
}

/// The head of a function's first request, and the connection, which stays open until the function has been ended.
async fn first_request(runtime_api: &TcpListener) -> (TcpStream, String) {
    let (mut connection, _) = runtime_api.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let read = connection.read_buf(&mut head).await.unwrap();
        assert_ne!(read, 0, "the function went away in the middle of its first request");
    }
    (connection, String::from_utf8(head).unwrap())
}

//! `spillway-agent run` beside a service on a port of this host: how fast it deploys, how little it takes while it waits,
//! and whether it grows.

mod process;
mod service;

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::bundles::Content;
use crate::host::Host;
use crate::{Effort, Row, median, programs};
use process::Daemon;
use service::Service;

const DEPLOYMENTS: usize = 100;
const FILES: usize = 1_000;
const BYTES: usize = 1_024;
const IDLE: Duration = Duration::from_secs(20);
const IDLE_OF_SMOKE: Duration = Duration::from_secs(2);
/// Between polls that find nothing, where the operator says nothing else.
const USUAL_PACE: Duration = Duration::from_secs(30);
/// So many polls after work, whatever work has left in memory for the moment is gone.
const POLLS_OF_REST: usize = 3;

const MOST_SECONDS: f64 = 1.5;
const MOST_MEBIBYTES: f64 = 7.0;
const MOST_GROWTH: f64 = 1.0;
const MOST_PERCENT: f64 = 0.05;

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let programs = programs::build(effort);
    let (files, deployments) = (effort.take(FILES, 10), effort.take(DEPLOYMENTS, 2));
    let host = Host::new();
    host.write_user();
    let service = Service::start(bundle(&host, files));
    host.write("agent.yml", &configuration(&host, &service.url()));
    let daemon = Daemon::start(&programs.agent, &host.path("agent.yml"));

    service.await_polls(POLLS_OF_REST);
    let (before, polls) = (daemon.processor_time(), service.polls());
    std::thread::sleep(if effort == Effort::Full { IDLE } else { IDLE_OF_SMOKE });
    let (spent, polls) = (daemon.processor_time() - before, service.polls() - polls);
    let idle = daemon.proportional_memory();

    // What the first deployment touches of the program and of the heap stays, and is no growth.
    service.deploy(1);
    service.await_polls(POLLS_OF_REST);
    let warm = daemon.proportional_memory();
    let took = service.deploy(deployments);
    assert!(host.path("site/00/0000.txt").exists(), "the revision is not installed");
    service.await_polls(POLLS_OF_REST);
    let rested = daemon.proportional_memory();
    daemon.end();

    let seconds = median(took.iter().map(Duration::as_secs_f64).collect());
    let per_poll = spent.as_secs_f64() / polls as f64;
    let percent = 100.0 * per_poll / USUAL_PACE.as_secs_f64();
    vec![
        Row {
            what: format!("deployment of {files} files of 1 KiB by four commands, first poll to last answer"),
            measured: format!("{seconds:.3} s (median of {deployments})"),
            bar: format!("≤ {MOST_SECONDS} s"),
            holds: seconds <= MOST_SECONDS,
        },
        Row {
            what: "memory of an idle agent (PSS)".to_owned(),
            measured: format!("{idle:.1} MiB"),
            bar: format!("≤ {MOST_MEBIBYTES} MiB"),
            holds: idle <= MOST_MEBIBYTES,
        },
        Row {
            what: "memory of an agent that is idle again (PSS)".to_owned(),
            measured: format!("{warm:.1} MiB after one deployment, {rested:.1} MiB after {deployments} more"),
            bar: format!("≤ {MOST_MEBIBYTES} MiB"),
            holds: warm.max(rested) <= MOST_MEBIBYTES,
        },
        Row {
            what: format!("growth by {deployments} deployments after the first"),
            measured: format!("{:.2} MiB", rested - warm),
            bar: format!("≤ {MOST_GROWTH} MiB"),
            holds: rested - warm <= MOST_GROWTH,
        },
        Row {
            what: format!("processor of an idle agent that polls every {} s", USUAL_PACE.as_secs()),
            measured: format!("{percent:.4} % of a core ({:.2} ms per poll, of {polls} polls)", per_poll * 1_000.0),
            bar: format!("≤ {MOST_PERCENT} %"),
            holds: percent <= MOST_PERCENT,
        },
    ]
}

fn configuration(host: &Host, service: &str) -> String {
    host.configuration(service, crate::host::NO_SERVER) + &format!(":s3_endpoint_override: {service}\n")
}

/// A tgz with pages and a script that the last of the four commands runs.
fn bundle(host: &Host, files: usize) -> Vec<u8> {
    let site = host.path("site");
    let appspec = format!(
        "version: 0.0\nos: linux\nfiles:\n  - source: web\n    destination: {}\nhooks:\n  ValidateService:\n    - location: \
         validate\n",
        site.display()
    );
    let validate = format!("test -f {}\n", Path::new(&site).join("00/0000.txt").display());
    fs::create_dir_all(&site).unwrap();
    Content::new(files, BYTES).with("appspec.yml", &appspec).with("validate", &validate).tgz()
}

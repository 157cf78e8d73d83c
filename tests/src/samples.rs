//! Every file of `events/` is a real payload: it parses into the request of its function's use case.

use std::fs;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spillway_domain::AlarmName;
use spillway_engine::{AlarmEvent, Decide, Shift, Subject, Task};
use spillway_testkit::World;
use spillway_tests::door::Door;
use spillway_tests::template::root;

#[test]
fn every_sample_parses_into_the_request_of_its_use_case() {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        if let Err(fault) = parse(file.split('.').next().unwrap(), &text) {
            faults.push(format!("events/{file}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn parse(function: &str, text: &str) -> Result<(), String> {
    match function {
        "api" => api(text),
        "decide" => read::<Decide>(text).map(drop),
        "run-hook" | "bake" => read::<Task>(text).map(drop),
        "shift-alias" => read::<Shift>(text).map(drop),
        "announce" | "read-revision" => read::<Subject>(text).map(drop),
        "watch-alarms" => alarm(text).map(drop),
        "sweep" => read::<Value>(text).map(drop),
        other => Err(format!("there is no function {other}, or it is new: say here what it takes")),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn alarm(text: &str) -> Result<AlarmEvent, String> {
    let detail = &read::<Value>(text)?["detail"];
    let alarm: AlarmName = serde_json::from_value(detail["alarmName"].clone()).map_err(|error| error.to_string())?;
    let at: Timestamp =
        serde_json::from_value(detail["state"]["timestamp"].clone()).map_err(|error| error.to_string())?;
    Ok(AlarmEvent { alarm, at })
}

/// Sent to an installation without anything in it, a request that is understood is told what is not there.
fn api(text: &str) -> Result<(), String> {
    let answer = Door::new(&World::new()).send(&read(text)?);
    let kind = answer["__type"].as_str().unwrap_or_default();
    if kind.ends_with("DoesNotExistException") { Ok(()) } else { Err(answer.to_string()) }
}

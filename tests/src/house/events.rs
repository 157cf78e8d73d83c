//! What reaches the functions from outside, and what is tried again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spillway_tests::template::{definition, template};

use super::none;

/// Central monitoring forwards the events of other accounts, whose alarms have the same names.
#[test]
fn only_alarms_of_this_account_and_region_reach_watch_alarms() {
    let pattern =
        &template()["Resources"]["WatchAlarmsFunction"]["Properties"]["Events"]["Alarm"]["Properties"]["Pattern"];
    assert_eq!(pattern["account"], json!(["AWS::AccountId"]));
    assert_eq!(pattern["region"], json!(["AWS::Region"]));
}

/// A payload that a function does not take, it does not take the next time either.
#[test]
fn bad_input_is_not_tried_again_where_nothing_catches_it() {
    let mut faults = Vec::new();
    for machine in ["DeploymentStateMachine", "StackRequestStateMachine"] {
        let states = definition(machine)["States"].clone();
        for (name, state) in states.as_object().unwrap() {
            let is_open = state["Type"] == "Task" && state["Catch"].is_null();
            let retry = &state["Retry"][0];
            let lists = retry["ErrorEquals"].as_array().is_some_and(|errors| errors.contains(&Value::from("BadInput")));
            if is_open && !(lists && retry["MaxAttempts"] == 0) {
                faults.push(format!("{machine}: {name} tries again what it will never take"));
            }
        }
    }
    none(faults);
}

/// A name without a value stays in the definition as it is, and a state machine with `${...}` in it is made without a word.
#[test]
fn every_substitution_of_a_state_machine_is_given_and_used() {
    let template = template();
    for machine in ["DeploymentStateMachine", "StackRequestStateMachine"] {
        let text = definition(machine).to_string();
        let names = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()));
        let used: BTreeSet<String> = names.collect();
        let given = &template["Resources"][machine]["Properties"]["DefinitionSubstitutions"];
        assert_eq!(used, given.as_object().unwrap().keys().cloned().collect(), "{machine}");
    }
}

/// The local cloud's state machines ask for no rights, so nothing else would notice one that is missing.
#[test]
fn a_state_machine_may_invoke_the_functions_that_it_names_and_no_other() {
    let template = template();
    for (machine, role) in
        [("DeploymentStateMachine", "DeploymentRole"), ("StackRequestStateMachine", "StackRequestRole")]
    {
        let properties = &template["Resources"][machine]["Properties"];
        assert_eq!(properties["Role"], json!(format!("{role}.Arn")), "{machine}");
        let given = properties["DefinitionSubstitutions"].as_object().unwrap();
        let named = given.iter().filter(|(name, _)| name.ends_with("FunctionArn"));
        let named: BTreeSet<&str> = named.map(|(_, arn)| arn.as_str().unwrap()).collect();
        let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let invoke = policy.as_array().unwrap().iter().find(|right| right["Action"] == "lambda:InvokeFunction");
        let allowed = invoke.unwrap()["Resource"].as_array().unwrap();
        let allowed: BTreeSet<&str> = allowed.iter().map(|arn| arn.as_str().unwrap()).collect();
        assert_eq!(allowed, named, "{role}");
    }
}

#[test]
fn an_operator_hears_of_dead_letters_and_of_sweeps_that_fail() {
    let template = template();
    for (alarm, metric, dimension) in [
        (
            "DeadLetterQueueAlarm",
            "ApproximateNumberOfMessagesVisible",
            json!([{ "Name": "QueueName", "Value": "DeadLetterQueue.QueueName" }]),
        ),
        ("SweepErrorsAlarm", "Errors", json!([{ "Name": "FunctionName", "Value": "SweepFunction" }])),
    ] {
        let properties = &template["Resources"][alarm]["Properties"];
        assert_eq!((&properties["MetricName"], &properties["Dimensions"]), (&json!(metric), &dimension), "{alarm}");
        let actions = json!(["WithOperatorTopic", ["OperatorTopicArn"], "AWS::NoValue"]);
        assert_eq!((&properties["AlarmActions"], &properties["OKActions"]), (&actions, &actions), "{alarm}");
    }
}

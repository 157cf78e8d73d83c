//! The state machines of the template, read into a form that runs.

use std::collections::HashMap;

use serde_json::{Value, json};

/// A state machine definition in the Amazon States Language, as far as Spillway's own uses it.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) states: HashMap<String, State>,
    pub(crate) start_at: String,
}

#[derive(Debug, Clone)]
pub(crate) enum State {
    /// Invokes a function and goes on, or, where it parks, waits for its token.
    Task {
        function: Function,
        parks: bool,
        retriers: Vec<Retrier>,
        catch: Option<Catch>,
        next: String,
    },
    /// Starts another execution.
    Start {
        next: String,
    },
    /// Goes on by the move, or by how far a request has come.
    Choice {
        by_move: HashMap<String, String>,
        default: String,
    },
    /// Goes on by whether there is a deployment.
    Known {
        known: String,
        unknown: String,
    },
    Succeed,
    Fail,
}

/// A function of the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    CreateDeployment,
    Decide,
    ReadRevision,
    Announce,
    RunHook,
    ShiftAlias,
    InstallTaskSet,
    ShiftListener,
    PromoteTaskSet,
    RetireTaskSet,
    Bake,
    SelectHosts,
    ControlTraffic,
    SettleFleet,
    AwaitHosts,
    AnswerLifecycleAction,
    ChangeResource,
    AwaitDeployment,
    AnswerStack,
}

#[derive(Debug, Clone)]
pub(crate) struct Retrier {
    pub errors: Vec<String>,
    pub interval: f64,
    pub rate: f64,
    pub max_delay: f64,
    pub attempts: u32,
}

/// Where a failure leads, and whether it is handed on as `problem`.
#[derive(Debug, Clone)]
pub(crate) struct Catch {
    pub next: String,
    pub keeps_problem: bool,
}

impl Machine {
    /// Reads a definition. What it does not understand is an error, so that the template cannot outgrow the tests.
    pub fn read(definition: &Value) -> Result<Self, String> {
        let start_at = text(definition, "StartAt")?;
        let states = definition["States"].as_object().ok_or("no States")?;
        let states = states.iter().map(|(name, state)| {
            let read = read_state(state).map_err(|error| format!("state {name}: {error}"))?;
            Ok((name.clone(), read))
        });
        Ok(Self { states: states.collect::<Result<_, String>>()?, start_at })
    }
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| format!("no {key}"))
}

fn read_state(state: &Value) -> Result<State, String> {
    match text(state, "Type")?.as_str() {
        "Pass" => read_pass(state),
        "Succeed" => Ok(State::Succeed),
        "Fail" => Ok(State::Fail),
        "Choice" => {
            let choices = state["Choices"].as_array().ok_or("no Choices")?;
            if let [choice] = choices.as_slice()
                && choice["Variable"] == "$.deploymentId"
                && choice["IsPresent"] == true
            {
                return Ok(State::Known { known: text(choice, "Next")?, unknown: text(state, "Default")? });
            }
            let by_move = choices.iter().map(|choice| {
                if choice["Variable"] != "$.move" && choice["Variable"] != "$.next.step" {
                    return Err("a choice is made by $.move or $.next.step".to_owned());
                }
                Ok((text(choice, "StringEquals")?, text(choice, "Next")?))
            });
            Ok(State::Choice { by_move: by_move.collect::<Result<_, String>>()?, default: text(state, "Default")? })
        }
        "Task" => read_task(state),
        other => Err(format!("type {other} is not known")),
    }
}

/// What the execution has to say when it succeeds.
fn read_pass(state: &Value) -> Result<State, String> {
    let said = json!({ "deploymentId.$": "$.deploymentId", "status": "Succeeded" });
    if state["End"] != true || state["Parameters"] != said {
        return Err(format!("it ends the execution, and says {said}"));
    }
    Ok(State::Succeed)
}

fn read_task(state: &Value) -> Result<State, String> {
    let resource = text(state, "Resource")?;
    let next = text(state, "Next")?;
    if resource.ends_with(":states:startExecution") {
        return Ok(State::Start { next });
    }
    let parks = resource.ends_with(":lambda:invoke.waitForTaskToken");
    let function = function_of(&if parks { text(&state["Parameters"], "FunctionName")? } else { resource })?;
    let (payload, seconds) = match function {
        Function::AwaitDeployment => (
            json!({ "deploymentIds.$": "$.next.deploymentIds", "seconds.$": "$.next.seconds", "token.$": "$$.Task.Token" }),
            "$.next.seconds",
        ),
        Function::CreateDeployment
        | Function::Decide
        | Function::ReadRevision
        | Function::Announce
        | Function::RunHook
        | Function::ShiftAlias
        | Function::InstallTaskSet
        | Function::ShiftListener
        | Function::PromoteTaskSet
        | Function::RetireTaskSet
        | Function::Bake
        | Function::SelectHosts
        | Function::ControlTraffic
        | Function::SettleFleet
        | Function::AwaitHosts
        | Function::AnswerLifecycleAction
        | Function::ChangeResource
        | Function::AnswerStack => (
            json!({
                "deploymentId.$": "$.deploymentId", "generation.$": "$.generation", "move.$": "$.move",
                "seconds.$": "$.seconds",
                "token.$": "$$.Task.Token", "enteredAt.$": "$$.State.EnteredTime",
            }),
            "$.seconds",
        ),
    };
    if parks && (state["Parameters"]["Payload"] != payload || state["TimeoutSecondsPath"] != seconds) {
        return Err(format!("a parked task has the payload {payload} and ends after {seconds}"));
    }
    let start = json!({ "input.$": "$", "executionArn.$": "$$.Execution.Id", "startedAt.$": "$$.Execution.StartTime" });
    let changing = json!({ "request.$": "$.request", "receivedAt.$": "$$.Execution.StartTime" });
    for (given, parameters) in [(Function::CreateDeployment, start), (Function::ChangeResource, changing)] {
        if function == given && state["Parameters"] != parameters {
            return Err(format!("the parameters are not {parameters}"));
        }
    }
    Ok(State::Task {
        function,
        parks,
        retriers: state["Retry"].as_array().into_iter().flatten().map(read_retrier).collect::<Result<_, _>>()?,
        catch: read_catch(&state["Catch"])?,
        next,
    })
}

fn function_of(resource: &str) -> Result<Function, String> {
    match resource {
        "${CreateDeploymentFunctionArn}" => Ok(Function::CreateDeployment),
        "${DecideFunctionArn}" => Ok(Function::Decide),
        "${AnnounceFunctionArn}" => Ok(Function::Announce),
        "${RunHookFunctionArn}" => Ok(Function::RunHook),
        "${ReadRevisionFunctionArn}" => Ok(Function::ReadRevision),
        "${ShiftAliasFunctionArn}" => Ok(Function::ShiftAlias),
        "${InstallTaskSetFunctionArn}" => Ok(Function::InstallTaskSet),
        "${ShiftListenerFunctionArn}" => Ok(Function::ShiftListener),
        "${PromoteTaskSetFunctionArn}" => Ok(Function::PromoteTaskSet),
        "${RetireTaskSetFunctionArn}" => Ok(Function::RetireTaskSet),
        "${BakeFunctionArn}" => Ok(Function::Bake),
        "${SelectHostsFunctionArn}" => Ok(Function::SelectHosts),
        "${ControlTrafficFunctionArn}" => Ok(Function::ControlTraffic),
        "${SettleFleetFunctionArn}" => Ok(Function::SettleFleet),
        "${AwaitHostsFunctionArn}" => Ok(Function::AwaitHosts),
        "${AnswerLifecycleActionFunctionArn}" => Ok(Function::AnswerLifecycleAction),
        "${ChangeResourceFunctionArn}" => Ok(Function::ChangeResource),
        "${AwaitDeploymentFunctionArn}" => Ok(Function::AwaitDeployment),
        "${AnswerStackFunctionArn}" => Ok(Function::AnswerStack),
        other => Err(format!("function {other} is not known")),
    }
}

fn read_retrier(retrier: &Value) -> Result<Retrier, String> {
    let number = |key: &str, default| retrier[key].as_f64().unwrap_or(default);
    let errors = retrier["ErrorEquals"].as_array().ok_or("no ErrorEquals")?;
    Ok(Retrier {
        errors: errors.iter().filter_map(|error| error.as_str().map(str::to_owned)).collect(),
        interval: number("IntervalSeconds", 1.0),
        rate: number("BackoffRate", 2.0),
        max_delay: number("MaxDelaySeconds", f64::MAX),
        attempts: retrier["MaxAttempts"].as_u64().unwrap_or(3).try_into().unwrap_or(u32::MAX),
    })
}

fn read_catch(catch: &Value) -> Result<Option<Catch>, String> {
    let Some(catchers) = catch.as_array() else {
        return Ok(None);
    };
    let [catcher] = catchers.as_slice() else {
        return Err("more than one catcher".to_owned());
    };
    if catcher["ErrorEquals"] != json!(["States.ALL"]) {
        return Err("a catcher catches States.ALL".to_owned());
    }
    let path = &catcher["ResultPath"];
    let keeps_problem = *path == "$.problem";
    if !keeps_problem && !path.is_null() {
        return Err(format!("a catcher keeps the error in $.problem, not {path}"));
    }
    Ok(Some(Catch { next: text(catcher, "Next")?, keeps_problem }))
}

impl Retrier {
    /// Whether it is for this error.
    pub fn fits(&self, error: &str) -> bool {
        self.errors.iter().any(|name| match name.as_str() {
            "States.ALL" => true,
            "States.TaskFailed" => error != "States.Timeout",
            name => name == error,
        })
    }
}

//! The deployed stack on a local cloud, driven by real clients.
//!
//! One [`Cloud`] serves all tests of this binary. The first that wants it starts it, and it ends with the process.

#![allow(clippy::disallowed_methods, reason = "what is waited for here is real")]

mod access;
mod alarms;
mod aliases;
mod bad_input;
mod blue_green;
mod boto3;
mod clients;
mod commands;
mod containers;
mod copies;
mod counter;
mod crowd;
mod emulators;
mod executions;
mod fleets;
pub(crate) mod front;
mod hooks;
mod identity;
mod loopback;
mod notifications;
mod packages;
mod processes;
pub(crate) mod programs;
mod revisions;
mod rewriting;
mod scaling;
mod services;
mod site;
mod stacks;
mod stage;
mod stops;
mod template;
mod transitions;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use spillway_lab::local::{Endpoints, LocalCloud, Options, sdk_config};
use tokio::runtime::Handle;

pub(crate) use counter::Counter;
pub(crate) use stage::{Ended, Order, Shop};

/// How long anything may take that is waited for. It is long, because the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// A local cloud and its clients.
pub(crate) struct Cloud {
    pub local: LocalCloud,
    pub codedeploy: aws_sdk_codedeploy::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub executions: aws_sdk_sfn::Client,
    pub s3: aws_sdk_s3::Client,
}

/// Plays a test in the cloud that all tests share.
pub(crate) fn in_cloud<T>(test: impl AsyncFnOnce(&'static Cloud) -> T) -> T {
    static CLOUD: LazyLock<Result<Cloud, String>> = LazyLock::new(|| block_on(Cloud::start()));
    match &*CLOUD {
        Ok(cloud) => block_on(test(cloud)),
        Err(failure) => panic!("the local cloud could not be started: {failure}"),
    }
}

/// Runs a future on this thread. What it leaves behind, such as open connections, lives on in a runtime that never
/// ends.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Handle> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    });
    RUNTIME.block_on(Box::pin(future))
}

/// What the look finds, as soon as it finds something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The code of the exception that a call is refused with, and its words.
pub(crate) fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata>(answer: Result<T, SdkError<E>>) -> (String, String) {
    let error = answer.expect_err("the call is refused");
    let words = |words: Option<&str>| words.unwrap_or_default().to_owned();
    (words(error.code()), words(error.message()))
}

impl Cloud {
    /// A cloud of one's own.
    pub async fn start() -> Result<Self, String> {
        let cloud = Self::start_with(Options::default()).await?;
        stage::create_hooks(&cloud).await;
        Ok(cloud)
    }

    /// The same without the functions of the tests' hooks.
    pub async fn start_with(options: Options) -> Result<Self, String> {
        let options = Options { progress: Box::new(|step| eprintln!("local cloud: {step}")), ..options };
        let local = LocalCloud::start(options).await.map_err(|failure| format!("{failure:#}"))?;
        let aws = local.sdk_config();
        Ok(Self {
            codedeploy: aws_sdk_codedeploy::Client::new(&sdk_config(&local.endpoints().codedeploy)),
            lambda: aws_sdk_lambda::Client::new(&aws),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&aws),
            dynamodb: aws_sdk_dynamodb::Client::new(&aws),
            executions: aws_sdk_sfn::Client::new(&aws),
            s3: aws_sdk_s3::Client::new(&aws),
            local,
        })
    }

    pub fn endpoints(&self) -> &Endpoints {
        self.local.endpoints()
    }

    /// One of Spillway's functions, by the folder of its code.
    pub async fn function(&self, folder: &str) -> String {
        let camel: String = folder.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        let wanted = format!("spillway-{camel}Function");
        let functions: Vec<_> =
            self.lambda.list_functions().into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        let mut names = functions.iter().filter_map(|function| function.function_name());
        let is_it = |name: &&str| name.starts_with(&wanted) || **name == format!("spillway-{folder}");
        names.find(is_it).expect("each folder is a function of the stack").to_owned()
    }

    /// What a function answers.
    pub async fn invoke(&self, function: &str, payload: &str) -> Result<String, String> {
        let request = self.lambda.invoke().function_name(function).payload(payload.as_bytes().into());
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let said = String::from_utf8_lossy(answer.payload.as_ref().map(AsRef::as_ref).unwrap_or_default()).into_owned();
        if answer.function_error.is_some() { Err(said) } else { Ok(said) }
    }
}

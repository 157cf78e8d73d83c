//! The emulated AWS: ministack, which runs the functions.

use std::net::TcpListener;

use super::emulator::{Emulator, Program};
use super::python::PythonEnvironment;

static PROGRAM: Program = Program { emulates: "AWS", name: "aws", health: "/_ministack/health" };

/// Starts it. The functions inherit its environment, and so learn where AWS is, and where `containers` are.
/// One that `authenticates` holds signatures and policies against all keys but our own.
pub(super) fn spawn(
    python: &PythonEnvironment,
    listener: TcpListener,
    aws_for_functions: Option<String>,
    containers: &str,
    authenticates: bool,
) -> anyhow::Result<Emulator> {
    Emulator::spawn(&PROGRAM, python, listener, |command, folder, address| {
        command
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("STATE_DIR", folder.join("state"))
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", super::REGION)
            .env("MINISTACK_ACCOUNT_ID", super::ACCOUNT_ID)
            .env("AWS_ENDPOINT_URL", aws_for_functions.unwrap_or_else(|| format!("http://{address}")))
            .env("AWS_ENDPOINT_URL_ECS", containers)
            .env("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", containers)
            .env("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING", containers)
            .env("AWS_ENDPOINT_URL_AUTO_SCALING", containers)
            .env("AWS_ENDPOINT_URL_EC2", containers)
            .env("AUTH", authenticates.to_string());
    })
}

//! What every function is measured against: one that does nothing.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<()>| Ok::<(), Error>(()))).await
}

//! What pipelines of CodePipeline ask for.

pub mod run_pipeline_job;

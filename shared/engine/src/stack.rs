//! What CloudFormation stacks ask for.

pub mod answer_stack;
pub mod await_deployment;
pub mod change_alias;
pub mod change_resource;
pub mod change_settings;
pub mod custom_resource;
pub mod let_alias_go;

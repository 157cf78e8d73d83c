//! What CloudFormation asks for, and how an alias gets there.

pub mod alias;
pub mod fault;
pub mod resource;

#[cfg(test)]
mod tests;

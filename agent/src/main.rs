//! Spillway's host agent.
fn main() {}

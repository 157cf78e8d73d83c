//! What is tried again because another writer came first.

use std::ops::ControlFlow;

use spillway_domain::problem::{Problem, ProblemKind};

/// What became of one try: it is done, or another writer came first.
pub(crate) type Tried<T> = ControlFlow<T>;

/// Tries until `attempt` is done, at most so many times. An attempt reads anew whatever it writes by. `None` when another
/// writer came first every time.
pub(crate) async fn retry_stale<T, E>(
    most: usize,
    mut attempt: impl AsyncFnMut() -> Result<Tried<T>, E>,
) -> Result<Option<T>, E> {
    for _ in 0..most {
        if let Tried::Break(done) = attempt().await? {
            return Ok(Some(done));
        }
    }
    Ok(None)
}

/// The try that a write decides: a stale one is no problem yet.
pub(crate) fn unless_stale<T>(written: Result<T, Problem>) -> Result<Tried<T>, Problem> {
    match written {
        Err(problem) if problem.kind == ProblemKind::Stale => Ok(Tried::Continue(())),
        written => written.map(Tried::Break),
    }
}

/// The problem of a writer that others came before every time.
pub(crate) fn contended(kind: ProblemKind, what: &str) -> Problem {
    Problem::new(kind, format!("{what} was changed by another writer between every read and the write after it."))
}

//! Answer stack: tells a stack what became of its request.

use spillway_domain::problem::Problem;

use crate::ports::stacks::{Answers, ResponseUrls};

/// Whether a stack was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It was told now.
    Now,
    /// There is no URL to tell it by: it was told before, or its time is over.
    Before,
}

/// Tells the stack at the URL that is given, or else at the one that is kept for the execution of that name. The URL is
/// forgotten once the stack was told.
pub async fn answer_stack(
    urls: &impl ResponseUrls,
    answers: &impl Answers,
    name: &str,
    given: Option<&str>,
    body: &str,
) -> Result<Answered, Problem> {
    let kept = match given {
        Some(_) => None,
        None => urls.kept_url(name).await?,
    };
    let Some(url) = given.or(kept.as_deref()) else {
        return Ok(Answered::Before);
    };
    answers.put(url, body).await?;
    urls.forget_url(name).await?;
    Ok(Answered::Now)
}

//! Follows a deployment until it is over, with at most one call a second.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::arguments::Output;
use crate::card;
use crate::commands::{Session, status};
use crate::failure::Failure;
use crate::model::{Entry, Ledger, Summary};
use crate::process::End;
use crate::style::{faint, red};
use crate::terminal::Terminal;

/// Follows a deployment, and the one that rolls it back. Fails when the first did not succeed.
pub async fn follow(session: &mut Session<'_>, id: &str) -> Result<(), Failure> {
    let first = follow_one(session, id).await?;
    if let Some(rollback) = &first.rolled_back_by {
        follow_one(session, rollback).await?;
    }
    if first.has_succeeded() { Ok(()) } else { Err(Failure::NotSucceeded) }
}

/// Follows one deployment; how it was when it was over.
async fn follow_one(session: &mut Session<'_>, id: &str) -> Result<Summary, Failure> {
    let mut end = End::listen().map_err(Failure::Local)?;
    let display = Display::new(&session.terminal, session.output);
    let (mut after, mut said) = (0, String::new());
    loop {
        let ledger = session.ledger(id, after).await?;
        for entry in &ledger.entries {
            after = entry.generation;
            // What was decided again for the same reason is no news.
            if entry.why != said {
                display.add(session, entry)?;
                said.clone_from(&entry.why);
            }
        }
        if ledger.next_token.is_some() {
            continue;
        }
        let Some(seconds) = ledger.ask_again_seconds else {
            display.close();
            tell_end(session, &ledger)?;
            return Ok(ledger.deployment);
        };
        let is_left = tokio::select! {
            () = display.wait(&session.terminal, &ledger.deployment, seconds) => false,
            () = end.asked() => true,
        };
        if is_left {
            display.close();
            writeln!(
                session.terminal.err,
                "Deployment {id} goes on. `spillway watch {id}` follows it, `spillway stop {id}` stops it."
            )?;
            return Err(Failure::Left);
        }
    }
}

/// How it ended.
fn tell_end(session: &mut Session<'_>, ledger: &Ledger) -> Result<(), Failure> {
    match session.output {
        Output::Table => {
            let lines = card::lines(&ledger.deployment, &session.terminal);
            lines.into_iter().try_for_each(|line| session.say(line))
        }
        Output::Json => {
            let Summary { deployment_id, status, words, .. } = &ledger.deployment;
            session.say(json!({ "deploymentId": deployment_id, "status": status, "words": words }).to_string())
        }
        Output::Text => session.say(status::line(&ledger.deployment)),
    }
}

/// An entry as a line: when, and why what was decided.
pub fn entry_line(entry: &Entry, terminal: &Terminal<'_>) -> String {
    let why = if entry.decided == "Halt" { red(&entry.why) } else { entry.why.clone() };
    format!("{}  {why}", terminal.moment(entry.time.0))
}

/// What a person sees while the deployment goes on: the entries so far, and below them how it is now. Where no person
/// looks, the entries alone.
struct Display {
    bar: Option<ProgressBar>,
    has_colors: bool,
}

impl Display {
    fn new(terminal: &Terminal<'_>, output: Output) -> Self {
        let bar = (terminal.is_live && output == Output::Table).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(5));
            bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is well-formed"));
            bar
        });
        Self { bar, has_colors: terminal.has_colors }
    }

    fn add(&self, session: &mut Session<'_>, entry: &Entry) -> Result<(), Failure> {
        let line = match session.output {
            Output::Table => entry_line(entry, &session.terminal),
            Output::Json => json!({
                "time": entry.time.0.to_string(), "generation": entry.generation, "seen": entry.seen,
                "decided": entry.decided, "why": entry.why,
            })
            .to_string(),
            Output::Text => {
                [entry.time.0.to_string().as_str(), &entry.decided, &entry.why].join("\t").replace('\n', " ")
            }
        };
        match &self.bar {
            Some(bar) => bar.println(self.shown(&line)),
            None => session.say(line)?,
        }
        Ok(())
    }

    /// Shows for so many seconds how it is, with a clock that goes on.
    async fn wait(&self, terminal: &Terminal<'_>, deployment: &Summary, seconds: u64) {
        let Some(bar) = &self.bar else {
            return terminal.pause(seconds).await;
        };
        for _ in 0..seconds.max(1) {
            let keys = faint("Ctrl-C leaves it as it is.");
            let mut lines = card::lines(deployment, terminal);
            lines.push(format!("  {keys}"));
            bar.set_message(self.shown(&lines.join("\n")));
            bar.tick();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn shown(&self, text: &str) -> String {
        if self.has_colors { text.to_owned() } else { anstream::adapter::strip_str(text).to_string() }
    }

    fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

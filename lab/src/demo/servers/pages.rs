//! What the hosts serve: each the page that is installed on it; and what callers see of all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use futures_util::future::join_all;
use spillway::loopback::{Server, listen};
use tokio::task::JoinHandle;

use super::bundle::SITE;

/// How often every page is called.
const EVERY: Duration = Duration::from_millis(200);

/// What was answered, by host: each answer with how often it came.
pub(super) type Answers = BTreeMap<String, BTreeMap<String, usize>>;

/// The web server of a host.
pub(super) fn serve(root: &Path) -> anyhow::Result<Server> {
    let page = root.join("files").join(SITE).join("index.html");
    let answer = move || {
        let page: PathBuf = page.clone();
        async move { std::fs::read_to_string(page).map_err(|_| StatusCode::NOT_FOUND) }
    };
    Server::start("page of a host", listen(0)?, Router::new().route("/", get(answer)))
}

/// Calls the pages of all hosts, again and again.
pub(super) struct Callers {
    answers: Arc<Mutex<Answers>>,
    calling: JoinHandle<()>,
}

impl Callers {
    pub fn start(pages: Vec<(String, String)>) -> anyhow::Result<Self> {
        let client = spillway::proxy::plain_client()?;
        let answers = Arc::new(Mutex::new(Answers::new()));
        let seen = Arc::clone(&answers);
        let calling = tokio::spawn(async move {
            loop {
                let calls = pages.iter().map(async |(host, url)| {
                    let answer = match client.get(url).send().await {
                        Ok(answer) if answer.status().is_success() => answer.text().await.unwrap_or_default(),
                        Ok(answer) => answer.status().to_string(),
                        Err(_) => "no answer".to_owned(),
                    };
                    (host.clone(), answer.trim().to_owned())
                });
                let round = join_all(calls).await;
                note(&seen, round);
                tokio::time::sleep(EVERY).await;
            }
        });
        Ok(Self { answers, calling })
    }

    /// What was answered since the last time.
    pub fn take(&self) -> Answers {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn note(answers: &Mutex<Answers>, round: Vec<(String, String)>) {
    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    for (host, answer) in round {
        *answers.entry(host).or_default().entry(answer).or_default() += 1;
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        self.calling.abort();
    }
}

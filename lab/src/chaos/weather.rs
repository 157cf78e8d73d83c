//! The network between Spillway's functions and the emulated AWS, when it fails: requests are refused, or carried out
//! while their answers are lost.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use spillway::loopback::{Server, listen};

/// More than any request or answer of the functions has.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How AWS refuses what could be tried again.
const ERRORS: [(u16, &str); 4] =
    [(429, "ThrottlingException"), (500, "InternalServerError"), (502, "BadGateway"), (503, "ServiceUnavailable")];

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// How many percent of the requests fail, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    /// Answered with an error, and not passed on.
    pub errors: u8,
    /// Passed on, and never answered.
    pub lost_answers: u8,
}

/// A running network. It is calm until it is told to storm.
pub(super) struct Weather {
    server: Server,
    state: Arc<Shared>,
}

/// What the network did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Toll {
    pub requests: usize,
    pub errors: usize,
    pub lost_answers: usize,
}

struct Shared {
    to: String,
    client: reqwest::Client,
    faults: Faults,
    storms: AtomicBool,
    random: Mutex<fastrand::Rng>,
    requests: AtomicUsize,
    errors: AtomicUsize,
    lost_answers: AtomicUsize,
}

/// What befalls one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    PassOn,
    Refuse(u16, &'static str),
    LoseAnswer,
}

impl Weather {
    /// Starts to pass on to the server at `to`.
    pub fn start(to: String, faults: Faults, random: fastrand::Rng) -> anyhow::Result<Self> {
        let state = Arc::new(Shared {
            to,
            // A hook may take its time.
            client: spillway::proxy::client(Duration::from_secs(120))?,
            faults,
            storms: AtomicBool::new(false),
            random: Mutex::new(random),
            requests: AtomicUsize::new(0),
            errors: AtomicUsize::new(0),
            lost_answers: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        Ok(Self { server: Server::start("failing network", listen(0)?, router)?, state })
    }

    /// Where the functions reach it.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Begins or ends to fail.
    pub fn storm(&self, storms: bool) {
        self.state.storms.store(storms, Ordering::Relaxed);
    }

    /// What was done while it stormed.
    pub fn toll(&self) -> Toll {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Shared { requests, errors, lost_answers, .. } = &*self.state;
        Toll { requests: count(requests), errors: count(errors), lost_answers: count(lost_answers) }
    }
}

impl Shared {
    fn fate(&self) -> Fate {
        if !self.storms.load(Ordering::Relaxed) {
            return Fate::PassOn;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let fate = fate(self.faults, &mut random);
        match fate {
            Fate::PassOn => {}
            Fate::Refuse(..) => drop(self.errors.fetch_add(1, Ordering::Relaxed)),
            Fate::LoseAnswer => drop(self.lost_answers.fetch_add(1, Ordering::Relaxed)),
        }
        fate
    }

    async fn pass_on(&self, request: Request) -> anyhow::Result<Response> {
        let (mut head, body) = request.into_parts();
        let url = format!("{}{}", self.to, head.uri);
        // What is about one connection, and is not the other's.
        for name in [HOST, CONNECTION, TRANSFER_ENCODING] {
            head.headers.remove(name);
        }
        let body = to_bytes(body, LARGEST_BODY).await?;
        let answer = self.client.request(head.method, url).headers(head.headers).body(body).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for name in [CONNECTION, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        Ok((status, headers, answer.bytes().await?).into_response())
    }
}

fn fate(faults: Faults, random: &mut fastrand::Rng) -> Fate {
    let point = random.u8(..100);
    if point < faults.errors {
        let (status, code) = ERRORS[random.usize(..ERRORS.len())];
        Fate::Refuse(status, code)
    } else if point < faults.errors.saturating_add(faults.lost_answers) {
        Fate::LoseAnswer
    } else {
        Fate::PassOn
    }
}

async fn answer(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let fate = state.fate();
    if let Fate::Refuse(status, code) = fate {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let body = format!(r#"{{"__type":"{code}","message":"This is chaos."}}"#);
        return (status, [(CONTENT_TYPE, "application/x-amz-json-1.0"), (ERROR_TYPE, code)], body).into_response();
    }
    match state.pass_on(request).await {
        Ok(answer) if fate == Fate::PassOn => answer,
        Ok(_) | Err(_) => cut(),
    }
}

/// No answer: the body breaks before anything is sent, so that the connection is cut.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
    Response::new(Body::from_stream(broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULTS: Faults = Faults { errors: 15, lost_answers: 15 };

    #[test]
    fn as_many_requests_fail_as_was_said() {
        let mut random = fastrand::Rng::with_seed(7);
        let fates: Vec<Fate> = (0..10_000).map(|_| fate(FAULTS, &mut random)).collect();
        let refused = fates.iter().filter(|fate| matches!(fate, Fate::Refuse(..))).count();
        let lost = fates.iter().filter(|fate| **fate == Fate::LoseAnswer).count();
        assert!((1350..1650).contains(&refused) && (1350..1650).contains(&lost), "{refused} and {lost}");
    }

    #[tokio::test]
    async fn an_answer_that_is_lost_was_given_to_nobody_and_a_calm_network_passes_everything_on() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let echo = async move |body: String| {
            counted.fetch_add(1, Ordering::SeqCst);
            body
        };
        let aws = Server::start("echo", listen(0).unwrap(), Router::new().fallback(echo)).unwrap();
        let faults = Faults { errors: 0, lost_answers: 100 };
        let weather = Weather::start(aws.url().to_owned(), faults, fastrand::Rng::with_seed(1)).unwrap();
        let client = spillway::proxy::plain_client().unwrap();
        let send = || client.post(format!("{}/a?b=c", weather.url())).body("hello").send();
        assert_eq!(send().await.unwrap().text().await.unwrap(), "hello");
        weather.storm(true);
        send().await.unwrap_err();
        assert_eq!((asked.load(Ordering::SeqCst), weather.toll().lost_answers), (2, 1));
        weather.storm(false);
        assert_eq!(send().await.unwrap().text().await.unwrap(), "hello");
        assert_eq!(weather.toll(), Toll { requests: 1, errors: 0, lost_answers: 1 });
    }

    #[tokio::test]
    async fn what_is_refused_is_not_passed_on() {
        let nowhere = "http://127.0.0.1:1".to_owned();
        let faults = Faults { errors: 100, lost_answers: 0 };
        let weather = Weather::start(nowhere, faults, fastrand::Rng::with_seed(1)).unwrap();
        weather.storm(true);
        let answer = spillway::proxy::plain_client().unwrap().get(weather.url()).send().await.unwrap();
        assert!([429, 500, 502, 503].contains(&answer.status().as_u16()), "{answer:?}");
        assert!(answer.text().await.unwrap().contains("This is chaos."));
    }
}

//! A port on loopback behind which a test answers: for clients that are programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// A port that is open.
pub struct Port(TcpListener);

/// What a client sends.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// The path, and the query.
    pub path: String,
    /// The header `X-Amz-Target`.
    pub target: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// Whether its body is JSON.
    pub is_json: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Port {
    /// Any free one.
    pub fn open() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free"))
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("it is bound"))
    }

    /// Answers requests one after the other, each with a status and a body, until `client` has ended.
    pub fn serve_while<T: Send>(
        &self,
        mut answer: impl FnMut(&Sent) -> (u64, String),
        client: impl FnOnce() -> T + Send,
    ) -> T {
        let address = self.0.local_addr().expect("it is bound");
        thread::scope(|scope| {
            let client = scope.spawn(move || {
                let ended = client();
                drop(TcpStream::connect(address)); // without a request, which ends the loop below
                ended
            });
            while let Some((sent, connection)) = receive(self.0.accept().expect("it listens").0) {
                respond(answer(&sent), connection);
            }
            client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

fn respond((status, body): (u64, String), mut connection: TcpStream) {
    let kind = if body.starts_with('<') { "text/xml" } else { "application/x-amz-json-1.1" };
    let head = format!("HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    // A client that has ended meanwhile gets no answer.
    write!(connection, "{head}Connection: close\r\n\r\n{body}").ok();
}

/// A request, or none when the connection ends without one.
fn receive(connection: TcpStream) -> Option<(Sent, TcpStream)> {
    let mut reader = BufReader::new(connection);
    let mut sent = Sent::default();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
            Some((name, value)) if name == "content-length" => length = value.parse().ok()?,
            Some((name, value)) if name == "content-type" => sent.is_json = value.contains("json"),
            Some((name, value)) if name == "authorization" => sent.authorization = Some(value.to_owned()),
            Some((name, value)) if name == "x-amz-target" => sent.target = Some(value.to_owned()),
            None if sent.path.is_empty() && !line.is_empty() => {
                sent.path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            _ if line.is_empty() => break,
            _ => (),
        }
    }
    sent.body = vec![0; length];
    reader.read_exact(&mut sent.body).ok()?;
    Some((sent, reader.into_inner()))
}

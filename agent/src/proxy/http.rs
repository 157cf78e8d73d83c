//! HTTP/1.1 on loopback: what CodeDeploy's agents need of it, with bounds on everything that a caller sends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The most bytes of a request's line and headers, and how many headers.
const MOST_HEAD: u64 = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// The most bytes of a body: diagnostics of 8,192 characters, escaped as JSON within JSON.
const MOST_BODY: usize = 128 * 1024;
/// CodeDeploy's agents keep one connection, or one for each of at most 16 commands.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection may be silent between two requests, and a request between two parts.
const SILENCE: Duration = Duration::from_secs(120);

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, with a query if there is one.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer in plain words.
    pub fn words(status: u16, words: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{words}\n").into_bytes() }
    }
}

/// Answers the callers of a port, each in a thread of its own, until the process ends.
pub fn serve(listener: &TcpListener, answer: &'static (dyn Fn(&Request) -> Reply + Sync)) {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    for stream in listener.incoming() {
        // A caller that has gone again, or a host that is short of descriptors for a moment.
        let Ok(stream) = stream else { continue };
        if OPEN.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            OPEN.fetch_sub(1, Ordering::SeqCst);
            write(&stream, &Reply::words(503, "the proxy has too many connections"), false).ok();
            continue;
        }
        let talk = move || {
            converse(&stream, answer).ok();
            OPEN.fetch_sub(1, Ordering::SeqCst);
        };
        if thread::Builder::new().name("connection".to_owned()).stack_size(512 * 1024).spawn(talk).is_err() {
            OPEN.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Answers the requests of one connection.
fn converse(stream: &TcpStream, answer: &dyn Fn(&Request) -> Reply) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        match read(&mut reader)? {
            Next::End => return Ok(()),
            Next::Bad(reply) => return write(stream, &reply, false),
            Next::Request { request, is_kept } => {
                write(stream, &answer(&request), is_kept)?;
                if !is_kept {
                    return Ok(());
                }
            }
        }
    }
}

/// What came next on a connection.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Nothing: the caller has closed it.
    End,
    /// A request, and whether another may follow.
    Request { request: Request, is_kept: bool },
    /// What is no request, and what is said of it.
    Bad(Reply),
}

fn read(reader: &mut impl BufRead) -> io::Result<Next> {
    let bad = |status, words: &str| Ok(Next::Bad(Reply::words(status, words)));
    let mut head = Vec::new();
    let mut bounded = reader.take(MOST_HEAD);
    loop {
        let count = bounded.read_until(b'\n', &mut head)?;
        if count == 0 && head.is_empty() {
            return Ok(Next::End);
        }
        if count == 0 || (bounded.limit() == 0 && !head.ends_with(b"\r\n\r\n")) {
            return bad(431, "the head of the request is cut off, or has more than 16384 bytes");
        }
        if head.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let mut space = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut space);
    if !parsed.parse(&head).is_ok_and(|status| status.is_complete()) {
        return bad(400, "this is not HTTP/1.1");
    }
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        ..Request::default()
    };
    for header in parsed.headers.iter() {
        let Ok(value) = std::str::from_utf8(header.value) else { return bad(400, "a header is not UTF-8") };
        request.headers.push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if request.header("transfer-encoding").is_some() {
        return bad(411, "the proxy takes bodies with a content-length");
    }
    let lengths: Vec<&str> =
        request.headers.iter().filter(|(name, _)| name == "content-length").map(|(_, value)| value.as_str()).collect();
    let length = match lengths[..] {
        [] => Some(0),
        [one] => one.parse::<usize>().ok(),
        _ => None,
    };
    let Some(length) = length else { return bad(400, "the content-length is not a number") };
    if length > MOST_BODY {
        return bad(413, "the body has more than 131072 bytes");
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    let is_old = parsed_version_is_old(&head);
    let is_closed = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Next::Request { request, is_kept: !is_old && !is_closed })
}

fn parsed_version_is_old(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\r').next().is_some_and(|line| line.ends_with(b"HTTP/1.0"))
}

fn write(mut stream: &TcpStream, reply: &Reply, is_kept: bool) -> io::Result<()> {
    let Reply { status, content_type, body } = reply;
    let connection = if is_kept { "keep-alive" } else { "close" };
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: {connection}\r\n\r\n",
        reason(*status),
        body.len()
    );
    // One write, so that a caller finds the head and the body in one packet.
    let mut whole = head.into_bytes();
    whole.extend_from_slice(body);
    stream.write_all(&whole)?;
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400..=499 => "Client Error",
        _ => "Server Error",
    }
}

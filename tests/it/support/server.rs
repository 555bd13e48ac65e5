//! A loopback HTTP/1.1 server that serves files and misbehaves on request.
//!
//! Owns the wire: heads and bodies are written by hand, because an HTTP crate would refuse to send
//! wrong ones. It must not bind anything but 127.0.0.1.

use crate::support::ports::listen;
pub use crate::support::ports::{Blackhole, free_port_refusing};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// One way to answer wrongly.
///
/// Counts refer to this response's body: the part requested by a Range, or the text of a 404.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Announces the full length, and closes after this many body bytes.
    CutAfter(usize),
    /// Announces the full length, sends this many body bytes, waits, then closes.
    Stall(Duration, usize),
    /// Answers with this status and a short text.
    Status(u16),
    /// Like `Status`, with a `Retry-After` header: `"1"` or an HTTP date.
    StatusRetryAfter(u16, String),
    /// Sends the whole body with a Content-Length that differs by this much, then closes.
    LieLength(i64),
    /// Sends the right number of bytes, with the middle one flipped.
    WrongBytes,
    /// Answers 200 with the whole file, even to a Range.
    IgnoreRange,
    /// Announces, in Content-Range, a part that begins this much later.
    ShiftRange(usize),
    /// Announces the requested part, and sends this many bytes less, as Content-Length says.
    ShortenPart(usize),
    /// Changes the file's ETag permanently; answers 200 with the whole file.
    ChangeEtag,
    /// Answers 302 with this `Location`.
    Redirect(String),
    /// Sends no Content-Length: the end of the connection ends the body.
    NoLength,
    /// Like `NoLength`, but sends only this many body bytes.
    NoLengthCutAfter(usize),
    /// Sends the right bytes at this pace.
    Slow {
        /// At least 1.
        bytes_per_second: usize,
    },
}

/// A client's request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `HEAD`; any other is answered as `GET`.
    pub method: String,
    /// The target as sent, including the query; a full URL if the server acts as a proxy.
    pub target: String,
    /// The path of the target, percent-decoded, without the query.
    pub path: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// All headers, with lower-case names.
    pub headers: HashMap<String, String>,
}

/// A running server; dropping it closes the port and all connections.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds a free port of 127.0.0.1 and starts to answer.
    pub fn start() -> Server {
        let (listener, address) = listen();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let acceptor = Some(thread::spawn(move || accept(&listener, &accepting)));
        Server {
            address,
            shared,
            acceptor,
        }
    }

    /// The URL of a path, which starts with a slash and is not encoded.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves these bytes at a path (decoded, as in `/a+b`), replacing the previous ones.
    pub fn file(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one(&bytes);
        let etag = format!("\"{hash:016x}\"");
        let file = File { bytes, etag };
        self.shared.routes().files.insert(path.to_owned(), file);
    }

    /// Queues faults for a path. Each request, including HEAD, consumes one.
    pub fn script(&self, path: &str, faults: Vec<Fault>) {
        let mut routes = self.shared.routes();
        (routes.faults.entry(path.to_owned()).or_default()).extend(faults);
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.routes().requests.clone()
    }

    /// The number of requests with any method to a path (decoded).
    pub fn hits(&self, path: &str) -> usize {
        self.requests().iter().filter(|r| r.path == path).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // `accept` cannot be interrupted, but a connection ends its wait.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            // A panic of the thread was already printed; a second one in a drop would abort.
            let _ = acceptor.join();
        }
    }
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    routes: Mutex<Routes>,
}

#[derive(Default)]
struct Routes {
    files: HashMap<String, File>,
    faults: HashMap<String, VecDeque<Fault>>,
    requests: Vec<Request>,
}

struct File {
    bytes: Vec<u8>,
    etag: String,
}

impl Shared {
    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().expect("no holder of the routes panics")
    }

    /// Sleeps, unless the server is dropped meanwhile.
    fn pause(&self, duration: Duration) {
        let end = Instant::now() + duration;
        while Instant::now() < end && !self.stopping.load(Ordering::SeqCst) {
            let left = end.saturating_duration_since(Instant::now());
            thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}

/// Accepts until the server is dropped, then cuts the connections that are still open.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut open: Vec<Weak<TcpStream>> = Vec::new();
    for stream in listener.incoming().flatten() {
        if shared.stopping.load(Ordering::SeqCst) {
            break;
        }
        let stream = Arc::new(stream);
        open.push(Arc::downgrade(&stream));
        let shared = Arc::clone(shared);
        // An error here means that a client disconnected, which does not matter.
        thread::spawn(move || converse(&stream, &shared));
    }
    for stream in open.iter().filter_map(Weak::upgrade) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Answers the requests of one connection in order, until either side closes it.
fn converse(mut stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(request) = Request::parse(&mut lines) {
        let answer = shared.routes().answer(&request);
        let close = answer.closes() || request.has("connection", "close");
        stream.write_all(answer.head(close).as_bytes())?;
        if request.method != "HEAD" {
            answer.send_body(stream, shared)?;
        }
        if close {
            break;
        }
    }
    Ok(())
}

impl Request {
    fn parse(lines: &mut impl Iterator<Item = String>) -> Option<Request> {
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let mut words = head.first()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers = head.iter().filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(key, value)| (key.to_lowercase(), value.trim().to_owned()));
        let headers: HashMap<String, String> = headers.collect();
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => &target,
        };
        Some(Request {
            path: percent_decode(path.split('?').next()?),
            range: headers.get("range").cloned(),
            user_agent: headers.get("user-agent").cloned(),
            method,
            target,
            headers,
        })
    }

    fn has(&self, header: &str, value: &str) -> bool {
        self.headers.get(header).is_some_and(|given| given == value)
    }
}

/// Decodes `%2B` to `+`; a single `%` or `+` is kept.
fn percent_decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).map(|hex| u8::from_str_radix(hex, 16)) {
            Some(Ok(byte)) => decoded.extend([&[byte], &part.as_bytes()[2..]].concat()),
            _ => decoded.extend(format!("%{part}").bytes()),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A response: the contents of its head, and the fault of its body.
struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
    fault: Option<Fault>,
}

impl Routes {
    /// Records the request and chooses the response.
    fn answer(&mut self, request: &Request) -> Answer {
        self.requests.push(request.clone());
        let faults = self.faults.get_mut(&request.path);
        let fault = faults.and_then(VecDeque::pop_front);
        let (status, headers, body) = match &fault {
            Some(Fault::Status(status)) => text(*status, String::new()),
            Some(Fault::StatusRetryAfter(status, after)) => {
                text(*status, format!("Retry-After: {after}\r\n"))
            }
            Some(Fault::Redirect(to)) => text(302, format!("Location: {to}\r\n")),
            _ => match self.files.get_mut(&request.path) {
                Some(file) => file.answer(request, fault.as_ref()),
                None => text(404, String::new()),
            },
        };
        Answer {
            status,
            headers,
            body,
            fault,
        }
    }
}

/// A response that consists of its status; only errors have a body.
fn text(status: u16, headers: String) -> (u16, String, Vec<u8>) {
    let body = match status >= 400 {
        true => format!("the test server says {status}\n"),
        false => String::new(),
    };
    (status, headers, body.into_bytes())
}

impl File {
    fn answer(&mut self, request: &Request, fault: Option<&Fault>) -> (u16, String, Vec<u8>) {
        if let Some(Fault::ChangeEtag) = fault {
            self.etag.insert(1, 'x');
        }
        let (length, etag) = (self.bytes.len(), &self.etag);
        let mut headers = format!("ETag: {etag}\r\nAccept-Ranges: bytes\r\n");
        let same = !request.headers.contains_key("if-range") || request.has("if-range", etag);
        let whole = !same || matches!(fault, Some(Fault::IgnoreRange | Fault::ChangeEtag));
        let asked = request.range.as_deref().filter(|_| !whole);
        let (status, part) = match asked.and_then(|range| parse_range(range, length)) {
            _ if request.has("if-none-match", etag) => (304, 0..0),
            Some(part) if part.is_empty() => {
                headers += &format!("Content-Range: bytes */{length}\r\n");
                (416, 0..0)
            }
            Some(part) => {
                let (mut first, mut last, mut part) = (part.start, part.end - 1, part);
                match fault {
                    Some(Fault::ShiftRange(by)) => (first, last) = (first + by, last + by),
                    Some(Fault::ShortenPart(by)) => part.end -= by,
                    _ => {}
                }
                headers += &format!("Content-Range: bytes {first}-{last}/{length}\r\n");
                (206, part)
            }
            None => (200, 0..length),
        };
        let mut body = self.bytes[part].to_vec();
        let middle = body.len() / 2;
        if let (Some(Fault::WrongBytes), Some(byte)) = (fault, body.get_mut(middle)) {
            *byte = !*byte;
        }
        (status, headers, body)
    }
}

/// The bytes of one `bytes=` range; empty if it cannot be satisfied, `None` to ignore it.
fn parse_range(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => Some(first..length.min(last.saturating_add(1))),
        (Ok(first), Err(_)) if last.is_empty() => Some(first..length),
        (Err(_), Ok(suffix)) if first.is_empty() => Some(length.saturating_sub(suffix)..length),
        _ => None,
    }
}

impl Answer {
    /// Whether the fault implies the end of the connection.
    fn closes(&self) -> bool {
        use Fault::{CutAfter, LieLength, NoLength, NoLengthCutAfter, Stall};
        matches!(
            self.fault,
            Some(CutAfter(_) | Stall(..) | LieLength(_) | NoLength | NoLengthCutAfter(_))
        )
    }

    fn head(&self, close: bool) -> String {
        let (status, headers, real) = (self.status, &self.headers, self.body.len() as u64);
        let promise = |by| format!("Content-Length: {}\r\n", real.saturating_add_signed(by));
        let length = match self.fault {
            Some(Fault::NoLength | Fault::NoLengthCutAfter(_)) => String::new(),
            Some(Fault::LieLength(by)) => promise(by),
            _ if matches!(status, 204 | 304) => String::new(),
            _ => promise(0),
        };
        let connection = if close { "close" } else { "keep-alive" };
        format!("HTTP/1.1 {status} Test\r\n{headers}{length}Connection: {connection}\r\n\r\n")
    }

    fn send_body(&self, mut stream: &TcpStream, shared: &Shared) -> io::Result<()> {
        let (mut count, mut wait, mut pace) = (self.body.len(), Duration::ZERO, usize::MAX);
        match self.fault {
            Some(Fault::CutAfter(cut) | Fault::NoLengthCutAfter(cut)) => count = count.min(cut),
            Some(Fault::Stall(duration, cut)) => (count, wait) = (count.min(cut), duration),
            Some(Fault::Slow { bytes_per_second }) => pace = bytes_per_second.max(1),
            _ => {}
        }
        for piece in self.body[..count].chunks((pace / 20).max(1)) {
            stream.write_all(piece)?;
            shared.pause(Duration::from_secs_f64(piece.len() as f64 / pace as f64));
        }
        shared.pause(wait);
        Ok(())
    }
}

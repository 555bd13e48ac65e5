//! Slow or silent servers on loopback: ports whose packets are dropped, a proxy that inspects
//! contents, a SOCKS proxy.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A port with a full queue of connections: the kernel drops every further SYN, like a firewall.
pub struct Swallowing {
    address: SocketAddr,
    /// The connections that fill the queue.
    _held: Vec<TcpStream>,
    _listener: Option<TcpListener>,
}

impl Swallowing {
    /// Until it is dropped.
    pub fn start() -> Self {
        let (listener, held) = full();
        Self {
            address: listener.local_addr().expect("it is bound"),
            _held: held,
            _listener: Some(listener),
        }
    }

    /// For this long; then connections are passed on to `behind`, `127.0.0.1:1234`. The kernel
    /// repeats a SYN after one second, and after two more.
    pub fn start_for(pause: Duration, behind: &str) -> Self {
        let (listener, held) = full();
        let address = listener.local_addr().expect("it is bound");
        let behind = behind.to_owned();
        thread::spawn(move || {
            thread::sleep(pause);
            for client in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(&behind) else {
                    return;
                };
                join(client, there);
            }
        });
        Self {
            address,
            _held: held,
            _listener: None,
        }
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A listener, and the connections that fill its queue.
fn full() -> (TcpListener, Vec<TcpStream>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // std's default queue is as long as the system allows.
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind((Ipv4Addr::LOCALHOST, 0).into())
            .expect("loopback binds");
        socket.listen(1).expect("it listens").into_std()
    });
    let listener = listener.expect("a listener");
    listener.set_nonblocking(false).expect("blocking");
    let address = listener.local_addr().expect("it is bound");
    let mut held = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        held.push(stream);
        assert!(held.len() < 64, "the queue does not fill");
    }
    (listener, held)
}

/// An HTTP proxy that delays its answer to CONNECT.
pub struct SlowProxy(SocketAddr);

impl SlowProxy {
    /// It ends with the process.
    pub fn start(pause: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback binds");
        let address = listener.local_addr().expect("it is bound");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || tunnel(client, pause));
            }
        });
        Self(address)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

fn tunnel(mut client: TcpStream, pause: Duration) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let place = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    thread::sleep(pause);
    let there = TcpStream::connect(place).ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    join(client, there);
    Some(())
}

/// A SOCKS 5 proxy without passwords that leads every name to one server.
pub struct Socks {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Socks {
    /// It ends with the process. `behind` is `127.0.0.1:1234`.
    pub fn start(behind: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback binds");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::default());
        let (record, behind) = (Arc::clone(&asked), behind.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (record, behind) = (Arc::clone(&record), behind.clone());
                thread::spawn(move || socks(client, &behind, &record));
            }
        });
        Self { address, asked }
    }

    /// `127.0.0.1:1234`
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requested names so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

/// Implements RFC 1928.
fn socks(mut client: TcpStream, behind: &str, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        client.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let methods = take(2)?[1];
    take(methods.into())?;
    (&client).write_all(&[5, 0]).ok()?;
    let take = |count: usize| {
        let mut bytes = vec![0; count];
        (&client).read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let kind = take(4)?[3];
    let name = match kind {
        3 => {
            let length = take(1)?[0];
            String::from_utf8(take(length.into())?).ok()?
        }
        1 => take(4)?
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join("."),
        _ => return None,
    };
    take(2)?;
    asked.lock().ok()?.push(name);
    let there = TcpStream::connect(behind).ok()?;
    (&client).write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    join(client, there);
    Some(())
}

/// Copies bytes in both directions.
fn join(client: TcpStream, there: TcpStream) {
    let (Ok(back), Ok(forth)) = (client.try_clone(), there.try_clone()) else {
        return;
    };
    thread::spawn(move || copy(there, back));
    thread::spawn(move || copy(client, forth));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}

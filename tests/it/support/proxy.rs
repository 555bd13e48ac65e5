//! An HTTP proxy on loopback that requires a password: 407 without it, then a tunnel for CONNECT,
//! and for any other request the answer of one server behind it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A running proxy. It ends with the process, because the tests are short.
pub struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy whose password is `me:s3cret`; plain requests go to `behind`, `127.0.0.1:1234`.
    pub fn start(behind: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback binds");
        let address = listener.local_addr().expect("it is bound");
        let seen = Arc::new(Mutex::default());
        let (record, behind) = (Arc::clone(&seen), behind.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (record, behind) = (Arc::clone(&record), behind.clone());
                thread::spawn(move || serve(client, &behind, &record));
            }
        });
        Self { address, seen }
    }

    /// Its URL, with `user:password@` or nothing before the host.
    pub fn url(&self, login: &str) -> String {
        format!("http://{login}{}", self.address)
    }

    /// The first line of each request so far, and the status of its answer: `407 CONNECT ...`.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no holder panics").clone()
    }
}

fn serve(client: TcpStream, behind: &str, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let is_end = line == "\r\n";
            head.push(line);
            if is_end {
                break;
            }
        }
        // me:s3cret
        let is_known = head.iter().any(|line| {
            let line = line.trim_end();
            line.eq_ignore_ascii_case("proxy-authorization: basic bWU6czNjcmV0")
        });
        let (status, first) = (if is_known { 200 } else { 407 }, head[0].trim_end());
        seen.lock().ok()?.push(format!("{status} {first}"));
        let mut answer = &client;
        if !is_known {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: \
                           Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
            answer.write_all(refusal.as_bytes()).ok()?;
            continue;
        }
        let mut there = match first.strip_prefix("CONNECT ") {
            Some(rest) => {
                let there = TcpStream::connect(rest.split(' ').next()?).ok()?;
                answer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
                there
            }
            None => {
                let mut there = TcpStream::connect(behind).ok()?;
                there.write_all(head.concat().as_bytes()).ok()?;
                there
            }
        };
        let back = (there.try_clone().ok()?, client.try_clone().ok()?);
        thread::spawn(move || copy(back.0, back.1));
        there.write_all(reader.buffer()).ok()?;
        copy(client, there);
        return None;
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

//! Loopback ports that refuse connections or never answer.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;

/// The base URL (no slash at the end) of a loopback port that refuses connections.
///
/// It is held, as an end of a connection, for the lifetime of the process: a free port could be
/// reused by a server in another test.
pub fn free_port_refusing() -> String {
    static HELD: OnceLock<(TcpStream, TcpStream)> = OnceLock::new();
    let (near, _far) = HELD.get_or_init(|| {
        let (listener, address) = listen();
        let near = TcpStream::connect(address).expect("a listening port connects");
        (near, listener.accept().expect("a connection waits").0)
    });
    format!("http://{}", near.local_addr().expect("it is connected"))
}

/// A port that connects and then never answers, for tests of read timeouts.
///
/// Nothing calls accept; the kernel completes the handshake and takes the request's bytes.
pub struct Blackhole(TcpListener);

impl Blackhole {
    /// Binds a free port of 127.0.0.1.
    pub fn start() -> Blackhole {
        Blackhole(listen().0)
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        let address = self.0.local_addr().expect("it is bound");
        format!("http://{address}{path}")
    }
}

/// A listener on a free port of 127.0.0.1, and its address.
pub fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback binds");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

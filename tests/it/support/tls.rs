//! An https server on loopback with a private authority: openssl's certificates, Python's TLS.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SERVER: &str = "
import http.server, os, ssl, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        place = self.translate_path(self.path) + '.location'
        if not os.path.isfile(place): return super().do_GET()
        self.send_response(302)
        self.send_header('Location', open(place).read())
        self.send_header('Content-Length', '0')
        self.end_headers()
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Quiet)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

const CERTIFICATES: &str = "set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca-key.pem -out ca.pem -subj /CN=Authority
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=localhost
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=critical,CA:FALSE\\n' >extensions
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
  -extfile extensions -out cert.pem";

/// Ends the server with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server over a directory, and its port. If the directory contains `x.location`, `x` redirects
/// to its contents. `ca.pem` in the directory is the authority's certificate. `None` if openssl or
/// python3 is missing.
pub fn serve(directory: &Path) -> Option<(Running, u16)> {
    serve_with(directory, "")
}

/// Like [`serve`], after a script that changes `cert.pem` and `key.pem`.
pub fn serve_with(directory: &Path, change: &str) -> Option<(Running, u16)> {
    let mut openssl = Command::new("sh");
    let made = openssl
        .args(["-c", &format!("{CERTIFICATES}\n{change}")])
        .current_dir(directory)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut python = Command::new("python3");
    python
        .args(["-c", SERVER])
        .current_dir(directory)
        .stdout(Stdio::piped());
    let mut child = python.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).ok()?;
    Some((running, line.trim().parse().ok()?))
}

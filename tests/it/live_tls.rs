//! A channel behind certificates of one's own: Python's own TLS server, openssl's certificate.

use crate::support::channel::{Channel, Form};
use crate::support::live::{is_live, say};
use crate::support::pythons::fake;
use crate::support::sandbox::Sandbox;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const SERVER: &str = "
import http.server, ssl, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Quiet)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

/// Ends the server with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server over a directory that holds `cert.pem`, and its port.
fn serve(directory: &std::path::Path) -> Option<(Running, u16)> {
    let request = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem \
                   -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
                   -addext basicConstraints=critical,CA:FALSE";
    let mut openssl = Command::new("openssl");
    let made = openssl
        .args(request.split_whitespace())
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

#[test]
fn a_channel_behind_certificates_of_ones_own_is_trusted_if_the_settings_say_so() {
    if !is_live("a_channel_behind_certificates_of_ones_own") {
        return;
    }
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let directory = sandbox.home().join("served");
    Channel::of(&fake("3.14.7")).write(&directory, Form::Zst);
    let Some((_running, port)) = serve(&directory) else {
        say("a_channel_behind_certificates_of_ones_own: not run, it needs openssl and python3");
        return;
    };
    let url = format!("https://127.0.0.1:{port}");
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    let condarc = |text: &str| {
        std::fs::write(sandbox.home().join(".condarc"), text).expect("write");
    };
    let install = ["install", "--reinstall", "--from", "conda", "3.14t"];
    let finished = sandbox.fails(4, &install);
    assert!(finished.stderr.contains("certificate"), "{finished:?}");
    condarc("ssl_verify: /nonexistent/ca.pem\n");
    let finished = sandbox.fails(4, &install);
    assert!(
        finished.stderr.contains("/nonexistent/ca.pem"),
        "{finished:?}"
    );
    condarc(&format!(
        "ssl_verify: {}\n",
        directory.join("cert.pem").display()
    ));
    let finished = sandbox.ok(&install);
    assert!(
        !finished.stderr.contains("ssl_verify is off"),
        "{finished:?}"
    );
    std::fs::remove_dir_all(sandbox.store.join("cache")).expect("cache");
    condarc("ssl_verify: false\n");
    let finished = sandbox.ok(&install);
    assert!(
        finished.stderr.contains("ssl_verify is off"),
        "{finished:?}"
    );
}

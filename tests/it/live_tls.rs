//! A channel with private certificates.

use crate::support::channel::{Channel, Form};
use crate::support::live::require_live;
use crate::support::pythons::fake;
use crate::support::sandbox::Sandbox;
use crate::support::tls::{serve, serve_with};
use std::io::Write;
use std::net::TcpListener;

#[test]
#[ignore = "live: needs openssl and python3"]
fn live_a_channel_behind_certificates_of_ones_own_is_trusted_if_the_settings_say_so() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let directory = sandbox.home().join("served");
    Channel::of(&fake("3.14.7")).write(&directory, Form::Zst);
    let (_running, port) = serve(&directory).expect("openssl and python3");
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
        directory.join("ca.pem").display()
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

#[test]
#[ignore = "live: needs openssl and python3"]
fn live_certificate_errors_are_explained() {
    require_live();
    let other = "printf 'subjectAltName=DNS:other.test\\n' >extensions
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -days 2 -extfile extensions -out cert.pem";
    for (change, is_trusted, words) in [
        ("", false, "untrusted certificate: its authority"),
        (
            "cp ca.pem cert.pem; cp ca-key.pem key.pem",
            true,
            "sent the certificate of an authority",
        ),
        (other, true, "certificate of another host"),
    ] {
        let mut sandbox = Sandbox::new();
        let directory = sandbox.home().join("served");
        std::fs::create_dir(&directory).expect("mkdir");
        let (_running, port) = serve_with(&directory, change).expect("openssl and python3");
        sandbox.set("FTPY_RELEASES", &format!("https://127.0.0.1:{port}"));
        if is_trusted {
            sandbox.set(
                "SSL_CERT_FILE",
                &directory.join("ca.pem").display().to_string(),
            );
        }
        let said = sandbox.fails(4, &["self", "update", "--check"]);
        assert!(said.stderr.contains(words), "{change}: {said:?}");
    }
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = plain.local_addr().expect("its port").port();
    std::thread::spawn(move || {
        for mut connection in plain.incoming().flatten() {
            let _ = connection.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
        }
    });
    let mut sandbox = Sandbox::new();
    sandbox.set("FTPY_RELEASES", &format!("https://127.0.0.1:{port}"));
    let said = sandbox.fails(4, &["self", "update", "--check"]);
    assert!(said.stderr.contains("does not speak TLS"), "{said:?}");
}

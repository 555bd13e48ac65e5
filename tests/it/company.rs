//! Company networks: proxies with passwords, netrc, mirrors with passwords that must not be
//! displayed, certificate variables with invalid paths.

use crate::support::proxy::Proxy;
use crate::support::sandbox::{Archive, Sandbox, interpreter};
use crate::support::server::{Fault, Server};

/// `me:s3cret` in Basic authentication.
fn known(request: &crate::support::server::Request) -> bool {
    request
        .headers
        .get("authorization")
        .is_some_and(|value| value == "Basic bWU6czNjcmV0")
}

/// A loopback index with upstream's URL, so that a mirror replaces it, and the archive below `/m`
/// of the server.
fn mirrored(sandbox: &Sandbox, server: &Server) -> Archive {
    let archive = interpreter("3.14.7", "t");
    let line = archive.line_at_upstream();
    sandbox.server.file("/index.ndjson", line);
    server.file(
        &format!("/m/20260901/{}", archive.name),
        archive.bytes.clone(),
    );
    archive
}

fn address(server: &Server) -> String {
    server.url("").replace("http://", "")
}

#[test]
fn a_proxy_gets_its_password_and_is_not_asked_for_what_no_proxy_names() {
    let mut sandbox = Sandbox::new();
    mirrored(&sandbox, &sandbox.server);
    let proxy = Proxy::start(&address(&sandbox.server));
    sandbox.set("FTPY_PBS_MIRROR", "http://pbs.example/m");
    sandbox.set("NO_PROXY", "127.0.0.1");
    sandbox.set("HTTP_PROXY", &proxy.url(""));
    let finished = sandbox.fails(4, &["install", "--from", "pbs", "3.14t"]);
    assert!(finished.stderr.contains("407"), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("the proxy requires a name and a password"),
        "{finished:?}"
    );

    sandbox.set("HTTP_PROXY", &proxy.url("me:s3cret@"));
    let finished = sandbox.ok(&["-v", "install", "--from", "pbs", "3.14t"]);
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    let seen = proxy.seen();
    assert!(
        seen.iter()
            .all(|line| line.contains("http://pbs.example/m/")),
        "{seen:?}"
    );
    assert!(
        seen.iter().any(|line| line.starts_with("200 GET")),
        "{seen:?}"
    );
}

#[test]
fn a_proxy_that_is_down_is_named_without_its_password() {
    let mut sandbox = Sandbox::new();
    let dead = crate::support::server::free_port_refusing();
    let dead = dead.replace("http://", "");
    sandbox.use_embedded_index();
    sandbox.set("FTPY_PBS_MIRROR", "http://pbs.example/m");
    sandbox.set("ALL_PROXY", &format!("http://me:s3cret@{dead}"));
    let finished = sandbox.fails(4, &["install", "--from", "pbs", "3.14t"]);
    let said = format!("pbs.example is unreachable: connection refused (through the proxy {dead})");
    assert!(finished.stderr.contains(&said), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
}

#[test]
fn a_password_of_netrc_goes_to_its_host_alone() {
    let mut sandbox = Sandbox::new();
    let elsewhere = Server::start();
    let archive = mirrored(&sandbox, &sandbox.server);
    let path = format!("/m/20260901/{}", archive.name);
    elsewhere.file("/real", archive.bytes.clone());
    sandbox
        .server
        .script(&path, vec![Fault::Redirect(elsewhere.url("/real"))]);
    let mirror = sandbox.server.url("/m");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    std::fs::write(
        sandbox.home().join(".netrc"),
        "machine 127.0.0.1\n  login me\n  password s3cret\n",
    )
    .expect("write");
    let finished = sandbox.ok(&["-v", "install", "3.14t"]);
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    assert!(sandbox.server.requests().iter().all(known));
    assert_eq!(elsewhere.requests().len(), 1);
    assert!(
        !elsewhere.requests()[0]
            .headers
            .contains_key("authorization")
    );

    // NETRC names another file without this host, so nothing is sent.
    let other = sandbox.home().join("other");
    std::fs::write(
        &other,
        "machine h.example login me password s3cret\ndefault login x password y\n",
    )
    .expect("write");
    sandbox.set("NETRC", &other.to_string_lossy());
    sandbox.server.script(&path, vec![Fault::Status(401)]);
    let before = sandbox.server.requests().len();
    sandbox.ok(&["cache", "clean"]);
    let finished = sandbox.fails(4, &["install", "--reinstall", "3.14t"]);
    assert!(
        finished.stderr.contains("127.0.0.1:") && finished.stderr.contains("requires a password"),
        "{finished:?}"
    );
    let requests = sandbox.server.requests();
    assert!(requests.len() > before);
    assert!(
        requests[before..]
            .iter()
            .all(|request| !request.headers.contains_key("authorization"))
    );
}

#[test]
fn a_password_in_a_mirrors_url_is_sent_and_never_shown_or_written_down() {
    let mut sandbox = Sandbox::new();
    mirrored(&sandbox, &sandbox.server);
    let base = sandbox
        .server
        .url("")
        .replace("http://", "http://me:s3cret@");
    let secret = |path: &str| format!("{base}{path}");
    let (mirror, index) = (secret("/m"), secret("/index.ndjson"));
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    sandbox.set("FTPY_INDEX_URL", &index);
    let commands: [&[&str]; 11] = [
        &["install", "--dry-run", "3.14t"],
        &["install", "--dry-run", "--json", "3.14t"],
        &["install", "--dry-run", "--explain", "3.14t"],
        &["-v", "install", "3.14t"],
        &["install", "--reinstall", "--json", "3.14t"],
        &["list", "--json"],
        &["list", "--available", "--json"],
        &["verify", "--json"],
        &["index", "update", "--json"],
        &["index", "show"],
        &["config", "list", "--json"],
    ];
    for command in commands {
        let finished = sandbox.ok(command);
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!said.contains("s3cret"), "{command:?}: {said}");
    }
    assert!(sandbox.server.requests().iter().any(known));
    let elsewhere = secret("/nowhere");
    sandbox.set("FTPY_PBS_MIRROR", &elsewhere);
    sandbox.ok(&["cache", "clean"]);
    let finished = sandbox.fails(4, &["-v", "install", "--reinstall", "3.14t"]);
    assert!(finished.stderr.contains("/nowhere/"), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    // An invalid URL may contain a secret, too.
    sandbox.set("FTPY_PBS_MIRROR", "me:s3cret@mirror.example/m");
    let finished = sandbox.fails(2, &["install", "3.14t"]);
    assert!(finished.stderr.contains("FTPY_PBS_MIRROR"), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");

    let mut grep = std::process::Command::new("grep");
    let found = grep
        .args(["-rl", "s3cret"])
        .arg(&sandbox.store)
        .output()
        .expect("grep");
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn variables_that_lead_nowhere_stop_before_anybody_is_asked() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let empty = sandbox.home().join("empty.pem");
    std::fs::write(&empty, "").expect("write");
    let empty = empty.to_string_lossy().into_owned();
    let directory = sandbox.home().to_string_lossy().into_owned();
    for (name, value, reason) in [
        ("SSL_CERT_FILE", "/nonexistent/ca.pem", "no such file"),
        ("SSL_CERT_FILE", &empty, "it has no certificate"),
        ("SSL_CERT_DIR", "/nonexistent/certs", "no such directory"),
        (
            "SSL_CERT_DIR",
            &directory,
            "no file in it has a certificate",
        ),
        ("NETRC", "/nonexistent/netrc", "no such file"),
        ("HTTP_PROXY", "ftp://h:1", "it is not the URL of a proxy"),
    ] {
        sandbox.set(name, value);
        let finished = sandbox.fails(2, &["install", "3.14t"]);
        let message = format!("error: {name} is {value}: ");
        assert!(finished.stderr.contains(&message), "{finished:?}");
        assert!(finished.stderr.contains(reason), "{finished:?}");
        // Without connections they have no effect.
        sandbox.ok(&["list"]);
        sandbox.unset(name);
    }
    assert_eq!(sandbox.server.requests().len(), 0);
    sandbox.ok(&["install", "3.14t"]);
}

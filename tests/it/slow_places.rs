//! Slow servers next to unreachable ones: slow servers get their time, certain failures take none,
//! and servers are not waited for one after the other.

use crate::support::sandbox::{Archive, Sandbox, interpreter};
use crate::support::server::{Fault, Server, free_port_refusing};
use crate::support::slow::{SlowProxy, Socks, Swallowing};
use crate::support::tls;
use std::time::{Duration, Instant};

/// A sandbox whose index has upstream's URL for 3.14.7t, so that FTPY_PBS_MIRROR replaces it; and
/// that archive, below `/m` of the sandbox's server.
fn mirrored() -> (Sandbox, Archive) {
    let sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    let line = archive.line_at_upstream();
    sandbox.server.file("/index.ndjson", line);
    let path = format!("/m/20260901/{}", archive.name);
    sandbox.server.file(&path, archive.bytes.clone());
    (sandbox, archive)
}

fn address(server: &Server) -> String {
    server.url("").replace("http://", "")
}

#[test]
fn a_mirror_that_takes_three_seconds_to_connect_is_used_before_anything_is_compiled() {
    let (mut sandbox, archive) = mirrored();
    let source = Server::start();
    let slow = Swallowing::start_for(Duration::from_millis(2500), &address(&sandbox.server));
    let (mirror, sources) = (slow.url("/m"), source.url(""));
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    sandbox.set("FTPY_SOURCE_MIRROR", &sources);
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    assert!(
        finished.stderr.contains("Installed 3.14.7t (pbs)"),
        "{finished:?}"
    );
    assert_eq!(source.requests().len(), 0, "no source was asked for");
    let path = format!("/m/20260901/{}", archive.name);
    assert_eq!(sandbox.server.hits(&path), 1, "one request was waited for");
}

#[test]
fn an_index_that_is_slow_to_connect_is_waited_for() {
    let (mut sandbox, _) = mirrored();
    let slow = Swallowing::start_for(Duration::from_millis(2500), &address(&sandbox.server));
    let index = slow.url("/index.ndjson");
    sandbox.set("FTPY_INDEX_URL", &index);
    sandbox.ok(&["index", "update"]);
}

#[test]
fn a_proxy_that_looks_into_tls_is_given_its_time() {
    let (mut sandbox, archive) = mirrored();
    let place = sandbox.home().join("https");
    let folder = place.join("m/20260901");
    std::fs::create_dir_all(&folder).expect("mkdir");
    std::fs::write(folder.join(&archive.name), &archive.bytes).expect("write");
    let Some((_server, port)) = tls::serve(&place) else {
        crate::support::live::say("not run: openssl or python3 is missing");
        return;
    };
    let proxy = SlowProxy::start(Duration::from_millis(2500));
    let authority = place.join("ca.pem").display().to_string();
    let (mirror, proxy) = (format!("https://localhost:{port}/m"), proxy.url());
    sandbox.set("SSL_CERT_FILE", &authority);
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    sandbox.set("HTTPS_PROXY", &proxy);
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn what_the_person_allows_a_connection_is_all_it_gets() {
    let (mut sandbox, _) = mirrored();
    let hole = Swallowing::start();
    let mirror = hole.url("/m");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    sandbox.set("FTPY_CONNECT_TIMEOUT", "0.5");
    let started = Instant::now();
    let finished = sandbox.fails(4, &["install", "--no-build", "3.14t"]);
    assert!(started.elapsed() < Duration::from_secs(3), "{finished:?}");
    assert!(
        finished.stderr.contains("FTPY_CONNECT_TIMEOUT"),
        "{finished:?}"
    );
}

#[test]
fn places_that_refuse_cost_no_time() {
    let (mut sandbox, _) = mirrored();
    sandbox.set("FTPY_PBS_MIRROR", &free_port_refusing());
    let started = Instant::now();
    let finished = sandbox.fails(4, &["install", "--no-build", "3.14t"]);
    // A busy machine is slow, but the shortest wait for a slow source is longer.
    assert!(started.elapsed() < Duration::from_secs(4), "{finished:?}");
    assert!(
        finished.stderr.contains("connection refused"),
        "{finished:?}"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait_for_a_slow_place_at_once() {
    let (mut sandbox, _) = mirrored();
    let hole = Swallowing::start();
    let mirror = hole.url("/m");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    for pause in [700, 2500] {
        let mut child = sandbox.start(&["install", "--no-build", "3.14t"]);
        std::thread::sleep(Duration::from_millis(pause));
        let kill = std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.expect("kill").success());
        let started = Instant::now();
        let status = child.wait().expect("wait");
        assert_eq!(status.code(), Some(130), "{pause}");
        assert!(started.elapsed() < Duration::from_secs(1), "{pause}");
    }
}

#[cfg(feature = "conda")]
#[test]
fn mirrors_of_a_channel_that_swallow_packets_are_waited_for_together() {
    let mut sandbox = Sandbox::new();
    let holes = [
        Swallowing::start(),
        Swallowing::start(),
        Swallowing::start(),
    ];
    let mirrors: Vec<String> = holes.iter().map(|hole| hole.url("/c")).collect();
    let condarc = format!(
        "channels: [us]\nmirrored_channels: {{us: ['{}']}}\n",
        mirrors.join("', '")
    );
    std::fs::write(sandbox.home().join(".condarc"), condarc).expect("write");
    sandbox.unset("FTPY_CONDA_CHANNELS");
    sandbox.set("FTPY_CONNECT_TIMEOUT", "2");
    let started = Instant::now();
    let plan = ["install", "--dry-run", "--from", "conda", "3.14t"];
    let finished = sandbox.fails(4, &plan);
    // One after the other they would take 6 s.
    assert!(
        started.elapsed() < Duration::from_millis(4500),
        "{:?} {finished:?}",
        started.elapsed()
    );
}

#[cfg(feature = "conda")]
#[test]
fn a_channel_that_is_slow_to_connect_is_waited_for_before_anything_is_compiled() {
    use crate::support::channel::{Channel, Form, sandbox};
    use crate::support::pythons::fake;
    let (mut sandbox, url) = sandbox(&Channel::of(&fake("3.14.7")), Form::Sharded);
    let refusing = free_port_refusing();
    sandbox.use_embedded_index();
    sandbox.set("FTPY_PBS_MIRROR", &refusing);
    let slow = Swallowing::start_for(Duration::from_millis(2500), &address(&sandbox.server));
    let channel = url.replace(&sandbox.server.url(""), &slow.url(""));
    let source = Server::start();
    let sources = source.url("");
    sandbox.set("FTPY_CONDA_CHANNELS", &channel);
    sandbox.set("FTPY_SOURCE_MIRROR", &sources);
    let finished = sandbox.ok(&["install", "3.14.7t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-conda-2"], "{finished:?}");
    assert_eq!(source.requests().len(), 0, "no source was asked for");
}

#[test]
fn a_socks_proxy_is_used_and_resolves_the_names() {
    let (mut sandbox, _) = mirrored();
    let socks = Socks::start(&address(&sandbox.server));
    sandbox.set("FTPY_PBS_MIRROR", "http://pbs.example/m");
    sandbox.set("NO_PROXY", "127.0.0.1");
    for scheme in ["socks5h", "socks"] {
        let proxy = format!("{scheme}://{}/", socks.address());
        sandbox.set("ALL_PROXY", &proxy);
        sandbox.ok(&["install", "--reinstall", "3.14t"]);
        sandbox.ok(&["cache", "clean"]);
    }
    assert_eq!(socks.asked(), ["pbs.example", "pbs.example"]);
}

#[test]
fn a_proxy_that_is_not_used_may_be_anything() {
    let (mut sandbox, _) = mirrored();
    let mirror = sandbox.server.url("/m");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    sandbox.set("ALL_PROXY", "gopher://127.0.0.1:70");
    let finished = sandbox.fails(2, &["install", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("ALL_PROXY is gopher://127.0.0.1:70")
    );
    for no_proxy in ["127.0.0.1", "*", "127.0.0.0/8"] {
        sandbox.set("NO_PROXY", no_proxy);
        sandbox.ok(&["install", "--reinstall", "3.14t"]);
    }
    sandbox.unset("NO_PROXY");
    // Here http:// has a separate proxy, which is the server itself.
    let own = sandbox.server.url("");
    sandbox.set("HTTP_PROXY", &own);
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
}

#[test]
fn a_host_that_is_busy_for_everything_is_not_asked_for_every_patch() {
    for fault in [
        Fault::Status(503),
        Fault::Status(429),
        Fault::StatusRetryAfter(503, "3600".to_owned()),
    ] {
        let mut sandbox = Sandbox::new();
        let mut paths = Vec::new();
        for patch in 1..=6 {
            let archive = interpreter(&format!("3.14.{patch}"), "t");
            sandbox.offer(&archive);
            let path = format!("/{}", archive.name);
            sandbox.server.script(&path, vec![fault.clone(); 20]);
            paths.push(path);
        }
        sandbox.ok(&["index", "update"]);
        let finished = sandbox.fails(4, &["-v", "install", "--no-build", "3.14t"]);
        let hits: Vec<usize> = paths.iter().map(|path| sandbox.server.hits(path)).collect();
        let expected = match &fault {
            // One more file shows whether the file or the host failed.
            Fault::Status(503) => [0, 0, 0, 0, 1, 4],
            Fault::Status(_) => [0, 0, 0, 0, 0, 4],
            _ => [0, 0, 0, 0, 0, 1],
        };
        assert_eq!(hits, expected, "{fault:?} {finished:?}");
        assert!(finished.stderr.contains("is busy"), "{finished:?}");
    }
}

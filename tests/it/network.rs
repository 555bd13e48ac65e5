//! Every fault of a network that the server can simulate.

use crate::support::sandbox::{Finished, Sandbox, interpreter};
use crate::support::server::{Blackhole, Fault};
use std::time::{Duration, Instant};

/// A sandbox that offers 3.14.7t and 3.14.6t; the first request for the newer one meets the faults.
/// The older one shows whether ftpy fell back.
fn sandbox(faults: Vec<Fault>) -> (Sandbox, String) {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let path = format!("/{}", archive.name);
    sandbox.server.script(&path, faults);
    sandbox.set("FTPY_HTTP_TIMEOUT", "1");
    (sandbox, path)
}

fn installs(faults: Vec<Fault>) -> (Sandbox, String, Finished) {
    let (sandbox, path) = sandbox(faults);
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert_eq!(
        sandbox.installed(),
        ["3.14.7t-pbs-20260901"],
        "{finished:?}"
    );
    sandbox.ok(&["verify"]);
    (sandbox, path, finished)
}

#[test]
fn a_cut_transfer_goes_on_where_it_broke() {
    let (sandbox, path, _) = installs(vec![Fault::CutAfter(300), Fault::CutAfter(200)]);
    let asked: Vec<Option<String>> = sandbox
        .server
        .requests()
        .into_iter()
        .filter(|request| request.path == path)
        .map(|request| request.range)
        .collect();
    assert_eq!(
        asked,
        [
            None,
            Some("bytes=300-".to_owned()),
            Some("bytes=500-".to_owned())
        ]
    );
    let if_range = sandbox
        .server
        .requests()
        .into_iter()
        .any(|request| request.headers.contains_key("if-range"));
    assert!(if_range);
}

#[test]
fn a_server_that_ignores_ranges_or_has_a_new_etag_is_read_again() {
    installs(vec![Fault::CutAfter(300), Fault::IgnoreRange]);
    installs(vec![Fault::CutAfter(300), Fault::ChangeEtag]);
}

#[test]
fn a_stalled_transfer_is_given_up_and_resumed() {
    installs(vec![Fault::Stall(Duration::from_secs(20), 100)]);
}

#[test]
fn a_server_that_is_busy_is_asked_again_when_it_says() {
    let started = Instant::now();
    installs(vec![Fault::StatusRetryAfter(429, "1".to_owned())]);
    assert!(started.elapsed() >= Duration::from_secs(1));
    installs(vec![Fault::Status(503), Fault::Status(500)]);
}

#[test]
fn redirects_and_bodies_without_a_length_are_followed() {
    let (sandbox, path) = sandbox(vec![]);
    let elsewhere = sandbox.server.url(&path.replace('+', "%2B"));
    sandbox
        .server
        .script(&path, vec![Fault::Redirect(elsewhere), Fault::NoLength]);
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn a_server_that_never_recovers_is_passed_over_for_an_older_patch() {
    for fault in [Fault::Status(503), Fault::Status(404), Fault::Status(403)] {
        let (sandbox, _) = sandbox(vec![fault; 20]);
        let finished = sandbox.ok(&["install", "3.14t"]);
        assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
        assert!(
            finished.stderr.contains("Unavailable 3.14.7t from pbs"),
            "{finished:?}"
        );
    }
}

#[test]
fn wrong_bytes_stop_the_install_and_nothing_is_tried_instead() {
    let (sandbox, _) = sandbox(vec![Fault::WrongBytes; 20]);
    let finished = sandbox.fails(5, &["install", "3.14t"]);
    assert!(
        finished.stderr.contains("digest mismatch: sha256 is"),
        "{finished:?}"
    );
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    // Wrong bytes are not kept: once the server works, the install succeeds.
    let (sandbox, _) = self::sandbox(vec![Fault::WrongBytes]);
    sandbox.fails(5, &["install", "3.14t"]);
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn a_length_that_is_a_lie_never_becomes_an_installation() {
    // The announced size is too large: the transfer seems truncated and is resumed; the digest
    // decides.
    installs(vec![Fault::LieLength(1000)]);
    // The announced size is too small: the rest is missing.
    let (sandbox, _) = sandbox(vec![Fault::LieLength(-100); 20]);
    sandbox.fails(5, &["install", "3.14t"]);
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
}

#[test]
fn a_host_that_takes_the_connection_and_says_nothing_is_waited_for_once() {
    let mut sandbox = Sandbox::new();
    let hole = Blackhole::start();
    sandbox.use_embedded_index();
    sandbox.set("FTPY_PBS_MIRROR", &hole.url("/pbs"));
    sandbox.set("FTPY_HTTP_TIMEOUT", "1");
    let started = Instant::now();
    let finished = sandbox.fails(4, &["install", "--no-build", "3.14t"]);
    assert!(finished.stderr.contains("does not answer"), "{finished:?}");
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_download_that_was_killed_is_gone_on_with_by_the_next_run() {
    let (sandbox, path) = sandbox(vec![Fault::Stall(Duration::from_secs(60), 400)]);
    let mut child = sandbox
        .command(&["install", "3.14t"])
        .env("FTPY_HTTP_TIMEOUT", "60")
        .spawn()
        .expect("ftpy");
    let partial = sandbox.store.join("cache/partial");
    let has_come = || {
        let entries = std::fs::read_dir(&partial).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.metadata().ok())
            .any(|metadata| metadata.len() == 400)
    };
    let started = Instant::now();
    while !has_come() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("kill");
    child.wait().expect("wait");
    sandbox.ok(&["install", "3.14t"]);
    let last = sandbox
        .server
        .requests()
        .into_iter()
        .rfind(|request| request.path == path);
    assert_eq!(last.expect("request").range.as_deref(), Some("bytes=400-"));
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    assert!(sandbox.stages().is_empty(), "the dead one's stage is swept");
}

#[test]
fn a_mirror_may_have_folders_by_date_or_none() {
    for folder in ["20260901/", ""] {
        let mut sandbox = Sandbox::new();
        let archive = interpreter("3.14.7", "t");
        let line = archive.line_at_upstream();
        sandbox.server.file("/index.ndjson", line);
        sandbox.server.file(
            &format!("/m/{folder}{}", archive.name),
            archive.bytes.clone(),
        );
        let mirror = sandbox.server.url("/m");
        sandbox.set("FTPY_PBS_MIRROR", &mirror);
        sandbox.ok(&["install", "3.14t"]);

        // The same from a local directory.
        let directory = sandbox.home().join("mirror").join(folder);
        std::fs::create_dir_all(&directory).expect("mkdir");
        std::fs::write(directory.join(&archive.name), &archive.bytes).expect("write");
        let mirror = format!("file://{}", sandbox.home().join("mirror").display());
        sandbox.set("FTPY_PBS_MIRROR", &mirror);
        sandbox.ok(&["uninstall", "--all"]);
        sandbox.ok(&["cache", "clean"]);
        sandbox.ok(&["--offline", "install", "3.14t"]);
    }
}

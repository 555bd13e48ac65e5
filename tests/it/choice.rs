//! Which source and which patch: --from, --no-build, --dry-run, --offline, and the messages.

use crate::support::sandbox::{Archive, Sandbox, archive_name, interpreter};
use std::time::{Duration, Instant};

#[test]
fn the_newest_patch_that_can_be_had_is_taken_and_the_newer_ones_are_named() {
    let mut sandbox = Sandbox::new();
    for version in ["3.14.10", "3.14.9"] {
        sandbox.list(&interpreter(version, "t"), Some(&"a".repeat(64)));
    }
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.6", "t"));
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert!(
        !finished.stderr.contains("3.14.6t"),
        "that one is older: {finished:?}"
    );
    assert!(
        finished
            .stderr
            .contains("Unavailable 3.14.10t, 3.14.9t from pbs: 404"),
        "{finished:?}"
    );
    let json = sandbox
        .ok(&["--json", "install", "--reinstall", "3.14t"])
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json[0]["passed_over"][0]["name"], "3.14.10t");
    let reason = json[0]["passed_over"][0]["reason"]
        .as_str()
        .expect("reason");
    assert!(reason.contains("404 Not Found"), "{reason}");
    sandbox.fails(4, &["install", "3.14.10t"]);
}

#[test]
fn an_unreachable_source_is_passed_over_within_two_seconds_with_its_reason() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let started = Instant::now();
    let finished = sandbox.fails(4, &["install", "--no-build", "3.14t"]);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    let lines: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| line.starts_with("  pbs: 127.0.0.1"))
        .collect();
    assert_eq!(lines.len(), 1, "{finished:?}");
    assert!(
        lines[0].contains("127.0.0.1") && lines[0].contains("unreachable: connection refused"),
        "{lines:?}"
    );
}

#[test]
fn a_name_that_does_not_resolve_is_said_to_be_just_that() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.set("FTPY_PBS_MIRROR", "http://mirror.invalid/pbs");
    let finished = sandbox.fails(4, &["install", "--from", "pbs", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("mirror.invalid is unreachable: no DNS"),
        "{finished:?}"
    );
}

#[test]
fn when_everything_fails_every_source_and_its_reason_is_listed() {
    let mut sandbox = Sandbox::new();
    sandbox.list(&interpreter("3.14.7", "t"), Some(&"a".repeat(64)));
    // There is no compiler on this PATH, so the source fails, too.
    let finished = crate::support::sandbox::finished(
        sandbox
            .command(&["install", "3.14t"])
            .env("PATH", "/nonexistent")
            .output()
            .expect("ftpy"),
    );
    assert_eq!(finished.code, Some(6), "{finished:?}");
    let error = &finished.stderr[finished.stderr.find("error:").expect("error")..];
    assert!(
        error.contains("no source has a usable build of 3.14t"),
        "{error}"
    );
    assert!(error.contains("pbs: ") && error.contains("404"), "{error}");
    assert!(
        error.contains("source: this machine lacks") && error.contains("cc, make"),
        "{error}"
    );
}

#[test]
fn from_and_no_build_choose_the_sources() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let plan = |arguments: &[&str]| {
        let all = [&["--json", "install", "--dry-run"], arguments].concat();
        let json = sandbox.ok(&all).stdout;
        let plans: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let attempts = plans[0]["attempts"].as_array().expect("attempts").clone();
        let keys = attempts
            .iter()
            .map(|attempt| attempt["key"].as_str().expect("key").to_owned());
        keys.collect::<Vec<_>>()
    };
    let usual = plan(&["3.14t"]);
    assert_eq!(usual[0], "3.14.7t-pbs-20260901");
    assert!(
        usual[1..].iter().all(|key| key.ends_with("-source")) && usual.len() > 5,
        "{usual:?}"
    );
    assert_eq!(plan(&["--no-build", "3.14t"]), ["3.14.7t-pbs-20260901"]);
    assert!(
        plan(&["--from", "source", "3.14t"])
            .iter()
            .all(|key| key.ends_with("-source"))
    );
    assert!(plan(&["--from", "source,pbs", "3.14t"])[0].ends_with("-source"));
    assert_eq!(plan(&["pbs:3.14t"]), ["3.14.7t-pbs-20260901"]);
    sandbox.fails(2, &["install", "--from", "apt", "3.14t"]);
    sandbox.fails(2, &["install", "--from", "source", "--no-build", "3.14t"]);
    // There is no channel to query; a build without conda reports that instead.
    let code = if cfg!(feature = "conda") { 4 } else { 3 };
    sandbox.fails(code, &["install", "conda:3.14t"]);
    sandbox.fails(3, &["install", "--no-build", "3.13.0t"]);
}

#[test]
fn a_dry_run_prints_the_plan_and_downloads_nothing() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let finished = sandbox.ok(&["install", "--dry-run", "3.14t"]);
    for text in [
        "3.14t -> 3.14.7t-pbs-20260901",
        "download http",
        "verify sha256",
        "commit installs/",
    ] {
        assert!(
            finished.stdout.contains(text),
            "{text}: {}",
            finished.stdout
        );
    }
    assert_eq!(sandbox.server.hits(&format!("/{}", archive.name)), 0);
    assert!(sandbox.installed().is_empty());
}

#[test]
fn offline_uses_the_cache_and_asks_nobody() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let finished = sandbox.fails(4, &["--offline", "install", "3.14t"]);
    assert!(finished.stderr.contains("--offline"), "{finished:?}");
    sandbox.ok(&["install", "3.14t"]);
    sandbox.ok(&["uninstall", "3.14t"]);
    let requests = sandbox.server.requests().len();
    sandbox.ok(&["--offline", "install", "3.14t"]);
    assert_eq!(sandbox.server.requests().len(), requests);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn without_a_digest_nothing_is_installed_unless_the_person_says_so() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.list(&archive, None);
    sandbox
        .server
        .file(&format!("/{}", archive.name), archive.bytes.clone());
    let finished = sandbox.fails(3, &["install", "pbs:3.14t"]);
    assert!(
        finished.stderr.contains("--allow-unverified"),
        "{finished:?}"
    );
    sandbox.ok(&["install", "--allow-unverified", "pbs:3.14t"]);
    let path = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/.ftpy/receipt.json");
    let receipt = std::fs::read_to_string(path).expect("receipt");
    assert!(receipt.contains("\"is_pinned\": false"), "{receipt}");
}

#[test]
fn a_prerelease_is_taken_last_and_said() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.18.0rc1", "t"));
    let finished = sandbox.ok(&["install", "3.18t"]);
    assert!(
        finished
            .stderr
            .contains("taking the pre-release 3.18.0rc1t"),
        "{finished:?}"
    );
    sandbox.offer(&interpreter("3.18.0", "t"));
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["install", "3.18.0t"]);
    assert!(
        sandbox
            .ok(&["which", "3.18t"])
            .stdout
            .contains("3.18.0t-pbs")
    );
    assert!(
        sandbox
            .ok(&["which", "3.18.0rc1t"])
            .stdout
            .contains("3.18.0rc1t-pbs")
    );
}

#[test]
fn another_platforms_archive_is_spelled_out_in_the_plan_and_refused_by_the_probe() {
    let mut sandbox = Sandbox::new();
    let name = archive_name("3.14.7", "t");
    let triple_at = name.find(BUILD_PLUS).expect("date") + BUILD_PLUS.len();
    let other = format!(
        "{}s390x-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz",
        &name[..triple_at]
    );
    sandbox.list(
        &Archive {
            name: other,
            bytes: Vec::new(),
        },
        Some(&"a".repeat(64)),
    );
    let finished = sandbox.ok(&["install", "--dry-run", "cpython-3.14t-linux-s390x-gnu"]);
    assert!(
        finished
            .stdout
            .contains("3.14.7t-pbs-20260901-linux-s390x-gnu"),
        "{finished:?}"
    );
    assert!(
        finished
            .stdout
            .contains("source: ftpy compiles for this machine only"),
        "{finished:?}"
    );
}

const BUILD_PLUS: &str = "+20260901-";

#[test]
fn a_persons_own_order_of_sources_is_kept_to_the_letter() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let first = |sandbox: &Sandbox, arguments: &[&str]| {
        let all = [&["--json", "install", "--dry-run"], arguments, &["3.14t"]].concat();
        let plans: serde_json::Value =
            serde_json::from_str(&sandbox.ok(&all).stdout).expect("JSON");
        plans[0]["attempts"][0]["key"]
            .as_str()
            .expect("a key")
            .to_owned()
    };
    assert_eq!(first(&sandbox, &[]), "3.14.7t-pbs-20260901");
    sandbox.ok(&["config", "set", "sources", "source, PBS"]);
    assert_eq!(
        sandbox.ok(&["config", "get", "sources"]).stdout,
        "source,pbs\n"
    );
    assert!(first(&sandbox, &[]).ends_with("t-source"));
    assert_eq!(first(&sandbox, &["--from", "pbs"]), "3.14.7t-pbs-20260901");
    for bad in ["pbs,link", "pbs,pbs", "", "uv"] {
        sandbox.fails(2, &["config", "set", "sources", bad]);
    }
    std::fs::write(sandbox.store.join("config"), "sources = pbs,uv\n").expect("write");
    let said = sandbox.fails(2, &["install", "--dry-run", "3.14t"]);
    assert!(
        said.stderr
            .contains("config:1: unknown or duplicate source `uv`"),
        "{said:?}"
    );
}

#[test]
fn explain_shows_what_each_source_has_and_why_one_is_taken() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.6", "t"));
    let said = sandbox.ok(&["install", "--dry-run", "--explain", "3.14t"]);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines[0], "3.14t");
    assert_eq!(
        lines[1],
        "  pbs:    3.14.7t-pbs-20260901, and 1 other  <- chosen"
    );
    let of = |source: &str| {
        let begin = format!("  {source}:");
        lines
            .iter()
            .find(|line| line.starts_with(&begin))
            .expect("a line")
    };
    assert!(of("conda").ends_with("no build"), "{said:?}");
    assert!(of("source").contains("t-source"), "{said:?}");
    let order =
        "  the first source with a build is chosen, in the order pbs, conda, distro, source";
    assert_eq!(lines.last(), Some(&order));
    assert!(sandbox.installed().is_empty());
    sandbox.fails(2, &["install", "--explain", "3.14t"]);
    let json = sandbox
        .ok(&["--json", "install", "--dry-run", "--explain", "3.14t"])
        .stdout;
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document[0]["sources"][0]["is_taken"], true);
    assert_eq!(document[0]["sources"].as_array().map(Vec::len), Some(4));
}

//! Locks and bundles of conda builds: every package with its record, and no solver on installation.

use crate::support::channel::{Channel, Form, sandbox};
use crate::support::pythons::{fake, fake_python};
use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::server::free_port_refusing;
use crate::support::shims::{project, run_in};
use std::path::Path;

const KEY: &str = "3.14.7t-conda-2";

/// The records that conda's tools read, by name.
fn records(store: &Path) -> Vec<(String, serde_json::Value)> {
    let meta = store.join("installs").join(KEY).join("conda-meta");
    let entries = std::fs::read_dir(meta).expect("conda-meta").flatten();
    let entries = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "json"));
    let mut records: Vec<(String, serde_json::Value)> = entries
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).expect("read");
            let mut record: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            // The path of the unpacked archive is not part of the channel's data.
            let fields = record.as_object_mut().expect("object");
            for own in [
                "extracted_package_dir",
                "package_tarball_full_path",
                "link",
                "requested_spec",
            ] {
                fields.remove(own);
            }
            (entry.file_name().to_string_lossy().into_owned(), record)
        })
        .collect();
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records
}

#[test]
fn every_package_is_locked_and_the_channel_is_not_asked_again() {
    let channel = Channel::of(&fake("3.14.7"));
    let (sandbox, url) = sandbox(&channel, Form::Zst);
    let place = project(&sandbox, "p", "3.14t\n");
    run_in(
        &sandbox,
        &place,
        0,
        &["lock", "--from", "conda", "--platform", "linux-x86_64"],
    );
    let text = std::fs::read_to_string(place.join("ftpy.lock")).expect("a lock");
    assert_eq!(text.matches("[[build.package]]").count(), 5, "{text}");
    assert!(
        text.contains("subdir = \"noarch\"") || text.contains("\"subdir\" = \"noarch\""),
        "{text}"
    );
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    let solved = records(&sandbox.store);
    sandbox.ok(&["uninstall", "3.14t"]);
    // A newer build changes what would be solved, but not what is locked.
    let mut newer = fake("3.14.7");
    newer.push(fake_python("3.14.8", "t", 0));
    Channel::of(&newer).serve(&sandbox, "channel", Form::Zst);
    let asked = |sandbox: &Sandbox| {
        let requests = sandbox.server.requests();
        requests
            .iter()
            .filter(|one| one.path.contains("repodata"))
            .count()
    };
    let before = asked(&sandbox);
    run_in(&sandbox, &place, 0, &["lock"]);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    assert_eq!(sandbox.installed(), [KEY]);
    assert_eq!(asked(&sandbox), before);
    assert_eq!(records(&sandbox.store), solved, "as if it had been solved");
    sandbox.ok(&["verify"]);
    let said = run_in(&sandbox, &place, 0, &["install", "--locked"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
    // The record of another package makes different bytes.
    let digest = text.find("sha256 = \"").expect("a digest") + 10;
    let mut wrong = text.clone();
    wrong.replace_range(digest..digest + 4, "0000");
    std::fs::write(place.join("ftpy.lock"), wrong).expect("write");
    let said = run_in(&sandbox, &place, 5, &["install", "--locked"]);
    assert!(
        said.stderr
            .contains("other bytes than the lock file specifies"),
        "{said:?}"
    );
    assert!(url.starts_with("http://"));
}

#[test]
fn a_bundle_carries_every_package_and_links_them_without_the_channel() {
    let channel = Channel::of(&fake("3.14.7"));
    let (sandbox, _) = sandbox(&channel, Form::Zst);
    let place = project(&sandbox, "p", "conda:3.14t\n");
    run_in(&sandbox, &place, 0, &["lock", "--platform", "linux-x86_64"]);
    let said = run_in(&sandbox, &place, 0, &["bundle", "create"]);
    assert!(said.stderr.contains("bundled 5 artifacts"), "{said:?}");
    let bundle = place.join("ftpy-bundle.tar.zst").display().to_string();
    drop(said);
    let other = Sandbox::new();
    other.ok(&["bundle", "install", &bundle]);
    assert_eq!(other.installed(), [KEY]);
    other.ok(&["verify"]);
    assert!(other.server.requests().is_empty());
}

#[test]
fn another_platform_is_locked_with_what_any_machine_of_it_has() {
    let channel = Channel::of(&fake("3.14.7"));
    let (sandbox, _) = sandbox(&channel, Form::Zst);
    let place = project(&sandbox, "p", "conda:3.14t\n");
    let line = ["lock", "--platform", "macos-aarch64"];
    let said = run_in(&sandbox, &place, 3, &line);
    assert!(
        said.stderr.contains("macos-aarch64-none: conda:"),
        "{said:?}"
    );
    assert!(!place.join("ftpy.lock").exists());
}

#[test]
fn a_machines_own_channel_of_the_same_name_is_asked_for_the_locked_packages() {
    let channel = Channel::of(&fake("3.14.7"));
    let (sandbox, _) = sandbox(&channel, Form::Zst);
    let place = project(&sandbox, "p", "conda:3.14t\n");
    run_in(&sandbox, &place, 0, &["lock", "--platform", "linux-x86_64"]);
    // A company's mirror with a password, and nothing at the lock's own channel.
    let mut other = Sandbox::new();
    other.use_embedded_index();
    channel.serve(&other, "mirror/channel", Form::Zst);
    let url = other
        .server
        .url("/mirror/channel")
        .replace("//", "//me:secret@");
    other.set("FTPY_CONDA_CHANNELS", &url);
    let asked = sandbox.server.requests().len();
    run_in(&other, &place, 0, &["install", "--locked"]);
    assert_eq!(other.installed(), [KEY]);
    assert_eq!(sandbox.server.requests().len(), asked);
    let packages = other.server.requests();
    let mut packages = packages.iter().filter(|one| one.path.ends_with(".conda"));
    assert!(packages.all(|one| one.headers.contains_key("authorization")));
    run_in(&other, &place, 0, &["lock", "--upgrade"]);
    let text = std::fs::read_to_string(place.join("ftpy.lock")).expect("a lock");
    assert!(
        text.contains("/mirror/channel/") && !text.contains("secret"),
        "{text}"
    );
}

/// An unreachable channel, and an index with one build for this machine.
fn unreachable() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.13.7", "t"));
    sandbox.set("FTPY_CONDA_CHANNELS", &free_port_refusing());
    sandbox
}

#[test]
fn a_source_that_could_not_be_asked_is_no_fact_of_a_lock() {
    let sandbox = unreachable();
    let place = project(&sandbox, "p", "3.14t\n");
    for line in [
        &["lock", "--from", "pbs,conda"][..],
        &["lock", "--from", "conda,source"],
        &["lock", "conda:3.14t"],
        &["mirror", "out", "conda:3.14t"],
    ] {
        let line = [line, &["--platform", "linux-x86_64"]].concat();
        let said = run_in(&sandbox, &place, 4, &line);
        assert!(said.stderr.contains("conda is unreachable"), "{said:?}");
        assert!(
            said.stderr.contains("hint: nothing was written"),
            "{said:?}"
        );
        assert!(!place.join("ftpy.lock").exists(), "{line:?}");
    }
    // Sources after the chosen one do not matter.
    let line = ["lock", "--from", "source,conda"];
    let line = [&line[..], &["--platform", "linux-x86_64"]].concat();
    run_in(&sandbox, &place, 0, &line);
}

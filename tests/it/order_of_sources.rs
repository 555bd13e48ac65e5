//! The user's order of sources: among installations of one version, and in every command that looks
//! for builds.

use crate::support::archives::sha256_hex;
use crate::support::sandbox::{Sandbox, probe_answer, tree};
use crate::support::shims::{run, with};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn json(sandbox: &Sandbox, arguments: &[&str]) -> serde_json::Value {
    let text = sandbox.ok(&[&["--json"], arguments].concat()).stdout;
    serde_json::from_str(&text).expect("JSON")
}

/// Installs 3.14.7t from an archive whose digest, and therefore build id, begins with a letter.
fn install_archive(sandbox: &Sandbox) -> String {
    let says = probe_answer("3.14.7", "t", "t");
    let archives = (0..64).map(|number| {
        let note = format!("note = {number}\n");
        tree("3.14.7", "t", &says)
            .file("python/lib/python3.14t/note.py", note, 0o644)
            .tar_gz()
    });
    let mut digests = archives.map(|bytes| (sha256_hex(&bytes), bytes));
    let is_late = |(digest, _): &(String, Vec<u8>)| digest.as_str() > "c";
    let (digest, bytes) = digests.find(is_late).expect("a digest from c on");
    std::fs::write(sandbox.home().join("x.tar.gz"), bytes).expect("write");
    sandbox.ok(&["-q", "install", &format!("./x.tar.gz#sha256={digest}")]);
    format!("3.14.7t-archive-{}", &digest[..8])
}

fn link(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.home().join("opt/bin/python3.14t");
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(&path, probe_answer("3.14.7", "t", "t")).expect("write");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    sandbox.ok(&["-q", "link", name, &path.display().to_string()]);
    format!("3.14.7t-link-{name}")
}

/// A build from source, as a directory, because nothing here can compile one.
fn add_source(sandbox: &Sandbox) -> String {
    let (from, to) = ("3.14.7t-pbs-20260901", "3.14.7t-source");
    let installs = sandbox.store.join("installs");
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([installs.join(from), installs.join(to)])
        .status();
    assert!(copied.expect("cp").success());
    let receipt = installs.join(to).join(".ftpy/receipt.json");
    let text = std::fs::read_to_string(&receipt).expect("a receipt");
    std::fs::write(&receipt, text.replace(from, to)).expect("write");
    to.to_owned()
}

/// The installation that each way to 3.14t leads to.
fn first(sandbox: &Sandbox) -> Vec<String> {
    let key = |text: &str| {
        let place = text.split("/installs/").nth(1).expect("a path");
        place.split('/').next().expect("a key").to_owned()
    };
    let which = key(&sandbox.ok(&["which", "3.14t"]).stdout);
    let listed = json(sandbox, &["list", "3.14t"])[0]["key"].clone();
    let alias = std::fs::read_link(sandbox.store.join("aliases/3.14t")).expect("an alias");
    let alias = key(&format!("/{}/", alias.display()).replace("..", ""));
    let shim = key(&run(sandbox, "python3.14t", sandbox.home(), &["x"]).stdout);
    let show = ["run", "3.14t", "--", "sh", "-c", "echo \"$PATH\""];
    let ran = key(&sandbox.ok(&show).stdout);
    let listed = listed.as_str().expect("a key").to_owned();
    vec![which, listed, alias, shim, ran]
}

#[test]
fn among_builds_of_one_patch_the_order_of_sources_decides_and_not_the_build_id() {
    let sandbox = with(&[("3.14.7", "t")]);
    let pbs = "3.14.7t-pbs-20260901".to_owned();
    let archive = install_archive(&sandbox);
    let link = link(&sandbox, "a_name_longer_than_a_date");
    assert_eq!(first(&sandbox), vec![pbs.clone(); 5]);
    let source = add_source(&sandbox);
    sandbox.ok(&["config", "set", "sources", "pbs,source"]);
    assert_eq!(first(&sandbox), vec![pbs.clone(); 5]);
    // The user's order affects everything, including the alias.
    sandbox.ok(&["config", "set", "sources", "source,pbs"]);
    assert_eq!(first(&sandbox), vec![source.clone(); 5]);
    // Sources that the order does not name come last.
    sandbox.ok(&["config", "set", "sources", "source"]);
    let keys = json(&sandbox, &["list"]);
    let keys = keys.as_array().expect("rows").iter();
    let keys: Vec<&str> = keys
        .map(|row| row["key"].as_str().expect("a key"))
        .collect();
    assert_eq!(keys, [&source, &pbs, &archive, &link]);
    sandbox.ok(&["config", "unset", "sources"]);
    assert_eq!(first(&sandbox), vec![pbs; 5]);
}

#[test]
fn the_newest_version_comes_first_whatever_source_it_is_of() {
    let sandbox = with(&[("3.14.6", "t")]);
    let link = link(&sandbox, "mine");
    assert!(sandbox.ok(&["which", "3.14t"]).stdout.contains("/opt/bin/"));
    assert_eq!(json(&sandbox, &["list", "3.14t"])[0]["key"], link.as_str());
    let alias = std::fs::read_link(sandbox.store.join("aliases/3.14t")).expect("an alias");
    let own = PathBuf::from("../installs/3.14.6t-pbs-20260901");
    assert_eq!(alias, own, "an alias leads to what ftpy owns");
}

#[test]
fn upgrade_and_outdated_keep_to_the_persons_order_of_sources() {
    let mut sandbox = with(&[("3.14.1", "t")]);
    sandbox.offer(&crate::support::shims::telling("3.14.2", "t"));
    let newest = |sandbox: &Sandbox| {
        let outdated = json(sandbox, &["outdated"])[0]["newest"].clone();
        let plans = json(sandbox, &["upgrade", "--dry-run"]);
        assert_eq!(plans[0]["attempts"][0]["key"], outdated);
        let keys = plans[0]["attempts"].as_array().map(Vec::as_slice);
        let keys = keys.unwrap_or_default().iter();
        let keys = keys.map(|one| one["key"].as_str().expect("a key").to_owned());
        (outdated, keys.collect::<Vec<_>>())
    };
    let (usual, _) = newest(&sandbox);
    assert_eq!(usual, "3.14.2t-pbs-20260901");
    // The user's first source is queried first.
    sandbox.ok(&["config", "set", "sources", "source,pbs"]);
    let (first, keys) = newest(&sandbox);
    let first = first.as_str().expect("a key").to_owned();
    assert!(first.ends_with("t-source"), "{first}");
    assert!(
        keys.contains(&"3.14.2t-pbs-20260901".to_owned()),
        "{keys:?}"
    );
    // A source that the user does not name is neither queried nor recommended.
    sandbox.ok(&["config", "set", "sources", "pbs"]);
    let (first, keys) = newest(&sandbox);
    assert_eq!(first, "3.14.2t-pbs-20260901");
    assert_eq!(keys.len(), 1, "{keys:?}");
    let said = sandbox.ok(&["outdated"]);
    assert!(!said.stderr.contains("source:"), "{said:?}");
    sandbox.ok(&["config", "set", "sources", "source"]);
    let (_, keys) = newest(&sandbox);
    assert!(keys.iter().all(|key| key.ends_with("-source")), "{keys:?}");
    std::fs::write(sandbox.store.join("config"), "sources = uv\n").expect("write");
    for command in [&["outdated"][..], &["upgrade"], &["list", "--available"]] {
        let said = sandbox.fails(2, command);
        assert!(said.stderr.contains("config:1: unknown"), "{said:?}");
    }
}

#[test]
fn list_available_keeps_to_the_persons_order_of_sources() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&crate::support::sandbox::interpreter("3.14.1", "t"));
    sandbox.ok(&["index", "update"]);
    let of = |sandbox: &Sandbox, version: &str| {
        let rows = json(sandbox, &["list", "--available", "--all", "3.14t"]);
        let mut rows = rows.as_array().expect("rows").clone().into_iter();
        let row = rows.find(|row| row["version"] == version);
        row.map(|row| row["providers"].to_string())
    };
    let (both, other) = ("3.14.1", "3.14.2");
    assert_eq!(of(&sandbox, both).as_deref(), Some("[\"pbs\",\"source\"]"));
    sandbox.ok(&["config", "set", "sources", "source,pbs"]);
    assert_eq!(of(&sandbox, both).as_deref(), Some("[\"source\",\"pbs\"]"));
    sandbox.ok(&["config", "set", "sources", "pbs"]);
    assert_eq!(of(&sandbox, both).as_deref(), Some("[\"pbs\"]"));
    assert_eq!(of(&sandbox, other), None);
    // A source on the command line is queried nevertheless.
    let named = ["list", "--available", "--from", "source", "3.14t"];
    assert_eq!(json(&sandbox, &named)[0]["providers"][0], "source");
}

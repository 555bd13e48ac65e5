//! `--dry-run` shows what would actually be done.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::source_tree::{WITHOUT, lay_out};

#[test]
fn a_dry_run_shows_what_configure_is_given() {
    let mut sandbox = Sandbox::new();
    lay_out(&mut sandbox, "3.14.7", "t");
    sandbox.set("LDFLAGS", "-Wl,-z,now");
    let build = [
        "build",
        "--source",
        "cpython",
        WITHOUT,
        "--configure-arg=--with-x",
        "--cflags=-fno-plt",
    ];
    let shown = sandbox.ok(&[&build[..], &["--dry-run"]].concat());
    assert!(sandbox.installed().is_empty());
    let document = sandbox.ok(&[&["--json"], &build[..], &["--dry-run"]].concat());
    let document: serde_json::Value = serde_json::from_str(&document.stdout).expect("JSON");
    let built = sandbox.ok(&[&["--json"], &build[..]].concat());
    let built: serde_json::Value = serde_json::from_str(&built.stdout).expect("JSON");
    let flags = built[0]["receipt"]["flags"].clone();
    assert_eq!(document[0]["build"]["configure"], flags);
    let flags: Vec<String> = serde_json::from_value(flags).expect("flags");
    let line = format!("compile with {}", flags.join(" "));
    assert!(shown.stdout.contains(&line), "{line}\n{shown:?}");
    assert!(line.contains("LDFLAGS=-Wl,-z,now") && line.contains("CFLAGS=-fno-plt"));
}

#[test]
fn a_dry_run_shows_a_twin_that_is_installed() {
    let mut sandbox = Sandbox::new();
    for variant in ["", "t"] {
        sandbox.offer(&interpreter("3.14.7", variant));
    }
    sandbox.ok(&["install", "pbs:3.14"]);
    let shown = sandbox.ok(&["install", "--dry-run", "--twin", "pbs:3.14t"]);
    for key in ["-> 3.14.7t-pbs-", "-> 3.14.7-pbs-"] {
        assert!(shown.stdout.contains(key), "{key}: {shown:?}");
    }
}

#[test]
fn an_archive_that_does_not_exist_is_an_error_in_an_explained_dry_run() {
    let sandbox = Sandbox::new();
    sandbox.fails(
        3,
        &["install", "--dry-run", "--explain", "./missing.tar.gz"],
    );
}

#[test]
fn a_dry_run_needs_no_temporary_directory() {
    let mut sandbox = Sandbox::new();
    sandbox.set("TMPDIR", "/nonexistent");
    sandbox.unset("FTPY_INDEX_URL");
    let shown = sandbox.ok(&["install", "--dry-run", "source:3.14t"]);
    assert!(shown.stdout.contains("compile with"), "{shown:?}");
    assert!(
        shown.stderr.contains("could not check the compiler"),
        "{shown:?}"
    );
}

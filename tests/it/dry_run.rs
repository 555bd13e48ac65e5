//! `--dry-run` shows what would actually be done.

use crate::support::sandbox::Sandbox;
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
    let built = sandbox.ok(&[&["--json"], &build[..]].concat());
    let built: serde_json::Value = serde_json::from_str(&built.stdout).expect("JSON");
    let flags = built[0]["receipt"]["flags"].clone();
    let flags: Vec<String> = serde_json::from_value(flags).expect("flags");
    let line = format!("compile with {}", flags.join(" "));
    assert!(shown.stdout.contains(&line), "{line}\n{shown:?}");
    assert!(line.contains("LDFLAGS=-Wl,-z,now") && line.contains("CFLAGS=-fno-plt"));
}

//! `ftpy adopt`: other tools' interpreters, identified by what they are and not by name or path.

use crate::support::live::require_live;
use crate::support::sandbox::{Sandbox, probe_answer};
use crate::support::shims::{executable, run, with};
use serde_json::Value;
use std::time::{Duration, Instant};

/// What was found below the home. The machine's own Pythons are ignored.
fn found(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let all = [&["--json", "adopt"], arguments].concat();
    ours(sandbox, &sandbox.ok(&all).stdout)
}

/// The interpreters of a document that are in the sandbox.
fn ours(sandbox: &Sandbox, document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).expect("JSON");
    let home = sandbox.home().to_str().expect("UTF-8").to_owned();
    let rows = document["found"].as_array().expect("rows").iter();
    let is_ours = |row: &&Value| {
        row["path"]
            .as_str()
            .is_some_and(|path| path.starts_with(&home))
    };
    rows.filter(is_ours).cloned().collect()
}

fn put(sandbox: &Sandbox, path: &str, version: &str, flags: &str) {
    executable(
        &sandbox.home().join(path),
        &probe_answer(version, flags, flags),
    );
}

/// A home in which each of five tools installed a Python.
fn several() -> Sandbox {
    let mut sandbox = with(&[("3.14.7", "t")]);
    let other = sandbox.home().join("elsewhere");
    sandbox.set("MISE_DATA_DIR", &other.display().to_string());
    put(
        &sandbox,
        ".pyenv/versions/3.14.5t/bin/python3.14t",
        "3.14.5",
        "t",
    );
    put(
        &sandbox,
        ".local/share/uv/python/cpython-3.13/bin/python3.13",
        "3.13.2",
        "",
    );
    put(
        &sandbox,
        "elsewhere/installs/python/3.12/bin/python3",
        "3.12.9",
        "",
    );
    put(&sandbox, "miniforge3/envs/nogil/bin/python", "3.14.6", "t");
    put(&sandbox, "written/bin/python", "3.13.9", "td");
    let list = sandbox.home().join(".conda/environments.txt");
    executable(
        &list,
        &format!("{}\n", sandbox.home().join("written").display()),
    );
    sandbox
}

#[test]
fn pythons_of_other_tools_are_found_in_their_places() {
    let sandbox = several();
    let rows = found(&sandbox, &[]);
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            let hidden = if row["hidden_under_gil_name"] == true {
                " hidden"
            } else {
                ""
            };
            format!(
                "{}{} {}{hidden}",
                text("version"),
                text("abi"),
                text("tool")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "3.14.5t pyenv",
            "3.13.2 uv",
            "3.12.9 -",
            "3.13.9td - hidden",
            "3.14.6t mamba hidden"
        ],
        "{rows:#?}"
    );
    assert_eq!(sandbox.installed().len(), 1, "it only looks");
    let said = sandbox.ok(&["adopt", "--all", "--dry-run"]);
    assert!(
        said.stderr
            .contains("is free-threaded, but mamba installed it"),
        "{said:?}"
    );
    assert_eq!(sandbox.installed().len(), 1);
}

#[test]
fn what_is_adopted_is_started_where_it_is_and_is_not_adopted_twice() {
    let sandbox = with(&[("3.14.7", "t")]);
    put(
        &sandbox,
        ".pyenv/versions/3.13.5t/bin/python3.13t",
        "3.13.5",
        "t",
    );
    put(
        &sandbox,
        ".pyenv/versions/mine/bin/python3.13t",
        "3.13.5",
        "t",
    );
    sandbox.ok(&["adopt", "--all"]);
    let ours = |key: &String| key.contains("-link-pyenv");
    let keys: Vec<String> = sandbox.installed().into_iter().filter(ours).collect();
    assert_eq!(keys, ["3.13.5t-link-pyenv", "3.13.5t-link-pyenv2"]);
    let rows = found(&sandbox, &["--all"]);
    assert!(
        rows.iter().all(|row| row["linked"].is_string()),
        "{rows:#?}"
    );
    assert_eq!(sandbox.installed().into_iter().filter(ours).count(), 2);
    let said = run(&sandbox, "python3.13t", sandbox.home(), &["x"]);
    assert!(
        said.stdout.starts_with("version "),
        "the fake's only word: {said:?}"
    );
    let verified = sandbox.ok(&["verify", "3.13t"]);
    assert!(
        verified.stdout.contains("3.13.5t-link-pyenv: ok"),
        "{verified:?}"
    );
    sandbox.ok(&["uninstall", "link:3.13t"]);
    assert!(
        sandbox
            .home()
            .join(".pyenv/versions/mine/bin/python3.13t")
            .exists()
    );
}

#[test]
fn what_is_broken_babbles_or_hangs_is_passed_over_in_time() {
    let sandbox = with(&[("3.14.7", "t")]);
    let at = |name: &str| {
        sandbox
            .home()
            .join(".pyenv/versions")
            .join(name)
            .join("bin/python3")
    };
    executable(&at("a"), "#!/nonexistent/interpreter\n");
    executable(&at("b"), "#!/bin/sh\nwhile :; do echo rubbish; done\n");
    executable(&at("c"), "#!/bin/sh\nsleep 60\n");
    executable(&at("d"), &probe_answer("3.14.5", "t", ""));
    put(&sandbox, ".pyenv/versions/e/bin/python3", "3.13.1", "");
    std::os::unix::fs::symlink("/nonexistent", at("e").with_file_name("python3.13")).expect("link");
    let started = Instant::now();
    let adopted = sandbox.ok(&["-v", "--json", "adopt"]);
    assert!(
        started.elapsed() < Duration::from_secs(25),
        "{:?}",
        started.elapsed()
    );
    let rows = ours(&sandbox, &adopted.stdout);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0]["version"], "3.13.1");
    let said = adopted.stderr;
    for name in ["a", "b", "c", "d"] {
        let path = at(name).display().to_string();
        assert!(said.contains(&path), "{name}: {said}");
    }
}

#[test]
#[ignore = "live: needs the Pythons of this machine"]
fn live_the_machines_own_pythons_are_adopted_and_start() {
    require_live();
    let sandbox = with(&[]);
    let document: Value =
        serde_json::from_str(&sandbox.ok(&["--json", "adopt", "--all"]).stdout).expect("JSON");
    let rows = document["found"].as_array().expect("rows");
    assert!(!rows.is_empty(), "not even the system's");
    for row in rows {
        let key = row["linked"].as_str().expect("a key");
        let code = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
        let said = sandbox.ok(&["run", key, "--", "python", "-c", code]);
        assert_eq!(said.stdout.trim_end(), row["version"], "{key}");
    }
}

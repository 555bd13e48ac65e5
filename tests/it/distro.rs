//! The distribution's package manager, imitated by a script: what is queried, shown, confirmed,
//! run, recorded and refused. Real ones are in `live_distro.rs`.

use crate::support::sandbox::{Sandbox, finished, interrupt, probe_answer};
use crate::support::shims::executable;
use std::path::Path;
use std::time::{Duration, Instant};

/// A `brew`, which any system may have, with one formula. Its arguments are in `brew.log`;
/// `brew.version` is the available version; the installed one is below `cellar`.
const BREW: &str = r#"#!/bin/sh
home=HOME
echo "$*" >> "$home/brew.log"
case "$1" in
list)
  [ -e "$home/cellar/bin/python3.14t" ] || { echo "Error: No such keg" >&2; exit 1; }
  case "$*" in
  *--versions*) echo "python-freethreading $(cat "$home/cellar/version")" ;;
  *) echo "$home/cellar/bin/pip3.14t"; echo "$home/cellar/bin/python3.14t" ;;
  esac ;;
info)
  [ -e "$home/brew.version" ] || exit 1
  echo "{\"formulae\":[{\"versions\":{\"stable\":\"$(cat "$home/brew.version")\"}}],\"casks\":[]}" ;;
install)
  [ -e "$home/brew.sh" ] && . "$home/brew.sh"
  echo "==> Pouring"
  mkdir -p "$home/cellar/bin"
  cp "$home/brew.version" "$home/cellar/version"
  cp "$home/python" "$home/cellar/bin/python3.14t" ;;
uninstall)
  rm -r "$home/cellar" ;;
esac
"#;

/// A sandbox with that `brew` on PATH, which installs this Python.
pub(crate) fn with_brew(version: &str, flags: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let home = sandbox.home().display().to_string();
    sandbox.set("PATH", &format!("{home}/tools:/usr/bin:/bin"));
    executable(
        &sandbox.home().join("tools/brew"),
        &BREW.replace("HOME", &home),
    );
    gives(&sandbox, version, version, flags);
    sandbox
}

/// From now on the formula claims one version and installs an interpreter of another.
fn gives(sandbox: &Sandbox, said: &str, version: &str, flags: &str) {
    std::fs::write(sandbox.home().join("brew.version"), format!("{said}\n")).expect("write");
    let probe = probe_answer(version, flags, flags);
    executable(&sandbox.home().join("python"), &probe);
}

/// The arguments of `brew` since the last call.
pub(crate) fn told(sandbox: &Sandbox) -> Vec<String> {
    let path = sandbox.home().join("brew.log");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    text.lines().map(str::to_owned).collect()
}

const INSTALL: [&str; 5] = ["install", "--from", "distro", "3.14t", "--yes"];

#[test]
fn a_package_is_shown_installed_recorded_forgotten_and_purged() {
    let sandbox = with_brew("3.14.7", "t");
    let dry = sandbox.ok(&["install", "--dry-run", "distro:3.14t"]);
    for line in [
        "distro:3.14t -> 3.14.7t-distro\n",
        "  run brew install python-freethreading\n",
        "  register it as 3.14.7t-distro in place\n",
    ] {
        assert!(dry.stdout.contains(line), "{line}: {dry:?}");
    }
    let refused = sandbox.fails(2, &["install", "distro:3.14t"]);
    assert!(
        refused.stderr.contains("this would run: brew install"),
        "{refused:?}"
    );
    assert!(
        !told(&sandbox)
            .iter()
            .any(|line| line.starts_with("install"))
    );

    let said = sandbox.ok(&INSTALL);
    assert!(
        said.stderr
            .contains("this will run: brew install python-freethreading")
    );
    assert!(!said.stderr.contains("Pouring"), "{said:?}");
    let json = sandbox.ok(&["--json", "list"]).stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(rows[0]["key"], "3.14.7t-distro");
    assert_eq!(rows[0]["is_external"], true);
    let path = sandbox.home().join("cellar/bin/python3.14t");
    assert_eq!(rows[0]["executable"], path.display().to_string());
    assert!(sandbox.store.join("shims/python3.14t").exists());
    let going = sandbox.ok(&["self", "uninstall", "--dry-run"]).stderr;
    assert!(going.contains("`ftpy uninstall --purge 3.14.7t-distro` removes"));

    told(&sandbox);
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(
        told(&sandbox),
        Vec::<String>::new(),
        "it is there: nobody is asked"
    );
    sandbox.ok(&["uninstall", "distro:3.14t"]);
    assert!(path.exists() && told(&sandbox).is_empty());
    let said = sandbox.ok(&["-v", "install", "distro:3.14t"]);
    assert!(
        said.stderr.contains("Installed 3.14.7t (distro)"),
        "{said:?}"
    );
    assert!(
        !told(&sandbox)
            .iter()
            .any(|line| line.starts_with("install"))
    );
    sandbox.fails(2, &["uninstall", "--purge", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
    let said = sandbox.ok(&["uninstall", "--purge", "--yes", "3.14t"]);
    assert!(said.stderr.contains("brew cannot preview"), "{said:?}");
    assert!(said.stderr.contains("its package was removed"), "{said:?}");
    assert!(!path.exists() && sandbox.installed().is_empty());
}

#[test]
fn it_is_asked_by_default_only_for_what_is_installed() {
    let sandbox = with_brew("3.14.7", "t");
    let keys = |arguments: &[&str]| {
        let all = [&["--json", "install", "--dry-run"], arguments].concat();
        let plans: serde_json::Value =
            serde_json::from_str(&sandbox.run(&all).stdout).expect("JSON");
        let attempts = plans[0]["attempts"].as_array().expect("attempts").clone();
        let keys = attempts
            .iter()
            .map(|one| one["key"].as_str().expect("key").to_owned());
        keys.collect::<Vec<_>>()
    };
    let is_distro = |key: &String| key.ends_with("-distro");
    assert!(!keys(&["3.14t"]).iter().any(is_distro));
    assert!(
        told(&sandbox).iter().all(|line| line.starts_with("list")),
        "no index was asked"
    );
    assert_eq!(keys(&["distro:3.14t"]), ["3.14.7t-distro"]);
    assert_eq!(
        keys(&["--from", "distro,source", "3.14t"])[0],
        "3.14.7t-distro"
    );
    sandbox.ok(&INSTALL);
    sandbox.ok(&["uninstall", "3.14t"]);
    // After pbs, before source; and never another variant or version.
    let all = keys(&["3.14t"]);
    let distro = all.iter().position(is_distro).expect("distro");
    let source = all
        .iter()
        .position(|key| key.ends_with("-source"))
        .expect("source");
    assert!(0 < distro && distro < source, "{all:?}");
    for other in ["3.14", "3.14td", "3.13t", "3.14.6t"] {
        assert!(!keys(&[other]).iter().any(is_distro), "{other}");
        assert!(
            !keys(&["--from", "distro", other]).iter().any(is_distro),
            "{other}"
        );
    }
    // Its packages are upgraded by the package manager.
    sandbox.ok(&INSTALL);
    told(&sandbox);
    gives(&sandbox, "3.14.8", "3.14.8", "t");
    sandbox.ok(&["upgrade"]);
    sandbox.ok(&["verify"]);
    assert_eq!(told(&sandbox), Vec::<String>::new());
    let said = sandbox.fails(3, &["install", "distro:3.14.8t"]);
    assert!(said.stderr.contains("brew upgrades it"), "{said:?}");
}

#[test]
fn a_package_that_gives_something_else_is_refused_and_not_recorded() {
    for (version, flags, word) in [
        ("3.14.7", "", "3.14.7 (GIL)"),
        ("3.14.7", "td", "3.14.7td"),
        ("3.13.1", "t", "3.13.1t"),
    ] {
        let sandbox = with_brew("3.14.7", "t");
        gives(&sandbox, "3.14.7", version, flags);
        let said = sandbox.fails(5, &INSTALL);
        assert!(said.stderr.contains("instead of 3.14t"), "{said:?}");
        assert!(said.stderr.contains(word), "{word}: {said:?}");
        assert!(sandbox.installed().is_empty() && !sandbox.store.join("shims").exists());
    }
    // Another patch than the claimed one is accepted if it matches the request.
    let sandbox = with_brew("3.14.7", "t");
    gives(&sandbox, "3.14.7", "3.14.9", "t");
    sandbox.ok(&INSTALL);
    assert_eq!(sandbox.installed(), ["3.14.9t-distro"]);
}

#[test]
fn what_becomes_of_a_package_is_said_and_followed() {
    let sandbox = with_brew("3.14.6", "t");
    sandbox.ok(&INSTALL);
    gives(&sandbox, "3.14.7", "3.14.7", "t");
    let upgraded = std::process::Command::new(sandbox.home().join("tools/brew"))
        .arg("install")
        .stdout(std::process::Stdio::null())
        .status();
    assert!(upgraded.expect("brew").success());
    for command in ["verify", "doctor"] {
        let said = sandbox.run(&[command]);
        assert!(
            said.stdout.contains("3.14.6t-distro is now 3.14.7t"),
            "{said:?}"
        );
    }
    for command in ["list", "show"] {
        let said = sandbox.run(&[command]);
        assert!(
            said.stderr.contains("3.14.6t-distro is now 3.14.7t"),
            "{said:?}"
        );
        assert!(
            said.stderr
                .contains("`ftpy install distro:3.14t` to register"),
            "{said:?}"
        );
    }
    let said = sandbox.ok(&["install", "distro:3.14t"]);
    assert!(
        said.stderr
            .contains("3.14.6t-distro was upgraded by its package manager"),
        "{said:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
    std::fs::remove_dir_all(sandbox.home().join("cellar")).expect("remove");
    let said = sandbox.run(&["show"]);
    assert!(
        said.stderr.contains("3.14.7t-distro is no longer usable"),
        "{said:?}"
    );
    sandbox.ok(&["uninstall", "3.14t"]);
}

#[test]
fn a_failure_shows_the_last_lines_and_the_chain_goes_on() {
    let sandbox = with_brew("3.14.7", "t");
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo no space >&2; exit 1\n";
    std::fs::write(sandbox.home().join("brew.sh"), script).expect("write");
    let said = sandbox.fails(7, &INSTALL);
    assert!(
        said.stderr
            .contains("`brew install python-freethreading` failed"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("no space") && !said.stderr.contains("line 1\n"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("if its index is old: brew update"),
        "{said:?}"
    );
    let said = sandbox.run(&["-v", "install", "--from", "distro,source", "3.14t", "--yes"]);
    assert!(said.stderr.contains("Unavailable distro: "), "{said:?}");
    assert!(
        said.stderr.contains("line 1\n"),
        "its output is behind -v: {said:?}"
    );
    // A row that contradicts the index is detected.
    std::fs::remove_file(sandbox.home().join("brew.version")).expect("remove");
    let said = sandbox.fails(3, &INSTALL);
    assert!(
        said.stderr
            .contains("python-freethreading is not in the package index"),
        "{said:?}"
    );
    let said = sandbox.fails(3, &[&["--offline"], &INSTALL[..]].concat());
    assert!(said.stderr.contains("--offline forbids brew"), "{said:?}");
}

#[test]
fn another_package_manager_is_waited_for() {
    let sandbox = with_brew("3.14.7", "t");
    let script = "if [ ! -e \"$home/once\" ]; then touch \"$home/once\"\n\
                  echo 'Error: a process has already locked x' >&2; exit 1; fi\n";
    std::fs::write(sandbox.home().join("brew.sh"), script).expect("write");
    let said = sandbox.ok(&INSTALL);
    assert!(
        said.stderr
            .contains("Waiting for another package manager: Error: a process")
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_passed_on_once_and_waited_for() {
    let sandbox = with_brew("3.14.7", "t");
    let script = "trap 'echo INT >> \"$home/signals\"' INT\ntouch \"$home/begun\"\n\
                  for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; touch \"$home/ended\"\n";
    std::fs::write(sandbox.home().join("brew.sh"), script).expect("write");
    let child = sandbox.start(&INSTALL);
    wait_for(&sandbox.home().join("begun"));
    interrupt(&child);
    let said = finished(child.wait_with_output().expect("output"));
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.stderr.contains("has finished"), "{said:?}");
    assert!(
        sandbox.home().join("ended").exists(),
        "it was not brought to its end"
    );
    let signals = std::fs::read_to_string(sandbox.home().join("signals")).expect("signals");
    assert_eq!(signals, "INT\n");
    assert!(sandbox.installed().is_empty());
}

/// Waits until a script creates this file.
pub(crate) fn wait_for(path: &Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{}",
            path.display()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

//! Virtual environments of `python -m venv`, virtualenv and uv, which find Python through a shim.

use crate::live_daily::{base, real, twins};
use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::{directory, output, project};
use std::path::Path;
use std::process::Command;

/// Runs a program with the shims first on PATH.
fn started(sandbox: &Sandbox, place: &Path, program: &Path, words: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(place)
        .env_clear()
        .env("HOME", sandbox.home())
        .env("UV_PYTHON_DOWNLOADS", "never")
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", directory(sandbox).display()),
        );
    let said = finished(output(&mut command));
    assert_eq!(said.code, Some(0), "{program:?} {words:?}: {said:?}");
}

/// The `home` of an environment.
fn home(place: &Path, venv: &str) -> String {
    let config = std::fs::read_to_string(place.join(venv).join("pyvenv.cfg")).expect("read");
    let mut lines = config.lines();
    let home = lines.find_map(|line| line.strip_prefix("home = "));
    home.expect("a home").to_owned()
}

const ALL: [&str; 5] = ["tools", "plain", "by-virtualenv", "by-uv", "by-uv-named"];

/// Creates an environment with each tool.
fn make_all(sandbox: &Sandbox, place: &Path) {
    let python = directory(sandbox).join("python");
    started(sandbox, place, &python, &["-m", "venv", "tools"]);
    let tool = |name: &str, words: &[&str]| {
        started(sandbox, place, &place.join("tools/bin").join(name), words);
    };
    let install = ["install", "-q", "--disable-pip-version-check"];
    tool("pip", &[&install[..], &["uv", "virtualenv"]].concat());
    let plain = ["-m", "venv", "--without-pip", "plain"];
    started(sandbox, place, &python, &plain);
    let named = ["--no-pip", "-p", "python3.14t", "by-virtualenv"];
    tool("virtualenv", &named);
    tool("uv", &["venv", "-q", "by-uv"]);
    tool("uv", &["venv", "-q", "-p", "3.14t", "by-uv-named"]);
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons and the package index"]
fn live_pythons_environments_of_venv_virtualenv_and_uv_follow_an_upgrade() {
    let mut sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    make_all(&sandbox, &place);
    let exact = project(&sandbox, "exact", "3.14.7t\n");
    let plain = ["-m", "venv", "--without-pip", "x"];
    let python = directory(&sandbox).join("python");
    started(&sandbox, &exact, &python, &plain);
    let alias = sandbox.store.join("aliases/3.14t/bin");
    for venv in ALL {
        assert_eq!(home(&place, venv), alias.display().to_string(), "{venv}");
    }
    let mut newer = real();
    newer.retain(|archive| archive.name.contains("freethreaded"));
    newer[0].name = newer[0].name.replace("20260901", "20261001");
    sandbox.offer(&newer[0]);
    sandbox.ok(&["upgrade", "3.14t"]);
    let prefix = |day: u32| {
        let key = format!("installs/3.14.7t-pbs-{day}");
        sandbox.store.join(key)
    };
    let (old, new) = (prefix(20_260_901), prefix(20_261_001));
    let says = |prefix: &Path| format!("{} False\n", prefix.display());
    assert_eq!(base(&exact, "x"), says(&old));
    let mut prune = sandbox.command(&["prune", "--yes"]);
    assert_eq!(finished(output(prune.current_dir(&exact))).code, Some(0));
    assert!(old.exists(), "an environment uses it");
    std::fs::remove_dir_all(exact.join("x")).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert!(!old.exists(), "the others follow the alias");
    for venv in ALL {
        assert_eq!(base(&place, venv), says(&new), "{venv}");
    }
}

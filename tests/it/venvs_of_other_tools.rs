//! Virtual environments that `python -m venv`, virtualenv, uv and others create: those of a shim
//! follow patch upgrades, and `prune` and `uninstall` know the others.

use crate::support::sandbox::Sandbox;
use crate::support::shims::{directory, project, run, run_in, with};
use std::fs;
use std::path::{Path, PathBuf};

const VENV: [&str; 3] = ["-m", "venv", "x"];

/// The path by which a shim starts its interpreter, below the store.
fn path(sandbox: &Sandbox, name: &str, place: &Path, arguments: &[&str]) -> String {
    let said = run(sandbox, name, place, arguments);
    let first = said.stdout.lines().next().unwrap_or_default();
    let below = Path::new(first).strip_prefix(&sandbox.store);
    below.unwrap_or(Path::new(first)).display().to_string()
}

const ALIAS: &str = "aliases/3.14t/bin/python3.14t";
const EXACT: &str = "installs/3.14.7t-pbs-20260901/bin/python3.14t";

#[test]
fn a_shim_that_creates_an_environment_starts_by_the_alias() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.6", "t")]);
    let place = project(&sandbox, "p", "3.14t\n");
    let check = |name: &str, arguments: &[&str], expected: &str| {
        assert_eq!(
            path(&sandbox, name, &place, arguments),
            expected,
            "{arguments:?}"
        );
    };
    check("python", &VENV, ALIAS);
    check("python3", &["-Im", "virtualenv", "x"], ALIAS);
    check("python3.14t", &VENV, ALIAS);
    check("python", &["+3.14t", "-m", "venv", "x"], ALIAS);
    let uv = "import sys; from python.get_interpreter_info import main; main()";
    check("python", &["-B", "-c", uv], ALIAS);
    check("python", &["/x/_py_info_collect.py"], ALIAS);
    // What an upgrade must not change while it runs, and a patch that was named.
    check("python", &["app.py"], EXACT);
    check("python", &["-m", "pip", "list"], EXACT);
    check("python", &["+3.14.7t", "-m", "venv", "x"], EXACT);
    check("python", &["+pbs:3.14t", "-m", "venv", "x"], EXACT);
    check("python", &["+==3.14.7t", "-m", "venv", "x"], EXACT);
    let older = "installs/3.14.6t-pbs-20260901/bin/python3.14t";
    check("python", &["+3.14.6t", "-m", "venv", "x"], older);
    check("python", &["+<3.14.7t", "-m", "venv", "x"], older);
}

#[test]
fn run_creates_environments_by_the_alias_too() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = project(&sandbox, "p", "3.14t\n");
    let check = |line: &[&str], expected: &str| {
        let said = run_in(&sandbox, &place, 0, line);
        let first = said.stdout.lines().next().unwrap_or_default();
        let expected = sandbox.store.join(expected).with_file_name("python");
        assert_eq!(Path::new(first), expected, "{line:?}");
    };
    check(&["run", "3.14t", "--", "python", "-m", "venv", "x"], ALIAS);
    check(&["run", "--", "python", "-m", "venv", "x"], ALIAS);
    check(
        &["run", "3.14.7t", "--", "python", "-m", "venv", "x"],
        EXACT,
    );
    check(&["run", "3.14t", "--", "python", "x.py"], EXACT);
}

/// Writes a `pyvenv.cfg` with a home in the store.
fn environment(sandbox: &Sandbox, path: &str, home: &str) -> PathBuf {
    let venv = sandbox.home().join(path);
    fs::create_dir_all(venv.join("bin")).expect("mkdir");
    let home = sandbox.store.join(home);
    let text = format!("home = {}\nversion = 3.14.5\n", home.display());
    fs::write(venv.join("pyvenv.cfg"), text).expect("write");
    venv
}

#[test]
fn prune_and_uninstall_know_environments_in_projects_and_of_other_tools() {
    let sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.6", "t"),
        ("3.14.5", "t"),
        ("3.14.4", "t"),
        ("3.14.3", "t"),
    ]);
    let home = |version: &str| format!("installs/{version}t-pbs-20260901/bin");
    let place = project(&sandbox, "p", "3.14t\n");
    run_in(&sandbox, &place, 0, &["pin", "3.14t"]);
    environment(&sandbox, "p/env", &home("3.14.6"));
    environment(&sandbox, "p/.tox/py314t", &home("3.14.5"));
    let poetry = environment(
        &sandbox,
        ".cache/pypoetry/virtualenvs/x-py3.14",
        &home("3.14.4"),
    );
    environment(&sandbox, "p/src/deep", &home("3.14.3"));
    sandbox.ok(&["prune", "--yes"]);
    let left = sandbox.installed();
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(!left.iter().any(|key| key.starts_with("3.14.3")));
    let said = sandbox.ok(&["uninstall", "3.14.4t"]).stderr;
    let warning = format!(
        "the virtual environment {} loses its Python",
        poetry.display()
    );
    assert!(said.contains(&warning), "{said}");
    let said = sandbox.fails(1, &["doctor"]).stdout;
    assert!(said.contains(&format!(
        "the virtual environment {} is based",
        poetry.display()
    )));
}

#[test]
fn show_describes_the_active_environment() {
    let mut sandbox = with(&[("3.14.7", "t"), ("3.14.7", "")]);
    sandbox.ok(&["default", "3.14"]);
    let venv = environment(&sandbox, "p/.venv", "aliases/3.14t/bin");
    let python = venv.join("bin/python");
    std::os::unix::fs::symlink(sandbox.store.join(ALIAS), &python).expect("link");
    let bin = venv.join("bin").display().to_string();
    let shims = directory(&sandbox).display().to_string();
    sandbox.set("VIRTUAL_ENV", &venv.display().to_string());
    sandbox.set("PATH", &format!("{bin}:{shims}:/usr/bin:/bin"));
    let said = sandbox.ok(&["show"]).stdout;
    let words = "3.14.7t, free-threaded, GIL off, follows 3.14t";
    let line = format!("  venv: {}, {words}\n", venv.display());
    assert!(said.contains(&line), "{said}");
    let json = sandbox.ok(&["--json", "show"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let venv_row = &json["venv"];
    assert_eq!(venv_row["version"], "3.14.7");
    assert_eq!(venv_row["abi"], "t");
    assert_eq!(venv_row["gil_enabled"], false);
    assert_eq!(venv_row["key"], "3.14.7t-pbs-20260901");
    assert_eq!(venv_row["follows"], "3.14t");
    // The interpreter of another tool is asked.
    let text = format!("home = {}\n", sandbox.home().display());
    fs::write(venv.join("pyvenv.cfg"), text).expect("write");
    let said = sandbox.ok(&["show"]).stdout;
    let line = format!(
        "  venv: {}, 3.14.7t, free-threaded, GIL off\n",
        venv.display()
    );
    assert!(said.contains(&line), "{said}");
    // Its interpreter is gone: `show` and `which` refuse as the shim does.
    fs::remove_file(&python).expect("remove");
    std::os::unix::fs::symlink("/nothing/python3", &python).expect("link");
    for line in [
        &["show"][..],
        &["show", "--active"],
        &["which", "python"],
        &["which", "pip3"],
    ] {
        let said = sandbox.fails(3, line);
        let message = "the interpreter of the active virtual environment";
        assert!(said.stderr.contains(message), "{line:?}: {said:?}");
    }
    let json = sandbox.fails(3, &["--json", "show"]).stdout;
    assert!(json.contains("is gone"), "{json}");
    assert!(
        sandbox
            .ok(&["which", "python3.14t"])
            .stdout
            .contains("3.14.7t-pbs")
    );
}

//! Other tools from the package index: what they find through the shims on PATH, and what they
//! build with it.

use crate::live_daily::twins;
use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{output, project};
use std::path::{Path, PathBuf};

/// A virtual environment of the GIL build with the tools in it; returns its `bin`.
fn tools(sandbox: &Sandbox, place: &Path) -> PathBuf {
    let mut venv = sandbox.command(&["venv", "-p", "3.14", "tools"]);
    let made = finished(output(venv.current_dir(place)));
    assert_eq!(made.code, Some(0), "{made:?}");
    let bin = place.join("tools/bin");
    let mut pip = std::process::Command::new(bin.join("pip"));
    pip.args(["install", "-q", "--disable-pip-version-check"])
        .args([
            "uv",
            "tox",
            "nox",
            "virtualenv",
            "setuptools",
            "wheel",
            "build",
        ]);
    let installed = finished(output(&mut pip));
    assert_eq!(installed.code, Some(0), "{installed:?}");
    bin
}

/// A tool with the shims on PATH and no other Python.
fn tool(sandbox: &Sandbox, place: &Path, bin: &Path, line: &[&str]) -> Finished {
    let shims = sandbox.store.join("shims");
    let mut command = std::process::Command::new(bin.join(line[0]));
    command
        .args(&line[1..])
        .current_dir(place)
        .env_remove("VIRTUAL_ENV")
        .env("HOME", sandbox.home())
        .env("UV_PYTHON_DOWNLOADS", "never")
        .env("UV_PYTHON_INSTALL_DIR", sandbox.home().join("uv"))
        .env("PATH", format!("{}:/usr/bin:/bin", shims.display()));
    finished(output(&mut command))
}

const SETUP: &str = "from setuptools import Extension, setup
setup(name='native', version='1', ext_modules=[Extension('native', ['native.c'])])
";

const NATIVE: &str = "#include <Python.h>
static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, \"native\", 0, 0, 0, slots};
PyMODINIT_FUNC PyInit_native(void) { return PyModuleDef_Init(&module); }
";

const TOX: &str = "[tox]
env_list = py314t, py314
skip_missing_interpreters = false
[testenv]
skip_install = true
commands = python -c \"import sys; print('IN', sys.version_info[:2], sys._is_gil_enabled())\"
";

const NOX: &str = "import nox
@nox.session(python=['3.14t', '3.14'], venv_backend='virtualenv')
def tests(session):
    session.run('python', '-c', 'import sys; print(\"IN\", sys._is_gil_enabled())')
";

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_uv_tox_nox_virtualenv_and_setuptools_find_the_right_one() {
    let sandbox = twins();
    let place = project(&sandbox, "p", "");
    let bin = tools(&sandbox, &place);
    let run = |line: &[&str]| {
        let said = tool(&sandbox, &place, &bin, line);
        assert_eq!(said.code, Some(0), "{line:?}: {said:?}");
        said.stdout + &said.stderr
    };
    let aliases = sandbox.store.join("aliases");
    // uv resolves the shim to the interpreter that it starts: by its alias, which follows upgrades.
    for (request, alias, name) in [
        ("3.14t", "3.14t", "python3.14t"),
        ("3.14+gil", "3.14", "python3.14"),
    ] {
        let found = run(&["uv", "python", "find", "--system", request]);
        let expected = aliases.join(alias).join("bin").join(name);
        assert_eq!(
            found.trim_end(),
            expected.display().to_string(),
            "{request}"
        );
    }
    run(&["uv", "venv", "-q", "-p", "3.14t", "by-uv"]);
    run(&["virtualenv", "-q", "-p", "python3.14t", "by-virtualenv"]);
    let gil = "import sys; print(sys._is_gil_enabled())";
    for venv in ["by-uv", "by-virtualenv"] {
        let mut python = std::process::Command::new(place.join(venv).join("bin/python"));
        let said = finished(output(python.args(["-c", gil])));
        assert_eq!(said.stdout, "False\n", "{venv}: {said:?}");
    }
    std::fs::write(place.join("tox.ini"), TOX).expect("write");
    let said = run(&["tox", "run", "-q"]);
    assert!(
        said.contains("IN (3, 14) False") && said.contains("IN (3, 14) True"),
        "{said}"
    );
    std::fs::write(place.join("noxfile.py"), NOX).expect("write");
    let said = run(&["nox", "--no-color"]);
    assert!(
        said.contains("IN False") && said.contains("IN True"),
        "{said}"
    );
    for (venv, tag) in [("by-virtualenv", "cp314-cp314t"), ("tools", "cp314-cp314-")] {
        let python = place.join(venv).join("bin/python");
        let python = python.to_str().expect("UTF-8");
        let install = [
            "uv",
            "pip",
            "install",
            "-q",
            "-p",
            python,
            "setuptools",
            "wheel",
        ];
        run(&install);
        let wheel = wheel(&place, venv, python);
        assert!(wheel.contains(tag), "{wheel}");
    }
}

/// Builds a wheel of an extension with setuptools, and returns its name.
fn wheel(place: &Path, venv: &str, python: &str) -> String {
    std::fs::write(place.join("setup.py"), SETUP).expect("write");
    std::fs::write(place.join("native.c"), NATIVE).expect("write");
    let mut build = std::process::Command::new(python);
    build
        .args(["setup.py", "-q", "bdist_wheel", "-d", venv])
        .current_dir(place);
    let built = finished(output(&mut build));
    let entries = std::fs::read_dir(place.join(venv)).expect("read").flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let wheel = names.find(|name| name.ends_with(".whl"));
    wheel.unwrap_or_else(|| panic!("{built:?}"))
}

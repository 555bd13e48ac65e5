//! The typical first steps with an interpreter: start it, compile an extension, make a venv,
//! install a wheel. Used with every real interpreter, from any source.

use crate::support::sandbox::Sandbox;
use std::path::Path;

/// An extension that declares GIL support.
const EXTENSION: &str = r#"
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *unused) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", "", 0, methods, slots};
PyMODINIT_FUNC PyInit_native(void) { return PyModuleDef_Init(&module); }
"#;

/// Compiles the extension using only sysconfig.
const BUILD: &str = r#"
import os, subprocess, sys, sysconfig
v = sysconfig.get_config_var
target = "native" + v("EXT_SUFFIX")
command = v("CC").split() + v("CFLAGS").split() + v("CCSHARED").split()
subprocess.check_call(command + ["-I", v("INCLUDEPY"), "-c", "native.c", "-o", "native.o"])
subprocess.check_call(v("LDSHARED").split() + ["native.o", "-o", target])
sys.path.insert(0, os.getcwd())
import native
print(native.answer(), v("EXT_SUFFIX"), getattr(sys, "_is_gil_enabled", lambda: True)())
"#;

/// Runs a command with the interpreter of `request`, which must succeed; returns its stdout.
fn run(sandbox: &Sandbox, request: &str, command: &[&str]) -> String {
    let all = [&["run", request, "--"], command].concat();
    sandbox.ok(&all).stdout
}

/// Starts the interpreter, compiles, makes a venv. `flags` are its abiflags.
pub fn without_network(sandbox: &Sandbox, request: &str, minor: &str, flags: &str) {
    let python = format!("python{minor}{flags}");
    let says = run(sandbox, request, &[&python, "-VV"]);
    assert_eq!(
        says.contains("free-threading build"),
        flags.contains('t'),
        "{says}"
    );
    let gil = "import sys; print(getattr(sys, '_is_gil_enabled', lambda: True)(), sys.executable)";
    let enabled = if flags.contains('t') { "False" } else { "True" };
    let said = run(sandbox, request, &[&python, "-c", gil]);
    assert!(said.starts_with(enabled), "{said}");

    // An extension, using only sysconfig.
    let place = sandbox.home().join(format!("extension-{minor}{flags}"));
    std::fs::create_dir_all(&place).expect("mkdir");
    std::fs::write(place.join("native.c"), EXTENSION).expect("write");
    std::fs::write(place.join("build.py"), BUILD).expect("write");
    let mut command = sandbox.command(&["run", request, "--", &python, "build.py"]);
    let built =
        crate::support::sandbox::finished(command.current_dir(&place).output().expect("run"));
    let number: String = minor.split('.').collect();
    let expected = format!("42 .cpython-{number}{flags}-");
    assert!(
        built.stdout.contains(&expected) && built.stdout.contains(enabled),
        "{built:?}"
    );

    let store = sandbox.store.canonicalize().expect("store");
    let store = store.to_str().expect("UTF-8");
    // pythonX.Yt-config, for programs that do not use sysconfig. It is upstream's shell script,
    // which does not support a blank in its own path.
    if !store.contains(' ') {
        let config = format!("{python}-config");
        let includes = run(sandbox, request, &[&config, "--includes"]);
        assert!(includes.contains(store), "{includes}");
        let compile = format!("cc -c native.c -o other.o $({config} --cflags)");
        let mut command = sandbox.command(&["run", request, "--", "sh", "-c", &compile]);
        let output = command.current_dir(&place).output().expect("run");
        let compiled = crate::support::sandbox::finished(output);
        assert_eq!(compiled.code, Some(0), "{compiled:?}");
    }
    venv(sandbox, request, &python, enabled, &place);
    sandbox.ok(&["verify", request]);
}

fn venv(sandbox: &Sandbox, request: &str, python: &str, enabled: &str, place: &Path) {
    let venv = place.join("venv");
    run(
        sandbox,
        request,
        &[python, "-m", "venv", &venv.display().to_string()],
    );
    let inside = venv.join("bin/python").display().to_string();
    let gil = "import sys; print(getattr(sys, '_is_gil_enabled', lambda: True)(), sys.prefix)";
    let said = run(sandbox, request, &[&inside, "-c", gil]);
    assert!(said.starts_with(enabled) && said.contains("venv"), "{said}");
    // pip comes from ensurepip, and starts although its path may contain blanks.
    let pip = venv.join("bin/pip").display().to_string();
    assert!(run(sandbox, request, &[&pip, "--version"]).contains("venv"));
}

/// Installs a wheel of exactly this ABI from the package index, and uses it with the GIL off.
pub fn with_network(sandbox: &Sandbox, request: &str, minor: &str) {
    let python = format!("python{minor}t");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary=:all:",
        "--no-cache-dir",
        "markupsafe",
    ];
    run(
        sandbox,
        request,
        &[&[python.as_str()], pip.as_slice()].concat(),
    );
    let gil = "import markupsafe._speedups as m, sys; print(m.__file__, sys._is_gil_enabled())";
    let said = run(sandbox, request, &[&python, "-c", gil]);
    let number: String = minor.split('.').collect();
    assert!(
        said.contains(&format!("cpython-{number}t-")) && said.contains("False"),
        "{said}"
    );
    // A package does not change the interpreter.
    sandbox.ok(&["verify", request]);
}

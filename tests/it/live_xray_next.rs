//! The GIL X-ray on modules of 3.15, beside what a real 3.15 says when it imports them.

use crate::live_xray::{cases, word};
use crate::support::live::require_live;
use crate::support::sandbox::Sandbox;
use ftpy::xray::{ModuleFile, examine};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUEST: &str = "source:3.15.0rc1t";
/// File names, and the flags of the compiler for them.
const BUILDS: [(&str, &[&str]); 3] = [
    ("x.cpython-315t-x86_64-linux-gnu.so", &["-O0"]),
    ("x.cpython-315t-x86_64-linux-gnu.so", &["-O2"]),
    ("x.abi3t.so", &["-O2", "-DPy_TARGET_ABI3T=0x030f0000"]),
];
const IMPORTED: &str = "import sys, x; print('on' if sys._is_gil_enabled() else 'off')";

/// The prefix of a 3.15: that in `FTPY_LIVE_315T`, else one that is built.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn prefix(sandbox: &Sandbox) -> PathBuf {
    if let Some(prefix) = std::env::var_os("FTPY_LIVE_315T") {
        return prefix.into();
    }
    let json = sandbox.ok(&["--json", "install", REQUEST]).stdout;
    let installed: Value = serde_json::from_str(&json).expect("JSON");
    installed[0]["prefix"].as_str().expect("a prefix").into()
}

/// Compiles a case; definitions cannot be written for abi3t, whose headers hide them.
fn compiled(prefix: &Path, case: u32, module: &Path, flags: &[&str]) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("gcc");
    command
        .args(["-shared", "-fPIC", "-w"])
        .args(flags)
        .arg(format!("-DCASE={case}"))
        .arg(format!(
            "-I{}",
            prefix.join("include/python3.15t").display()
        ))
        .arg("-o")
        .arg(module)
        .arg(root.join("tests/fixtures/xray/python315.c"));
    let output = command.output().expect("gcc");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() || errors.contains("incomplete type"),
        "{errors}"
    );
    output.status.success()
}

#[test]
#[ignore = "live: needs gcc, and builds CPython 3.15 from source for minutes"]
fn live_slow_xray_says_what_3_15_does_when_it_imports_its_modules() {
    require_live();
    let sandbox = Sandbox::new();
    let prefix = prefix(&sandbox);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xray/python315.c");
    let mut compared = 0;
    for (case, expected) in cases(&source) {
        for (name, flags) in BUILDS {
            let directory = tempfile::tempdir().expect("a directory");
            let module = directory.path().join(name);
            if !compiled(&prefix, case, &module, flags) {
                continue;
            }
            let mut python = Command::new(prefix.join("bin/python3"));
            python.args(["-W", "ignore", "-c", IMPORTED]);
            let output = python.current_dir(directory.path()).output();
            let output = output.expect("an interpreter");
            let seen = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let file = ModuleFile::parse(name).expect("a module's name");
            let report = examine(&std::fs::read(&module).expect("a module"), &file, None);
            let said = (seen.as_str(), word(&report));
            assert_eq!(
                said,
                (&*expected, &*expected),
                "case {case}, {name}: {report:?}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 3 * 22 - 6);
}

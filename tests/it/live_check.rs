//! `ftpy check --confirm` with a real interpreter.

use crate::live_python_imports::interpreter;
use crate::support::live::require_live;
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_what_check_says_of_an_environment_is_confirmed_by_importing_it() {
    require_live();
    let sandbox = Sandbox::new();
    let python = interpreter(sandbox.home()).join("bin/python3.14t");
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("create");
    let mut venv = Command::new(&python);
    let venv = venv.args(["-m", "venv", "--without-pip", ".venv"]);
    assert!(venv.current_dir(&project).status().expect("venv").success());
    let site = project.join(".venv/lib/python3.14t/site-packages");
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xray/built");
    for (package, fixture) in [
        ("bad", "on-x86_64-linux.so"),
        ("good", "off-x86_64-linux.so"),
        ("single", "declared-x86_64-linux.so"),
    ] {
        let directory = site.join(package);
        std::fs::create_dir(&directory).expect("create");
        let module = directory.join("x.cpython-314t-x86_64-linux-gnu.so");
        std::fs::copy(built.join(fixture), module).expect("copy");
    }
    // The path is relative, and the interpreter is started elsewhere.
    let said = run_in(
        &sandbox,
        &project,
        8,
        &["check", "--confirm", "--json", ".venv"],
    );
    let all: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let packages = all["packages"].as_array().expect("packages");
    let seen = packages.iter().map(|package| {
        let module = &package["modules"][0];
        (&package["name"], &module["verdict"], &module["seen"])
    });
    let seen: Vec<String> = seen
        .map(|(name, said, seen)| format!("{name} {said} {seen}"))
        .collect();
    let expected = [
        r#""bad" "on" "on""#,
        r#""good" "off" "off""#,
        r#""single" "off" "off""#,
    ];
    assert_eq!(seen, expected, "{said:?}");
    let said = run_in(&sandbox, &project, 8, &["check", "--confirm", ".venv"]);
    let compared = "3 modules compared with the interpreter, 0 could not be imported alone";
    assert!(said.stderr.contains(compared), "{said:?}");
}

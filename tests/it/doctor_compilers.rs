//! The compiler named by an installation: valid for later installs, and reported when it is
//! missing.

use crate::support::sandbox::Sandbox;
use crate::support::shims::{executable, with};
use serde_json::Value;
use std::path::PathBuf;

/// The file that names the compiler.
fn variables(sandbox: &Sandbox) -> PathBuf {
    let prefix = sandbox.store.join("installs").join(&sandbox.installed()[0]);
    prefix.join("lib/python3.14t/_sysconfigdata_x.py")
}

fn read(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(variables(sandbox)).expect("read")
}

/// doctor's findings about compilers.
fn findings(sandbox: &Sandbox) -> Vec<Value> {
    let said = sandbox.run(&["--json", "doctor"]);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let all = document["findings"].as_array().expect("findings").clone();
    let of_compilers = |one: &Value| one["code"] == "compiler-gone";
    all.into_iter().filter(of_compilers).collect()
}

#[test]
fn what_is_unpacked_before_a_compiler_comes_names_the_usual_one() {
    let mut sandbox = Sandbox::new();
    let tools = sandbox.home().join("tools");
    std::fs::create_dir(&tools).expect("mkdir");
    sandbox.set("PATH", &tools.display().to_string());
    sandbox.offer(&crate::support::sandbox::interpreter("3.14.7", "t"));
    sandbox.ok(&["-q", "install", "3.14t"]);
    assert!(
        read(&sandbox).contains("'CC': 'cc -pthread'"),
        "{}",
        read(&sandbox)
    );
    // A machine that builds nothing has no problem.
    assert_eq!(findings(&sandbox), [] as [Value; 0]);
    executable(&tools.join("cc"), "#!/bin/sh\n");
    assert_eq!(findings(&sandbox), [] as [Value; 0]);
    // Another one was installed, and `cc` is missing.
    std::fs::rename(tools.join("cc"), tools.join("gcc")).expect("rename");
    assert_eq!(findings(&sandbox).len(), 1);
}

#[test]
fn doctor_finds_a_compiler_that_is_not_there_and_its_fix_mends_it() {
    let mut sandbox = with(&[("3.14.7", "t")]);
    let tools = sandbox.home().join("tools");
    executable(&tools.join("gcc"), "#!/bin/sh\n");
    sandbox.set("PATH", &tools.display().to_string());
    let text = read(&sandbox).replace("'CC': 'cc ", "'CC': 'clang ");
    std::fs::write(variables(&sandbox), text).expect("write");
    let found = findings(&sandbox);
    assert_eq!(found.len(), 1, "{found:?}");
    let message = found[0]["message"].as_str().expect("a message");
    assert!(message.contains("clang"), "{message}");
    let fix = found[0]["fix"].as_str().expect("a fix");
    let words: Vec<&str> = fix.split(' ').skip(1).collect();
    sandbox.ok(&words);
    assert!(
        read(&sandbox).contains("'CC': 'gcc -pthread'"),
        "{}",
        read(&sandbox)
    );
    assert_eq!(findings(&sandbox), [] as [Value; 0]);
}

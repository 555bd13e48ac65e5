//! Real interpreters in upstream's layouts, served over loopback: small and full archive, with
//! and without the GIL.

use crate::support::exercise;
use crate::support::live::{archives, is_live};
use crate::support::sandbox::{Archive, Sandbox};

/// A sandbox that offers the real archives, or none where they are not there.
fn sandbox(test: &str) -> Option<Sandbox> {
    if !is_live(test) {
        return None;
    }
    let archives = archives();
    if archives.is_empty() {
        crate::support::live::say(&format!("{test}: not run, ../shared/pythons is not there"));
        return None;
    }
    let mut sandbox = Sandbox::new();
    for path in archives {
        sandbox.offer(&Archive {
            name: path
                .file_name()
                .expect("name")
                .to_string_lossy()
                .into_owned(),
            bytes: std::fs::read(&path).expect("read"),
        });
    }
    Some(sandbox)
}

#[test]
fn real_interpreters_of_every_layout_are_installed_and_do_what_people_do() {
    let Some(sandbox) = sandbox("real_interpreters_of_every_layout") else {
        return;
    };
    sandbox.ok(&["install", "3.14t", "3.14", "3.13t"]);
    assert_eq!(
        sandbox.installed(),
        [
            "3.13.15t-pbs-20260901",
            "3.14.7-pbs-20260901",
            "3.14.7t-pbs-20260901"
        ]
    );
    exercise::without_network(&sandbox, "3.14t", "3.14", "t");
    exercise::without_network(&sandbox, "3.14", "3.14", "");
    exercise::without_network(&sandbox, "3.13t", "3.13", "t");
    exercise::with_network(&sandbox, "3.14t", "3.14");
}

#[test]
fn byte_code_is_compiled_on_request_and_stays_valid_where_it_is() {
    let Some(sandbox) = sandbox("byte_code_is_compiled_on_request") else {
        return;
    };
    sandbox.ok(&["install", "--compile-bytecode", "3.14t"]);
    let cache = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/lib/python3.14t/__pycache__");
    let count = || std::fs::read_dir(&cache).expect("cache").count();
    let before = count();
    assert!(before > 100, "{before}");
    // Nothing is compiled again: what is there is believed.
    sandbox.ok(&[
        "run",
        "3.14t",
        "--",
        "python3.14t",
        "-c",
        "import argparse, json, ssl, asyncio",
    ]);
    assert_eq!(count(), before);
    sandbox.ok(&["verify"]);
}

#[test]
fn the_environment_does_not_fool_the_probe() {
    let Some(mut sandbox) = sandbox("the_environment_does_not_fool_the_probe") else {
        return;
    };
    sandbox.set("PYTHON_GIL", "0");
    sandbox.set("PYTHONHOME", "/nonexistent");
    sandbox.set("PYTHONPATH", "/nonexistent");
    sandbox.ok(&["install", "3.14"]);
    sandbox.ok(&["verify"]);
}

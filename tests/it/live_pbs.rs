//! Real interpreters in upstream's layouts, served over loopback: small and full archives, with and
//! without the GIL.

use crate::support::exercise;
use crate::support::live::{require_live, sandbox_with_archives};

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_real_interpreters_of_every_layout_are_installed_and_do_what_people_do() {
    require_live();
    let sandbox = sandbox_with_archives();
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
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_byte_code_is_compiled_on_request_and_stays_valid_where_it_is() {
    require_live();
    let sandbox = sandbox_with_archives();
    sandbox.ok(&["install", "--compile-bytecode", "3.14t"]);
    let cache = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/lib/python3.14t/__pycache__");
    let count = || std::fs::read_dir(&cache).expect("cache").count();
    let before = count();
    assert!(before > 100, "{before}");
    // Nothing is compiled again, because the existing byte code is valid.
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
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_environment_does_not_fool_the_probe() {
    require_live();
    let mut sandbox = sandbox_with_archives();
    sandbox.set("PYTHON_GIL", "0");
    sandbox.set("PYTHONHOME", "/nonexistent");
    sandbox.set("PYTHONPATH", "/nonexistent");
    sandbox.ok(&["install", "3.14"]);
    sandbox.ok(&["verify"]);
}

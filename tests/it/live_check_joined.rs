//! What other commands say about real packages that turn the GIL on, with a real interpreter and PyPI.

use crate::support::live::{require_live, sandbox_with_archives};
use crate::support::shims::run_in;
use serde_json::Value;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, and PyPI"]
fn live_pythons_every_command_names_the_version_of_hiredis_that_keeps_the_gil_off() {
    require_live();
    let sandbox = sandbox_with_archives();
    sandbox.ok(&["install", "3.14t"]);
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("create");
    std::fs::write(project.join("r.txt"), "hiredis==3.5.0\n").expect("write");
    // Made by the environment's pip, which is asked for its index, too.
    let made = [
        "venv",
        "-p",
        "3.14t",
        "-r",
        "r.txt",
        "--check-gil",
        "--json",
    ];
    let said = run_in(&sandbox, &project, 8, &made);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let packages = document["gil_check"]["packages"]
        .as_array()
        .expect("packages");
    let hiredis = packages.iter().find(|it| it["name"] == "hiredis");
    let remedy = hiredis.expect("hiredis")["remedy"].clone();
    assert!(
        remedy["last_good"].is_string() || remedy["none_because"].is_string(),
        "{said:?}"
    );
    assert!(
        !said.stdout.contains("other versions are unknown"),
        "{said:?}"
    );

    let python = ".venv/bin/python3.14t";
    let run = [
        "run",
        "3.14t",
        "--require-nogil",
        "--report",
        "r.json",
        "--",
    ];
    let run = [&run[..], &[python, "-c", "import hiredis"]].concat();
    let said = run_in(&sandbox, &project, 8, &run);
    let report = std::fs::read_to_string(project.join("r.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["remedies"][0]["package"], "hiredis", "{said:?}");
    assert_eq!(report["remedies"][0]["last_good"], remedy["last_good"]);
    let hint = match remedy["last_good"].as_str() {
        Some(good) => format!("hint: hiredis {good} keeps the GIL off: `"),
        None => "hint: hiredis 3.5.0: none of the ".to_owned(),
    };
    assert!(said.stderr.contains(&hint), "{said:?}");

    let said = run_in(&sandbox, &project, 1, &["--offline", "doctor"]);
    assert!(said.stdout.contains("[gil-turned-on]"), "{said:?}");
    assert!(
        said.stdout.contains("  hiredis 3.5.0: hiredis.hiredis"),
        "{said:?}"
    );

    // A name is confirmed in an environment of its own.
    let confirm = ["check", "--confirm", "-p", "3.14t", "hiredis==3.5.0"];
    let said = run_in(&sandbox, &project, 8, &confirm);
    let compared = "1 module compared with the interpreter";
    assert!(said.stderr.contains(compared), "{said:?}");
}

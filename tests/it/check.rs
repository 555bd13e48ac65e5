//! `ftpy check`: which packages turn the GIL on, told without running them.

use crate::support::sandbox::{Finished, Sandbox};
use crate::support::shims::run_in;
use crate::support::wheels::{members, module, record};
use crate::support::zip::zip;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Files with their contents.
pub(crate) type Files = [(&'static str, Vec<u8>)];

/// A virtual environment of 3.14t with these packages, each with its files.
pub(crate) fn venv(sandbox: &Sandbox, packages: &[(&str, &Files)]) -> PathBuf {
    // The pip of this machine must not look for them.
    let config = sandbox.home().join(".config/pip");
    std::fs::create_dir_all(&config).expect("create");
    std::fs::write(config.join("pip.conf"), "[global]\nno-index = true\n").expect("write");
    let project = sandbox.home().join("project");
    let site = project.join(".venv/lib/python3.14t/site-packages");
    std::fs::create_dir_all(&site).expect("create");
    std::fs::write(project.join(".venv/pyvenv.cfg"), "home = /nowhere\n").expect("write");
    for (name, files) in packages {
        install(&site, name, files);
    }
    project
}

fn install(site: &Path, name: &str, files: &Files) {
    let write = |file: &str, contents: &[u8]| {
        let path = site.join(file);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("create");
        std::fs::write(path, contents).expect("write");
    };
    for (file, contents) in files {
        write(file, contents);
    }
    let info = format!("{name}-1.0.dist-info");
    let metadata = format!("Name: {name}\nVersion: 1.0\nRequires-Dist: zeta (>=1)\n\n");
    write(&format!("{info}/METADATA"), metadata.as_bytes());
    write(&format!("{info}/RECORD"), record(files).as_bytes());
}

const OFF: &str = "off/x.cpython-314t-x86_64-linux-gnu.so";
const ON: &str = "bad/x.cpython-314t-x86_64-linux-gnu.so";

pub(crate) fn packages(finished: &Finished) -> Vec<Value> {
    let all: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    all["packages"].as_array().expect("packages").clone()
}

pub(crate) fn words(finished: &Finished) -> Vec<String> {
    let words = packages(finished).into_iter();
    words
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("name"), text("class"), text("target"))
        })
        .collect()
}

#[test]
fn the_environment_of_a_project_is_checked_and_offenders_come_first() {
    let sandbox = Sandbox::new();
    let pure = [("pure/__init__.py", Vec::new())];
    let project = venv(
        &sandbox,
        &[
            ("Off_One", &[(OFF, module(true))]),
            ("zeta", &[(ON, module(false))]),
            ("pure", &pure),
        ],
    );
    let said = run_in(&sandbox, &project, 8, &["check"]);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(
        lines[0].starts_with("zeta     1.0  turns the GIL on"),
        "{said:?}"
    );
    assert!(
        said.stdout
            .contains("\n  bad.x turns it on: on import of bad.x\n"),
        "{said:?}"
    );
    assert!(
        said.stderr
            .contains("1 turns the GIL on, 1 keeps it off, 1 pure Python"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("error: the GIL is turned on by zeta"),
        "{said:?}"
    );
    let said = run_in(&sandbox, &project, 8, &["check", "--json", ".venv"]);
    let expected = [
        "zeta turns-on -",
        "off-one keeps-off -",
        "pure pure-python -",
    ];
    assert_eq!(words(&said), expected);
    let zeta = &packages(&said)[0];
    let module = &zeta["modules"][0];
    assert_eq!(module["module"], "bad.x");
    assert_eq!(module["file"], ON);
    assert_eq!(module["verdict"], "on");
    assert_eq!(module["evidence"]["symbol"], "PyInit_x");
    assert_eq!(
        zeta["required_by"],
        serde_json::json!(["off-one", "pure", "zeta"])
    );
}

#[test]
fn an_environment_that_keeps_the_gil_off_ends_with_success() {
    let sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("off", &[(OFF, module(true))])]);
    run_in(&sandbox, &project, 0, &["check"]);
    // What belongs to no package is checked, too, if it is a module.
    let site = project.join(".venv/lib/python3.14t/site-packages");
    std::fs::write(site.join("stray.so"), module(false)).expect("write");
    run_in(&sandbox, &project, 0, &["check"]);
    std::fs::write(site.join("x.so"), module(false)).expect("write");
    let said = run_in(&sandbox, &project, 8, &["check", "--json"]);
    assert_eq!(words(&said), ["x turns-on -", "off keeps-off -"]);
}

#[test]
fn modules_of_other_versions_and_systems_that_a_package_brings_are_not_judged() {
    let sandbox = Sandbox::new();
    let files = [
        ("off/x.cp39-win_amd64.pyd", module(false)),
        ("off/x.cpython-313t-x86_64-linux-gnu.so", module(false)),
        (OFF, module(true)),
    ];
    let project = venv(&sandbox, &[("off", &files)]);
    run_in(&sandbox, &project, 0, &["check"]);
}

#[test]
fn a_module_of_abi3_is_imported_by_3_14t_and_never_called_good() {
    let sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("off", &[("off/x.abi3.so", module(true))])]);
    let said = run_in(&sandbox, &project, 9, &["check"]);
    assert!(
        said.stdout
            .contains("off.x is undetermined: built for abi3"),
        "{said:?}"
    );
}

#[test]
fn an_environment_of_a_gil_build_is_refused() {
    let sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("off", &[(OFF, module(true))])]);
    let lib = project.join(".venv/lib");
    std::fs::rename(lib.join("python3.14t"), lib.join("python3.14")).expect("rename");
    let said = run_in(&sandbox, &project, 2, &["check"]);
    assert!(said.stderr.contains("is of a GIL build"), "{said:?}");
    assert_eq!(said.stdout, "");
}

#[test]
fn a_platform_without_a_free_threaded_wheel_is_named_beside_those_that_have_one() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    wheel(&dist, "cp314-cp314t-manylinux_2_28_x86_64", true);
    wheel(&dist, "cp314-cp314-win_amd64", true);
    let said = run_in(&sandbox, sandbox.home(), 9, &["check", "--json", "dist"]);
    let expected = [
        "demo no-t-wheel 3.14t-windows-x86_64",
        "demo keeps-off 3.14t-linux-x86_64",
    ];
    assert_eq!(words(&said), expected);
}

#[test]
fn a_module_that_cannot_be_judged_is_not_called_good() {
    let sandbox = Sandbox::new();
    let cut = module(true)[..200].to_vec();
    let project = venv(&sandbox, &[("off", &[(OFF, cut)])]);
    let said = run_in(&sandbox, &project, 9, &["check"]);
    assert!(said.stdout.contains("off.x is undetermined: "), "{said:?}");
    run_in(&sandbox, &project, 0, &["check", "--allow-undetermined"]);
}

/// Writes a wheel of `demo` with one module.
pub(crate) fn wheel(directory: &Path, tags: &str, keeps_off: bool) -> String {
    let file = format!("demo-1.0-{tags}.whl");
    let abi = if tags.contains("cp314t") {
        "cpython-314t"
    } else {
        "cpython-314"
    };
    let member = format!("demo/x.{abi}-x86_64-linux-gnu.so");
    let bytes = zip(&members(&[(&member, module(keeps_off))]));
    std::fs::create_dir_all(directory).expect("create");
    std::fs::write(directory.join(&file), bytes).expect("write");
    file
}

#[test]
fn the_wheels_of_a_maintainer_are_checked_each_for_its_own_platform() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    wheel(&dist, "cp314-cp314t-manylinux_2_28_x86_64", true);
    // It is not loaded by free-threaded builds.
    wheel(&dist, "cp314-cp314-manylinux_2_28_x86_64", false);
    let said = run_in(&sandbox, sandbox.home(), 0, &["check", "--json", "dist"]);
    assert_eq!(words(&said), ["demo keeps-off 3.14t-linux-x86_64"]);
    wheel(&dist, "cp314-cp314t-musllinux_1_2_x86_64", false);
    let said = run_in(&sandbox, sandbox.home(), 8, &["check", "--json", "dist"]);
    let expected = [
        "demo turns-on 3.14t-musl-x86_64",
        "demo keeps-off 3.14t-linux-x86_64",
    ];
    assert_eq!(words(&said), expected);
    assert_eq!(
        packages(&said)[0]["remedy"]["tracker"],
        "https://bugs.example/demo"
    );
    assert_eq!(
        packages(&said)[1]["tag"],
        "cp314-cp314t-manylinux_2_28_x86_64"
    );
}

#[test]
fn wheels_that_free_threaded_builds_cannot_load_are_not_called_good() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    wheel(&dist, "cp310-abi3-manylinux_2_28_x86_64", true);
    let arguments = ["check", "--json", "--platform", "linux-x86_64", "dist"];
    let said = run_in(&sandbox, sandbox.home(), 9, &arguments);
    assert_eq!(words(&said), ["demo only-abi3 3.14t-linux-x86_64"]);
    let said = run_in(&sandbox, sandbox.home(), 9, &["check", "dist"]);
    assert!(
        said.stderr
            .contains("it is not known whether the GIL stays off: demo (only abi3 wheels)"),
        "{said:?}"
    );
    assert!(said.stderr.contains("1 has only abi3 wheels"), "{said:?}");
}

#[test]
fn a_wheel_that_cannot_be_read_does_not_stop_the_others() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    let file = wheel(&dist, "cp314-cp314t-manylinux_2_28_x86_64", true);
    let broken = file.replace("demo", "broken");
    std::fs::write(dist.join(broken), b"PK\x03\x04 not a wheel").expect("write");
    let said = run_in(&sandbox, sandbox.home(), 9, &["check", "--json", "dist"]);
    let expected = [
        "broken unreadable 3.14t-linux-x86_64",
        "demo keeps-off 3.14t-linux-x86_64",
    ];
    assert_eq!(words(&said), expected);
    assert!(packages(&said)[0]["reason"].is_string());
}

#[test]
fn what_cannot_be_checked_is_named_with_what_to_do() {
    let sandbox = Sandbox::new();
    let place = sandbox.home();
    std::fs::create_dir(place.join("empty")).expect("create");
    std::fs::write(place.join("notes.md"), "text").expect("write");
    for (arguments, code, text) in [
        (&["check", "./none.whl"][..], 3, "none.whl does not exist"),
        (
            &["check", "./empty"],
            3,
            "./empty contains no packages, no wheels and no lock file",
        ),
        (
            &["check", "./notes.md"],
            2,
            "notes.md is not a lock file or requirements file",
        ),
        (&["check", ""], 2, "an empty name"),
        (&["check", "-r", "none.in"], 3, "none.in does not exist"),
        (
            &["check", "empty"],
            3,
            "`ftpy check 'empty>=0'` checks the package",
        ),
        (
            &["check", "-p", "3.14", "./empty"],
            2,
            "3.14 is a GIL build",
        ),
        (
            &["check", "-p", "3t", "./empty"],
            2,
            "not a minor version of Python",
        ),
        (
            &["check", "--platform", "amiga", "./empty"],
            2,
            "unknown platform `amiga`",
        ),
    ] {
        let said = run_in(&sandbox, place, code, arguments);
        assert!(said.stderr.contains(text), "{arguments:?}: {said:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
    // Without an argument: a pin that is not met is the reason.
    std::fs::write(place.join(".python-version"), "3.13t\n").expect("write");
    let said = run_in(&sandbox, place, 3, &["check"]);
    for text in [
        "3.13t is not installed",
        "there is no lock file",
        "ftpy install 3.13t",
    ] {
        assert!(said.stderr.contains(text), "{text}: {said:?}");
    }
}

#[test]
fn hostile_names_have_no_meaning_in_the_page_and_the_summary() {
    let mut sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("off", &[(ON, module(false))])]);
    let info = project.join(".venv/lib/python3.14t/site-packages/off-1.0.dist-info");
    let name = "</script><script>alert(1)</script>|`*";
    let metadata = format!("Name: {name}\nVersion: {{{{rows}}}}\n\n");
    std::fs::write(info.join("METADATA"), metadata).expect("write");
    let summary = sandbox.home().join("summary.md");
    sandbox.set("GITHUB_ACTIONS", "true");
    sandbox.set("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let said = run_in(
        &sandbox,
        &project,
        8,
        &["check", "--html", "page.html", "--sarif", "a.sarif"],
    );
    assert!(said.stdout.contains("::error"), "{said:?}");
    let page = std::fs::read_to_string(project.join("page.html")).expect("page");
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<tr class=\"bad\"").count(), 1, "{page}");
    assert!(page.contains("{{rows}}"), "the version is text");
    let summary = std::fs::read_to_string(summary).expect("summary");
    assert!(
        !summary.contains("<script>") && !summary.contains("|`*"),
        "{summary}"
    );
    let sarif = std::fs::read_to_string(project.join("a.sarif")).expect("SARIF");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"turns-on".into(), &"error".into())
    );
}

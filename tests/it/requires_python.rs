//! `requires-python` as the last resort of ftpy's own commands, and as a warning.

use crate::support::sandbox::{Finished, Sandbox};
use crate::support::shims::{run, run_in, started, telling, three};
use std::fs;
use std::path::{Path, PathBuf};

const FREE_THREADED: &str = "'Programming Language :: Python :: Free Threading :: 2 - Beta'";

/// A directory with a `pyproject.toml`.
fn project(sandbox: &Sandbox, requires: &str, classifiers: &str) -> PathBuf {
    let place = sandbox.home().join("p");
    fs::create_dir_all(&place).expect("mkdir");
    let text = format!(
        "[project]\nname = 'x'\nrequires-python = '{requires}'\nclassifiers = [{classifiers}]\n"
    );
    fs::write(place.join("pyproject.toml"), text).expect("write");
    place
}

/// The version that `ftpy run --` starts.
fn runs(sandbox: &Sandbox, place: &Path) -> (String, Finished) {
    let said = run_in(sandbox, place, 0, &["run", "--", "python", "x"]);
    (started(&said).to_owned(), said)
}

#[test]
fn run_takes_the_newest_version_that_the_project_allows() {
    let mut sandbox = three();
    let place = project(&sandbox, ">=3.13", "");
    let deeper = place.join("src/x");
    fs::create_dir_all(&deeper).expect("mkdir");
    // A file with settings of tools does not hide the project.
    fs::write(place.join("src/pyproject.toml"), "[tool.x]\n").expect("write");
    for directory in [&place, &deeper] {
        let (version, said) = runs(&sandbox, directory);
        assert_eq!(version, "3.14.7", "{said:?}");
        let file = place.join("pyproject.toml").display().to_string();
        let line = format!("requires-python = \">=3.13\" in {file} selects 3.14.7\n");
        assert!(said.stderr.ends_with(&line), "{said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    }
    let quiet = run_in(&sandbox, &place, 0, &["-q", "run", "--", "python"]);
    assert_eq!(quiet.stderr, "");
    // A shim does not read the file.
    let shim = run(&sandbox, "python", &place, &["-c", ""]);
    assert_ne!(started(&shim), "3.14.7", "{shim:?}");
    // Without a Python of the machine.
    sandbox.set("PATH", "/no/programs");
    let show = run_in(&sandbox, &place, 3, &["show"]);
    assert!(
        show.stderr.contains("selects >=3.13 for `ftpy venv`"),
        "{show:?}"
    );
}

#[test]
fn a_classifier_or_the_default_or_what_is_installed_decides_the_variant() {
    let sandbox = three();
    let check = |requires: &str, classifiers: &str, expected: &str| {
        let place = project(&sandbox, requires, classifiers);
        let (version, said) = runs(&sandbox, &place);
        assert_eq!(version, expected, "{requires}: {said:?}");
    };
    check(">=3.13", FREE_THREADED, "3.14.7t");
    // Only the free-threaded 3.13 is installed.
    check("==3.13.*", "", "3.13.5t");
    sandbox.ok(&["default", "3.14t"]);
    check("<3.14,>=3.9", "", "3.13.5t");
    sandbox.ok(&["default", "3.13t"]);
    check(">=3.14", "", "3.14.7t");
    let place = project(&sandbox, ">=3.14", "");
    let said = runs(&sandbox, &place).1.stderr;
    assert!(
        said.contains("selects 3.14.7t instead of the default, 3.13t"),
        "{said}"
    );
    // No such build exists, so the GIL build is asked for.
    let place = project(&sandbox, "<3.13", FREE_THREADED);
    let said = run_in(&sandbox, &place, 3, &["run", "--", "python"]);
    assert!(
        said.stderr
            .contains("<3.13 is not installed (requested by requires-python"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("run `ftpy install '<3.13'`"),
        "{said:?}"
    );
}

#[test]
fn what_the_person_chose_wins_over_the_project() {
    let mut sandbox = three();
    let place = project(&sandbox, ">=3.13", FREE_THREADED);
    sandbox.ok(&["default", "3.14"]);
    let (version, said) = runs(&sandbox, &place);
    assert_eq!(
        (version.as_str(), said.stderr.as_str()),
        ("3.14.7", ""),
        "a default that fits"
    );
    fs::write(place.join(".python-version"), "3.13t\n").expect("write");
    assert_eq!(runs(&sandbox, &place).0, "3.13.5t");
    sandbox.set("FTPY_PYTHON", "3.14t");
    assert_eq!(runs(&sandbox, &place).0, "3.14.7t");
}

#[test]
fn install_without_a_request_installs_what_the_project_allows() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&telling("3.14.7", ""));
    sandbox.offer(&telling("3.13.5", "t"));
    sandbox.ok(&["-q", "install", "3.14"]);
    let place = project(&sandbox, ">=3.13,<3.14", FREE_THREADED);
    let said = run_in(&sandbox, &place, 0, &["install"]);
    assert!(said.stderr.contains("selects >=3.13,<3.14t\n"), "{said:?}");
    assert_eq!(sandbox.installed().len(), 2);
    assert_eq!(runs(&sandbox, &place).0, "3.13.5t");
    let said = run_in(&sandbox, &place, 0, &["-q", "install"]);
    assert_eq!(said.stderr, "", "it is installed");
    let empty = sandbox.home().join("empty");
    fs::create_dir(&empty).expect("mkdir");
    let said = run_in(&sandbox, &empty, 2, &["install"]);
    assert!(
        said.stderr
            .contains("no version file or requires-python found"),
        "{said:?}"
    );
}

#[test]
fn run_install_installs_what_the_project_allows() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&telling("3.13.5", "t"));
    let place = project(&sandbox, "==3.13.*", FREE_THREADED);
    let said = run_in(
        &sandbox,
        &place,
        0,
        &["run", "--install", "--", "python", "x"],
    );
    assert_eq!(started(&said), "3.13.5t", "{said:?}");
}

#[test]
fn commands_that_read_a_choice_warn_if_the_project_contradicts_it() {
    let sandbox = three();
    let place = project(&sandbox, ">=3.14", "");
    fs::write(place.join(".python-version"), "3.13t\n3.14t\n").expect("write");
    let file = place.join("pyproject.toml").display().to_string();
    let sentence = format!("{file} has requires-python = \">=3.14\", which 3.13");
    let check = |arguments: &[&str], count: usize| {
        let said = run_in(&sandbox, &place, 0, arguments).stderr;
        assert_eq!(
            said.matches(&sentence).count(),
            count,
            "{arguments:?}: {said}"
        );
    };
    check(&["show"], 1);
    check(&["pin"], 1);
    check(&["install"], 1);
    check(&["run", "--", "python"], 1);
    check(&["ci", "setup", "3.13t"], 1);
    check(&["install", "3.13t"], 0);
    check(&["run", "3.13t", "--", "python"], 0);
    let json = run_in(&sandbox, &place, 0, &["--json", "show"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(
        json["contradiction"]
            .as_str()
            .is_some_and(|text| text.starts_with(&file))
    );
    fs::write(place.join(".python-version"), "3.14t\n").expect("write");
    check(&["show"], 0);
    check(&["install"], 0);
}

#[test]
fn an_invalid_project_file_selects_nothing() {
    let sandbox = three();
    let place = sandbox.home().join("p");
    fs::create_dir(&place).expect("mkdir");
    for text in [
        "not toml [",
        "[project]\nrequires-python = 3\n",
        "[project]\nrequires-python = 'x'\n",
        "",
    ] {
        fs::write(place.join("pyproject.toml"), text).expect("write");
        let said = run_in(&sandbox, &place, 2, &["install"]);
        assert!(said.stderr.contains("no request given"), "{text}: {said:?}");
    }
}

//! `ftpy ci matrix`: projects in the syntax of each tool, and projects without versions.

use crate::support::live::{require_live, say};
use crate::support::sandbox::{Finished, Sandbox};
use crate::support::tools::{from_pypi, run};

const PROJECT: &str = "[project]
name = 'demo'
version = '1'
requires-python = '>=3.12'
classifiers = [
    'Programming Language :: Python :: 3.13',
    'Programming Language :: Python :: 3.14',
    'Programming Language :: Python :: Free Threading :: 2 - Beta',
]
";

fn project(text: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    std::fs::write(sandbox.home().join("pyproject.toml"), text).expect("write");
    sandbox
}

#[test]
fn every_format_is_what_its_tool_reads() {
    let sandbox = project(PROJECT);
    let print = |format: &str| sandbox.ok(&["ci", "matrix", "--format", format]).stdout;
    let gha = print("gha");
    assert_eq!(gha, "{\"python-version\":[\"3.13\",\"3.14\",\"3.14t\"]}\n");
    let document: serde_json::Value = serde_json::from_str(&gha).expect("JSON");
    assert_eq!(document["python-version"][2], "3.14t");
    assert_eq!(print("tox"), "py313,py314,py314t\n");
    assert_eq!(print("nox"), "[\"3.13\", \"3.14\", \"3.14t\"]\n");
    let hatch: toml::Table = print("hatch").parse().expect("TOML");
    let matrix = &hatch["tool"]["hatch"]["envs"]["hatch-test"]["matrix"][0];
    assert_eq!(matrix["python"].as_array().expect("a list").len(), 3);
    let gitlab: serde_yaml::Value = serde_yaml::from_str(&print("gitlab")).expect("YAML");
    assert_eq!(gitlab["parallel"]["matrix"][0]["PYTHON_VERSION"][0], "3.13");
    let json = sandbox.ok(&["ci", "matrix", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["versions"][2]["tox"], "py314t");
    assert_eq!(json["requires_python"], ">=3.12");
    let never = sandbox
        .ok(&["ci", "matrix", "--freethreaded", "never"])
        .stdout;
    assert_eq!(never, "{\"python-version\":[\"3.13\",\"3.14\"]}\n");
}

#[test]
fn what_pyproject_leaves_to_setuptools_is_read_from_setup_cfg() {
    let sandbox = project("[build-system]\nrequires = ['setuptools']\n");
    let write = |name: &str, text: &str| {
        std::fs::write(sandbox.home().join(name), text).expect("write");
    };
    write(
        "setup.cfg",
        "[metadata]\nclassifiers =\n    Programming Language :: Python :: 3.13\n    \
         Programming Language :: Python :: 3.14\n    \
         Programming Language :: Python :: Free Threading\n\
         [options]\npython_requires = >=3.14\n",
    );
    let both = "{\"python-version\":[\"3.14\",\"3.14t\"]}\n";
    assert_eq!(sandbox.ok(&["ci", "matrix"]).stdout, both);
    write("pyproject.toml", "[project]\nname = 'x'\n");
    let silent = sandbox.fails(2, &["ci", "matrix"]);
    assert!(
        silent.stderr.contains("pyproject.toml: no versions found"),
        "{silent:?}"
    );
    let dynamic = "[project]\ndynamic = ['classifiers']\nrequires-python = '>=3.13'\n";
    write("pyproject.toml", dynamic);
    let said = sandbox.ok(&["ci", "matrix"]).stdout;
    assert_eq!(said, "{\"python-version\":[\"3.13\",\"3.14\",\"3.14t\"]}\n");
    std::fs::remove_file(sandbox.home().join("pyproject.toml")).expect("remove");
    assert_eq!(sandbox.ok(&["ci", "matrix"]).stdout, both);
    write("setup.cfg", "[options]\npython_requires = ~3.9\n");
    let wrong = sandbox.fails(2, &["ci", "matrix"]);
    assert!(
        wrong
            .stderr
            .contains("setup.cfg:2: python_requires is `~3.9`"),
        "{wrong:?}"
    );
}

#[test]
fn pins_add_their_own_and_a_note_says_what_is_left_out() {
    let sandbox = project("[project]\nrequires-python = '>=3.14,<3.15'\n");
    let said = sandbox.ok(&["ci", "matrix"]);
    assert_eq!(said.stdout, "{\"python-version\":[\"3.14\"]}\n");
    assert!(
        said.stderr.contains("note: no free-threaded build"),
        "{said:?}"
    );
    std::fs::write(sandbox.home().join(".python-version"), "3.14t\n3.13t\n").expect("write");
    let said = sandbox.ok(&["ci", "matrix"]);
    assert_eq!(said.stdout, "{\"python-version\":[\"3.14\",\"3.14t\"]}\n");
    assert!(
        said.stderr.contains("note: 3.13t is pinned, but"),
        "{said:?}"
    );
}

const CLASSIFIED: &str = "classifiers = ['Programming Language :: Python :: Free Threading']";

fn said(requires: &str, rest: &str, arguments: &[&str]) -> Finished {
    let sandbox = project(&format!(
        "[project]\nrequires-python = '{requires}'\n{rest}\n"
    ));
    sandbox.run(&[&["ci", "matrix"], arguments].concat())
}

#[test]
fn only_versions_that_requires_python_admits_are_named() {
    let done = said(">=3.14.99,<3.15", "", &[]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(
        done.stderr.contains(
            "skipping 3.14: requires-python = \">=3.14.99,<3.15\" allows none of its known"
        ),
        "{done:?}"
    );
    let done = said(">=3.13,<=3.13.5", "", &[]);
    assert_eq!(
        done.stdout, "{\"python-version\":[\"3.13.5\"]}\n",
        "{done:?}"
    );
    assert!(
        done.stderr.contains("note: using 3.13.5 instead of 3.13:"),
        "{done:?}"
    );
    let done = said(">=3.13,<=3.13.5", "", &["--format", "tox"]);
    assert_eq!(done.stdout, "py313\n");
    assert!(
        done.stderr.contains("tox cannot select a patch release"),
        "{done:?}"
    );
    let done = said("", "", &[]);
    assert!(done.stdout.contains("\"3.13\",\"3.14\""), "{done:?}");
    let classifier = "classifiers = ['Programming Language :: Python :: 3.12', \
        'Programming Language :: Python :: 3.14']";
    let done = said(">=3.13", classifier, &[]);
    assert_eq!(done.stdout, "{\"python-version\":[\"3.14\"]}\n");
    assert!(
        done.stderr
            .contains("note: skipping 3.12: a classifier names it, but requires-python"),
        "{done:?}"
    );
}

#[test]
fn why_there_is_no_free_threaded_build_is_the_true_reason() {
    let neither = "not requested by the classifier `Free Threading` or a pin";
    for (requires, rest, arguments, words) in [
        (
            ">=3.13,<3.14",
            CLASSIFIED,
            &[][..],
            "the classifier `Free Threading` requests one, but 3.13t is experimental and only \
             included if it is pinned",
        ),
        (
            ">=3.12,<3.13",
            CLASSIFIED,
            &[],
            "the classifier `Free Threading` requests one, but none of these versions supports it",
        ),
        (
            ">=3.12,<3.13",
            "",
            &["--freethreaded", "always"],
            "build: none of these versions supports it",
        ),
    ] {
        let done = said(requires, rest, arguments);
        assert!(done.stderr.contains(words), "{requires}: {done:?}");
        assert!(!done.stderr.contains(neither), "{requires}: {done:?}");
    }
    let done = said(">=3.14,<3.15", "", &[]);
    let always = format!("{neither}; `--freethreaded always` adds 3.14t");
    assert!(done.stderr.contains(&always), "{done:?}");

    let sandbox = project("[project]\nrequires-python = '>=3.14,<3.15'\n");
    std::fs::write(sandbox.home().join(".python-version"), "3.14td\n").expect("write");
    let done = sandbox.ok(&["ci", "matrix"]);
    assert!(!done.stderr.contains(neither), "{done:?}");
    assert!(
        done.stderr
            .contains("no free-threaded pin is a version of this matrix; `--free"),
        "{done:?}"
    );
}

#[test]
fn each_pin_that_gives_no_version_is_told_with_its_reason() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let pins = "3.14td\n>=3.13t\n3.14t+tsan\n";
    std::fs::write(sandbox.home().join(".python-version"), pins).expect("write");
    let done = sandbox.fails(3, &["ci", "matrix"]);
    for words in [
        "3.14td is pinned, but a matrix cannot contain a debug build",
        ">=3.13t is pinned, but a matrix cannot contain a range",
        "3.14t+tsan is pinned, but a matrix cannot contain a flavour",
    ] {
        assert!(done.stderr.contains(words), "{done:?}");
    }
    let done = sandbox.fails(2, &["ci", "matrix", "--project", "/nonexistent"]);
    assert!(
        done.stderr.contains("/nonexistent does not exist"),
        "{done:?}"
    );
}

#[test]
fn a_project_that_names_no_version_is_an_error_that_says_what_would() {
    for (text, code, words) in [
        (
            "[project]\nname = 'x'\n",
            2,
            "pyproject.toml: no versions found",
        ),
        ("[project]\ndynamic = ['classifiers']\n", 2, "`dynamic`"),
        ("[project\n", 2, "pyproject.toml:1: invalid TOML"),
        (
            "[project]\nrequires-python = '^3.9'\n",
            2,
            "pyproject.toml:2: requires-python is `^3.9`",
        ),
        (
            "[project]\nrequires-python = '>=3.99'\n",
            3,
            "none of the named versions",
        ),
    ] {
        let sandbox = project(text);
        let said = sandbox.fails(code, &["ci", "matrix"]);
        assert!(said.stderr.contains(words), "{text}: {said:?}");
        assert_eq!(said.stdout, "");
    }
    let sandbox = Sandbox::new();
    let said = sandbox.fails(2, &["ci", "matrix"]);
    assert!(said.stderr.contains("no pyproject.toml"), "{said:?}");
    assert!(said.stderr.contains("`ftpy pin 3.14t`"), "{said:?}");
}

#[test]
#[ignore = "live: needs tox, nox and hatch of PyPI"]
fn live_tox_nox_and_hatch_take_what_is_printed() {
    require_live();
    let sandbox = project(PROJECT);
    let home = sandbox.home();
    let bin = from_pypi(home, &["tox", "nox", "hatch"]);
    let program = |name: &str| bin.join(name).display().to_string();
    let print = |format: &str| sandbox.ok(&["ci", "matrix", "--format", format]).stdout;
    let place = home.join("place");
    std::fs::create_dir(&place).expect("mkdir");

    let tox = format!(
        "env_list = {}\n[testenv]\nskip_install = true\n",
        print("tox").trim()
    );
    std::fs::write(place.join("tox.ini"), format!("[tox]\n{tox}")).expect("write");
    let said = run(&program("tox"), &["list", "--no-desc", "-q"], &place);
    assert_eq!(said.stdout, "py313\npy314\npy314t\n", "{said:?}");

    let nox = format!(
        "import nox\n@nox.session(python={})\ndef tests(session): pass\n",
        print("nox").trim()
    );
    std::fs::write(place.join("noxfile.py"), nox).expect("write");
    let said = run(&program("nox"), &["--list"], &place);
    for version in ["3.13", "3.14", "3.14t"] {
        assert!(
            said.stdout.contains(&format!("tests-{version}\n")),
            "{said:?}"
        );
    }

    std::fs::write(
        place.join("pyproject.toml"),
        format!("{PROJECT}{}", print("hatch")),
    )
    .expect("write");
    let said = run(&program("hatch"), &["env", "show", "--json", "-i"], &place);
    assert_eq!(said.code, Some(0), "{said:?}");
    let environments: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let names = environments.as_object().expect("a mapping").keys();
    let names: Vec<&String> = names
        .filter(|name| name.starts_with("hatch-test.py"))
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    say(&format!("hatch has {names:?}"));
}

#[test]
fn what_is_not_read_or_not_right_is_named() {
    let sandbox = project("[tool.poetry.dependencies]\npython = '^3.10'\n");
    let said = sandbox.fails(2, &["ci", "matrix"]);
    assert!(
        said.stderr.contains("hint: [tool.poetry] is not read"),
        "{said:?}"
    );
    let write = |name: &str, text: &str| {
        std::fs::write(sandbox.home().join(name), text).expect("write");
    };
    write("setup.py", "from setuptools import setup\nsetup()\n");
    write(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools']\n",
    );
    let said = sandbox.fails(2, &["ci", "matrix"]);
    assert!(
        said.stderr.contains("hint: setup.py is not read"),
        "{said:?}"
    );
    write(
        "pyproject.toml",
        "[project]\nrequires-python = '>=3.14'\n\
         classifiers = ['Programming Language :: Python :: 3.13']\n",
    );
    let said = sandbox.fails(3, &["ci", "matrix"]);
    let hint = "hint: correct the classifiers, or requires-python";
    assert!(said.stderr.contains(hint), "{said:?}");
    assert!(!said.stderr.contains("list --available"), "{said:?}");
    // Before the first pre-release of 3.15.
    let range = "[project]\nrequires-python = '>=3.13,<3.15.dev0'\n";
    write("pyproject.toml", range);
    let said = sandbox.ok(&["ci", "matrix"]);
    assert_eq!(said.stdout, "{\"python-version\":[\"3.13\",\"3.14\"]}\n");
}

//! `ftpy ci matrix`: projects to the words of each tool, and projects that say nothing.

use crate::support::live::{is_live, say};
use crate::support::sandbox::Sandbox;
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

#[test]
fn a_project_that_names_no_version_is_an_error_that_says_what_would() {
    for (text, code, words) in [
        (
            "[project]\nname = 'x'\n",
            2,
            "pyproject.toml makes no matrix: it names no versions",
        ),
        ("[project]\ndynamic = ['classifiers']\n", 2, "`dynamic`"),
        (
            "[project\n",
            2,
            "pyproject.toml:1 cannot be used: it is no TOML",
        ),
        (
            "[project]\nrequires-python = '^3.9'\n",
            2,
            "pyproject.toml:2 cannot be used: its requires-python is",
        ),
        (
            "[project]\nrequires-python = '>=3.99'\n",
            3,
            "no released version",
        ),
    ] {
        let sandbox = project(text);
        let said = sandbox.fails(code, &["ci", "matrix"]);
        assert!(said.stderr.contains(words), "{text}: {said:?}");
        assert_eq!(said.stdout, "");
    }
    let sandbox = Sandbox::new();
    let said = sandbox.fails(2, &["ci", "matrix"]);
    assert!(
        said.stderr.contains("there is no pyproject.toml"),
        "{said:?}"
    );
    assert!(said.stderr.contains("`ftpy pin 3.14t`"), "{said:?}");
}

#[test]
fn live_tox_nox_and_hatch_take_what_is_printed() {
    let test = "live_tox_nox_and_hatch";
    if !is_live(test) {
        return;
    }
    let sandbox = project(PROJECT);
    let home = sandbox.home();
    let Some(bin) = from_pypi(test, home, &["tox", "nox", "hatch"]) else {
        return;
    };
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
    say(&format!("{test}: hatch has {names:?}"));
}

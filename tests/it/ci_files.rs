//! `ftpy ci setup --file`: files of other tools are read, or named as not read.

use crate::support::ci::both;
use crate::support::sandbox::{Finished, Sandbox, interpreter};

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.home().join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

/// A file, its text, and the version that is set up.
const DECLARED: &[(&str, &str, &str)] = &[
    (
        "Pipfile",
        "[packages]\n[requires]\npython_version = \"3.13\"\n",
        "3.13.5",
    ),
    (
        "a/Pipfile",
        "[requires]\npython_full_version = '3.14.7'\n",
        "3.14.7",
    ),
    (
        "Pipfile.lock",
        r#"{"_meta": {"requires": {"python_version": "3.14"}}}"#,
        "3.14.7",
    ),
    (
        "a/pyproject.toml",
        "[tool.poetry.dependencies]\npython = '^3.13'\n",
        "3.14.7",
    ),
    (
        "b/pyproject.toml",
        "[tool.poetry.dependencies]\npython = '~3.13'\n",
        "3.13.5",
    ),
    (
        "c/pyproject.toml",
        "[tool.poetry.dependencies]\npython = '>=3.13,<3.14'\n",
        "3.13.5",
    ),
    (
        "d/pyproject.toml",
        "[tool.poetry.dependencies]\npython = '*'\n",
        "3.14.7",
    ),
    (
        "e/pyproject.toml",
        "[tool.poetry.dependencies.python]\nversion = '3.13.*'\n",
        "3.13.5",
    ),
    (
        "f/pyproject.toml",
        "[project]\nrequires-python = '>=3.13, !=3.14.7'\n",
        "3.13.5",
    ),
    ("mise.toml", "[tools]\npython = '3.14t'\n", "3.14.7t"),
    (
        "a/.mise.toml",
        "[tools]\npython = { version = '3.13' }\n",
        "3.13.5",
    ),
    ("mise/config.toml", "[tools]\npython = 'latest'\n", "3.14.7"),
    ("runtime.txt", "python-3.13.5\n", "3.13.5"),
    ("a/runtime.txt", "python-3.14\n", "3.14.7"),
    (
        "setup.cfg",
        "[options]\npython_requires = >=3.13,<3.14\n",
        "3.13.5",
    ),
    (
        "uv.lock",
        "version = 1\nrequires-python = \">=3.13\"\n",
        "3.14.7",
    ),
    (".tool-versions", "nodejs 22\npython 3.13\n", "3.13.5"),
    ("virtualenv", "3.14.7\n", "3.14.7"),
];

/// A file, its text, a part of the error, and a part of its only hint.
const UNUSABLE: &[(&str, &str, &str, &str)] = &[
    (
        "Pipfile",
        "[packages]\n",
        "no python_version in [requires]",
        "of the Pipfile",
    ),
    (
        "a/Pipfile",
        "[requires]\n\npython_version = 3.14\n",
        "a/Pipfile:3: python_version is a number",
        "ftpy ci setup 3.14t",
    ),
    (
        "b/Pipfile",
        "[requires\n",
        "b/Pipfile:1: invalid TOML",
        "ftpy ci setup 3.14t",
    ),
    (
        "mise.toml",
        "[tools]\nnode = '22'\n",
        "no python in [tools]",
        "in its [tools]",
    ),
    (
        "a/mise.toml",
        "[tools]\npython = 'path:/opt'\n",
        "a/mise.toml:2 asks for `path:/opt`",
        "ftpy ci setup 3.14t",
    ),
    (
        "pyproject.toml",
        "[tool.poetry.dependencies]\npython = '^3.10 || ^3.12'\n",
        "pyproject.toml:2 asks for",
        "ftpy ci setup 3.14t",
    ),
    (
        "a/pyproject.toml",
        "[tool.black]\n",
        "no requires-python in [project], and no python in",
        "in its [project]",
    ),
    (
        "runtime.txt",
        "python-2.x.y\n",
        "runtime.txt:1",
        "correct line 1 of",
    ),
    (
        "a/runtime.txt",
        "# none\n",
        "names no build",
        "add a line with a version",
    ),
    (
        "setup.py",
        "python_requires='>=3.13'\n",
        "does not read versions from",
        "--file reads",
    ),
    (
        "environment.yml",
        "dependencies: [python=3.13]\n",
        "does not read versions from",
        "--file reads",
    ),
    (
        "tox.ini",
        "[tox]\n",
        "does not read versions from",
        "--file reads",
    ),
];

/// The keys of what is set up, the active one first.
fn set_up(sandbox: &Sandbox, arguments: &[&str]) -> (Vec<String>, Finished) {
    let all = [&["ci", "setup", "--json"], arguments].concat();
    let said = sandbox.ok(&all);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let keys = document["installations"].as_array().expect("keys").iter();
    let keys = keys.map(|key| key.as_str().expect("a key"));
    let names = keys.map(|key| key.split('-').next().unwrap_or_default().to_owned());
    (names.collect(), said)
}

#[test]
fn setup_reads_the_version_where_each_tool_declares_it() {
    let mut sandbox = both();
    sandbox.offer(&interpreter("3.13.5", ""));
    for (name, text, expected) in DECLARED {
        write(&sandbox, name, text);
        let (keys, said) = set_up(&sandbox, &["--file", name]);
        assert_eq!(keys, [*expected], "{name} {text}: {said:?}");
    }
    write(
        &sandbox,
        "m/mise.toml",
        "[tools]\npython = ['3.14t', '3.13', 'pypy3.11']\n",
    );
    let (keys, said) = set_up(&sandbox, &["--file", "m/mise.toml"]);
    assert_eq!(keys, ["3.14.7t", "3.13.5"]);
    assert!(said.stderr.contains("skipped `pypy3.11`"), "{said:?}");
    let flavor = "[tools]\npython = '3.14'\n[settings.python]\n\
                  precompiled_flavor = 'freethreaded+pgo+lto-full'\n";
    write(&sandbox, "n/mise.toml", flavor);
    assert_eq!(set_up(&sandbox, &["--file", "n/mise.toml"]).0, ["3.14.7t"]);
    write(
        &sandbox,
        "o/Pipfile",
        "[requires]\npython_version = \"3.14\"\n",
    );
    let (keys, _) = set_up(&sandbox, &["--freethreaded", "--file", "o/Pipfile"]);
    assert_eq!(keys, ["3.14.7t"]);
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_line_and_no_hint_names_another() {
    let sandbox = both();
    for (name, text, words, hint) in UNUSABLE {
        write(&sandbox, name, text);
        let said = sandbox.fails(2, &["ci", "setup", "--file", name]);
        assert!(said.stderr.contains(words), "{name}: {said:?}");
        assert!(said.stderr.contains(name), "{name}: {said:?}");
        assert!(!said.stderr.contains("ftpy pin"), "{name}: {said:?}");
        let hints: Vec<&str> = said
            .stderr
            .lines()
            .filter(|line| line.starts_with("hint: "))
            .collect();
        assert_eq!(hints.len(), 1, "{name}: {said:?}");
        assert!(hints[0].contains(hint), "{name}: {said:?}");
    }
    // `ftpy pin` writes this file, and only this one.
    write(&sandbox, ".python-version", "system\n");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(said.stderr.contains("`ftpy pin 3.14t`"), "{said:?}");
    std::fs::rename(
        sandbox.home().join(".python-version"),
        sandbox.home().join(".python-versions"),
    )
    .expect("rename");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(!said.stderr.contains("ftpy pin"), "{said:?}");
}

#[test]
fn without_a_version_file_setup_proposes_the_file_that_declares_one() {
    let sandbox = both();
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(said.stderr.contains("`ftpy pin 3.14t`"), "{said:?}");
    write(&sandbox, "pyproject.toml", "[tool.black]\n");
    write(&sandbox, "Pipfile", "[requires]\npython_version = '3.14'\n");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(
        said.stderr
            .contains("hint: `ftpy ci setup --file Pipfile` uses"),
        "{said:?}"
    );
    sandbox.ok(&["ci", "setup", "--file", "Pipfile"]);
}

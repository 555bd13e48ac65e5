//! `ftpy install` without a request installs what would run here.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{output, three, with};

fn install(sandbox: &Sandbox, variable: &str) -> Finished {
    let mut command = sandbox.command(&["install", "--json"]);
    finished(output(command.env("FTPY_PYTHON", variable)))
}

fn installed(said: &Finished) -> Vec<String> {
    assert_eq!(said.code, Some(0), "{said:?}");
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let rows = document.as_array().expect("rows").iter();
    let key = |row: &serde_json::Value| row["key"].as_str().expect("a key").to_owned();
    rows.map(key)
        .map(|key| key.split('-').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn install_follows_the_variable_then_the_pins_then_the_default() {
    let sandbox = three();
    let said = install(&sandbox, "");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.stderr.contains("no request given, no default set"),
        "{said:?}"
    );
    sandbox.ok(&["default", "3.14"]);
    assert_eq!(installed(&install(&sandbox, "")), ["3.14.7"]);
    std::fs::write(sandbox.home().join(".python-version"), "3.14t\n3.13t\n").expect("write");
    assert_eq!(installed(&install(&sandbox, "")), ["3.14.7t", "3.13.5t"]);
    let said = install(&sandbox, "3.14");
    assert_eq!(installed(&said), ["3.14.7"]);
    assert!(
        said.stderr
            .contains("FTPY_PYTHON asks for 3.14, which applies instead of"),
        "{said:?}"
    );
    // A variable that cannot be used is not passed over.
    for (variable, words) in [
        ("3.x.y", "FTPY_PYTHON"),
        ("system", "ftpy does not install"),
    ] {
        let said = install(&sandbox, variable);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.stderr.contains(words), "{said:?}");
    }
    // A file that cannot be used is not passed over for the default.
    std::fs::write(sandbox.home().join(".python-version"), "3.14tt\n").expect("write");
    assert_eq!(install(&sandbox, "").code, Some(2));
}

#[test]
fn install_names_a_file_of_another_tool_that_it_does_not_read() {
    let sandbox = with(&[]);
    for (file, text, hint) in [
        (
            "mise.toml",
            "[tools]\npython = \"3.14t\"\n",
            "`ftpy pin 3.14t`",
        ),
        ("runtime.txt", "python-3.13.5\n", "`ftpy pin 3.13.5`"),
        (
            "Pipfile",
            "[requires]\npython_version = \"3.13\"\n",
            "`ftpy pin 3.13`",
        ),
        // Nothing that ftpy could pin.
        (
            "mise.toml",
            "[tools]\nnode = \"22\"\n",
            "or pin one with `ftpy pin 3.14t`",
        ),
    ] {
        let path = sandbox.home().join(file);
        std::fs::write(&path, text).expect("write");
        let said = sandbox.fails(2, &["install"]);
        assert!(said.stderr.contains(hint), "{file}: {said:?}");
        let names = said.stderr.contains(&format!(
            "hint: the version in {file} is read by `ftpy ci` only"
        ));
        assert_eq!(names, !text.contains("node"), "{file}: {said:?}");
        let said = sandbox.fails(2, &["ci", "cache-key"]);
        let proposes = said
            .stderr
            .contains(&format!("`ftpy ci setup --file {file}`"));
        assert_eq!(proposes, names, "{file}: {said:?}");
        std::fs::remove_file(&path).expect("remove");
    }
}

#[test]
fn install_of_a_default_that_is_not_a_version_says_what_asks_for_it() {
    let sandbox = with(&[("3.14.7", "t")]);
    sandbox.ok(&["default", "system"]);
    let said = install(&sandbox, "");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.stderr
            .contains("asks for system, which ftpy does not install"),
        "{said:?}"
    );
    let said = install(&sandbox, "mine");
    assert!(said.stderr.contains("mine"), "{said:?}");
    assert_ne!(said.code, Some(0));
}

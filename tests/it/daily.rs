//! Default, settings, show and which: their output and refusals.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{output, with};
use std::path::Path;

fn at(sandbox: &Sandbox, place: &Path, arguments: &[&str]) -> Finished {
    finished(output(sandbox.command(arguments).current_dir(place)))
}

fn json(finished: &Finished) -> serde_json::Value {
    serde_json::from_str(&finished.stdout).expect("JSON")
}

#[test]
fn the_default_is_set_printed_and_taken_away() {
    let sandbox = with(&[("3.14.7", "t")]);
    sandbox.fails(3, &["default"]);
    assert_eq!(
        json(&sandbox.ok(&["--json", "default"]))["default"],
        serde_json::Value::Null
    );
    sandbox.ok(&["default", "3.14+freethreaded"]);
    assert_eq!(sandbox.ok(&["default"]).stdout, "3.14t\n");
    let said = sandbox.ok(&["default", "3.15t"]);
    assert!(said.stderr.contains("`ftpy install 3.15t`"), "{said:?}");
    for bad in ["3.12t", "./x.tar.zst", "latest"] {
        sandbox.fails(2, &["default", bad]);
    }
    assert_eq!(
        sandbox.ok(&["default"]).stdout,
        "3.15t\n",
        "a bad one changes nothing"
    );
    sandbox.ok(&["default", "none"]);
    sandbox.fails(3, &["default"]);
}

#[test]
fn settings_are_known_and_checked() {
    let sandbox = with(&[("3.14.7", "t")]);
    sandbox.ok(&["config", "set", "auto-install", "YES"]);
    assert_eq!(
        sandbox.ok(&["config", "get", "auto-install"]).stdout,
        "true\n"
    );
    sandbox.fails(2, &["config", "set", "auto-install", "perhaps"]);
    sandbox.fails(2, &["config", "set", "colour", "true"]);
    let file = sandbox.store.join("config");
    let text = std::fs::read_to_string(&file).expect("config") + "# mine\nfuture = 1\n";
    std::fs::write(&file, text).expect("write");
    sandbox.ok(&["config", "unset", "auto-install"]);
    sandbox.fails(3, &["config", "get", "auto-install"]);
    let left = std::fs::read_to_string(&file).expect("config");
    assert_eq!(left, "# mine\nfuture = 1\n");
}

#[test]
fn config_list_says_where_each_value_comes_from() {
    let mut sandbox = with(&[]);
    let list = |sandbox: &Sandbox| json(&sandbox.ok(&["--json", "config", "list"]));
    let is = |list: &serde_json::Value, name: &str, value: &str, from: &str| {
        assert_eq!(list[name]["value"], value, "{list}");
        assert_eq!(list[name]["from"], from, "{list}");
    };
    is(&list(&sandbox), "auto-install", "false", "default");
    is(
        &list(&sandbox),
        "sources",
        "pbs,conda,distro,source",
        "default",
    );
    sandbox.ok(&["config", "set", "auto-install", "true"]);
    is(&list(&sandbox), "auto-install", "true", "file");
    sandbox.set("FTPY_AUTO_INSTALL", "0");
    sandbox.set("FTPY_PBS_MIRROR", "https://me:s3cret@mirror.example/pbs");
    let list = list(&sandbox);
    is(&list, "auto-install", "0", "environment");
    is(
        &list,
        "FTPY_PBS_MIRROR",
        "https://mirror.example/pbs",
        "environment",
    );
    assert_eq!(list["FTPY_PYTHON"]["value"], serde_json::Value::Null);
    let channels = "a,https://me:s3cret@h.example/x https://you:s3cret@h.example/y";
    sandbox.set("FTPY_CONDA_CHANNELS", channels);
    let shown = sandbox.ok(&["config", "list"]).stdout;
    assert!(shown.contains("https://h.example/y"), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn show_tells_the_active_build_its_path_the_reason_and_the_others() {
    let mut sandbox = with(&[("3.14.7", "t"), ("3.14.7", "")]);
    let place = sandbox.home().join("p/deep");
    std::fs::create_dir_all(&place).expect("mkdir");
    let file = sandbox.home().join("p/.python-version");
    std::fs::write(&file, "\n3.14t\n").expect("write");
    let real = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    let said = at(&sandbox, &place, &["show"]);
    let expected = format!(
        "active: 3.14.7t-pbs-20260901, free-threaded, GIL off\n  path: {}\n  \
         why:  {}:2 asks for 3.14t\nalso installed:\n  3.14.7-pbs-20260901  GIL\n",
        real.display(),
        file.display()
    );
    assert_eq!(said.stdout, expected);
    let document = json(&at(&sandbox, &place, &["--json", "show"]));
    let active = &document["active"];
    assert_eq!(active["gil_enabled"], false);
    assert_eq!(active["reason"]["kind"], "pin");
    assert_eq!(active["reason"]["line"], 2);
    assert_eq!(active["path"], real.display().to_string());
    assert_eq!(document["installed"][0]["variant"], "GIL");
    // An unavailable version is an error, and the installed ones are still shown.
    sandbox.set("FTPY_PYTHON", "3.15t");
    let said = at(&sandbox, &place, &["show"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stderr.contains("requested by FTPY_PYTHON"), "{said:?}");
    assert!(said.stdout.contains("3.14.7t-pbs-20260901"), "{said:?}");
    let said = at(&sandbox, &place, &["--json", "show"]);
    let document = json(&said);
    assert_eq!(document["active"], serde_json::Value::Null);
    assert_eq!(document["error"]["kind"], "not-found");
    // No request, no pin, and only the shims on PATH.
    sandbox.unset("FTPY_PYTHON");
    let mut command = sandbox.command(&["show"]);
    let said = finished(output(command.env("PATH", sandbox.store.join("shims"))));
    assert_eq!(said.code, Some(3), "{said:?}");
}

#[test]
fn which_takes_names_and_requests_and_explains_itself() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")]);
    let place = sandbox.home().join("p");
    std::fs::create_dir_all(&place).expect("mkdir");
    std::fs::write(place.join(".python-version"), "3.14t\n").expect("write");
    let bin = |key: &str| sandbox.store.join("installs").join(key).join("bin");
    for (name, expected) in [
        ("python", bin("3.14.7t-pbs-20260901").join("python3.14t")),
        ("pip", bin("3.14.7t-pbs-20260901").join("pip3.14")),
        ("python3.14", bin("3.14.7-pbs-20260901").join("python3.14")),
        ("3.13t", bin("3.13.5t-pbs-20260901").join("python3.13t")),
        ("pip3.13t", bin("3.13.5t-pbs-20260901").join("pip3.13")),
    ] {
        let said = at(&sandbox, &place, &["which", name]);
        assert_eq!(said.stdout, format!("{}\n", expected.display()), "{said:?}");
        assert_eq!(said.stderr, "");
    }
    let said = at(&sandbox, &place, &["which", "python", "--explain"]);
    for part in [
        "FTPY_PYTHON: not set",
        "3.14t (line 1)",
        "default: none",
        "result: ",
    ] {
        assert!(said.stderr.contains(part), "{part}: {said:?}");
    }
    assert_eq!(said.stdout.lines().count(), 1);
    // A console script of the active installation, and one of no installation.
    let script = bin("3.14.7t-pbs-20260901").join("tool");
    std::fs::copy("/bin/true", &script).expect("copy");
    assert_eq!(
        at(&sandbox, &place, &["which", "tool"]).stdout,
        format!("{}\n", script.display())
    );
    assert_eq!(
        at(&sandbox, &place, &["which", "no-such-tool"]).code,
        Some(2)
    );
    assert_eq!(
        at(&sandbox, &place, &["which", "../../../bin/tool"]).code,
        Some(2)
    );
    // One build lacks pip.
    for name in ["pip", "pip3", "pip3.13"] {
        let _ = std::fs::remove_file(bin("3.13.5t-pbs-20260901").join(name));
    }
    let said = at(&sandbox, &place, &["which", "pip3.13t"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stderr.contains("ensurepip"), "{said:?}");
}

#[test]
fn list_requests_names_everything_that_can_be_completed() {
    let sandbox = with(&[("3.14.7", "t")]);
    assert_eq!(
        sandbox.ok(&["list", "--requests"]).stdout,
        "3.14.7t\n3.14.7t-pbs-20260901\n3.14t\n"
    );
}

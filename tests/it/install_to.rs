//! `ftpy install --to DIR`: plain prefixes for images.

use crate::support::sandbox::{Sandbox, interpreter};
use std::path::Path;
use std::process::Command;

fn offering() -> Sandbox {
    let mut sandbox = Sandbox::new();
    for (version, flags) in [("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")] {
        sandbox.offer(&interpreter(version, flags));
    }
    sandbox
}

/// The names in the home, apart from the store.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("read").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != "store").collect();
    names.sort();
    names
}

#[test]
fn install_to_a_directory_makes_a_plain_prefix_without_shims() {
    let sandbox = offering();
    let said = sandbox.ok(&["--json", "install", "3.14t", "--to", "images/new/python"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let home = sandbox.home().canonicalize().expect("a path");
    let image = home.join("images/new/python");
    assert_eq!(json[0]["prefix"], image.display().to_string());
    assert_eq!(json[0]["receipt"]["prefix"], image.display().to_string());
    assert_eq!(
        names(&home.join("images/new")),
        ["python"],
        "no stage is left"
    );
    // The files name their final place, and start from it without ftpy.
    let pip = std::fs::read_to_string(image.join("bin/pip3.14")).expect("pip");
    assert!(pip.contains(&image.display().to_string()), "{pip}");
    for name in ["python3.14t", "python3", "python"] {
        let mut python = Command::new(image.join("bin").join(name));
        let output = python.arg("-I").env_clear().output().expect("it starts");
        assert!(output.status.success(), "{name}");
    }
    assert_eq!(sandbox.installed(), Vec::<String>::new());
    assert!(!sandbox.store.join("shims").exists());
    assert_eq!(sandbox.ok(&["--json", "list"]).stdout.trim(), "[]");
}

#[test]
fn install_to_is_repeatable_and_replaces_another_build_only_if_told() {
    let sandbox = offering();
    let said = sandbox.ok(&["install", "3.14t", "--to", "py"]);
    assert!(said.stderr.contains("Installed 3.14.7t (pbs)"), "{said:?}");
    assert!(!said.stderr.contains("ftpy setup"), "{said:?}");
    let said = sandbox.ok(&["install", "3.14t", "--to", "py"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
    let refused = sandbox.fails(2, &["install", "3.13t", "--to", "py"]);
    let message = "py contains 3.14.7t-pbs-20260901";
    assert!(refused.stderr.contains(message), "{refused:?}");
    assert!(refused.stderr.contains("--reinstall"), "{refused:?}");
    let place = sandbox.home().join("py");
    std::fs::write(place.join("lib/python3.14t/extra.py"), "").expect("write");
    sandbox.ok(&["install", "3.13t", "--reinstall", "--to", "py"]);
    assert!(place.join("bin/python3.13t").exists());
    assert!(!place.join("bin/python3.14t").exists());
    assert_eq!(names(sandbox.home()), ["py"]);
}

#[test]
fn install_to_refuses_what_it_did_not_make() {
    let sandbox = offering();
    sandbox.ok(&["-q", "install", "3.14t"]);
    let home = sandbox.home();
    std::fs::create_dir(home.join("mine")).expect("mkdir");
    std::fs::write(home.join("mine/file"), "mine").expect("write");
    std::fs::create_dir(home.join("empty")).expect("mkdir");
    for (to, code, message) in [
        (
            "mine",
            2,
            "is not empty, and `ftpy install --to` did not make it",
        ),
        ("mine/file", 7, "cannot read"),
        ("/", 2, "is not empty"),
        ("store/image", 2, "is in the store"),
        ("store/installs/3.14.7t-pbs-20260901", 2, "is in the store"),
        ("missing/../x", 2, "does not exist"),
    ] {
        let refused = sandbox.fails(code, &["install", "3.14t", "--to", to]);
        assert!(refused.stderr.contains(message), "{to}: {refused:?}");
    }
    for (arguments, message) in [
        (&["3.14t", "3.13t"][..], "--to takes one request, not 2"),
        (&["distro:3.14"], "the source distro cannot be moved"),
        (&["3.14t", "--twin"], "--twin"),
    ] {
        let line = [&["install"], arguments, &["--to", "x"]].concat();
        let refused = sandbox.fails(2, &line);
        assert!(refused.stderr.contains(message), "{refused:?}");
    }
    sandbox.ok(&["install", "3.14t", "--to", "empty"]);
    assert!(home.join("empty/bin/python3.14t").exists());
    assert_eq!(names(home), ["empty", "mine"]);
}

#[test]
fn install_to_leaves_nothing_if_the_digest_is_wrong() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.list(&archive, Some(&"0".repeat(64)));
    let path = format!("/{}", archive.name);
    sandbox.server.file(&path, archive.bytes.clone());
    sandbox.fails(5, &["install", "3.14t", "--to", "py"]);
    assert_eq!(names(sandbox.home()), Vec::<String>::new());
    sandbox.ok(&["install", "3.14t", "--dry-run", "--to", "py"]);
    assert_eq!(names(sandbox.home()), Vec::<String>::new());
}

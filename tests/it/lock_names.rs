//! Names in locks, links and receipts become parts of paths, which must stay in the store.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::shims::executable;
use std::path::Path;

const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A lock of a source build whose id leads from the store's `locks/` to a file of the user.
fn lock(build: &str) -> String {
    let here = ftpy::host::target::detect();
    format!(
        "version = 1\nplatforms = [\"{here}\"]\n\n[[build]]\nrequest = \"3.14t\"\nplatform = \"{here}\"\nversion = \"3.14.7\"\nprovider = \"source\"\nbuild = \"{build}\"\nfile = \"Python-3.14.7.tar.xz\"\nsha256 = \"{SHA}\"\nurls = [\n  \"https://example.org/x\",\n]\nconfigure = [\n  \"--disable-gil\",\n]\n"
    )
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_build_id_in_a_lock_cannot_name_a_file_outside_the_store() {
    for build in [
        "x/../../../precious.txt",
        "../precious.txt",
        "/precious.txt",
        "..",
        "12345678/../../precious.txt",
    ] {
        for command in [
            &["install", "--locked"][..],
            &["ci", "setup"],
            &["ci", "cache-key"],
            &["mirror", "out"],
            &["bundle", "create", "--output", "bundle.ftpy"],
        ] {
            let sandbox = Sandbox::new();
            let precious = sandbox.home().join("precious.txt");
            std::fs::write(&precious, "mine").expect("write");
            std::fs::write(sandbox.home().join(".python-version"), "3.14t\n").expect("write");
            std::fs::write(sandbox.home().join("ftpy.lock"), lock(build)).expect("write");
            let said = sandbox.run(command);
            assert_eq!(read(&precious), "mine", "{build} {command:?}: {said:#?}");
            assert_eq!(said.code, Some(2), "{build} {command:?}: {said:#?}");
            let complaint = "is not a valid build of source";
            assert!(said.stderr.contains(complaint), "{command:?}: {said:#?}");
            assert!(!sandbox.store.join("locks").exists(), "{command:?}");
        }
    }
}

#[test]
fn same_as_takes_a_key_and_not_a_path() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.home().join("elsewhere/.ftpy");
    std::fs::create_dir_all(&elsewhere).expect("mkdir");
    sandbox.mark();
    std::fs::create_dir_all(sandbox.store.join("installs")).expect("mkdir");
    std::fs::write(elsewhere.join("receipt.json"), "{}").expect("write");
    let path = sandbox.home().join("elsewhere");
    for named in ["../../elsewhere", path.to_str().expect("UTF-8")] {
        let said = sandbox.fails(3, &["build", "--same-as", named]);
        assert!(said.stderr.contains("is not installed"), "{said:#?}");
    }
}

#[test]
fn a_link_whose_name_does_not_read_back_is_refused() {
    let sandbox = Sandbox::new();
    let python = sandbox.home().join("python3");
    let says = crate::support::sandbox::probe_answer("3.14.7", "t", "t");
    executable(&python, &says);
    for name in ["my.conda", "my.tar.gz"] {
        let said = sandbox.fails(2, &["link", name, "python3"]);
        assert!(said.stderr.contains(name), "{said:#?}");
        assert!(sandbox.installed().is_empty(), "{said:#?}");
    }
}

#[test]
fn a_receipt_cannot_name_an_interpreter_outside_its_installation() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let key = sandbox.installed().remove(0);
    let path = sandbox
        .store
        .join("installs")
        .join(&key)
        .join(".ftpy/receipt.json");
    let good = read(&path);
    for (field, value) in [
        ("executable", "../../../python3"),
        ("executable", "/usr/bin/python3"),
        ("key", "../../../precious"),
    ] {
        let mut receipt: serde_json::Value = serde_json::from_str(&good).expect("JSON");
        receipt[field] = value.into();
        std::fs::write(&path, receipt.to_string()).expect("write");
        let said = sandbox.fails(5, &["verify", "3.14t"]);
        let shown = format!("`{value}` is not a valid");
        assert!(said.stdout.contains(&shown), "{said:#?}");
    }
}

//! `verify`: added files and changed permissions.

use crate::support::sandbox::{Sandbox, interpreter};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const KEY: &str = "3.14.7t-pbs-20260901";
const SITE: &str = "lib/python3.14t/site-packages";

fn installed() -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let prefix = sandbox.store.join("installs").join(KEY);
    (sandbox, prefix)
}

fn put(prefix: &Path, path: &str, text: &str) {
    let path = prefix.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

/// The output of `verify --json` for the installation.
fn said(sandbox: &Sandbox, code: i32) -> Value {
    let finished = sandbox.fails(code, &["--json", "verify"]);
    let all: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    all[0].clone()
}

/// Whether `doctor` reports the installation as altered.
fn is_altered(sandbox: &Sandbox) -> bool {
    let finished = sandbox.run(&["doctor"]);
    finished.stdout.contains("installation-altered")
}

/// Files by pip: two modules, a script, byte code, and their RECORD.
fn install_package(prefix: &Path) {
    put(prefix, &format!("{SITE}/six.py"), "x = 1\n");
    put(
        prefix,
        &format!("{SITE}/__pycache__/six.cpython-314t.pyc"),
        "x",
    );
    put(
        prefix,
        &format!("{SITE}/fast/_core.cpython-314t-x86_64-linux-gnu.so"),
        "x",
    );
    put(prefix, &format!("{SITE}/six.pth"), "");
    put(prefix, "bin/six", "#!/bin/sh\n");
    let record = "six.py,sha256=unchecked,6\n\
         __pycache__/six.cpython-314t.pyc,,\n\
         fast/_core.cpython-314t-x86_64-linux-gnu.so,,\n\
         six.pth,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\
         ../../../bin/six,,\n\
         six-1.dist-info/RECORD,,\n";
    put(prefix, &format!("{SITE}/six-1.dist-info/RECORD"), record);
}

#[test]
fn what_packages_list_is_counted_and_sound() {
    let (sandbox, prefix) = installed();
    install_package(&prefix);
    put(
        &prefix,
        "lib/python3.14t/__pycache__/os.cpython-314t.pyc",
        "x",
    );
    let found = said(&sandbox, 0);
    assert_eq!(found["added_by_packages"], 6, "{found}");
    assert_eq!(found["unclaimed"], serde_json::json!([]), "{found}");
    assert_eq!(
        sandbox.ok(&["verify"]).stdout,
        format!("{KEY}: ok (6 files added by packages)\n")
    );
    assert!(!is_altered(&sandbox));
}

#[test]
fn code_that_no_package_lists_is_told_and_makes_it_unsound() {
    for path in [
        &format!("{SITE}/sitecustomize.py"),
        &format!("{SITE}/usercustomize.py"),
        &format!("{SITE}/sitecustomize/__init__.py"),
        &format!("{SITE}/evil.pth"),
        &format!("{SITE}/six.cpython-314t-x86_64-linux-gnu.so"),
        &format!("{SITE}/six/__init__.py"),
        "lib/python3.14t/sitecustomize.py",
        "lib/python3.14t/evil.py",
        "lib/python3.14t/os.cpython-314t-x86_64-linux-gnu.so",
        "lib/python3.14t/json/__init__.py",
        "lib/python3.14t/lib-dynload/evil.so",
        "lib/python314.zip",
        "lib/libssl.so.3",
        "pyvenv.cfg",
        "bin/pyvenv.cfg",
    ] {
        let (sandbox, prefix) = installed();
        install_package(&prefix);
        put(&prefix, path, "evil");
        let finished = sandbox.fails(5, &["verify"]);
        let line = format!("  added: {path}\n");
        assert!(finished.stdout.contains(&line), "{finished:?}");
        let full = prefix.join(path);
        let command = format!("rm -- '{}'", full.display());
        assert!(finished.stderr.contains(&command), "{finished:?}");
        let found = said(&sandbox, 5);
        assert_eq!(found["differences"][0]["what"], "added", "{found}");
        assert_eq!(found["differences"][0]["path"], *path, "{found}");
        assert!(is_altered(&sandbox), "{path}");
        std::fs::remove_file(full).expect("remove");
        sandbox.ok(&["verify"]);
    }
}

#[test]
fn a_directory_in_place_of_which_a_link_was_put_is_told() {
    let (sandbox, prefix) = installed();
    let library = prefix.join("lib/python3.14t");
    let elsewhere = sandbox.home().join("elsewhere");
    std::fs::rename(&library, &elsewhere).expect("rename");
    std::os::unix::fs::symlink(&elsewhere, &library).expect("symlink");
    let finished = sandbox.fails(5, &["verify"]);
    assert!(
        finished.stdout.contains("changed: lib/python3.14t\n"),
        "{finished:?}"
    );
    // Removing the link would leave nothing in its place.
    assert!(!finished.stderr.contains("rm --"), "{finished:?}");
    assert!(finished.stderr.contains("--reinstall"), "{finished:?}");
}

#[test]
fn a_script_that_pip_writes_in_place_of_a_link_is_of_a_package() {
    let (sandbox, prefix) = installed();
    let script = prefix.join("bin/pip");
    assert!(script.is_symlink(), "ftpy links pip to pip3.14");
    std::fs::remove_file(&script).expect("remove");
    put(&prefix, "bin/pip", "");
    let listed = |digest: &str| {
        let record = format!("../../../bin/pip,{digest},0\npip-2.dist-info/RECORD,,\n");
        put(&prefix, &format!("{SITE}/pip-2.dist-info/RECORD"), &record);
    };
    listed("sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    assert_eq!(said(&sandbox, 0)["changed_by_packages"], 1);
    put(&prefix, "bin/pip", "evil");
    let found = said(&sandbox, 5);
    assert_eq!(found["differences"][0]["path"], "bin/pip", "{found}");
    // A listed script that was removed is missing, with a digest or without.
    std::fs::remove_file(&script).expect("remove");
    listed("");
    let found = said(&sandbox, 5);
    assert_eq!(found["differences"][0]["what"], "missing", "{found}");
}

#[test]
fn a_record_does_not_cover_the_standard_library_or_what_runs_at_every_start() {
    let (sandbox, prefix) = installed();
    for path in ["lib/python3.14t/evil.py", &format!("{SITE}/evil.pth")] {
        put(&prefix, path, "import evil");
    }
    let digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let record = format!("../evil.py,,\nevil.pth,sha256={digest},0\nevil-1.dist-info/RECORD,,\n");
    put(&prefix, &format!("{SITE}/evil-1.dist-info/RECORD"), &record);
    let found = said(&sandbox, 5);
    assert_eq!(
        found["differences"].as_array().expect("a list").len(),
        2,
        "{found}"
    );
    assert_eq!(found["added_by_packages"], 1, "{found}");
}

#[test]
fn other_files_that_no_package_lists_are_named_and_sound() {
    let (sandbox, prefix) = installed();
    put(&prefix, &format!("{SITE}/mine.py"), "x = 1\n");
    put(&prefix, &format!("{SITE}/mine/_x.abi3.so"), "x");
    put(&prefix, "share/jupyter/kernel.json", "{}");
    let finished = sandbox.ok(&["verify"]);
    let line = format!("added, not listed by any package: {SITE}/mine.py");
    assert!(finished.stdout.contains(&line), "{finished:?}");
    let found = said(&sandbox, 0);
    assert_eq!(
        found["unclaimed"][2], "share/jupyter/kernel.json",
        "{found}"
    );
    assert!(!is_altered(&sandbox));
}

#[test]
fn what_cannot_be_verified_does_not_hide_the_others() {
    let (mut sandbox, prefix) = installed();
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["install", "3.14.6t"]);
    let receipt = prefix.join(".ftpy/receipt.json");
    let text = std::fs::read_to_string(&receipt).expect("a receipt");
    std::fs::write(&receipt, text.replace("\"format\": 1,", "\"format\": 99,")).expect("write");
    let finished = sandbox.fails(7, &["verify"]);
    assert_eq!(
        finished.stdout, "3.14.6t-pbs-20260901: ok\n",
        "{finished:?}"
    );
    let words = format!("error: cannot verify {KEY}: ");
    assert!(finished.stderr.contains(&words), "{finished:?}");
    assert_eq!(said(&sandbox, 7)["is_sound"], true);
}

#[test]
fn permissions_that_harm_are_told_and_repaired() {
    let (sandbox, prefix) = installed();
    let python = prefix.join("bin/python3.14t");
    let module = prefix.join("lib/python3.14t/os.py");
    for (path, mode, kind, words) in [
        (
            &python,
            0o4755,
            "set-id",
            "set-uid or set-gid: bin/python3.14t",
        ),
        (
            &module,
            0o2644,
            "set-id",
            "set-uid or set-gid: lib/python3.14t/os.py",
        ),
        (
            &module,
            0o666,
            "world-writable",
            "world-writable: lib/python3.14t/os.py",
        ),
        (
            &prefix.join("lib"),
            0o777,
            "world-writable",
            "world-writable: lib/\n",
        ),
        (
            &prefix.join("bin/pip3.14"),
            0o644,
            "not-executable",
            "no longer executable: bin/pip3.14",
        ),
    ] {
        let before = path.metadata().expect("metadata").permissions().mode();
        chmod(path, mode);
        let finished = sandbox.fails(5, &["verify"]);
        assert!(finished.stdout.contains(words), "{finished:?}");
        assert!(finished.stderr.contains("--reinstall"), "{finished:?}");
        assert_eq!(said(&sandbox, 5)["differences"][0]["what"], kind);
        assert!(is_altered(&sandbox));
        chmod(path, before);
        sandbox.ok(&["verify"]);
    }
    chmod(&python, 0o4755);
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
    sandbox.ok(&["verify"]);
}

#[test]
fn permissions_that_an_administrator_gives_are_no_difference() {
    let (sandbox, prefix) = installed();
    chmod(&prefix.join("lib/python3.14t/os.py"), 0o600);
    chmod(&prefix.join("lib"), 0o2775);
    chmod(&prefix.join("bin/python3.14t"), 0o775);
    sandbox.ok(&["verify"]);
}

#[test]
fn an_installation_of_an_ftpy_that_knew_no_permissions_is_sound() {
    let (sandbox, prefix) = installed();
    let receipt = prefix.join(".ftpy/receipt.json");
    let text = std::fs::read_to_string(&receipt).expect("receipt");
    let mut old: Value = serde_json::from_str(&text).expect("JSON");
    let files = old["files"].as_object_mut().expect("an object");
    assert!(files.remove("modes").is_some());
    std::fs::write(&receipt, old.to_string()).expect("write");
    std::fs::remove_file(prefix.join(".ftpy/files.modes")).expect("remove");
    sandbox.ok(&["verify"]);
    put(&prefix, "lib/python3.14t/evil.py", "");
    sandbox.fails(5, &["verify"]);
}

#[test]
fn the_list_of_permissions_is_checked_against_the_receipt() {
    let (sandbox, prefix) = installed();
    std::fs::write(prefix.join(".ftpy/files.modes"), "4755  bin/python3.14t\n").expect("write");
    let finished = sandbox.fails(5, &["verify"]);
    assert!(
        finished
            .stdout
            .contains("files.modes does not match the receipt"),
        "{finished:?}"
    );
}

#[test]
fn a_changed_file_of_a_package_is_as_its_record_says_or_is_told() {
    let mut sandbox = Sandbox::new();
    let mut archive = interpreter("3.14.7", "t");
    let says = crate::support::sandbox::probe_answer("3.14.7", "t", "t");
    let own = |path: &str| format!("python/{SITE}/{path}");
    archive.bytes = crate::support::sandbox::tree("3.14.7", "t", &says)
        .file(own("pip/__init__.py"), "old", 0o644)
        .file(own("pip/gone.py"), "old", 0o644)
        .file(
            own("pip-1.dist-info/RECORD"),
            "pip/__init__.py,,\npip-1.dist-info/RECORD,,\n",
            0o644,
        )
        .tar_gz();
    sandbox.offer(&archive);
    sandbox.ok(&["install", "3.14t"]);
    let prefix = sandbox.store.join("installs").join(KEY);
    // pip upgraded itself: to an empty module, whose digest is in the new RECORD.
    put(&prefix, &format!("{SITE}/pip/__init__.py"), "");
    std::fs::remove_file(prefix.join(SITE).join("pip/gone.py")).expect("remove");
    std::fs::remove_dir_all(prefix.join(SITE).join("pip-1.dist-info")).expect("remove");
    let record = "pip/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\
         pip-2.dist-info/RECORD,,\n";
    put(&prefix, &format!("{SITE}/pip-2.dist-info/RECORD"), record);
    let found = said(&sandbox, 0);
    assert_eq!(found["changed_by_packages"], 3, "{found}");
    put(&prefix, &format!("{SITE}/pip/__init__.py"), "import evil\n");
    let finished = sandbox.fails(5, &["verify"]);
    let line = format!("changed: {SITE}/pip/__init__.py");
    assert!(finished.stdout.contains(&line), "{finished:?}");
}

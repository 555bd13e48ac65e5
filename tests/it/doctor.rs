//! `ftpy doctor`: one test for each kind of finding. Each creates the problem, checks the finding
//! and its fix, applies it, and checks that the finding is gone. `doctor_around` covers what is
//! outside the store.

use crate::support::sandbox::{Sandbox, finished, interpreter};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The installation in every sandbox here.
const KEY: &str = "3.14.7t-pbs-20260901";

/// A sandbox without problems: the shims come first on PATH.
pub(super) fn healthy() -> Sandbox {
    let mut sandbox = Sandbox::new();
    for (version, flags) in [("3.14.7", "t"), ("3.13.5", "t"), ("3.13.5", "")] {
        sandbox.offer(&interpreter(version, flags));
    }
    let tools = sandbox.home().join("tools");
    std::fs::create_dir(&tools).expect("mkdir");
    link(crate::support::program(), tools.join("ftpy"));
    // Set before the install, so that this machine's compilers do not matter.
    set_path(&mut sandbox, &["store/shims", "tools"]);
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

/// PATH with directories below the home.
pub(super) fn set_path(sandbox: &mut Sandbox, directories: &[&str]) {
    let home = sandbox.home().to_owned();
    let directories = directories.iter().map(|directory| home.join(directory));
    let path = std::env::join_paths(directories).expect("a PATH");
    sandbox.set("PATH", path.to_str().expect("UTF-8"));
}

pub(super) fn link(target: impl AsRef<Path>, path: PathBuf) {
    std::os::unix::fs::symlink(target, path).expect("symlink");
}

/// Writes a file, and creates its parent directories.
pub(super) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

pub(super) fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    write(path, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
}

/// The findings. The exit code must be 0 exactly if there are none.
pub(super) fn findings(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let finished = sandbox.run(&[&["--json", "doctor"], arguments].concat());
    let document: Value = serde_json::from_str(&finished.stdout).expect("one document");
    let findings = document["findings"].as_array().expect("findings").clone();
    let left = findings.iter().filter(|one| one["is_mended"] != true);
    let expected = i32::from(left.count() > 0);
    assert_eq!(finished.code, Some(expected), "{finished:#?}");
    findings
}

/// The only finding, which must have this code.
pub(super) fn only(sandbox: &Sandbox, code: &str) -> Value {
    let findings = findings(sandbox, &[]);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["code"], code, "{findings:#?}");
    findings[0].clone()
}

pub(super) fn assert_sound(sandbox: &Sandbox) {
    assert_eq!(findings(sandbox, &[]), Vec::<Value>::new());
}

/// Runs a finding's fix in a shell, in the home.
pub(super) fn follow(sandbox: &Sandbox, finding: &Value) {
    let fix = finding["fix"].as_str().expect("a command");
    let mut shell = Command::new("/bin/sh");
    let original = sandbox.command(&[]);
    let variables = original
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    shell.args(["-c", fix]).env_clear().envs(variables);
    let output = shell.current_dir(sandbox.home()).output().expect("sh");
    let finished = finished(output);
    assert_eq!(finished.code, Some(0), "{fix}: {finished:#?}");
}

pub(super) fn message(finding: &Value) -> &str {
    finding["message"].as_str().expect("a message")
}

/// Like [`findings`] with `--fix`, and all must be mended.
fn fix_all(sandbox: &Sandbox, codes: &[&str]) {
    let found = findings(sandbox, &["--fix"]);
    let mended: Vec<&str> = found
        .iter()
        .filter(|one| one["is_mended"] == true)
        .map(|one| one["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(mended, codes);
    assert_eq!(found.len(), codes.len(), "{found:#?}");
    assert_sound(sandbox);
}

#[test]
fn where_nothing_is_wrong_nothing_is_found() {
    let sandbox = healthy();
    let finished = sandbox.ok(&["doctor"]);
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert!(
        finished.stderr.contains("no problems found"),
        "{finished:?}"
    );
    assert_sound(&sandbox);
    assert_eq!(sandbox.stages(), Vec::<String>::new());
    // Nothing installed and no store: no finding, and no store afterwards.
    let fresh = Sandbox::new();
    assert_sound(&fresh);
    assert!(!fresh.store.exists());
}

#[test]
fn shims_that_are_not_on_path_are_found() {
    let mut sandbox = healthy();
    set_path(&mut sandbox, &["tools"]);
    let finding = only(&sandbox, "shims-not-on-path");
    assert_eq!(finding["fix"], "ftpy setup");
    assert_eq!(finding["is_mendable"], false);
    let finished = sandbox.fails(1, &["doctor"]);
    assert!(
        finished.stdout.contains("  fix: ftpy setup\n"),
        "{finished:?}"
    );
    assert!(
        finished.stderr.contains("error: 1 problem found"),
        "{finished:?}"
    );
    set_path(&mut sandbox, &["tools", "store/shims"]);
    assert_sound(&sandbox);
}

#[test]
fn an_odd_path_is_no_obstacle() {
    use std::os::unix::ffi::OsStrExt;
    let mut sandbox = healthy();
    let home = sandbox.home().to_owned();
    write(&home.join("file"), "");
    std::fs::create_dir(home.join("dangling")).expect("mkdir");
    link("nowhere", home.join("dangling/python3"));
    link("loop", home.join("loop"));
    std::fs::create_dir_all(home.join("odd/python3")).expect("mkdir");
    let mut path = b"\xff/\xfe::relative:.:".to_vec();
    for name in ["file", "dangling", "loop", "odd", "gone", "store/shims"] {
        path.extend(home.join(name).as_os_str().as_bytes());
        path.push(b':');
    }
    let mut command = sandbox.command(&["doctor"]);
    command.env("PATH", std::ffi::OsStr::from_bytes(&path));
    let finished = finished(command.output().expect("ftpy"));
    assert_eq!(finished.code, Some(0), "{finished:?}");
    sandbox.set("PATH", "");
    only(&sandbox, "shims-not-on-path");
}

#[test]
fn what_stands_before_the_shims_is_named_once_for_each_directory() {
    let mut sandbox = healthy();
    let home = sandbox.home().to_owned();
    for name in ["python3", "pip", "pip3", "pydoc3", "idle3", "other"] {
        program(&home.join("early").join(name), "#!/bin/sh\nexit 1\n");
    }
    // Nothing starts these.
    write(&home.join("early/python"), "not executable");
    link(sandbox.store.join("shims/pydoc"), home.join("early/pydoc"));
    set_path(&mut sandbox, &["early", "store/shims", "tools"]);
    let finding = only(&sandbox, "shim-shadowed");
    let early = home.join("early");
    let files = finding["details"].as_array().expect("files");
    assert_eq!(files.len(), 5, "{files:?}");
    assert!(files.contains(&early.join("pip3").display().to_string().into()));
    assert!(message(&finding).contains("and 1 more"), "{finding}");

    // An inactive virtual environment is a finding, too.
    std::fs::rename(&early, home.join("bin")).expect("rename");
    std::fs::create_dir(home.join(".venv")).expect("mkdir");
    std::fs::rename(home.join("bin"), home.join(".venv/bin")).expect("rename");
    program(&home.join(".venv/bin/python"), "#!/bin/sh\n");
    write(
        &home.join(".venv/pyvenv.cfg"),
        &format!("home = {}\n", home.display()),
    );
    set_path(&mut sandbox, &[".venv/bin", "store/shims", "tools"]);
    let finding = only(&sandbox, "shim-shadowed");
    assert!(
        message(&finding).starts_with("the virtual environment in "),
        "{finding}"
    );
    sandbox.set("VIRTUAL_ENV", home.join(".venv").to_str().expect("UTF-8"));
    assert_sound(&sandbox);
}

#[test]
fn shims_and_aliases_that_are_not_as_they_should_be_are_made_anew() {
    let sandbox = healthy();
    let shims = sandbox.store.join("shims");
    let aliases = sandbox.store.join("aliases");
    std::fs::remove_file(shims.join("python3.14t")).expect("remove");
    std::fs::copy(shims.join("python3"), shims.join("python3.9")).expect("copy");
    let mut other = std::fs::read(shims.join("pip")).expect("read");
    other.extend(b"another one");
    std::fs::remove_file(shims.join("pip")).expect("remove");
    std::fs::write(shims.join("pip"), other).expect("write");
    link("../installs/3.12.1-pbs-1", aliases.join("3.12"));
    write(&shims.join("notes"), "mine");
    let found = findings(&sandbox, &[]);
    let codes = [
        "shim-missing",
        "shim-needless",
        "shim-outdated",
        "alias-stale",
    ];
    let names = ["python3.14t", "python3.9", "pip", "3.12"];
    for ((finding, code), name) in found.iter().zip(codes).zip(names) {
        assert_eq!(finding["code"], code);
        assert_eq!(finding["fix"], "ftpy doctor --fix");
        assert!(message(finding).ends_with(name), "{finding}");
    }
    let finished = sandbox.fails(1, &["doctor"]);
    assert!(
        finished
            .stderr
            .contains("`ftpy doctor --fix` fixes 4 of them"),
        "{finished:?}"
    );
    fix_all(&sandbox, &codes);
    assert!(!shims.join("python3.9").exists());
    // What depends on an alias is repaired together with it.
    let venv = sandbox.home().join(".venv");
    let base = aliases.join("3.14t/bin");
    write(
        &venv.join("pyvenv.cfg"),
        &format!("home = {}\n", base.display()),
    );
    program(&venv.join("bin/python"), "");
    std::fs::remove_file(aliases.join("3.14t")).expect("remove");
    let found = findings(&sandbox, &[]);
    assert_eq!(found[1]["code"], "venv-base-gone", "{found:#?}");
    fix_all(&sandbox, &["alias-stale"]);
    assert_eq!(
        std::fs::read_to_string(shims.join("notes")).expect("read"),
        "mine"
    );
}

#[test]
fn a_file_of_the_person_among_the_shims_is_found_and_kept() {
    let sandbox = healthy();
    let shims = sandbox.store.join("shims");
    let mine = shims.join("python3.9");
    program(&mine, "#!/bin/sh\necho mine\n");
    std::fs::remove_file(shims.join("pip")).expect("remove");
    let found = findings(&sandbox, &["--fix"]);
    let codes: Vec<&Value> = found.iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["not-a-shim", "shim-missing"]);
    let mended: Vec<&Value> = found.iter().map(|one| &one["is_mended"]).collect();
    assert_eq!(mended, [false, true]);
    assert!(mine.exists() && shims.join("pip").exists());
    std::fs::rename(&mine, sandbox.home().join("tools/python3.9")).expect("rename");
    assert_sound(&sandbox);
}

#[test]
fn an_installation_that_is_not_what_was_installed_is_installed_again() {
    let sandbox = healthy();
    let prefix = sandbox.store.join("installs").join(KEY);
    let reinstall = format!("ftpy install --reinstall {KEY}");
    let check = |code: &str, text: &str| {
        let finding = only(&sandbox, code);
        assert_eq!(finding["fix"], reinstall.as_str());
        assert!(finding.to_string().contains(text), "{finding}");
        follow(&sandbox, &finding);
        assert_sound(&sandbox);
    };
    write(&prefix.join("lib/python3.14t/os.py"), "x = 2\n");
    check("installation-altered", "changed: lib/python3.14t/os.py");
    std::fs::remove_file(prefix.join("bin/python3.14t")).expect("remove");
    check("installation-broken", "missing: bin/python3.14t");
    write(&prefix.join(".ftpy/receipt.json"), "{}");
    check("installation-broken", "receipt");
    std::fs::remove_file(prefix.join(".ftpy/receipt.json")).expect("remove");
    check("installation-broken", "is missing");
    // An installation by a newer ftpy is not broken, and reinstalling would not help.
    let receipt = prefix.join(".ftpy/receipt.json");
    write(&receipt, "{\"format\": 99}");
    let finding = only(&sandbox, "installation-broken");
    assert_eq!(finding["fix"], Value::Null);
    assert_eq!(finding["advice"], "run `ftpy self update` to update ftpy");
}

#[test]
fn variables_that_change_every_python_are_found() {
    let mut sandbox = healthy();
    for (name, value, code, text) in [
        ("PYTHON_GIL", "0", "python-gil-set", "every GIL build"),
        ("PYTHON_GIL", "1", "python-gil-set", "with the GIL"),
        ("PYTHON_GIL", "off", "python-gil-set", "it must be 0 or 1"),
        (
            "PYTHONHOME",
            "/nowhere",
            "pythonhome-set",
            "standard library",
        ),
        ("PYTHONPATH", "/a:/b", "pythonpath-set", "/a:/b"),
    ] {
        sandbox.set(name, value);
        let finding = only(&sandbox, code);
        assert_eq!(finding["fix"], format!("unset {name}"));
        assert!(message(&finding).contains(text), "{finding}");
        sandbox.unset(name);
    }
    sandbox.set("PYTHON_GIL", "");
    assert_sound(&sandbox);
}

#[test]
fn a_virtual_environment_without_its_python_is_found() {
    let sandbox = healthy();
    let alias = sandbox.store.join("aliases/3.14t/bin");
    let make = |name: &str, home: &Path| {
        let venv = sandbox.home().join(name);
        write(
            &venv.join("pyvenv.cfg"),
            &format!("home = {}\n", home.display()),
        );
        std::fs::create_dir_all(venv.join("bin")).expect("mkdir");
        std::fs::create_dir_all(venv.join("lib/python3.13t/site-packages")).expect("mkdir");
        link(home.join("python3.14t"), venv.join("bin/python"));
        venv
    };
    let venv = make("it's mine", &alias);
    write(
        &sandbox.store.join("known/venvs"),
        &format!("{}\n", venv.display()),
    );
    assert_sound(&sandbox);

    std::fs::remove_file(venv.join("bin/python")).expect("remove");
    let finding = only(&sandbox, "venv-broken");
    let place = format!("'{}'", venv.display().to_string().replace('\'', r"'\''"));
    let remake = format!("ftpy venv --clear -p 3.14t {place}");
    assert_eq!(finding["fix"], remake);
    link("/nowhere/python", venv.join("bin/python"));
    assert!(message(&only(&sandbox, "venv-broken")).contains("points to /nowhere/python"));

    sandbox.ok(&["uninstall", "3.14t"]);
    let finding = only(&sandbox, "venv-base-gone");
    // The alias is moved back, together with the environment and its packages.
    assert_eq!(finding["fix"], "ftpy install 3.14t");
    let advice = finding["advice"].as_str().expect("advice");
    assert!(advice.contains(&remake), "{advice}");
    std::fs::remove_dir_all(&venv).expect("remove");
    // Not in this store but in the current directory: the same build is suggested.
    make(".venv", Path::new("/gone/bin"));
    let finding = only(&sandbox, "venv-base-gone");
    let fix = finding["fix"].as_str().expect("a fix");
    assert!(
        fix.starts_with("ftpy install 3.13t && ftpy venv --clear -p 3.13t /"),
        "{fix}"
    );
    std::fs::remove_dir_all(sandbox.home().join(".venv")).expect("remove");
    assert_sound(&sandbox);
}

#[test]
fn what_a_dead_process_left_is_swept() {
    let sandbox = healthy();
    let left = sandbox.store.join("installs/.stage/1-0000dead");
    write(&left.join("half"), "");
    write(&sandbox.store.join("installs/.stage/1-0000dead.lock"), "");
    let finding = only(&sandbox, "stage-left");
    assert_eq!(finding["details"][0], left.display().to_string());
    fix_all(&sandbox, &["stage-left"]);
    assert_eq!(sandbox.stages(), Vec::<String>::new());
    // A lock that is not a file blocks everything.
    let lock = sandbox.store.join("lock");
    std::fs::remove_file(&lock).expect("remove");
    std::fs::create_dir(&lock).expect("mkdir");
    assert!(message(&only(&sandbox, "store-not-writable")).contains("cannot open"));
    std::fs::remove_dir(&lock).expect("remove");
    assert_sound(&sandbox);
}

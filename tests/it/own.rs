//! `ftpy self`: a separate copy of ftpy is updated from a release on loopback, and removed.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::sandbox::{Finished, Sandbox, copy_variables, finished, interpreter};
use crate::support::server::Fault;
use std::path::{Path, PathBuf};

/// The program in its own directory.
fn own(sandbox: &Sandbox, place: &str) -> PathBuf {
    let real = Path::new(crate::support::program());
    let place = sandbox.home().join(place);
    std::fs::create_dir_all(place.parent().expect("a parent")).expect("mkdir");
    // A hard link avoids the copy on the same file system; ftpy only ever renames over it.
    if std::fs::hard_link(real, &place).is_err() {
        std::fs::copy(real, &place).expect("copy");
    }
    place
}

/// Runs this ftpy instead of the sandbox's.
pub(crate) fn run(sandbox: &Sandbox, program: &Path, arguments: &[&str]) -> Finished {
    let usual = sandbox.command(arguments);
    let mut command = std::process::Command::new(program);
    copy_variables(&mut command, &usual)
        .args(arguments)
        .current_dir(sandbox.home())
        .stdin(std::process::Stdio::null());
    finished(command.output().expect("ftpy"))
}

/// Offers a release whose ftpy is a script that prints this; returns the path of its archive.
fn offer(sandbox: &mut Sandbox, version: &str, says: &str) -> String {
    let host = ftpy::host::target::detect();
    let archive = ftpy::own_release::of_host(&host).expect("a release for this machine");
    let name = archive.trim_end_matches(".tar.gz");
    let script = format!("#!/bin/sh\necho {says}\n");
    let bytes = ArchiveBuilder::new()
        .dir(format!("{name}/"))
        .file(format!("{name}/README.md"), "read me", 0o644)
        .file(format!("{name}/ftpy"), script, 0o755)
        .tar_gz();
    let server = &sandbox.server;
    server.file("/r/latest/download/VERSION", format!("{version}\n"));
    let sums = format!("{}  {archive}\n", sha256_hex(&bytes));
    server.file(&format!("/r/download/v{version}/SHA256SUMS"), sums);
    let path = format!("/r/download/v{version}/{archive}");
    server.file(&path, bytes);
    let base = server.url("/r").replace("http://", "http://me:s3cret@");
    sandbox.set("FTPY_RELEASES", &base);
    path
}

fn left(program: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(program.parent().expect("a parent")).expect("read");
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

#[test]
fn a_newer_release_takes_the_place_of_the_running_ftpy() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "bin/ftpy");
    offer(&mut sandbox, "99.0.0", "ftpy 99.0.0");
    let check = run(&sandbox, &program, &["self", "update", "--check", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&check.stdout).expect("JSON");
    assert_eq!(document["release"], "99.0.0");
    assert_eq!(document["is_newer"], true);
    assert_eq!(document["is_replaced"], false);
    let done = run(&sandbox, &program, &["self", "update"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let says = format!("ftpy {} -> 99.0.0", env!("CARGO_PKG_VERSION"));
    assert!(done.stderr.contains(&says), "{done:?}");
    assert!(!done.stderr.contains("s3cret"), "{done:?}");
    assert_eq!(
        run(&sandbox, &program, &["--version"]).stdout,
        "ftpy 99.0.0\n"
    );
    assert_eq!(left(&program), ["ftpy"]);
    // The ftpy that the test was built with is another file.
    sandbox.ok(&["dir"]);
}

#[test]
fn what_is_no_better_ftpy_changes_nothing() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "bin/ftpy");
    let before = std::fs::metadata(&program).expect("ftpy").len();
    let update = ["self", "update"];
    let done = run(&sandbox, &program, &update);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("was built without a release URL"),
        "{done:?}"
    );

    offer(&mut sandbox, "0.0.1", "ftpy 0.0.1");
    let done = run(&sandbox, &program, &update);
    assert!(done.stderr.contains("is up to date"), "{done:?}");
    offer(&mut sandbox, "99.0.1", "ftpy 99.0.2");
    let done = run(&sandbox, &program, &update);
    assert_eq!(done.code, Some(5), "{done:?}");
    assert!(
        done.stderr
            .contains("release 99.0.1 failed its test start: ftpy 99.0.2"),
        "{done:?}"
    );
    let path = offer(&mut sandbox, "99.0.3", "ftpy 99.0.3");
    sandbox.server.script(&path, vec![Fault::WrongBytes]);
    let done = run(&sandbox, &program, &update);
    assert_eq!(done.code, Some(5), "{done:?}");
    assert!(
        done.stderr.contains("digest mismatch: sha256 is"),
        "{done:?}"
    );
    sandbox
        .server
        .file("/r/latest/download/VERSION", "<html>sign in</html>");
    let done = run(&sandbox, &program, &update);
    assert_eq!(done.code, Some(5), "{done:?}");
    sandbox.server.file("/r/latest/download/VERSION", "99.0.4");
    let done = run(&sandbox, &program, &update);
    assert_eq!(done.code, Some(4), "{done:?}");
    let done = run(&sandbox, &program, &["self", "update", "--version", "../x"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert_eq!(std::fs::metadata(&program).expect("ftpy").len(), before);
    assert_eq!(left(&program), ["ftpy"]);
}

#[test]
fn a_pre_release_is_taken_only_by_its_name() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "bin/ftpy");
    offer(&mut sandbox, "99.0.0-rc.1", "ftpy 99.0.0-rc.1");
    let done = run(&sandbox, &program, &["self", "update"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains("is up to date"), "{done:?}");
    let named = ["self", "update", "--version", "v99.0.0-rc.1"];
    let done = run(&sandbox, &program, &named);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains(" -> 99.0.0-rc.1"), "{done:?}");
    assert_eq!(
        run(&sandbox, &program, &["--version"]).stdout,
        "ftpy 99.0.0-rc.1\n"
    );
}

#[test]
fn what_a_package_manager_installed_is_left_to_it() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "cargo/bin/ftpy");
    let list = sandbox.home().join("cargo/.crates.toml");
    std::fs::write(list, "[v1]\n\"ftpy 0.1.0 (registry)\" = [\"ftpy\"]\n").expect("write");
    offer(&mut sandbox, "99.0.0", "ftpy 99.0.0");
    let before = sandbox.server.requests().len();
    let done = run(&sandbox, &program, &["self", "update"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("was installed by cargo"), "{done:?}");
    assert!(
        done.stderr.contains("hint: `cargo install --locked ftpy`"),
        "{done:?}"
    );
    assert_eq!(sandbox.server.requests().len(), before);
    let done = run(&sandbox, &program, &["self", "uninstall", "--yes"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        done.stderr
            .contains("run `cargo uninstall ftpy` to remove ftpy itself"),
        "{done:?}"
    );
    assert!(program.is_file());
}

#[test]
fn uninstall_removes_what_ftpy_made_and_nothing_of_others() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "bin/ftpy");
    sandbox.offer(&interpreter("3.14.7", "t"));
    let profile = sandbox.home().join(".bashrc");
    std::fs::write(&profile, "# mine\n").expect("write");
    sandbox.ok(&["install", "3.14t"]);
    sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
    // An external interpreter, linked; and a file of the user in the store.
    let theirs = sandbox.home().join("theirs");
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let mut copy = std::process::Command::new("cp");
    assert!(
        copy.arg("-r")
            .args([&prefix, &theirs])
            .status()
            .expect("cp")
            .success()
    );
    sandbox.ok(&["link", "mine", "./theirs/bin/python3.14t"]);
    std::fs::write(sandbox.store.join("notes.txt"), "mine").expect("write");

    let done = run(&sandbox, &program, &["self", "uninstall"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("confirmation needed"), "{done:?}");
    let done = run(&sandbox, &program, &["self", "uninstall", "--dry-run"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        done.stderr
            .contains("/theirs/bin/python3.14t, which ftpy does not manage\n"),
        "{done:?}"
    );
    let notes = sandbox.store.join("notes.txt").display().to_string();
    let expected = format!("kept: the file {notes}, which ftpy did not create\n");
    assert!(done.stderr.contains(&expected), "{done:?}");
    assert!(program.is_file() && prefix.is_dir());

    let done = run(
        &sandbox,
        &program,
        &["self", "uninstall", "--yes", "--json"],
    );
    assert_eq!(done.code, Some(0), "{done:?}");
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(document["by_hand"], serde_json::Value::Null);
    assert_eq!(document["kept"][0]["kind"], "interpreter");
    assert_eq!(document["kept"][1]["name"], notes);
    assert!(!program.exists() && !prefix.exists());
    assert_eq!(std::fs::read_to_string(&profile).expect("read"), "# mine\n");
    assert!(theirs.join("bin/python3.14t").is_file());
    let left: Vec<_> = std::fs::read_dir(&sandbox.store)
        .expect("read")
        .flatten()
        .collect();
    assert_eq!(left.len(), 1, "only the person's notes: {left:?}");
}

#[test]
fn uninstall_names_environments_and_kernels_that_lose_their_python() {
    let mut sandbox = Sandbox::new();
    let program = own(&sandbox, "bin/ftpy");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let bin = sandbox
        .store
        .join("aliases/3.14t/bin")
        .display()
        .to_string();
    let venv = sandbox.home().join(".venv");
    std::fs::create_dir(&venv).expect("mkdir");
    std::fs::write(venv.join("pyvenv.cfg"), format!("home = {bin}\n")).expect("write");
    let kernels = sandbox.home().join("data/kernels");
    sandbox.set("JUPYTER_DATA_DIR", "data");
    for (name, python) in [
        ("ours", format!("{bin}/python")),
        ("other", "/x".to_owned()),
    ] {
        let spec = format!(r#"{{"argv": ["{python}"], "metadata": {{"ftpy": {{}}}}}}"#);
        let directory = kernels.join(name);
        std::fs::create_dir_all(&directory).expect("mkdir");
        std::fs::write(directory.join("kernel.json"), spec).expect("write");
    }
    let done = run(&sandbox, &program, &["self", "uninstall", "--dry-run"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let (venv, kernel) = (venv.display(), kernels.join("ours"));
    for expected in [
        format!("kept: the environment {venv}, which loses its Python\n"),
        format!(
            "kept: the kernel {}, which loses its Python; `ftpy kernel uninstall ours` removes it\n",
            kernel.display()
        ),
    ] {
        assert!(done.stderr.contains(&expected), "{expected}: {done:?}");
    }
    assert_eq!(done.stderr.matches("kept: ").count(), 2, "{done:?}");
}

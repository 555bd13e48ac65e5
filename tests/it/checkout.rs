//! A checkout made by others: its git settings start no program, and its index does not lead
//! outside.

use crate::support::live::say;
use crate::support::sandbox::{Sandbox, finished};
use crate::support::source_tree::{WITHOUT, lay_out};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output();
    let output = finished(output.expect("git"));
    assert_eq!(output.code, Some(0), "{arguments:?}: {output:?}");
    output.stdout
}

/// A sandbox with a checkout; `None` without git.
fn checkout(test: &str) -> Option<(Sandbox, PathBuf)> {
    if !Path::new("/usr/bin/git").exists() {
        say(&format!("{test}: not run, there is no git"));
        return None;
    }
    let mut sandbox = Sandbox::new();
    let tree = lay_out(&mut sandbox, "3.14.7", "t");
    let temporary = sandbox.home().join("temporary");
    fs::create_dir(&temporary).expect("mkdir");
    sandbox.set("TMPDIR", &temporary.display().to_string());
    fs::write(tree.join(".gitignore"), "*.ignored\n").expect("write");
    git(&tree, &["init", "-q", "-b", "main"]);
    git(&tree, &["add", "-A", "-f"]);
    git(&tree, &["commit", "-q", "-m", "x"]);
    Some((sandbox, tree))
}

/// Names a program in every place where a repository's settings can.
fn make_hostile(sandbox: &Sandbox, tree: &Path) -> PathBuf {
    let marker = sandbox.home().join("ran");
    let hook = sandbox.home().join("hook");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\ncat\n", marker.display());
    fs::write(&hook, script).expect("write");
    fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).expect("chmod");
    let hooks = tree.join(".git/hooks");
    fs::create_dir_all(&hooks).expect("mkdir");
    for name in [
        "post-index-change",
        "fsmonitor-watchman",
        "post-checkout",
        "pre-commit",
    ] {
        fs::copy(&hook, hooks.join(name)).expect("copy");
    }
    let hook = hook.display();
    let included = tree.join(".git/more");
    fs::write(&included, format!("[core]\n\tfsmonitor = {hook}\n")).expect("write");
    let settings = format!(
        "[include]\n\tpath = more\n[core]\n\tfsmonitor = {hook}\n\tpager = {hook}\n\
         \tsshCommand = {hook}\n\teditor = {hook}\n\thooksPath = {hooks}\n[diff]\n\
         \texternal = {hook}\n[filter \"x\"]\n\tclean = {hook}\n\tsmudge = {hook}\n\
         \tprocess = {hook}\n\trequired = true\n[diff \"x\"]\n\ttextconv = {hook}\n\
         [gpg]\n\tprogram = {hook}\n[alias]\n\tls-files = !{hook}\n\trev-parse = !{hook}\n\
         [remote \"origin\"]\n\turl = ext::{hook}\n\tpromisor = true\n",
        hooks = hooks.display(),
    );
    let config = tree.join(".git/config");
    let old = fs::read_to_string(&config).expect("read");
    fs::write(config, old + &settings).expect("write");
    fs::write(tree.join(".gitattributes"), "* filter=x diff=x\n").expect("write");
    // A file whose contents git has to read.
    fs::write(tree.join("template/changed"), "x\n").expect("write");
    marker
}

#[test]
fn the_settings_of_a_checkout_start_no_program() {
    let Some((sandbox, tree)) = checkout("the_settings_of_a_checkout") else {
        return;
    };
    let marker = make_hostile(&sandbox, &tree);
    // git's own command runs a program from these settings, so the trap works.
    let mut status = Command::new("/usr/bin/git");
    let _ = status.arg("-C").arg(&tree).arg("status").output();
    assert!(marker.exists());
    fs::remove_file(&marker).expect("remove");
    fs::write(tree.join("mine.ignored"), "x").expect("write");
    let build = ["build", "--source", "cpython", WITHOUT];
    for more in [&["--dry-run"][..], &[]] {
        sandbox.ok(&[&build, more].concat());
        assert!(
            !marker.exists(),
            "{}",
            fs::read_to_string(&marker).unwrap_or_default()
        );
    }
    let tree_of = &sandbox.receipt()["compilation"]["wish"]["tree"];
    let head = fs::read_to_string(tree.join(".git/refs/heads/main")).expect("a branch");
    assert_eq!(tree_of["commit"], head.trim());
    // Ignored files are not part of it, but new ones are.
    let first = tree_of["sha256"].clone();
    fs::remove_file(tree.join("mine.ignored")).expect("remove");
    sandbox.ok(&[&build, &["--reinstall"][..]].concat());
    assert_eq!(
        sandbox.receipt()["compilation"]["wish"]["tree"]["sha256"],
        first
    );
    let left = fs::read_dir(sandbox.home().join("temporary")).expect("read");
    assert_eq!(
        left.count(),
        0,
        "nothing is left in the temporary directory"
    );
}

#[test]
fn the_settings_of_an_archive_start_no_program() {
    let Some((sandbox, tree)) = checkout("the_settings_of_an_archive") else {
        return;
    };
    let marker = make_hostile(&sandbox, &tree);
    let packed = Command::new("tar")
        .args(["-czf", "own.tar.gz", "cpython"])
        .current_dir(sandbox.home())
        .status();
    assert!(packed.expect("tar").success());
    sandbox.ok(&["build", "--source", "own.tar.gz", WITHOUT]);
    assert!(
        !marker.exists(),
        "{}",
        fs::read_to_string(&marker).unwrap_or_default()
    );
}

#[test]
fn a_linked_work_tree_and_a_split_index_are_read() {
    let Some((sandbox, tree)) = checkout("a_linked_work_tree") else {
        return;
    };
    let linked = sandbox.home().join("linked");
    git(
        &tree,
        &["worktree", "add", "-q", "-b", "topic/one", "../linked"],
    );
    fs::write(linked.join("mine.ignored"), "x").expect("write");
    git(&linked, &["update-index", "--split-index"]);
    let head = git(&linked, &["rev-parse", "HEAD"]);
    sandbox.ok(&["build", "--source", "linked", WITHOUT]);
    let of_linked = sandbox.receipt()["compilation"]["wish"]["tree"].clone();
    assert_eq!(of_linked["commit"], head.trim());
    sandbox.ok(&["uninstall", "--all"]);
    sandbox.ok(&["build", "--source", "cpython", WITHOUT]);
    let of_tree = &sandbox.receipt()["compilation"]["wish"]["tree"];
    assert_eq!(of_tree["sha256"], of_linked["sha256"], "the same files");
}

#[test]
fn an_index_that_names_files_elsewhere_reaches_none_of_them() {
    let Some((sandbox, tree)) = checkout("an_index_that_names_files_elsewhere") else {
        return;
    };
    let precious = sandbox.home().join("precious");
    fs::create_dir(&precious).expect("mkdir");
    fs::write(precious.join("letter"), "mine\n").expect("write");
    // A directory that git knows is now behind a link.
    fs::create_dir(tree.join("away")).expect("mkdir");
    fs::write(tree.join("away/letter"), "theirs\n").expect("write");
    git(&tree, &["add", "-A", "-f"]);
    fs::remove_dir_all(tree.join("away")).expect("remove");
    symlink(&precious, tree.join("away")).expect("a link");
    sandbox.ok(&["build", "--source", "cpython", WITHOUT]);
    let letter = fs::read_to_string(precious.join("letter")).expect("read");
    assert_eq!(letter, "mine\n");
}

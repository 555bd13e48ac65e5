//! `ftpy build`, with a source tree of a few lines: what is kept, resumed and refused.

use crate::support::live::say;
use crate::support::sandbox::{Finished, Sandbox, finished, interrupt};
use crate::support::source_tree::{WITHOUT, lay_out, phases};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    lay_out(&mut sandbox, "3.14.7", "t");
    sandbox
}

/// Builds the tree with these additional arguments.
fn build(sandbox: &Sandbox, more: &[&str]) -> Finished {
    sandbox.run(&arguments(more))
}

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["build", "--source", "cpython", WITHOUT];
    arguments.extend_from_slice(more);
    arguments
}

fn wait_for_phase(sandbox: &Sandbox, phase: &str) {
    let started = Instant::now();
    while phases(sandbox).last().is_none_or(|last| last != phase) {
        assert!(started.elapsed() < Duration::from_secs(20), "no {phase}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_tree_of_ones_own_has_a_key_of_its_own_and_all_is_in_the_receipt() {
    let mut sandbox = sandbox();
    let built = build(&sandbox, &["--configure-arg=--with-x", "--cflags=-fno-plt"]);
    assert_eq!(built.code, Some(0), "{built:?}");
    let receipt = sandbox.receipt();
    let key = receipt["key"].as_str().expect("key").to_owned();
    assert!(key.starts_with("3.14.7t-source-"), "{key}");
    let wish = &receipt["compilation"]["wish"];
    assert_eq!(wish["configure"][0], "--with-x");
    assert_eq!(wish["cflags"], "-fno-plt");
    assert!(
        wish["tree"]["origin"]
            .as_str()
            .expect("origin")
            .ends_with("cpython")
    );
    let flags = receipt["flags"].to_string();
    assert!(
        flags.contains("--disable-gil") && flags.contains("CFLAGS=-fno-plt"),
        "{flags}"
    );

    // The same build is already installed; its key repeats it.
    let again = build(&sandbox, &["--configure-arg=--with-x", "--cflags=-fno-plt"]);
    assert!(again.stderr.contains("already installed"), "{again:?}");
    let same = ["build", "--same-as", &key, "--reinstall"];
    sandbox.ok(&same);
    assert_eq!(sandbox.installed(), [key.as_str()]);
    // The environment is a part of it, too.
    sandbox.set("LDFLAGS", "-Wl,-z,now");
    let differs = sandbox.fails(5, &same);
    assert!(
        differs.stderr.contains("now: `LDFLAGS=-Wl,-z,now`"),
        "{differs:?}"
    );
    sandbox.unset("LDFLAGS");

    // A changed tree makes a different build.
    fs::write(sandbox.home().join("cpython/new.c"), "x").expect("write");
    let other = build(&sandbox, &[]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert_eq!(sandbox.installed().len(), 2);
    // A request for the version alone does not match a custom build.
    let asked = sandbox.run(&["install", "--no-build", "3.14t"]);
    assert_eq!(asked.code, Some(4), "{asked:?}");
    sandbox.ok(&["run", "3.14t", "--", "python3.14t"]);
}

#[test]
fn a_patch_is_applied_and_kept_and_one_that_does_not_fit_is_an_error() {
    if !Path::new("/usr/bin/patch").exists() {
        return say("a_patch_is_applied: not run, there is no patch");
    }
    let sandbox = sandbox();
    let patch = "--- a/template/lib/python3.14t/os.py\n+++ b/template/lib/python3.14t/os.py\n\
                 @@ -1 +1 @@\n-x = 1\n+x = 2\n";
    fs::write(sandbox.home().join("fix.patch"), patch).expect("write");
    let built = build(&sandbox, &["--patch", "fix.patch"]);
    assert_eq!(built.code, Some(0), "{built:?}");
    let receipt = sandbox.receipt();
    let prefix = sandbox
        .store
        .join("installs")
        .join(receipt["key"].as_str().expect("key"));
    let os = fs::read_to_string(prefix.join("lib/python3.14t/os.py")).expect("os.py");
    assert_eq!(os, "x = 2\n");
    // The patch is kept even after its file was removed.
    fs::remove_file(sandbox.home().join("fix.patch")).expect("remove");
    let key = receipt["key"].as_str().expect("key");
    sandbox.ok(&["build", "--same-as", key, "--reinstall", WITHOUT]);

    fs::write(
        sandbox.home().join("bad.patch"),
        patch.replace("x = 1", "y = 1"),
    )
    .expect("write");
    let failed = build(&sandbox, &["--patch", "bad.patch"]);
    assert_eq!(failed.code, Some(6), "{failed:?}");
    assert!(
        failed.stderr.contains("bad.patch does not apply"),
        "{failed:?}"
    );
    let missing = build(&sandbox, &["--patch", "none.patch"]);
    assert!(missing.stderr.contains("none.patch"), "{missing:?}");
}

/// A way to stop a build, and the resulting exit code.
type Stop = (fn(&mut Child), Option<i32>);

/// Interrupts or kills a build in a phase, and returns the sandbox with that phase unblocked.
fn stopped_in(phase: &str, (stop, code): Stop) -> Sandbox {
    let sandbox = sandbox();
    let hold = sandbox.home().join(format!("hold-{phase}"));
    fs::write(&hold, "").expect("write");
    let mut child = sandbox.start(&arguments(&[]));
    wait_for_phase(&sandbox, phase);
    stop(&mut child);
    let stopped = finished(child.wait_with_output().expect("output"));
    assert_eq!(stopped.code, code, "{stopped:?}");
    assert!(sandbox.installed().is_empty());
    fs::remove_file(hold).expect("remove");
    sandbox
}

const INTERRUPT: Stop = (|child| interrupt(child), Some(130));
const KILL: Stop = (|child| child.kill().expect("kill"), None);

#[test]
fn a_build_that_was_stopped_in_any_phase_is_gone_on_with() {
    for (phase, again) in [
        ("configure", ["configure", "make", "install"].as_slice()),
        ("make", &["make", "install"]),
        ("install", &["install"]),
    ] {
        for stop in [INTERRUPT, KILL] {
            let sandbox = stopped_in(phase, stop);
            fs::remove_file(sandbox.home().join("phases")).expect("remove");
            let resumed = build(&sandbox, &["--resume"]);
            assert_eq!(resumed.code, Some(0), "{phase}: {resumed:?}");
            assert!(resumed.stderr.contains("continuing an earlier build"));
            assert_eq!(phases(&sandbox), again, "{phase}");
            assert!(sandbox.stages().is_empty());
            let left = fs::read_dir(sandbox.store.join("cache/builds")).expect("builds");
            assert_eq!(left.count(), 0, "{phase}");
        }
    }
}

#[test]
fn without_resume_a_build_begins_anew_and_other_flags_do_not_go_on_with_it() {
    let mut sandbox = stopped_in("make", INTERRUPT);
    // Objects of two compilers would link, but not work.
    sandbox.set("CC", "cc -pipe");
    let other = build(&sandbox, &["--resume", "--reinstall"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert!(other.stderr.contains("no earlier build"), "{other:?}");
    let sandbox = stopped_in("make", INTERRUPT);
    fs::remove_file(sandbox.home().join("phases")).expect("remove");
    let built = build(&sandbox, &[]);
    assert_eq!(built.code, Some(0), "{built:?}");
    assert_eq!(phases(&sandbox), ["configure", "make", "install"]);
    let other = build(&sandbox, &["--resume", "--cflags=-O1"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert!(!other.stderr.contains("going on"), "{other:?}");
}

#[test]
fn a_failure_shows_its_error_its_log_and_how_to_go_on() {
    let sandbox = sandbox();
    let error = "Modules/x.c:12:5: fatal error: foo.h: No such file or directory\n";
    fs::write(sandbox.home().join("fail-make"), error).expect("write");
    let failed = build(&sandbox, &[]);
    assert_eq!(failed.code, Some(6), "{failed:?}");
    for text in [
        "Modules/x.c:12:5: fatal error: foo.h",
        "log: /",
        "a header is missing",
        "ftpy build --resume",
    ] {
        assert!(failed.stderr.contains(text), "{text}: {failed:?}");
    }
    // The next build is not mistaken for the old one.
    let other = "Modules/y.c:3:1: error: 'z' undeclared\n";
    fs::write(sandbox.home().join("fail-make"), other).expect("write");
    let again = build(&sandbox, &["--resume"]);
    assert!(again.stderr.contains("'z' undeclared"), "{again:?}");
    assert!(!again.stderr.contains("foo.h"), "{again:?}");
    fs::remove_file(sandbox.home().join("fail-make")).expect("remove");
    assert_eq!(build(&sandbox, &["--resume"]).code, Some(0));
}

/// Runs git in a directory.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@y", "-C"])
        .arg(directory)
        .args(arguments)
        .output();
    let output = finished(output.expect("git"));
    assert_eq!(output.code, Some(0), "{arguments:?}: {output:?}");
    output.stdout
}

#[test]
fn a_revision_is_built_and_no_other_repository_is_touched() {
    if !Path::new("/usr/bin/git").exists() {
        return say("a_revision_is_built: not run, there is no git");
    }
    let sandbox = sandbox();
    let tree = sandbox.home().join("cpython");
    for arguments in [
        &["init", "-q", "-b", "topic/one"][..],
        &["add", "-A", "-f"],
        &["commit", "-q", "-m", "x"],
    ] {
        git(&tree, arguments);
    }
    let victim = sandbox.home().join("victim");
    fs::create_dir(&victim).expect("mkdir");
    git(&victim, &["init", "-q"]);
    git(&victim, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let before = git(&victim, &["rev-parse", "--symbolic-full-name", "HEAD"]);
    // The environment of a git hook. A branch name may contain a slash.
    for source in [
        "cpython@topic/one",
        &format!("file://{}@HEAD", tree.display()),
    ] {
        let mut command = sandbox.command(&["build", "--source", source, WITHOUT, "--reinstall"]);
        command.env("GIT_DIR", victim.join(".git"));
        let built = finished(command.output().expect("ftpy"));
        assert_eq!(built.code, Some(0), "{source}: {built:?}");
    }
    assert_eq!(
        git(&victim, &["rev-parse", "--symbolic-full-name", "HEAD"]),
        before
    );
    let key = sandbox.receipt()["key"].as_str().expect("key").to_owned();
    let commit = sandbox.receipt()["compilation"]["wish"]["tree"]["commit"].to_string();
    assert!(
        commit.contains(git(&tree, &["rev-parse", "HEAD"]).trim()),
        "{commit}"
    );

    a_changed_archive_is_not_repeated(&sandbox, &tree, &key);
}

/// A repeated build must be the same build.
fn a_changed_archive_is_not_repeated(sandbox: &Sandbox, tree: &Path, key: &str) {
    let archive = sandbox.home().join("own.tar.gz");
    let pack = || {
        let to = archive.display().to_string();
        git(tree, &["archive", "--prefix=own/", "-o", &to, "HEAD"]);
    };
    pack();
    sandbox.ok(&["uninstall", "--all"]);
    sandbox.ok(&["build", "--source", "own.tar.gz", WITHOUT]);
    let of_archive = sandbox.receipt()["key"].as_str().expect("key").to_owned();
    assert_eq!(of_archive, key, "the same source");
    fs::write(tree.join("template/more"), "x").expect("write");
    git(tree, &["add", "-A", "-f"]);
    git(tree, &["commit", "-q", "-m", "y"]);
    pack();
    let changed = sandbox.fails(5, &["build", "--same-as", key, "--reinstall", WITHOUT]);
    assert!(
        changed.stderr.contains("changed since that build"),
        "{changed:?}"
    );
}

#[test]
fn the_log_is_shown_or_written_and_the_tree_kept() {
    let sandbox = sandbox();
    let followed = build(&sandbox, &["--log", "-", "--keep"]);
    assert_eq!(followed.code, Some(0), "{followed:?}");
    assert!(followed.stdout.is_empty(), "talk goes to stderr");
    assert!(followed.stderr.contains("kept in"), "{followed:?}");
    let kept = fs::read_dir(sandbox.store.join("cache/builds")).expect("builds");
    assert_eq!(kept.count(), 1);
    sandbox.ok(&["cache", "clean"]);
    fs::write(sandbox.home().join("fail-configure"), "a line of the log\n").expect("write");
    let failed = build(&sandbox, &["--log", "own.log", "--with-tests"]);
    assert_eq!(failed.code, Some(6), "{failed:?}");
    let log = fs::read_to_string(sandbox.home().join("own.log")).expect("own.log");
    assert!(log.contains("a line of the log"), "{log}");
    // The reader of a pipe receives the lines of the whole build.
    let pipe = sandbox.home().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).expect("read"))
    };
    let failed = build(&sandbox, &["--log", "pipe", "--with-tests"]);
    assert_eq!(failed.code, Some(6), "{failed:?}");
    let said = reader.join().expect("the reader");
    assert!(said.contains("a line of the log"), "{said}");
    assert!(!pipe.is_file(), "the pipe was replaced");
    // An unwritable log fails before the build.
    let own = sandbox.home().join("own.log");
    let mut rights = own.metadata().expect("metadata").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&own, rights).expect("chmod");
    let refused = build(&sandbox, &["--log", "own.log", "--with-tests"]);
    assert_eq!(refused.code, Some(7), "{refused:?}");
    assert_eq!(fs::read_to_string(&own).expect("own.log"), log);
}

#[test]
fn what_cannot_be_built_says_why() {
    let mut sandbox = sandbox();
    sandbox.use_embedded_index();
    for (arguments, code, text) in [
        (&["build"][..], 2, "no request and no source given"),
        (&["build", "pbs:3.14t"], 2, "is not a build from source"),
        (&["build", "--source", "nowhere"], 2, "no such directory"),
        (
            &["build", "--source", "."],
            2,
            "is not a source tree of CPython",
        ),
        (
            &["build", "3.13t", "--source", "cpython"],
            2,
            "is 3.14.7, not 3.13t",
        ),
        (
            &["build", "3.14t+jit", "--source", "cpython"],
            2,
            "requires a GIL build",
        ),
        (
            &["build", "--same-as", "3.14.7t-source"],
            3,
            "it is not installed",
        ),
        (&["install", "3.14t+tsan+asan"], 3, "exclude each other"),
        (
            &["install", "3.14.7t-source-0a1b2c3d"],
            3,
            "alone can build it again",
        ),
        (&["build", "--env"], 2, "no installation named"),
    ] {
        let failed = sandbox.fails(code, arguments);
        assert!(failed.stderr.contains(text), "{arguments:?}: {failed:?}");
    }
    assert!(sandbox.installed().is_empty());
}

#[test]
fn switches_of_sanitizers_need_one() {
    let sandbox = sandbox();
    assert_eq!(build(&sandbox, &[]).code, Some(0));
    for switch in ["--halt-on-error", "--suppressions=x", "--report=x.json"] {
        let failed = sandbox.fails(2, &["run", "3.14t", switch, "--", "python3.14t"]);
        assert!(failed.stderr.contains("sanitizer"), "{failed:?}");
    }
}

#[test]
fn the_next_build_knows_how_long_it_takes() {
    let sandbox = sandbox();
    assert_eq!(build(&sandbox, &[]).code, Some(0));
    let hold = sandbox.home().join("hold-make");
    fs::write(&hold, "").expect("write");
    let child = sandbox.start(&arguments(&["--cflags=-O1"]));
    wait_for_phase(&sandbox, "make");
    std::thread::sleep(Duration::from_millis(900));
    fs::remove_file(hold).expect("remove");
    let built = finished(child.wait_with_output().expect("output"));
    assert!(built.stderr.contains(" 0%, about "), "{built:?}");
}

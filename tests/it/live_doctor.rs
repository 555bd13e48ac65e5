//! `ftpy doctor` on real interpreters and virtual environments, and without working locks.

use crate::doctor::{assert_sound, findings, healthy, link, message, only, set_path};
use crate::support::live::{free_threaded, require_live, say};
use crate::support::sandbox::Sandbox;
use std::process::Command;
use std::time::{Duration, Instant};

/// A sandbox with a real 3.14t, from the archives next to the project.
fn real() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&free_threaded());
    // Set before the install, so that this machine's compilers do not matter.
    set_path(&mut sandbox, &["store/shims"]);
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_real_free_threaded_build_called_python3_is_found() {
    require_live();
    let mut sandbox = real();
    let started = Instant::now();
    assert_sound(&sandbox);
    let elapsed = started.elapsed();
    say(&format!("doctor took {elapsed:?} on a real installation"));
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");

    // A copy elsewhere, like another tool's, with its name on PATH.
    let home = sandbox.home().to_owned();
    let key = sandbox.installed().remove(0);
    let copied = Command::new("cp")
        .arg("-a")
        .arg(sandbox.store.join("installs").join(key))
        .arg(home.join("foreign"))
        .status();
    assert!(copied.expect("cp").success());
    std::fs::remove_dir_all(home.join("foreign/.ftpy")).expect("remove");
    std::fs::create_dir(home.join("bin")).expect("mkdir");
    link(
        home.join("foreign/bin/python3.14t"),
        home.join("bin/python3"),
    );
    set_path(&mut sandbox, &["store/shims", "bin"]);
    let finding = only(&sandbox, "foreign-free-threaded");
    assert!(
        message(&finding).contains("free-threaded build of 3.14."),
        "{finding}"
    );
    assert!(
        finding["advice"].to_string().contains("python3.14t"),
        "{finding}"
    );
    std::fs::rename(home.join("bin/python3"), home.join("bin/python3.14t")).expect("rename");
    assert_sound(&sandbox);
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_real_virtual_environment_whose_base_was_uninstalled_comes_back_with_it() {
    require_live();
    let sandbox = real();
    sandbox.ok(&["venv", "-p", "3.14t", "work"]);
    assert_sound(&sandbox);
    sandbox.ok(&["uninstall", "--all"]);
    let finding = only(&sandbox, "venv-base-gone");
    let work = sandbox.home().join("work");
    let package = work.join("lib/python3.14t/site-packages/mine.py");
    std::fs::write(&package, "").expect("write");
    // The alias is moved back, together with the environment and its packages.
    assert_eq!(finding["fix"], "ftpy install 3.14t");
    sandbox.ok(&["install", "3.14t"]);
    assert_sound(&sandbox);
    let import = Command::new(work.join("bin/python"))
        .args(["-c", "import mine"])
        .status();
    assert!(import.expect("python").success());
    assert_sound(&sandbox);
    std::fs::remove_file(work.join("bin/python")).expect("remove");
    link("/nowhere/python3.14t", work.join("bin/python"));
    only(&sandbox, "venv-broken");
}

#[test]
#[ignore = "live: needs a C compiler"]
fn live_a_file_system_on_which_locks_do_not_exclude_is_found() {
    require_live();
    let mut sandbox = healthy();
    let source = sandbox.home().join("flock.c");
    let library = sandbox.home().join("flock.so");
    // Every lock is granted, but none is remembered.
    for body in ["return 0;", "errno = EOPNOTSUPP; return -1;"] {
        let text = format!("#include <errno.h>\nint flock(int file, int how) {{ {body} }}\n");
        std::fs::write(&source, text).expect("write");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status();
        assert!(compiled.expect("cc").success());
        sandbox.set("LD_PRELOAD", library.to_str().expect("UTF-8"));
        let found = findings(&sandbox, &[]);
        let is_found = found.iter().any(|one| one["code"] == "store-without-locks");
        assert!(is_found, "{body}: {found:?}");
    }
    sandbox.unset("LD_PRELOAD");
    assert_sound(&sandbox);
}

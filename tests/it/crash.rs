//! Killed at any moment: the store is unchanged or complete, and the next run succeeds.

use crate::support::sandbox::{
    Archive, Sandbox, archive_name, interpreter, interrupt, probe_answer, tree,
};
use crate::support::server::Fault;
use std::process::Child;
use std::time::{Duration, Instant};

/// Waits up to ten seconds for `is_so`.
fn wait_until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "it never happened"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An install that waits in the middle of its download.
fn stalled_install() -> (Sandbox, Child) {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let path = format!("/{}", archive.name);
    sandbox
        .server
        .script(&path, vec![Fault::Stall(Duration::from_secs(60), 200)]);
    let child = sandbox.start(&["install", "3.14t"]);
    wait_until(|| sandbox.server.hits(&path) == 1 && !sandbox.stages().is_empty());
    (sandbox, child)
}

#[test]
fn killed_while_downloading() {
    let (sandbox, mut child) = stalled_install();
    child.kill().expect("kill");
    child.wait().expect("wait");
    assert!(sandbox.installed().is_empty());
    assert!(!sandbox.stages().is_empty(), "a kill leaves its stage");
    sandbox.ok(&["install", "3.14t"]);
    assert!(sandbox.stages().is_empty());
    sandbox.ok(&["verify"]);
}

#[test]
fn killed_while_probing() {
    let mut sandbox = Sandbox::new();
    let answer = probe_answer("3.14.7", "t", "t");
    let flag = sandbox.home().join("slow");
    std::fs::write(&flag, "").expect("write");
    // An interpreter that hangs as long as the file exists.
    let slow = answer.replacen(
        "#!/bin/sh\n",
        &format!(
            "#!/bin/sh\nwhile [ -e {} ]; do /bin/sleep 0.05; done\n",
            flag.display()
        ),
        1,
    );
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &slow).tar_gz(),
    });
    let mut child = sandbox.start(&["install", "3.14t"]);
    wait_until(|| {
        let stages = std::fs::read_dir(sandbox.store.join("installs/.stage"))
            .into_iter()
            .flatten()
            .flatten();
        stages
            .map(|entry| entry.path().join("root/bin/pip3.14t"))
            .any(|path| path.exists())
    });
    child.kill().expect("kill");
    child.wait().expect("wait");
    std::fs::remove_file(&flag).expect("remove");
    assert!(sandbox.installed().is_empty());
    sandbox.ok(&["install", "3.14t"]);
    assert!(sandbox.stages().is_empty());
}

#[test]
fn killed_at_any_moment_of_a_reinstall_the_old_or_the_new_one_is_whole() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let started = Instant::now();
    sandbox.ok(&["install", "3.14t"]);
    let whole = started.elapsed();
    for moment in 0..25 {
        let mut child = sandbox.start(&["install", "--reinstall", "3.14t"]);
        std::thread::sleep(whole * moment / 20);
        child.kill().expect("kill");
        child.wait().expect("wait");
        assert_eq!(
            sandbox.installed(),
            ["3.14.7t-pbs-20260901"],
            "moment {moment}"
        );
        sandbox.ok(&["verify"]);
    }
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
    assert!(sandbox.stages().is_empty());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_and_says_so_with_its_exit_code() {
    let (sandbox, child) = stalled_install();
    std::thread::sleep(Duration::from_millis(50));
    let started = Instant::now();
    interrupt(&child);
    let finished = crate::support::sandbox::finished(child.wait_with_output().expect("output"));
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(finished.stderr.contains("interrupted"), "{finished:?}");
    assert!(sandbox.stages().is_empty() && sandbox.installed().is_empty());
}

#[test]
fn an_installation_that_lost_its_receipt_or_interpreter_is_healed_by_an_install() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    for lost in [".ftpy/receipt.json", "bin/python3.14t"] {
        std::fs::remove_file(prefix.join(lost)).expect("remove");
        sandbox.fails(5, &["verify"]);
        sandbox.ok(&["install", "3.14t"]);
        sandbox.ok(&["verify"]);
    }
}

#[test]
fn what_a_newer_ftpy_installed_is_not_replaced() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let receipt = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/.ftpy/receipt.json");
    let text = std::fs::read_to_string(&receipt).expect("receipt");
    let newer = text.replace("\"format\": 1", "\"format\": 2");
    std::fs::write(&receipt, &newer).expect("write");
    let finished = sandbox.fails(7, &["install", "3.14t"]);
    assert!(
        finished.stderr.contains("was written by a newer ftpy"),
        "{finished:?}"
    );
    assert_eq!(std::fs::read_to_string(&receipt).expect("receipt"), newer);
}

//! Problems of the machine: a full disk, a read-only store. Real mounts, so root is needed.

use crate::support::live::require_live;
use crate::support::namespace::unshared;
use crate::support::program;
use crate::support::sandbox::{
    Archive, Sandbox, archive_name, copy_variables, interpreter, probe_answer, tree,
};
use crate::support::source_tree::{WITHOUT, lay_out};
use std::path::Path;
use std::process::Command;

/// A separate file system, which is removed with the test.
pub(crate) struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    pub(crate) fn new(path: &'a Path, options: &str) -> Self {
        std::fs::create_dir_all(path).expect("mkdir");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(path)
            .status();
        assert!(status.expect("mount").success());
        Self(path)
    }

    fn remount(&self, options: &str) {
        let mut command = Command::new("mount");
        command
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0);
        assert!(command.status().expect("mount").success());
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_full_disk_leaves_the_store_as_it_was_and_says_what_to_do() {
    require_live();
    let mut sandbox = Sandbox::new();
    let store = sandbox.store.clone();
    let _mount = Mount::new(&store, "size=8m");
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["install", "3.14.6t"]);
    let large = tree("3.14.7", "t", &probe_answer("3.14.7", "t", "t"));
    let large = large.file("python/lib/large", vec![7; 30 << 20], 0o644);
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: large.tar_gz(),
    });
    sandbox.ok(&["index", "update"]);
    let finished = sandbox.fails(7, &["install", "3.14.7t"]);
    assert!(
        finished.stderr.contains("no space left on device"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("free some space"), "{finished:?}");
    assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
    assert!(sandbox.stages().is_empty());
    sandbox.ok(&["verify"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_build_that_fills_the_disk_does_not_stay_on_it() {
    require_live();
    let mut sandbox = Sandbox::new();
    let source = lay_out(&mut sandbox, "3.14.7", "t");
    let store = sandbox.store.clone();
    let _mount = Mount::new(&store, "size=100m");
    std::fs::write(source.join("large"), vec![7; 60 << 20]).expect("write");
    let error = "/tmp/ccx.s: Fatal error: can't write x.o: No space left on device\n";
    std::fs::write(sandbox.home().join("fail-make"), error).expect("write");
    let failed = sandbox.fails(6, &["build", "--source", "cpython", WITHOUT]);
    assert!(failed.stderr.contains("the disk is full"), "{failed:?}");
    assert!(!failed.stderr.contains("--resume"), "{failed:?}");
    let left = std::fs::read_dir(store.join("cache/builds")).expect("builds");
    assert_eq!(left.count(), 0);
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_read_only_store_can_be_used_and_not_changed() {
    require_live();
    let mut sandbox = Sandbox::new();
    let store = sandbox.store.clone();
    let mount = Mount::new(&store, "size=8m");
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14.6t"]);
    mount.remount("ro");
    sandbox.ok(&["list"]);
    sandbox.ok(&["which", "3.14.6t"]);
    sandbox.ok(&["verify"]);
    sandbox.ok(&["install", "3.14.6t"]);
    for arguments in [["install", "3.14.7t"], ["uninstall", "3.14.6t"]] {
        let finished = sandbox.fails(7, &arguments);
        assert!(
            finished.stderr.contains("read-only file system"),
            "{finished:?}"
        );
        assert!(finished.stderr.contains("FTPY_HOME"), "{finished:?}");
    }
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_machine_that_starts_no_program_is_not_the_fault_of_the_interpreter() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    for arguments in [&["verify"][..], &["install", "--reinstall", "3.14t"]] {
        let command = sandbox.command(arguments);
        let done = unshared(&command, "--mount", "mount -t tmpfs tmpfs /dev");
        assert_eq!(done.code, Some(7), "{done:?}");
        assert!(
            done.stderr
                .contains("/dev/null is missing; is /dev mounted?"),
            "{done:?}"
        );
        assert!(!done.stderr.contains("reinstall 3.14.7t"), "{done:?}");
    }
    sandbox.ok(&["verify"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_program_that_cannot_be_removed_is_left_with_the_command_that_does() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let own = sandbox.home().join("own");
    std::fs::create_dir(&own).expect("mkdir");
    std::fs::copy(program(), own.join("ftpy")).expect("copy");
    let read_only = "mount --bind own own && mount -o remount,bind,ro own";
    let mut command = Command::new(own.join("ftpy"));
    command
        .args(["self", "uninstall", "--yes"])
        .current_dir(sandbox.home());
    copy_variables(&mut command, &sandbox.command(&[]));
    let done = unshared(&command, "--mount", read_only);
    assert_eq!(done.code, Some(0), "{done:?}");
    let words = format!("run `sudo rm {}/ftpy` to remove ftpy itself", own.display());
    assert!(done.stderr.contains(&words), "{done:?}");
    assert!(!sandbox.store.exists() && own.join("ftpy").is_file());
}

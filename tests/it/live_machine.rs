//! Problems of the machine: a full disk, a read-only store. Real mounts, so root is needed.

use crate::support::live::require_live;
use crate::support::sandbox::{Archive, Sandbox, archive_name, interpreter, probe_answer, tree};
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

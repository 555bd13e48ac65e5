//! A disk that is really full: a file system in memory, of a few MiB. It takes root to mount one.

use crate::support::live::{free_threaded, require_live};
use crate::support::sandbox::Sandbox;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system, taken down at the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: &Path, size: &str) -> Self {
        std::fs::create_dir_all(place).expect("mkdir");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(place);
        assert!(mount.status().expect("mount").success());
        Self(place.to_owned())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_venv_on_a_full_disk_says_so_and_leaves_nothing() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&free_threaded());
    sandbox.ok(&["-q", "install", "3.14t"]);
    // Room for venv's own files, but not for pip; and for nothing at all.
    for size in ["size=3m", "size=16k,nr_inodes=8"] {
        let place = sandbox.home().join("disk");
        let disk = Disk::mount(&place, size);
        let said = sandbox.fails(7, &["venv", "-p", "3.14t", "disk/env"]);
        let message = format!("the disk of {} is full", place.join("env").display());
        assert!(said.stderr.contains(&message), "{size}: {said:?}");
        assert!(
            said.stderr.contains("No space left on device"),
            "{size}: {said:?}"
        );
        assert!(!place.join("env").exists(), "{size}");
        drop(disk);
    }
    sandbox.ok(&["venv", "-p", "3.14t", "disk/env"]);
}

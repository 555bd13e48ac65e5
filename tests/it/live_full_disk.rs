//! A disk that is really full: a file system in memory, of a few MiB. It takes root to mount one.

use crate::support::live::{archives, is_live, say};
use crate::support::sandbox::{Archive, Sandbox};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system, taken down at the end.
struct Disk(PathBuf);

impl Disk {
    /// None where it cannot be mounted.
    fn mount(place: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(place).expect("mkdir");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(place);
        let is_there = mount.status().is_ok_and(|status| status.success());
        is_there.then(|| Self(place.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn live_venv_on_a_full_disk_says_so_and_leaves_nothing() {
    const TEST: &str = "live_venv_on_a_full_disk";
    if !is_live(TEST) {
        return;
    }
    let small = "freethreaded-install_only_stripped.tar.gz";
    let real = archives()
        .into_iter()
        .find(|path| path.to_string_lossy().ends_with(small));
    let Some(real) = real else {
        return say(&format!("{TEST}: not run, ../shared/pythons is not there"));
    };
    let mut sandbox = Sandbox::new();
    sandbox.offer(&Archive {
        name: real
            .file_name()
            .expect("name")
            .to_string_lossy()
            .into_owned(),
        bytes: std::fs::read(&real).expect("read"),
    });
    sandbox.ok(&["-q", "install", "3.14t"]);
    // Room for venv's own files, but not for pip; and for nothing at all.
    for size in ["size=3m", "size=16k,nr_inodes=8"] {
        let place = sandbox.home().join("disk");
        let Some(disk) = Disk::mount(&place, size) else {
            return say(&format!("{TEST}: not run, no file system can be mounted"));
        };
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

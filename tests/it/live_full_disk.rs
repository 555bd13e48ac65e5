//! A disk that is really full: a file system in memory, of a few MiB. Mounting it requires root.

use crate::live_machine::Mount;
use crate::support::live::{free_threaded, require_live};
use crate::support::sandbox::Sandbox;

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_venv_on_a_full_disk_says_so_and_leaves_nothing() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&free_threaded());
    sandbox.ok(&["-q", "install", "3.14t"]);
    // Space for venv's own files but not for pip; and no space at all.
    for size in ["size=3m", "size=16k,nr_inodes=8"] {
        let place = sandbox.home().join("disk");
        let disk = Mount::new(&place, size);
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

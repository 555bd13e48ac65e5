//! Commands in namespaces of their own, which end with them.

use crate::support::sandbox::{Finished, copy_variables, finished};
use std::path::Path;
use std::process::Command;

/// Runs a command of a sandbox in a new namespace (`--mount`, `--net`), after a script that prepares
/// it. Requires root.
pub fn unshared(inner: &Command, kind: &str, prepare: &str) -> Finished {
    let script = format!("{prepare} || exit 99; exec \"$@\"");
    let mut outer = Command::new("unshare");
    outer
        .args([kind, "sh", "-c", &script, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(inner.get_current_dir().unwrap_or(Path::new("/")));
    copy_variables(&mut outer, inner);
    let done = finished(outer.output().expect("unshare"));
    let is_refused = done.stderr.contains("unshare failed") || done.code == Some(99);
    assert!(!is_refused, "unshare {kind}, then {prepare}: {done:#?}");
    done
}

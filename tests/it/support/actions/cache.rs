//! `actions/cache`: directories in an archive, by key and paths, like the real one. Both must be
//! equal for a hit.

use std::path::{Path, PathBuf};
use std::process::Command;

fn archive(caches: &Path, key: &str) -> PathBuf {
    assert!(
        !key.is_empty() && !key.contains(','),
        "GitHub refuses the key {key:?}"
    );
    caches.join(format!("{key}.tar"))
}

/// Restores the paths; returns whether there was a hit.
pub(super) fn restore(caches: &Path, key: &str, paths: &str) -> bool {
    let archive = archive(caches, key);
    let kept = std::fs::read_to_string(archive.with_extension("tar.paths"));
    if kept.ok().as_deref() != Some(paths.trim()) {
        return false;
    }
    let status = Command::new("tar").arg("-xPf").arg(archive).status();
    assert!(status.expect("tar").success());
    true
}

/// Saves the existing paths, unless the key is already used.
pub(super) fn save(caches: &Path, key: &str, paths: &str) {
    let archive = archive(caches, key);
    if archive.exists() {
        return;
    }
    let there = paths.trim().lines();
    let there: Vec<&str> = there.filter(|path| Path::new(path).exists()).collect();
    assert!(
        !there.is_empty(),
        "the action fails: none of {paths} is there"
    );
    let status = Command::new("tar")
        .arg("-cPf")
        .arg(&archive)
        .args(there)
        .status();
    assert!(status.expect("tar").success());
    std::fs::write(archive.with_extension("tar.paths"), paths.trim()).expect("write");
}

/// Restores like `actions/cache`: by the key, or the newest archive with this prefix. The answer is
/// that of its output `cache-hit`: nothing if nothing was found.
pub(super) fn restore_any(caches: &Path, key: &str, prefix: &str, paths: &str) -> String {
    if restore(caches, key, paths) {
        return "true".to_owned();
    }
    let entries = std::fs::read_dir(caches).expect("read").flatten();
    let mut others: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().expect("UTF-8");
            let time = entry
                .metadata()
                .and_then(|about| about.modified())
                .expect("a time");
            Some((time, name.strip_suffix(".tar")?.to_owned()))
        })
        .filter(|(_, key)| !prefix.is_empty() && key.starts_with(prefix))
        .collect();
    others.sort();
    match others
        .iter()
        .rev()
        .any(|(_, key)| restore(caches, key, paths))
    {
        true => "false".to_owned(),
        false => String::new(),
    }
}

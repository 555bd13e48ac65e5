//! Finds the lock file of a project.

use std::path::{Path, PathBuf};

/// The names in the order in which they are looked for: a lock that lists wheels with their URLs
/// before one that an installer has to complete.
const ORDER: [&str; 9] = [
    "uv.lock",
    "pylock.toml",
    "pylock.*.toml",
    "poetry.lock",
    "pdm.lock",
    "pixi.lock",
    "conda-lock.yml",
    "Pipfile.lock",
    "requirements.txt",
];

/// Finds the file that lists a project's packages: the first of `uv.lock`, `pylock.toml`,
/// `pylock.*.toml` (the first by name), `poetry.lock`, `pdm.lock`, `pixi.lock`, `conda-lock.yml`,
/// `Pipfile.lock` and `requirements.txt`. Only this directory is searched.
#[must_use]
pub fn find(directory: &Path) -> Option<PathBuf> {
    ORDER
        .into_iter()
        .find_map(|name| match name.split_once('*') {
            Some((start, end)) => named_pylock(directory, start, end),
            None => Some(directory.join(name)).filter(|path| path.is_file()),
        })
}

fn named_pylock(directory: &Path, start: &str, end: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(directory).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let matching = names.filter(|name| {
        let middle = name.strip_prefix(start).and_then(|it| it.strip_suffix(end));
        middle.is_some_and(|middle| !middle.is_empty() && !middle.contains('.'))
    });
    matching
        .min()
        .map(|name| directory.join(name))
        .filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lock_in_the_documented_order_is_found() {
        let home = tempfile::tempdir().expect("tempdir");
        let found = || find(home.path()).map(|path| path.file_name().expect("a name").to_owned());
        assert_eq!(found(), None);
        std::fs::create_dir(home.path().join("uv.lock")).expect("mkdir");
        let names = [
            "requirements.txt",
            "Pipfile.lock",
            "poetry.lock",
            "pylock.b.toml",
        ];
        for name in names.into_iter().chain(["pylock.a.toml", "pylock.toml"]) {
            std::fs::write(home.path().join(name), "").expect("write");
            assert_eq!(found().as_deref(), Some(name.as_ref()), "{name}");
        }
    }
}

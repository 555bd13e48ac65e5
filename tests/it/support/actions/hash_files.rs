//! `hashFiles`: one digest of the files in the checkout that match patterns, one to a line.

use crate::support::archives::sha256_hex;
use std::path::Path;

/// The digest; empty if no file matches. Supports `*` within a name, `**/` and plain paths.
pub(super) fn hash_files(workspace: &Path, patterns: &str) -> String {
    let patterns: Vec<&str> = patterns.lines().filter(|line| !line.is_empty()).collect();
    assert!(!patterns.is_empty(), "the runner fails without a pattern");
    let mut files = Vec::new();
    walk(workspace, "", &mut files);
    files.sort();
    let found = files
        .iter()
        .filter(|file| patterns.iter().any(|pattern| matches(pattern, file)));
    let digests = found.map(|file| {
        let bytes = std::fs::read(workspace.join(file)).expect("read");
        sha256_hex(&bytes)
    });
    let digests: String = digests.collect();
    match digests.is_empty() {
        true => digests,
        false => sha256_hex(digests.as_bytes()),
    }
}

fn walk(directory: &Path, below: &str, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).expect("read").flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.file_type().expect("a type").is_dir() {
            true => walk(&entry.path(), &format!("{name}/"), files),
            false => files.push(name),
        }
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        let starts = path.match_indices('/').map(|(at, _)| at + 1);
        return std::iter::once(0)
            .chain(starts)
            .any(|at| matches(rest, &path[at..]));
    }
    let (own, others) = pattern.split_once('/').unwrap_or((pattern, ""));
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    fits(own, name)
        && (others.is_empty() && rest.is_empty() || !others.is_empty() && matches(others, rest))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            let rest = name.strip_prefix(before);
            rest.is_some_and(|rest| (0..=rest.len()).any(|at| fits(after, &rest[at..])))
        }
    }
}

#[test]
fn patterns_match_as_github_says() {
    for (pattern, path, expected) in [
        ("**/requirements.txt", "requirements.txt", true),
        ("**/requirements.txt", "a/b/requirements.txt", true),
        ("**/requirements.txt", "my-requirements.txt", false),
        ("**/requirements*.txt", "a/requirements-dev.txt", true),
        ("requirements/*.txt", "requirements/a.txt", true),
        ("requirements/*.txt", "requirements/a/b.txt", false),
        ("requirements.txt", "a/requirements.txt", false),
    ] {
        assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
    }
}

//! The environment files of one step: created empty before it, read after it.

use std::path::{Path, PathBuf};

/// What a step wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// `GITHUB_ENV`
    pub(super) env: Vec<(String, String)>,
    /// `GITHUB_PATH`, in the order of its lines.
    pub(super) path: Vec<String>,
    /// `GITHUB_OUTPUT`
    pub(super) output: Vec<(String, String)>,
}

const NAMES: [&str; 5] = [
    "GITHUB_ENV",
    "GITHUB_PATH",
    "GITHUB_OUTPUT",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
];

/// Creates the files; returns their variables.
pub(super) fn make(directory: &Path) -> Vec<(&'static str, PathBuf)> {
    let make = |name: &'static str| {
        let path = directory.join(name);
        std::fs::write(&path, "").expect("write");
        (name, path)
    };
    NAMES.into_iter().map(make).collect()
}

/// Reads what a step wrote.
pub(super) fn read(directory: &Path) -> Written {
    let text = |name: &str| std::fs::read_to_string(directory.join(name)).expect("read");
    let lines = text("GITHUB_PATH");
    Written {
        env: values(&text("GITHUB_ENV")),
        path: lines
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
        output: values(&text("GITHUB_OUTPUT")),
    }
}

/// Parses `NAME=value`, or `NAME<<END`, lines, `END`. The real runner fails a step for anything
/// else.
pub fn values(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let equals = line.find('=').unwrap_or(line.len());
        let here = line.find("<<").unwrap_or(line.len());
        if here < equals {
            let (name, end) = (&line[..here], &line[here + 2..]);
            let mut value = Vec::new();
            loop {
                match lines.next() {
                    Some(line) if line == end => break,
                    Some(line) => value.push(line),
                    None => panic!("no {end} after {name}"),
                }
            }
            found.push((name.to_owned(), value.join("\n")));
        } else {
            assert!(equals < line.len(), "no value in {line:?}");
            found.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
        }
    }
    found
}

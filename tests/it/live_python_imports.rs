//! The scanner of imports against CPython's own parser, on whole trees of Python sources.

use crate::support::live::{archives, require_live};
use ftpy::python_imports::{Anchor, Form, Import, scan};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REFERENCE: &str = include_str!("../fixtures/python_imports.py");

/// Every `.py` file below a directory.
pub(crate) fn python_files(directory: &Path) -> Vec<PathBuf> {
    let (mut todo, mut found) = (vec![directory.to_owned()], Vec::new());
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(&directory).expect("read").flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                todo.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "py") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The prefix of a free-threaded 3.14 that is unpacked below `place`.
pub(crate) fn interpreter(place: &Path) -> PathBuf {
    let ending = "freethreaded-install_only_stripped.tar.gz";
    let archives = archives();
    let archive = archives
        .iter()
        .find(|path| path.to_string_lossy().ends_with(ending));
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive.expect("an archive"));
    let status = tar.arg("-C").arg(place).status().expect("tar");
    assert!(status.success());
    place.join("python")
}

/// An import in the form of the reference.
fn row(import: &Import) -> Value {
    let form = match &import.form {
        Form::Import(bound) => format!("import {bound}"),
        Form::From => "from".to_owned(),
        Form::LazyImport(bound) => format!("lazy import {bound}"),
        Form::LazyFrom => "lazy from".to_owned(),
        Form::Call(anchor) => match anchor {
            Anchor::Absent => "call absent".to_owned(),
            Anchor::Package => "call package".to_owned(),
            Anchor::Name => "call name".to_owned(),
            Anchor::Literal(package) => format!("call {package}"),
            Anchor::Unknown => "call unknown".to_owned(),
        },
    };
    json!([
        import.line,
        form,
        import.level,
        import.module,
        import.names,
        import.function,
        import.is_conditional,
        import.tried_in,
        import.instead_of,
    ])
}

/// Compares the scanner with the parser of an interpreter; returns how many imports were compared.
pub(crate) fn compare(python: &Path, files: &[PathBuf]) -> usize {
    let mut child = Command::new(python)
        .args(["-I", "-c", REFERENCE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python");
    let mut input = child.stdin.take().expect("stdin");
    let names: String = files
        .iter()
        .map(|file| format!("{}\n", file.display()))
        .collect();
    let writer = std::thread::spawn(move || input.write_all(names.as_bytes()));
    let output = child.wait_with_output().expect("output");
    writer.join().expect("a writer").expect("written");
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).expect("JSON");
    let (mut compared, mut wrong) = (0, Vec::new());
    for line in lines.lines() {
        let (path, expected): (PathBuf, Option<Value>) =
            serde_json::from_str(line).expect("a line");
        let Some(expected) = expected else { continue };
        let found = scan(&std::fs::read(&path).expect("read"));
        let mut rows: Vec<String> = found.imports.iter().map(|i| row(i).to_string()).collect();
        let expected_rows = expected["imports"].as_array().expect("imports");
        let mut expected_rows: Vec<String> = expected_rows.iter().map(Value::to_string).collect();
        rows.sort();
        expected_rows.sort();
        compared += rows.len();
        if rows != expected_rows {
            let extra = rows.iter().filter(|row| !expected_rows.contains(row));
            let missing = expected_rows.iter().filter(|row| !rows.contains(row));
            let extra: Vec<&String> = extra.take(3).collect();
            let missing: Vec<&String> = missing.take(3).collect();
            wrong.push(format!(
                "{}: found {extra:?}, expected {missing:?}",
                path.display()
            ));
        }
        let mut computed = found.computed;
        computed.sort();
        computed.dedup();
        if json!(computed) != expected["computed"] {
            wrong.push(format!(
                "{}: {computed:?}, {}",
                path.display(),
                expected["computed"]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
    compared
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_standard_library_has_the_imports_that_its_own_parser_sees() {
    require_live();
    let place = tempfile::tempdir().expect("a directory");
    let prefix = interpreter(place.path());
    let files = python_files(&prefix.join("lib"));
    assert!(files.len() > 1_000, "{} files", files.len());
    let compared = compare(&prefix.join("bin/python3.14t"), &files);
    assert!(compared > 7_000, "{compared} imports");
}

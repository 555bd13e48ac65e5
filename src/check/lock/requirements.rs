//! Requirements files, as pip and uv read them: one requirement a line, options, includes.
//!
//! Only what locates requirements is interpreted. Options about indexes are left to the installer
//! that resolves the file.

use crate::check::lock::error::{Fault, LockError};
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::requirement::{ListedRequest, Meaning, meaning};
use crate::check::lock::source_text::SourceText;
use crate::digest::Digest;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// How deep files may include others.
const DEEPEST: usize = 16;

/// How included files are read.
type ReadText<'a> = &'a dyn Fn(&Path) -> Result<String, LockError>;

/// Reads the text of a requirements file, and the files that it includes.
pub(super) fn read(path: &Path, text: &str, open: ReadText<'_>) -> Result<LockFile, LockError> {
    let mut reader = Reader {
        open,
        seen: BTreeSet::from([path.to_owned()]),
        found: LockFile::default(),
    };
    reader.file(path, text, 0)?;
    Ok(reader.found)
}

struct Reader<'a> {
    open: ReadText<'a>,
    seen: BTreeSet<PathBuf>,
    found: LockFile,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), LockError> {
        let source = SourceText::new(path, text);
        for (line, text) in logical_lines(text) {
            match Line::of(&text) {
                // Constraints restrict versions, and add no package.
                Line::Nothing | Line::Constraint(_) => {}
                Line::Include(name) => self.include(path, line, &name, depth)?,
                Line::Editable(place) => self.found.requests.push(ListedRequest {
                    text: format!("-e {place}"),
                    name: None,
                    location: Some(source.location_of_line(line)),
                    hashes: Vec::new(),
                }),
                Line::Requirement(requirement) => self
                    .requirement(&source, line, (requirement, hashes(&text)))
                    .map_err(|fault| fault.of(path))?,
            }
        }
        Ok(())
    }

    fn include(
        &mut self,
        path: &Path,
        line: u32,
        name: &str,
        depth: usize,
    ) -> Result<(), LockError> {
        // The installer fetches it.
        if name.contains("://") || name.contains("${") {
            return Ok(());
        }
        if depth >= DEEPEST {
            let reason = format!("files include each other more than {DEEPEST} levels deep");
            return Err(Fault::at(line, reason).of(path));
        }
        let included = beside(path, name);
        if !self.seen.insert(included.clone()) {
            return Ok(());
        }
        let text = (self.open)(&included)
            .map_err(|error| Fault::at(line, format!("cannot include {name}: {error}")).of(path))?;
        self.file(&included, &text, depth + 1)
    }

    fn requirement(
        &mut self,
        source: &SourceText<'_>,
        line: u32,
        (text, hashes): (String, Vec<Digest>),
    ) -> Result<(), Fault> {
        let location = Some(source.location_of_line(line));
        let found = meaning(&text, source.directory());
        match found.map_err(|reason| Fault::at(line, format!("`{text}`: {reason}")))? {
            Meaning::Wheel(mut dependency) => {
                dependency.location = location;
                self.found.dependencies.push(*dependency);
            }
            Meaning::Request(name) => self.found.requests.push(ListedRequest {
                text,
                name,
                location,
                hashes,
            }),
        }
        Ok(())
    }
}

/// The path of an included file: relative to the one that includes it, without `..` after a name.
fn beside(file: &Path, name: &str) -> PathBuf {
    let joined = file.parent().unwrap_or_else(|| Path::new("")).join(name);
    let mut path = PathBuf::new();
    for part in joined.components() {
        let last = path.components().next_back();
        let is_below = matches!(last, Some(Component::Normal(_)));
        match part {
            Component::ParentDir if is_below => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

/// The files that a requirements file names: `-r other.txt`, `--constraint=limits.txt`.
#[must_use]
pub fn named_files(text: &str) -> Vec<String> {
    let lines = logical_lines(text).into_iter();
    let files = lines.filter_map(|(_, line)| match Line::of(&line) {
        Line::Include(file) | Line::Constraint(file) => Some(file),
        Line::Nothing | Line::Editable(_) | Line::Requirement(_) => None,
    });
    files.collect()
}

/// What a line means.
enum Line {
    /// Blank, a comment, or an option for the installer.
    Nothing,
    /// `-r other.txt`
    Include(String),
    /// `-c limits.txt`
    Constraint(String),
    /// `-e .`
    Editable(String),
    /// A requirement without its options.
    Requirement(String),
}

impl Line {
    fn of(text: &str) -> Self {
        if !text.starts_with('-') {
            return Self::Requirement(without_options(text).to_owned());
        }
        let (option, value) = match text.find([' ', '\t', '=']) {
            Some(at) => (&text[..at], text[at + 1..].trim()),
            // `-rother.txt`
            None => text.split_at(text.len().min(2)),
        };
        let value = value.trim_matches(['"', '\'']).to_owned();
        match option {
            "-c" | "--constraint" if !value.is_empty() => Self::Constraint(value),
            "-r" | "--requirement" if !value.is_empty() => Self::Include(value),
            "-e" | "--editable" if !value.is_empty() => Self::Editable(value),
            _ => Self::Nothing,
        }
    }
}

/// `lxml==6.1.3 --hash=sha256:...`
fn without_options(text: &str) -> &str {
    let end = [" --", "\t--"].iter().filter_map(|it| text.find(it)).min();
    text[..end.unwrap_or(text.len())].trim_end()
}

/// The digests in `--hash=sha256:...`
fn hashes(text: &str) -> Vec<Digest> {
    let words = text.split("--hash").skip(1);
    let words = words.filter_map(|rest| {
        rest.trim_start_matches(['=', ' ', '\t'])
            .split_whitespace()
            .next()
    });
    let digests = words.filter_map(|word| word.strip_prefix("sha256:"));
    digests
        .filter_map(|it| it.to_ascii_lowercase().parse().ok())
        .collect()
}

/// The lines that are neither blank nor comments, with continuations joined and the number of the
/// first one.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in (1..).zip(text.lines()) {
        // A comment ends a continuation.
        let is_comment = line.trim_start().starts_with('#');
        let (part, goes_on) = match line.strip_suffix('\\') {
            Some(part) if !is_comment => (part, true),
            _ => (line, false),
        };
        let part = without_comment(part);
        match found.last_mut().filter(|_| is_open) {
            Some((_, whole)) => {
                whole.push(' ');
                whole.push_str(part.trim());
            }
            None => found.push((number, part.trim().to_owned())),
        }
        is_open = goes_on;
    }
    found.retain_mut(|(_, text)| {
        *text = text.trim().to_owned();
        !text.is_empty()
    });
    found
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    let comment = [" #", "\t#"].iter().filter_map(|it| line.find(it)).min();
    &line[..comment.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_in_each_form() {
        for line in [
            "-r a.txt",
            "-ra.txt",
            "--requirement a.txt",
            "--requirement=a.txt",
            " -c  a.txt  # limits",
            "--constraint=a.txt",
        ] {
            assert_eq!(named_files(line), ["a.txt"], "{line}");
        }
        for line in ["requests", "# -r a.txt", "-r", "-e .", "--no-index"] {
            assert!(named_files(line).is_empty(), "{line}");
        }
    }
}

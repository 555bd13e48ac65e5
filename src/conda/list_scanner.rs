//! Finds the records of each package in the text of a `repodata.json` as it streams by, without
//! parsing them: a channel lists 800,000, and a plan needs a few thousand. Pure.
//!
//! Only the structure is followed: strings, braces and brackets. The records that are used are
//! parsed, and thereby checked, by serde.

use crate::conda::list_index::{ListIndex, SECTIONS};

/// The maximum number of runs of records with the same name. The largest channel has 60,000; every
/// record is a run of its own if the list is not sorted.
const MOST_RUNS: usize = 4_000_000;
/// The maximum length of a key: a file's name.
const LONGEST_KEY: usize = 4096;
/// Follows the text piece by piece.
#[derive(Debug, Default)]
pub struct Scanner {
    /// The number of bytes so far.
    offset: u64,
    /// The open objects whose keys matter: the whole, `v3`, and a section.
    open: Vec<Level>,
    /// The number of open braces and brackets below them.
    depth: u64,
    string: InString,
    /// The key whose value follows, without its quotes.
    key: Vec<u8>,
    key_start: u64,
    value_start: u64,
    /// Whether the next string is a key.
    wants_key: bool,
    /// The records of one package that follow each other.
    run: Option<Run>,
    runs: usize,
    is_over: bool,
    index: ListIndex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Whole,
    V3,
    Section(usize),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum InString {
    #[default]
    No,
    Yes,
    /// After a backslash.
    Escape,
}

#[derive(Debug)]
struct Run {
    section: usize,
    name: Vec<u8>,
    start: u64,
    end: u64,
}

impl Scanner {
    /// Takes the next piece of the text.
    ///
    /// # Errors
    /// Returns a message if it cannot be a list of packages.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let start = self.offset;
        let mut at = 0;
        while at < bytes.len() {
            at += match self.string {
                InString::No => self.outside(&bytes[at..], start + at as u64)?,
                InString::Yes => self.inside(&bytes[at..])?,
                InString::Escape => {
                    self.keep(&bytes[at..=at])?;
                    self.string = InString::Yes;
                    1
                }
            };
        }
        self.offset = start + bytes.len() as u64;
        Ok(())
    }

    /// Returns the index.
    ///
    /// # Errors
    /// Returns a message if the text is incomplete.
    pub fn finish(mut self) -> Result<ListIndex, String> {
        self.end_run()?;
        match self.is_over {
            true => Ok(self.index),
            false => Err("it ends early".to_owned()),
        }
    }

    /// Up to the next byte that matters, inclusive. Returns the number of bytes.
    fn outside(&mut self, bytes: &[u8], offset: u64) -> Result<usize, String> {
        let is_record = self.depth > 0;
        let matters = |byte: &u8| match byte {
            b'"' | b'{' | b'[' | b'}' | b']' => true,
            // Only between records.
            byte => !is_record && !byte.is_ascii_whitespace(),
        };
        let Some(at) = bytes.iter().position(matters) else {
            return Ok(bytes.len());
        };
        let offset = offset + at as u64;
        if self.is_over {
            return Err("something follows its end".to_owned());
        }
        match bytes[at] {
            b'"' => {
                self.string = InString::Yes;
                if self.depth == 0 && self.wants_key {
                    self.key.clear();
                    self.key_start = offset;
                }
            }
            b'{' => self.begin(offset, true)?,
            b'[' => self.begin(offset, false)?,
            b'}' | b']' => self.end(offset)?,
            b',' => self.wants_key = true,
            _ => {} // a colon or a number
        }
        Ok(at + 1)
    }

    fn inside(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
        let Some(at) = bytes.iter().position(ends) else {
            self.keep(bytes)?;
            return Ok(bytes.len());
        };
        self.keep(&bytes[..at])?;
        if bytes[at] == b'\\' {
            self.keep(b"\\")?;
            self.string = InString::Escape;
            return Ok(at + 1);
        }
        self.string = InString::No;
        if self.open.is_empty() {
            return Err("it is not an object".to_owned());
        }
        if self.depth == 0 {
            self.wants_key = false;
        }
        Ok(at + 1)
    }

    /// Keeps the bytes of a key.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.depth == 0 && self.wants_key {
            self.key.extend_from_slice(bytes);
            if self.key.len() > LONGEST_KEY {
                return Err("a name in it is too long".to_owned());
            }
        }
        Ok(())
    }

    fn begin(&mut self, offset: u64, is_object: bool) -> Result<(), String> {
        if self.depth > 0 {
            self.depth += 1;
            return Ok(());
        }
        self.value_start = offset;
        let level = match (self.open.last(), self.key.as_slice()) {
            (None, _) if is_object => Some(Level::Whole),
            (None, _) => return Err("it is not an object".to_owned()),
            (Some(_), _) if self.wants_key => return Err("a value in it has no name".to_owned()),
            (Some(Level::Whole), b"v3") => Some(Level::V3),
            (Some(Level::Whole), key) => section(&[key]),
            (Some(Level::V3), key) => section(&[b"v3", key]),
            (Some(Level::Section(_)), _) => None,
        };
        match level.filter(|_| is_object) {
            Some(level) => {
                self.open.push(level);
                self.wants_key = true;
            }
            None => self.depth = 1,
        }
        Ok(())
    }

    fn end(&mut self, offset: u64) -> Result<(), String> {
        if self.depth > 1 {
            self.depth -= 1;
            return Ok(());
        }
        if self.depth == 1 {
            self.depth = 0;
            return self.end_value(offset + 1);
        }
        self.wants_key = false;
        if self.open.pop().is_none() {
            return Err("it is not an object".to_owned());
        }
        self.is_over = self.open.is_empty();
        self.end_run()
    }

    /// The value that belongs to the key is complete.
    fn end_value(&mut self, end: u64) -> Result<(), String> {
        let span = (self.value_start, end - self.value_start);
        match (self.open.last(), self.key.as_slice()) {
            (Some(Level::Whole), b"info") => self.index.info = Some(span),
            (Some(Level::Whole), b"removed") => self.index.removed = Some(span),
            (Some(&Level::Section(section)), key) => {
                let name = name_of(key);
                match &mut self.run {
                    Some(run) if run.name == name && run.section == section => run.end = end,
                    _ => {
                        let run = Run {
                            section,
                            name: name.to_vec(),
                            start: self.key_start,
                            end,
                        };
                        self.end_run()?;
                        self.run = Some(run);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), String> {
        let Some(run) = self.run.take() else {
            return Ok(());
        };
        self.runs += 1;
        if self.runs > MOST_RUNS {
            return Err("it lists too many packages".to_owned());
        }
        let name = String::from_utf8_lossy(&run.name).into_owned();
        let runs = self.index.names.entry(name).or_default();
        runs.push((run.section, run.start, run.end - run.start));
        Ok(())
    }
}

fn section(path: &[&[u8]]) -> Option<Level> {
    let is_it = |names: &&[&str]| {
        let names = names.iter().map(|name| name.as_bytes());
        names.eq(path.iter().copied())
    };
    SECTIONS.iter().position(is_it).map(Level::Section)
}

/// `python` of `python-3.14.7-h1_0_cp314t.conda`. The whole key if it has another form.
fn name_of(key: &[u8]) -> &[u8] {
    let mut dashes = key
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, byte)| **byte == b'-');
    dashes.nth(1).map_or(key, |(at, _)| &key[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conda::list_index::Span;
    use std::io;

    const TEXT: &str = r#"{"info": {"subdir": "x"}, "n": [1, {"packages": {"a-1-0.conda": {}}}],
        "packages": {"a-1-0.tar.bz2": {"b": "}\\\"{", "c": [{}]}, "a-2-0.tar.bz2": {},
        "b-c-1-0.tar.bz2": {"d": {"e": ","}}}, "packages.conda": {"a-1-0.conda": {}},
        "removed": ["a-2-0.tar.bz2"], "v3": {"conda": {"a-3-0": {}}, "whl": {"a-4-0": {}}}}"#;

    fn index(text: &str, size: usize) -> Result<ListIndex, String> {
        let mut scanner = Scanner::default();
        for piece in text.as_bytes().chunks(size) {
            scanner.take(piece)?;
        }
        scanner.finish()
    }

    fn read(text: &str) -> impl Fn(Span) -> io::Result<Vec<u8>> {
        let text = text.as_bytes();
        move |(start, length)| {
            let start = usize::try_from(start).expect("short");
            Ok(text[start..start + usize::try_from(length).expect("short")].to_vec())
        }
    }

    #[test]
    fn records_are_found_however_the_text_is_cut() {
        let whole = index(TEXT, TEXT.len()).expect("a list");
        for size in 1..40 {
            assert_eq!(index(TEXT, size).expect("a list"), whole, "{size}");
        }
        let text = |bytes: io::Result<Vec<u8>>| String::from_utf8(bytes.expect("read"));
        assert_eq!(
            text(whole.info(read(TEXT))).expect("text"),
            r#"{"subdir": "x"}"#
        );
        assert_eq!(
            text(whole.removed(read(TEXT))).expect("text"),
            r#"["a-2-0.tar.bz2"]"#
        );
        let shard = |name: &str| {
            let shard = whole.shard(name, read(TEXT)).expect("read")?;
            Some(serde_json::from_slice::<serde_json::Value>(&shard).expect("JSON"))
        };
        let expected = serde_json::json!({
            "packages": {"a-1-0.tar.bz2": {"b": "}\\\"{", "c": [{}]}, "a-2-0.tar.bz2": {}},
            "packages.conda": {"a-1-0.conda": {}},
            "v3": {"tar.bz2": {}, "conda": {"a-3-0": {}}},
        });
        assert_eq!(shard("a"), Some(expected));
        assert_eq!(
            shard("b-c").expect("listed")["packages"]["b-c-1-0.tar.bz2"]["d"]["e"],
            ","
        );
        assert_eq!(shard("whl"), None);
    }

    #[test]
    fn what_is_incomplete_or_not_a_list_is_refused() {
        for text in [
            "",
            "[]",
            "\"x\"",
            "{",
            "{}}",
            "{} {}",
            "{{}}",
            "<html>",
            "{\"a\": \"}",
        ] {
            assert!(index(text, 7).is_err(), "{text}");
        }
        for cut in 1..TEXT.len() - 1 {
            assert!(index(&TEXT[..cut], 64).is_err(), "{cut}");
        }
        assert!(index(" {} \n", 1).is_ok());
    }
}

//! A text whose positions are converted to lines, and TOML with its errors as lines.

use crate::check::dependency::FileLocation;
use crate::check::lock::error::Fault;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;

/// The text of a file.
pub(super) struct SourceText<'a> {
    /// The file, as the person named it.
    pub file: &'a Path,
    /// The text.
    pub text: &'a str,
    /// The positions of the line ends.
    ends: Vec<usize>,
}

impl<'a> SourceText<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        let ends = text.bytes().enumerate();
        let ends = ends.filter_map(|(at, byte)| (byte == b'\n').then_some(at));
        Self {
            file,
            text,
            ends: ends.collect(),
        }
    }

    /// The directory to which the file's paths are relative.
    pub(super) fn directory(&self) -> &'a Path {
        self.file.parent().unwrap_or_else(|| Path::new(""))
    }

    /// The line of a position, from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        let before = self.ends.partition_point(|end| *end < at);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    pub(super) fn location(&self, span: &Range<usize>) -> FileLocation {
        self.location_of_line(self.line(span.start))
    }

    pub(super) fn location_of_line(&self, line: u32) -> FileLocation {
        FileLocation {
            file: self.file.to_owned(),
            line,
        }
    }

    /// Parses TOML. If it is not what is expected because its version is newer than the `known`
    /// one, the error says so.
    pub(super) fn toml<T: DeserializeOwned>(&self, version: &Version<'_>) -> Result<T, Fault> {
        toml::from_str(self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            let reason = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            let table = self.text.parse::<toml::Table>().ok();
            let newer = table.and_then(|table| version.newer(&table));
            let reason = match newer {
                Some(newer) => format!("{newer}: {reason}"),
                None => format!("invalid TOML: {reason}"),
            };
            Fault { line, reason }
        })
    }
}

/// The versions of a format that are known.
pub(super) struct Version<'a> {
    /// The path of the key: `metadata`, `lock-version`.
    pub key: &'a [&'a str],
    /// The newest known version.
    pub known: (u32, u32),
}

impl Version<'_> {
    /// Says that a file's version is newer than the known one, if it is.
    pub(super) fn newer(&self, table: &toml::Table) -> Option<String> {
        let (last, path) = self.key.split_last()?;
        let mut table = table;
        for key in path {
            table = table.get(*key)?.as_table()?;
        }
        let text = match table.get(*last)? {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => return None,
        };
        self.newer_text(&text)
    }

    /// As [`newer`](Self::newer), for the version itself.
    pub(super) fn newer_text(&self, text: &str) -> Option<String> {
        let mut parts = text.split('.');
        let mut part = || {
            parts
                .next()
                .map_or(Some(0), |part| part.parse::<u32>().ok())
        };
        let version = (part()?, part()?);
        let (major, minor) = self.known;
        (version > self.known).then(|| {
            let known = match minor {
                0 => format!("{major}"),
                _ => format!("{major}.{minor}"),
            };
            format!("its format has version {text}, newer than {known}, which this ftpy knows")
        })
    }
}

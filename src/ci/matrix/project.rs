//! Reads the versions in a `pyproject.toml`: `requires-python` and classifiers.

use crate::version_file::range;
use ftpy_core::range::Range;
use ftpy_core::version::split_version;
use std::collections::BTreeSet;

/// The prefix of a version classifier.
const PYTHON: &str = "Programming Language :: Python :: ";

/// The classifier of free threading, optionally followed by a level: `... :: 3 - Stable`.
const FREE_THREADING: &str = "Programming Language :: Python :: Free Threading";

/// The version metadata of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// `requires-python` as text and parsed.
    pub requires: Option<(String, Range)>,
    /// `Programming Language :: Python :: 3.14`
    pub minors: BTreeSet<(u16, u16)>,
    /// Whether it is classified as supporting free threading.
    pub is_free_threading: bool,
    /// Whether missing values are provided by a build back end: they are `dynamic`, or there is no
    /// `[project]` table.
    pub is_dynamic: bool,
}

/// Why it cannot be parsed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// It has the wrong format.
    #[error("invalid {format}: {reason}")]
    Unreadable {
        /// `TOML`, `setup.cfg`
        format: &'static str,
        /// The line, counted from 1.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// `requires-python` is not a range.
    #[error("{key} is {text}, which is not a valid version range")]
    NoRange {
        /// The name of the key.
        key: &'static str,
        /// The line, counted from 1.
        line: Option<usize>,
        /// The value as written.
        text: String,
    },
}

impl ProjectError {
    /// The line of the error.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unreadable { line, .. } | Self::NoRange { line, .. } => *line,
        }
    }
}

impl Project {
    /// Parses a `pyproject.toml`.
    ///
    /// # Errors
    /// Returns an error if it is not TOML or its range is invalid. Missing values are not an error.
    pub fn parse(text: &str) -> Result<Self, ProjectError> {
        let document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            ProjectError::Unreadable {
                format: "TOML",
                line: before.map(|before| before.matches('\n').count() + 1),
                reason: error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            }
        })?;
        let Some(project) = document.get("project") else {
            return Ok(Self {
                is_dynamic: true,
                ..Self::default()
            });
        };
        let written = project.get("requires-python");
        let requires = written.and_then(toml::Value::as_str).and_then(requires);
        if let (None, Some(written)) = (&requires, written) {
            let is_it = |line: &str| line.trim_start().starts_with("requires-python");
            return Err(ProjectError::NoRange {
                key: "requires-python",
                line: text.lines().position(is_it).map(|line| line + 1),
                text: match written.as_str() {
                    Some(text) => format!("`{text}`"),
                    None => format!("a {}", written.type_str()),
                },
            });
        }
        let list = |name: &str| {
            let items = project.get(name).and_then(toml::Value::as_array);
            let items = items.into_iter().flatten();
            items.filter_map(toml::Value::as_str)
        };
        Ok(Self {
            requires,
            is_dynamic: list("dynamic").any(|one| one == "classifiers" || one == "requires-python"),
            ..Self::classified(list("classifiers"))
        })
    }

    /// Parses classifiers.
    #[must_use]
    pub(super) fn classified<'a>(classifiers: impl Iterator<Item = &'a str>) -> Self {
        let mut project = Self::default();
        for classifier in classifiers {
            project.is_free_threading |= classifier.starts_with(FREE_THREADING);
            let version = classifier.strip_prefix(PYTHON).and_then(split_version);
            if let Some((version, "")) = version
                && let (Some(minor), None) = (version.minor, version.patch)
            {
                project.minors.insert((version.major, minor));
            }
        }
        project
    }

    /// Merges `other`, which provides the values left to the build back end.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            requires: self.requires.or(other.requires),
            minors: match self.minors.is_empty() {
                true => other.minors,
                false => self.minors,
            },
            is_free_threading: self.is_free_threading || other.is_free_threading,
            is_dynamic: self.is_dynamic || other.is_dynamic,
        }
    }
}

/// A range as text and parsed. An empty range allows everything, according to PEP 440.
pub(super) fn requires(written: &str) -> Option<(String, Range)> {
    match written.split(',').all(|part| part.trim().is_empty()) {
        true => Some((String::new(), Range(Vec::new()))),
        false => Some((written.to_owned(), range(written)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_classifiers_are_parsed_and_others_ignored() {
        let text = "[project]\nrequires-python = '>=3.13'\nclassifiers = [\n\
            'Programming Language :: Python :: 3',\n\
            'Programming Language :: Python :: 3 :: Only',\n\
            'Programming Language :: Python :: 3.13',\n\
            'Programming Language :: Python :: 3.14',\n\
            'Programming Language :: Python :: Implementation :: CPython',\n\
            'Programming Language :: Python :: Free Threading :: 3 - Stable',\n]\n";
        let project = Project::parse(text).expect("a project");
        assert_eq!(project.minors, BTreeSet::from([(3, 13), (3, 14)]));
        assert!(project.is_free_threading && !project.is_dynamic);
        assert_eq!(project.requires.expect("a range").0, ">=3.13");
        let silent = Project::parse("[tool.x]\n").expect("a project");
        assert!(silent.is_dynamic && silent.minors.is_empty());
    }

    #[test]
    fn an_empty_range_allows_everything() {
        for text in ["", " ", ","] {
            let project = Project::parse(&format!("[project]\nrequires-python = '{text}'\n"));
            let (_, range) = project.expect(text).requires.expect(text);
            assert!(range.covers(&ftpy_core::version::Version::new(3, 9, 0)));
        }
    }

    #[test]
    fn errors_have_a_line() {
        let error = Project::parse("[project]\nname = \n").expect_err("no TOML");
        assert_eq!(error.line(), Some(2), "{error}");
        let error =
            Project::parse("[project]\n\nrequires-python = 'three'\n").expect_err("no range");
        assert_eq!(error.line(), Some(3));
        assert!(error.to_string().contains("three"), "{error}");
    }
}

//! What a `pyproject.toml` says of versions: `requires-python` and classifiers.

use crate::version_file::range;
use ftpy_core::range::Range;
use ftpy_core::version::split_version;
use std::collections::BTreeSet;

/// What stands before the version in a classifier.
const PYTHON: &str = "Programming Language :: Python :: ";

/// The classifier, with or without how far it is: `... :: 3 - Stable`.
const FREE_THREADING: &str = "Programming Language :: Python :: Free Threading";

/// What a project says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// `requires-python`, as written and as read.
    pub requires: Option<(String, Range)>,
    /// `Programming Language :: Python :: 3.14`
    pub minors: BTreeSet<(u16, u16)>,
    /// Whether it is classified as free-threading.
    pub is_free_threading: bool,
    /// Whether a build back end makes what is not said here: it is `dynamic`, or there is no
    /// `[project]`.
    pub is_dynamic: bool,
}

/// Why it cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// It is not of its format.
    #[error("it is no {format}: {reason}")]
    Unreadable {
        /// `TOML`, `setup.cfg`
        format: &'static str,
        /// On which line, counted from 1.
        line: Option<usize>,
        /// Why.
        reason: String,
    },
    /// `requires-python` is no range.
    #[error("its {key} is {text}, which is no range of versions")]
    NoRange {
        /// What it is called there.
        key: &'static str,
        /// On which line, counted from 1.
        line: Option<usize>,
        /// As it is written.
        text: String,
    },
}

impl ProjectError {
    /// The line that it is about.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unreadable { line, .. } | Self::NoRange { line, .. } => *line,
        }
    }
}

impl Project {
    /// Reads the text of a `pyproject.toml`.
    ///
    /// # Errors
    /// Where it is no TOML, or its range is none. What is not there is no error.
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

    /// What classifiers say of versions.
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

    /// This, and what it leaves to its build back end as `other` says it.
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

/// A range as it is written and as it is read. One of no conditions admits everything, as PEP 440
/// says.
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
    fn classifiers_are_read_and_others_are_not() {
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
    fn an_empty_range_admits_everything() {
        for text in ["", " ", ","] {
            let project = Project::parse(&format!("[project]\nrequires-python = '{text}'\n"));
            let (_, range) = project.expect(text).requires.expect(text);
            assert!(range.covers(&ftpy_core::version::Version::new(3, 9, 0)));
        }
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        let error = Project::parse("[project]\nname = \n").expect_err("no TOML");
        assert_eq!(error.line(), Some(2), "{error}");
        let error =
            Project::parse("[project]\n\nrequires-python = 'three'\n").expect_err("no range");
        assert_eq!(error.line(), Some(3));
        assert!(error.to_string().contains("three"), "{error}");
    }
}

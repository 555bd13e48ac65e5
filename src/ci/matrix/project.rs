//! What a `pyproject.toml` says of versions: `requires-python` and classifiers.

use crate::version_file::requires_python;
use ftpy_shims::range::{Condition, Range};
use ftpy_shims::version::split_version;
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
    /// Whether a build back end makes what is not said here.
    pub is_dynamic: bool,
}

/// Why it cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// It is no TOML.
    #[error("it is no TOML: {reason}")]
    NotToml {
        /// On which line, counted from 1.
        line: Option<usize>,
        /// Why.
        reason: String,
    },
    /// `requires-python` is no range.
    #[error("its requires-python is {text}, which is no range of versions")]
    NoRange {
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
            Self::NotToml { line, .. } | Self::NoRange { line, .. } => *line,
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
            ProjectError::NotToml {
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
            return Ok(Self::default());
        };
        let written = project.get("requires-python");
        let is_open = written
            .and_then(toml::Value::as_str)
            .is_some_and(|text| text.split(',').all(|part| part.trim().is_empty()));
        let requires = match is_open {
            true => any(),
            false => requires_python(text),
        };
        if let (None, Some(written)) = (&requires, written) {
            let is_it = |line: &str| line.trim_start().starts_with("requires-python");
            return Err(ProjectError::NoRange {
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
            items.filter_map(|item| item.as_str().map(str::to_owned))
        };
        let minors = list("classifiers").filter_map(|classifier| {
            let (version, rest) = split_version(classifier.strip_prefix(PYTHON)?)?;
            let is_minor = rest.is_empty() && version.patch.is_none();
            Some((version.major, version.minor.filter(|_| is_minor)?))
        });
        Ok(Self {
            requires,
            minors: minors.collect(),
            is_free_threading: list("classifiers").any(|one| one.starts_with(FREE_THREADING)),
            is_dynamic: list("dynamic").any(|one| one == "classifiers" || one == "requires-python"),
        })
    }
}

/// What a range of no conditions admits: everything, as PEP 440 says.
fn any() -> Option<(String, Range)> {
    let (condition, _) = Condition::split(">=0")?;
    Some((String::new(), Range(vec![condition])))
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
        assert_eq!(Project::parse("[tool.x]\n"), Ok(Project::default()));
    }

    #[test]
    fn an_empty_range_admits_everything() {
        for text in ["", " ", ","] {
            let project = Project::parse(&format!("[project]\nrequires-python = '{text}'\n"));
            let (_, range) = project.expect(text).requires.expect(text);
            assert!(range.covers(&ftpy_shims::version::Version::new(3, 9, 0)));
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

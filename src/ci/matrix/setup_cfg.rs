//! Reads the versions in setuptools' `setup.cfg`: `python_requires` and classifiers.

use crate::ci::matrix::project::{Project, ProjectError, requires};
use configparser::ini::Ini;

/// Parses a `setup.cfg`.
///
/// # Errors
/// Returns an error if it is invalid or its range is. Missing values are not an error.
pub fn setup_cfg(text: &str) -> Result<Project, ProjectError> {
    let mut file = Ini::new_cs();
    file.set_multiline(true);
    // As in Python, a `;` inside a value belongs to the value.
    file.set_inline_comment_symbols(Some(&[]));
    file.read(text.to_owned())
        .map_err(|reason| ProjectError::Unreadable {
            format: "setup.cfg",
            line: None,
            reason,
        })?;
    let written = file.get("options", "python_requires");
    // A continuation line is joined with a space.
    let written = written.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let requires = written.as_deref().and_then(requires);
    if let (None, Some(written)) = (&requires, written) {
        let is_it = |line: &str| line.starts_with("python_requires");
        return Err(ProjectError::NoRange {
            key: "python_requires",
            line: text.lines().position(is_it).map(|line| line + 1),
            text: format!("`{written}`"),
        });
    }
    let classifiers = file.get("metadata", "classifiers").unwrap_or_default();
    Ok(Project {
        requires,
        ..Project::classified(classifiers.lines().map(str::trim))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_parsed_as_by_setuptools() {
        let text = "[metadata]\nname = demo\nclassifiers =\n    \
            Programming Language :: Python :: 3\n    \
            # no longer: Programming Language :: Python :: 3.8\n    \
            Programming Language :: Python :: 3.13\n    \
            Programming Language :: Python :: Free Threading :: 1 - Unstable\n\n\
            [options]\npackages = find:\npython_requires = >=3.9,\n    !=3.9.1\n\
            [options.extras_require]\ntest = pytest ; python_version > '3'\n";
        let project = setup_cfg(text).expect("a project");
        let (written, range) = project.requires.clone().expect("a range");
        assert_eq!(written, ">=3.9, !=3.9.1");
        assert!(!range.covers(&ftpy_core::version::Version::new(3, 9, 1)));
        assert_eq!(project.minors, BTreeSet::from([(3, 13)]));
        assert!(project.is_free_threading);
        assert_eq!(
            setup_cfg("[flake8]\nmax-line = 9\n"),
            Ok(Project::default())
        );
        let listed = setup_cfg("[metadata]\nclassifiers = file: classifiers.txt\n");
        assert_eq!(listed, Ok(Project::default()));
    }

    #[test]
    fn errors_have_a_line_and_the_name_of_the_key() {
        let error = setup_cfg("[options]\n\npython_requires = three\n").expect_err("no range");
        assert_eq!(error.line(), Some(3));
        let said = error.to_string();
        assert!(said.contains("python_requires is `three`"), "{said}");
        let error = setup_cfg("[options\n").expect_err("no section");
        assert!(error.to_string().contains("invalid setup.cfg"), "{error}");
    }
}

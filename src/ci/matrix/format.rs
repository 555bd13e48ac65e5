//! Formats a matrix for each tool.

use crate::ci::matrix::entry::MatrixEntry;

/// `3.14t`, `3.14.2t`: the syntax of setup-python, nox, hatch and ftpy.
#[must_use]
pub fn versions(entries: &[MatrixEntry]) -> Vec<String> {
    let name = |entry: &MatrixEntry| {
        let (major, minor) = entry.minor;
        let patch = entry.patch.map(|patch| format!(".{patch}"));
        let patch = patch.unwrap_or_default();
        let flag = if entry.is_free_threaded { "t" } else { "" };
        format!("{major}.{minor}{patch}{flag}")
    };
    entries.iter().map(name).collect()
}

/// One line of JSON for GitHub's `strategy.matrix`: `{"python-version":["3.14","3.14t"]}`.
#[must_use]
pub fn gha(entries: &[MatrixEntry]) -> String {
    format!("{{\"python-version\":[{}]}}", quoted(entries, ","))
}

/// `py314,py314t`: the syntax of tox's `-e` and `env_list`, which has no patch versions.
#[must_use]
pub fn tox(entries: &[MatrixEntry]) -> String {
    let minors = entries.iter().map(|entry| MatrixEntry {
        patch: None,
        ..*entry
    });
    let versions = versions(&minors.collect::<Vec<_>>());
    let names = versions
        .iter()
        .map(|version| format!("py{}", version.replace('.', "")));
    names.collect::<Vec<_>>().join(",")
}

/// `["3.14", "3.14t"]`: a Python list for `nox.session(python=...)`, and a JSON list.
#[must_use]
pub fn nox(entries: &[MatrixEntry]) -> String {
    format!("[{}]", quoted(entries, ", "))
}

/// A table for `pyproject.toml`, read by hatch.
#[must_use]
pub fn hatch(entries: &[MatrixEntry]) -> String {
    format!(
        "[[tool.hatch.envs.hatch-test.matrix]]\npython = [{}]",
        quoted(entries, ", ")
    )
}

/// `parallel:matrix` of a GitLab job, which sets `PYTHON_VERSION`.
#[must_use]
pub fn gitlab(entries: &[MatrixEntry]) -> String {
    format!(
        "parallel:\n  matrix:\n    - PYTHON_VERSION: [{}]",
        quoted(entries, ", ")
    )
}

/// Quoted, because an unquoted 3.10 is the number 3.1 in YAML.
fn quoted(entries: &[MatrixEntry], between: &str) -> String {
    let versions = versions(entries);
    let quoted = versions.iter().map(|version| format!("\"{version}\""));
    quoted.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_its_syntax() {
        let entry = |minor, is_free_threaded| MatrixEntry {
            minor: (3, minor),
            patch: None,
            is_free_threaded,
        };
        let entries = [entry(10, false), entry(14, false), entry(14, true)];
        assert_eq!(
            gha(&entries),
            r#"{"python-version":["3.10","3.14","3.14t"]}"#
        );
        assert_eq!(tox(&entries), "py310,py314,py314t");
        assert_eq!(nox(&entries), r#"["3.10", "3.14", "3.14t"]"#);
        let exact = MatrixEntry {
            patch: Some(5),
            ..entry(13, true)
        };
        assert_eq!(nox(&[exact]), r#"["3.13.5t"]"#);
        assert_eq!(tox(&[exact]), "py313t");
        assert_eq!(
            hatch(&entries),
            "[[tool.hatch.envs.hatch-test.matrix]]\npython = [\"3.10\", \"3.14\", \"3.14t\"]"
        );
        assert_eq!(
            gitlab(&entries),
            "parallel:\n  matrix:\n    - PYTHON_VERSION: [\"3.10\", \"3.14\", \"3.14t\"]"
        );
    }
}

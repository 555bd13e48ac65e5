//! What installers print when they resolve requirements: uv's annotated list, pip's report.

use crate::check::dependency::Dependency;
use crate::check::lock::wheel_of_url;
use crate::check::parents::Parents;
use crate::secret_url::SecretUrl;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What uv says about a package beside its version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotation {
    /// The index that it comes from.
    pub index: Option<SecretUrl>,
    /// The normalized names of the packages that require it directly.
    pub required_by: Vec<String>,
}

/// Reads the comments in the output of `uv pip compile --annotation-style split
/// --emit-index-annotation`, by normalized name.
///
/// ```text
/// colorama==0.4.6 ; sys_platform == 'win32'
///     # via
///     #   -r requirements.txt
///     #   click
///     # from https://example.org/simple
/// ```
#[must_use]
pub fn annotations(text: &str) -> BTreeMap<String, Annotation> {
    let mut found: BTreeMap<String, Annotation> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let Some(comment) = line.trim_start().strip_prefix('#') else {
            let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
            let name = &line[..end.unwrap_or(line.len())];
            let is_package = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            current = is_package.then(|| normalized_name(name));
            if let Some(name) = &current {
                found.entry(name.clone()).or_default();
            }
            continue;
        };
        let Some(annotation) = current.as_ref().and_then(|name| found.get_mut(name)) else {
            continue;
        };
        let comment = comment.trim();
        if let Some(index) = comment.strip_prefix("from ") {
            annotation.index = index.contains("://").then(|| SecretUrl::from(index));
            continue;
        }
        let parent = comment.strip_prefix("via").unwrap_or(comment).trim();
        if !parent.is_empty() && !parent.contains([' ', '/', '\\']) && !parent.starts_with('-') {
            annotation.required_by.push(normalized_name(parent));
        }
    }
    let names: Vec<String> = found.keys().cloned().collect();
    for annotation in found.values_mut() {
        let is_known = |parent: &String| names.binary_search(parent).is_ok();
        annotation.required_by.retain(is_known);
    }
    found
}

#[derive(Deserialize)]
struct Report {
    install: Vec<Installation>,
}

#[derive(Deserialize)]
struct Installation {
    #[serde(default)]
    is_direct: bool,
    metadata: Metadata,
    download_info: Download,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: String,
    #[serde(default)]
    requires_dist: Vec<String>,
}

#[derive(Deserialize)]
struct Download {
    url: String,
    archive_info: Option<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

/// Reads the output of `pip install --dry-run --report -`.
///
/// # Errors
/// Returns the reason why it is not such a report.
pub fn pip_report(text: &str) -> Result<Vec<Dependency>, String> {
    let report: Report = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut parents = Parents::default();
    for package in &report.install {
        for requirement in &package.metadata.requires_dist {
            parents.add_requirement(requirement, &package.metadata.name);
        }
    }
    let dependencies = report.install.into_iter().map(|package| {
        let name = normalized_name(&package.metadata.name);
        let hashes = package.download_info.archive_info.map(|it| it.hashes);
        let hashes = hashes.unwrap_or_default();
        let wheel = wheel_of_url(&package.download_info.url, hashes.get("sha256"));
        Dependency {
            version: package.metadata.version,
            has_sdist: wheel.is_none(),
            is_direct: package.is_direct,
            wheels: wheel.into_iter().collect(),
            required_by: parents.of(&name),
            name,
            ..Dependency::default()
        }
    });
    Ok(dependencies.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_and_the_parents_are_read_from_comments() {
        let text = "--index-url https://me:pw@h.example/simple\n\n\
                    Click==8.3.1\n    # via -r requirements.txt\n    # from https://h.example/simple\n\
                    colorama==0.4.6 ; sys_platform == 'win32'\n    # via\n    #   -r requirements.txt\n    \
                    #   click\n    #   demo (pyproject.toml)\n    # from ../wheels\n";
        let found = annotations(text);
        assert_eq!(found.len(), 2);
        let index = found["click"].index.as_ref().map(ToString::to_string);
        assert_eq!(index.as_deref(), Some("https://h.example/simple"));
        assert_eq!(found["click"].required_by, Vec::<String>::new());
        assert_eq!(found["colorama"].required_by, ["click"]);
        assert_eq!(found["colorama"].index, None);
    }

    #[test]
    fn a_report_of_pip_gives_wheels_with_digests_and_parents() {
        let digest = "a5e246f79eb80475e691bf93862cead98decd8a498cf53ba0516fcdc0f50dc1c";
        let text = format!(
            r#"{{"version": "1", "install": [
              {{"metadata": {{"name": "H3", "version": "4.5.0", "requires_dist": ["Num.Py>=1", "x ; extra == 'y'"]}},
                "download_info": {{"url": "https://h.example/h3-4.5.0-cp314-cp314t-win_amd64.whl",
                                   "archive_info": {{"hashes": {{"sha256": "{digest}"}}}}}}}},
              {{"metadata": {{"name": "num-py", "version": "1"}},
                "download_info": {{"url": "https://h.example/num_py-1.tar.gz", "archive_info": {{}}}}}}]}}"#
        );
        let found = pip_report(&text).expect("a report");
        assert_eq!(found[0].name, "h3");
        let wheel = &found[0].wheels[0];
        assert_eq!(
            wheel.sha256.map(|it| it.to_string()).as_deref(),
            Some(digest)
        );
        assert!(found[1].has_sdist && found[1].wheels.is_empty());
        assert_eq!(found[1].required_by, ["h3"]);
        assert!(pip_report("ERROR").is_err());
    }
}

//! Converts upstream's index (NDJSON) to ftpy's format.
//!
//! One line is one release: `{"version":"...","artifacts":[{"url","sha256",...}]}`. The file name
//! in the URL determines what the archive is; the other fields repeat that and have been wrong.
//! Rows of the flat form (`{"version","variant","url","sha256"}`) are accepted, too, for partial
//! mirrors.

use crate::digest::Digest;
use crate::manifest::pbs::{self, Head, PbsRow, UPSTREAM};
use crate::manifest::pbs_name::ArchiveName;
use crate::secret_url::SecretUrl;
use serde::Deserialize;
use std::collections::HashSet;

/// Why an index is rejected. The current index is then kept.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// A line is not JSON of either form.
    #[error("line {line} is not a release of python-build-standalone: {reason}")]
    BadLine {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// A digest is invalid.
    #[error("line {line} has an invalid sha256 for {url}")]
    BadDigest {
        /// The line, counted from 1.
        line: usize,
        /// The archive.
        url: SecretUrl,
    },
    /// It contains no CPython archive.
    #[error("no CPython archive found")]
    Empty,
}

/// The relevant fields.
#[derive(Deserialize)]
struct Artifact {
    url: String,
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UpstreamLine {
    Release { artifacts: Vec<Artifact> },
    Flat(Artifact),
}

/// Converts upstream's index to ftpy's format.
///
/// Archives of other implementations or of unknown platforms are skipped, because upstream adds
/// platforms before ftpy knows them.
///
/// # Errors
/// Returns an error if a line is invalid, so that a truncated index is never stored.
pub fn convert(ndjson: &str, head: &Head<'_>) -> Result<String, UpstreamError> {
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    for (number, line) in ndjson.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let read: UpstreamLine =
            serde_json::from_str(line).map_err(|error| UpstreamError::BadLine {
                line: number + 1,
                reason: reason(&error),
            })?;
        let artifacts = match read {
            UpstreamLine::Release { artifacts } => artifacts,
            UpstreamLine::Flat(artifact) => vec![artifact],
        };
        for artifact in artifacts {
            if let Some(row) = row(artifact, number + 1)?
                && seen.insert((row.file.clone(), row.build.clone()))
            {
                rows.push(row);
            }
        }
    }
    if rows.is_empty() {
        return Err(UpstreamError::Empty);
    }
    Ok(pbs::write(head, rows))
}

/// Replaces serde's message, which names types of this program.
fn reason(error: &serde_json::Error) -> &'static str {
    if error.is_data() {
        "neither `artifacts` nor `url` found"
    } else {
        "not valid JSON"
    }
}

fn row(artifact: Artifact, line: usize) -> Result<Option<PbsRow>, UpstreamError> {
    let Artifact { url, sha256 } = artifact;
    let sha256 = match sha256.as_deref() {
        None | Some("") => None,
        Some(text) => match text.parse::<Digest>() {
            Ok(digest) => Some(digest),
            Err(_) => {
                return Err(UpstreamError::BadDigest {
                    line,
                    url: url.into(),
                });
            }
        },
    };
    let schemes = ["https://", "http://", "file:///"];
    let is_url = schemes.iter().any(|scheme| url.starts_with(scheme));
    if !is_url || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(None);
    }
    let Some(file) = url.rsplit('/').next() else {
        return Ok(None);
    };
    let file = file.replace("%2B", "+").replace("%2b", "+");
    let Some(name) = ArchiveName::parse(&file) else {
        return Ok(None);
    };
    let folder = url.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let build = name.date.clone().unwrap_or(folder);
    if build.is_empty() || !build.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let usual = format!("{UPSTREAM}/{build}/{}", file.replace('+', "%2B"));
    let is_usual = url.replace('+', "%2B").eq_ignore_ascii_case(&usual);
    Ok(Some(PbsRow {
        name,
        build,
        file,
        url: (!is_usual).then_some(url),
        sha256,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the fuzz target of the index: such a row was stored and could not be read again.
    #[test]
    fn an_invalid_url_is_skipped() {
        for scheme in ["https{//", "ftp://", "//", ""] {
            let url = format!("{scheme}h.example/{FILE}");
            let ndjson = format!("{{\"artifacts\":[{{\"url\":\"{url}\",\"sha256\":null}}]}}");
            let converted = convert(&ndjson, &Head::default());
            assert!(matches!(converted, Err(UpstreamError::Empty)), "{url}");
        }
    }

    const FILE: &str = "cpython-3.14.7+20260814-x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz";

    #[test]
    fn both_forms_are_converted() {
        let digest = "b".repeat(64);
        let encoded = FILE.replace('+', "%2B");
        let ndjson = format!(
            r#"{{"version":"3.14.7+20260814","date":"2026-08-14T00:00:00+00:00","artifacts":[{{"platform":"x86_64-unknown-linux-gnu","variant":"freethreaded+install_only_stripped","url":"{UPSTREAM}/20260814/{encoded}","archive_format":"tar.gz","sha256":"{digest}"}},{{"platform":"sums","variant":"x","url":"{UPSTREAM}/20260814/SHA256SUMS","sha256":null}}]}}
{{"version":"3.14.7","variant":"freethreaded","url":"http://127.0.0.1:9/x/{FILE}","sha256":"{digest}"}}
"#
        );
        let head = Head {
            date: "2026-08-15",
            url: Some("http://x"),
        };
        let text = convert(&ndjson, &head).expect("index");
        // A duplicate file is one row: the first URL wins.
        let rows: Vec<_> = pbs::rows(&text, |_| true)
            .map(|row| row.expect("row"))
            .collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].file, FILE);
        assert_eq!(rows[0].url, None);
        assert_eq!(pbs::head(&text), head);

        let flat = ndjson.lines().nth(1).expect("line");
        let text = convert(flat, &head).expect("index");
        let rows: Vec<_> = pbs::rows(&text, |_| true)
            .map(|row| row.expect("row"))
            .collect();
        assert_eq!(
            rows[0].url.as_deref(),
            Some(format!("http://127.0.0.1:9/x/{FILE}").as_str())
        );
        assert_eq!(rows[0].build, "20260814");
    }

    #[test]
    fn invalid_indexes_are_rejected() {
        let head = Head::default();
        let check = |text: &str, problem: &str| {
            let error = convert(text, &head).expect_err(text);
            assert!(error.to_string().contains(problem), "{error}");
        };
        check("", "no CPython archive found");
        check("<html>\n", "line 1 is not a release");
        check(
            "{\"version\":\"x\",\"artifacts\":[]}\n",
            "no CPython archive",
        );
        check(
            &format!("{{\"url\":\"http://x/{FILE}\",\"sha256\":\"12\"}}"),
            "an invalid sha256",
        );
        check("\n\n{\"artifacts\":[{}]}", "line 3");
    }
}

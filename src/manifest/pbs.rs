//! The index of python-build-standalone: all its CPython builds, one per line.
//!
//! The format can be searched without parsing all of it, and is readable in diffs:
//!
//! ```text
//! # comment
//! date 2026-11-23                the date of the index
//! url https://...                the URL it was fetched from; absent in the embedded one
//! 3.14.7 20260901                a block: version and upstream's build date
//! <sha256> x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz
//! <sha256> cpython-3.9.0-x86_64-apple-darwin-pgo-20201020T0626.tar.zst
//! <sha256> https://elsewhere/cpython-3.14.7+20260901-...tar.gz
//! ```
//!
//! A row contains the rest of the file name after `cpython-{version}+{date}-`, or a whole file name
//! if it does not start like that, or a URL if it is not at upstream's usual location. The digest
//! is `-` if upstream provides none.

use crate::digest::Digest;
use crate::embedded::{self, compressed};
use crate::manifest::pbs_name::ArchiveName;
use ftpy_core::version::Version;
use std::sync::LazyLock;

/// The embedded index.
pub static EMBEDDED: LazyLock<String> =
    LazyLock::new(|| embedded::text(compressed!("manifests/pbs.txt")));

/// The location of upstream's releases; a mirror replaces this prefix.
pub const UPSTREAM: &str = "https://github.com/astral-sh/python-build-standalone/releases/download";

/// Upstream's second location, with the same paths.
pub const UPSTREAM_MIRROR: &str =
    "https://releases.astral.sh/github/python-build-standalone/releases/download";

/// An archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PbsRow {
    /// The parsed file name.
    pub name: ArchiveName,
    /// Upstream's build date: `20260901`.
    pub build: String,
    /// The file name, with `+`.
    pub file: String,
    /// The URL, if it is not below `{upstream}/{build}/`.
    pub url: Option<String>,
    /// Its digest.
    pub sha256: Option<Digest>,
}

/// An invalid line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line} of the index is invalid: {text}")]
pub struct BadRow {
    /// The line, counted from 1.
    pub line: usize,
    /// The text, shortened.
    pub text: String,
}

/// The header of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// `2026-11-23`
    pub date: &'a str,
    /// The URL it was fetched from.
    pub url: Option<&'a str>,
}

/// Parses the header of an index.
#[must_use]
pub fn head(index: &str) -> Head<'_> {
    let mut head = Head::default();
    // The header ends where the first block starts, with a digit.
    for line in index
        .lines()
        .take_while(|line| !line.starts_with(|c: char| c.is_ascii_digit()))
    {
        if let Some(date) = line.strip_prefix("date ") {
            head.date = date;
        } else if let Some(url) = line.strip_prefix("url ") {
            head.url = Some(url);
        }
    }
    head
}

/// The rows of the versions accepted by `wanted`. An invalid line is an item of its own, so that it
/// does not hide the others.
pub fn rows<'a>(
    index: &'a str,
    wanted: impl Fn(&Version) -> bool + 'a,
) -> impl Iterator<Item = Result<PbsRow, BadRow>> + 'a {
    let mut block: Option<(Version, &str)> = None;
    let mut is_wanted = false;
    index.lines().enumerate().filter_map(move |(number, line)| {
        // Rows start with 64 hexadecimal digits or a dash; block headers are short.
        let is_row = line.len() > 64 || line.starts_with("- ");
        if is_row && !is_wanted {
            return None;
        }
        let bad = || {
            let text = line.chars().take(60).collect();
            Some(Err(BadRow {
                line: number + 1,
                text,
            }))
        };
        if is_row {
            return match block.and_then(|(version, build)| row(line, version, build)) {
                Some(row) => Some(Ok(row)),
                None => bad(),
            };
        }
        if line.is_empty() || line.starts_with(['#', 'd', 'u']) {
            return None;
        }
        block = line
            .split_once(' ')
            .and_then(|(version, build)| Some((version.parse().ok()?, build)));
        let Some((version, _)) = &block else {
            is_wanted = true; // its rows are invalid, too
            return bad();
        };
        is_wanted = wanted(version);
        None
    })
}

fn row(line: &str, version: Version, build: &str) -> Option<PbsRow> {
    let (sha256, place) = line.split_once(' ')?;
    let sha256 = match sha256 {
        "-" => None,
        digest => Some(digest.parse().ok()?),
    };
    let (file, url) = if place.contains("://") {
        let file = place.rsplit('/').next()?.replace("%2B", "+");
        (file, Some(place.to_owned()))
    } else if place.starts_with("cpython-") {
        (place.to_owned(), None)
    } else {
        (format!("cpython-{version}+{build}-{place}"), None)
    };
    let name = ArchiveName::parse(&file)?;
    let build = build.to_owned();
    (name.version == version).then_some(PbsRow {
        name,
        build,
        file,
        url,
        sha256,
    })
}

impl PbsRow {
    /// The URLs of the archive, in order of preference. `mirror` replaces upstream's prefix and is
    /// then the only one.
    #[must_use]
    pub fn urls(&self, mirror: Option<&str>) -> Vec<String> {
        if let (Some(url), None) = (&self.url, mirror) {
            return vec![url.clone()];
        }
        // GitHub requires `+` in the path as `%2B`.
        let file = self.file.replace('+', "%2B");
        match mirror {
            // A mirror made by copying files often has no directories by date.
            Some(mirror) => vec![
                format!("{mirror}/{}/{file}", self.build),
                format!("{mirror}/{file}"),
            ],
            None => [UPSTREAM, UPSTREAM_MIRROR]
                .map(|prefix| format!("{prefix}/{}/{file}", self.build))
                .to_vec(),
        }
    }
}

/// Formats rows as an index; sorted, so that diffs are small.
#[must_use]
pub fn write(head: &Head<'_>, mut rows: Vec<PbsRow>) -> String {
    rows.sort_by(|a, b| {
        let version = b.name.version.cmp(&a.name.version);
        version
            .then_with(|| b.build.cmp(&a.build))
            .then_with(|| a.file.cmp(&b.file))
    });
    let mut text = format!("date {}\n", head.date);
    if let Some(url) = head.url {
        text.push_str(&format!("url {url}\n"));
    }
    let mut block = String::new();
    for row in &rows {
        let this = format!("\n{} {}\n", row.name.version, row.build);
        if this != block {
            text.push_str(&this);
            block = this;
        }
        let sha256 = row
            .sha256
            .map_or("-".to_owned(), |sha256| sha256.to_string());
        let prefix = format!("cpython-{}+{}-", row.name.version, row.build);
        let place = match &row.url {
            Some(url) => url.as_str(),
            None => row.file.strip_prefix(&prefix).unwrap_or(&row.file),
        };
        text.push_str(&format!("{sha256} {place}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Convention 31: every row of the manifest.
    #[test]
    fn every_row_is_complete_and_unique() {
        let mut seen = HashSet::new();
        let mut count = 0;
        for row in rows(&EMBEDDED, |_| true) {
            let row = row.expect("row");
            assert!(row.sha256.is_some(), "{row:?}");
            let dated = row.name.date.as_deref();
            assert!(dated.is_none_or(|date| date == row.build), "{row:?}");
            let build: u32 = row.build.parse().expect("a date");
            assert!((20_200_101..21_000_101).contains(&build), "{row:?}");
            for url in row.urls(None) {
                assert!(url.starts_with("https://"), "{url}");
                assert!(!url[8..].contains([' ', '+']), "{url}");
                assert!(
                    url.ends_with(".tar.zst") || url.ends_with(".tar.gz"),
                    "{url}"
                );
            }
            if row.name.abi.is_free_threaded() {
                assert!(
                    row.name.version >= Version::new(3, 13, 0).release()
                        || row.name.version.is_prerelease()
                );
            }
            let key = (
                row.name.version,
                row.name.target.clone(),
                row.name.abi,
                row.name.shape,
            );
            assert!(seen.insert(key), "{row:?} appears more than once");
            count += 1;
        }
        assert!(count > 5700, "{count}");
    }

    #[test]
    fn an_index_survives_the_round_trip() {
        let all: Vec<PbsRow> = rows(&EMBEDDED, |_| true)
            .map(|row| row.expect("row"))
            .collect();
        let written = write(&head(&EMBEDDED), all);
        let embedded: String = EMBEDDED
            .split_inclusive('\n')
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert!(
            written == embedded,
            "the embedded index differs from the output of `write`"
        );
    }

    #[test]
    fn invalid_lines_are_reported_and_do_not_hide_valid_ones() {
        let digest = "a".repeat(64);
        let index = format!(
            "date 2026-01-01\n3.14.7 20260901\n{digest} nonsense\n\
             {digest} x86_64-unknown-linux-gnu-freethreaded-install_only.tar.gz\nwhat is this\n"
        );
        let read: Vec<_> = rows(&index, |_| true).collect();
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].as_ref().expect_err("bad").line, 3);
        assert_eq!(read[1].as_ref().expect("row").name.abi.flags(), "t");
        assert_eq!(read[2].as_ref().expect_err("bad").line, 5);
    }
}

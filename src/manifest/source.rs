//! The source tarballs of python.org with their digests: `manifests/cpython-source.txt`.
//!
//! One per line: `version sha256 size evidence`; the size is `-` if unknown.

use crate::digest::Digest;
use ftpy_core::version::Version;

/// The embedded list.
pub const EMBEDDED: &str = include_str!("../../manifests/cpython-source.txt");

/// The location on python.org; a mirror replaces this prefix.
pub const PYTHON_ORG: &str = "https://www.python.org/ftp/python";

/// A tarball.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRow {
    /// `3.14.7`
    pub version: Version,
    /// Its digest.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// Parses the tarballs. Invalid lines are skipped; a test checks that the embedded table has none.
pub fn rows(table: &str) -> impl Iterator<Item = SourceRow> + '_ {
    let lines = table.lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(SourceRow {
                version: words.next()?.parse().ok()?,
                sha256: words.next()?.parse().ok()?,
                size: words.next()?.parse().ok(),
            })
        })
}

impl SourceRow {
    /// `Python-3.15.0rc1.tar.xz`
    #[must_use]
    pub fn file(&self) -> String {
        format!("Python-{}.tar.xz", self.version)
    }

    /// The path below python.org's `/ftp/python`; pre-releases are in the directory of the release.
    #[must_use]
    pub fn python_org_url(&self, prefix: &str) -> String {
        format!("{prefix}/{}/{}", self.version.release(), self.file())
    }

    /// The path of the same file in the pool of a Debian-like archive. Debian writes `~` before the
    /// stage of a pre-release, so that it sorts first.
    #[must_use]
    pub fn debian_url(&self, mirror: &str) -> String {
        let (major, minor) = self.version.series();
        let package = format!("python{major}.{minor}");
        let release = self.version.release();
        let tilde = if self.version.is_prerelease() {
            "~"
        } else {
            ""
        };
        let stage = self.version.stage;
        format!("{mirror}/pool/main/p/{package}/{package}_{release}{tilde}{stage}.orig.tar.xz")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Convention 31: every row of the manifest.
    #[test]
    fn every_row_is_complete_and_unique() {
        let lines = EMBEDDED.lines().filter(|line| !line.starts_with('#'));
        let read: Vec<SourceRow> = rows(EMBEDDED).collect();
        assert_eq!(lines.count(), read.len(), "a row is invalid");
        assert!(read.len() > 100);
        assert!(
            read.windows(2)
                .all(|pair| pair[0].version < pair[1].version)
        );
        for row in &read {
            assert!(row.version >= Version::new(3, 9, 0));
            assert!(
                row.size
                    .is_none_or(|size| (10 << 20..60 << 20).contains(&size)),
                "{row:?}"
            );
            let url = row.python_org_url(PYTHON_ORG);
            assert!(
                url.starts_with("https://") && url.ends_with(".tar.xz"),
                "{url}"
            );
        }
    }

    #[test]
    fn prereleases_are_found_in_their_directories() {
        let row = |version: &str| SourceRow {
            version: version.parse().expect("version"),
            sha256: Digest::of(b""),
            size: None,
        };
        assert_eq!(
            row("3.15.0rc1").python_org_url("https://p"),
            "https://p/3.15.0/Python-3.15.0rc1.tar.xz"
        );
        assert_eq!(
            row("3.15.0rc1").debian_url("http://m/debian"),
            "http://m/debian/pool/main/p/python3.15/python3.15_3.15.0~rc1.orig.tar.xz"
        );
        assert_eq!(
            row("3.13.5").debian_url("http://m/debian"),
            "http://m/debian/pool/main/p/python3.13/python3.13_3.13.5.orig.tar.xz"
        );
    }
}

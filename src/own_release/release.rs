//! The file names and contents of a release. Pure.

use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use crate::unpack::one_file;
use ftpy_core::target::Target;
use semver::Version;

/// The maximum size of the program; a smaller archive may claim to unpack to more.
const LARGEST: u64 = 256 << 20;

/// One release for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// `https://example.org/releases`, without a trailing slash.
    pub base: SecretUrl,
    /// `1.2.3`
    pub version: String,
    /// `ftpy-x86_64-unknown-linux-musl.tar.gz`
    pub archive: String,
}

impl Release {
    /// The URL of one of its files.
    #[must_use]
    pub fn url(&self, file: &str) -> SecretUrl {
        self.base
            .join(&format!("download/v{}/{file}", self.version))
    }
}

/// The archive for a Rust target, if there is one.
#[must_use]
pub fn archive(triple: &str) -> Option<String> {
    let known = [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
    ];
    known
        .contains(&triple)
        .then(|| format!("ftpy-{triple}.tar.gz"))
}

/// The archive for a machine: on Linux the static one, whatever the libc.
#[must_use]
pub fn of_host(host: &Target) -> Option<String> {
    match host.os.as_str() {
        "linux" => archive(&format!("{}-unknown-linux-musl", host.arch)),
        "macos" => archive(&format!("{}-apple-darwin", host.arch)),
        _ => None,
    }
}

/// The digest of a file in a list.
#[must_use]
pub fn listed(sums: &str, file: &str) -> Option<Digest> {
    let rows = sums.lines().filter_map(|line| line.split_once(' '));
    let mut found = rows.filter(|(_, name)| name.trim_start_matches([' ', '*']) == file);
    found.next()?.0.parse().ok()
}

/// Whether one version `X.Y.Z` or `X.Y.Z-rc.1` is newer than another, by semantic versioning;
/// `None` if one of them is invalid.
#[must_use]
pub fn newer(version: &str, than: &str) -> Option<bool> {
    let (version, than) = (Version::parse(version).ok()?, Version::parse(than).ok()?);
    // Build metadata after a `+` does not affect precedence.
    Some(version.cmp_precedence(&than).is_gt())
}

/// Whether a version must be requested explicitly: `1.0.0-rc.1`.
#[must_use]
pub fn is_prerelease(version: &str) -> bool {
    Version::parse(version).is_ok_and(|version| !version.pre.is_empty())
}

/// Extracts the program from a verified archive.
///
/// # Errors
/// Returns an error if the archive does not contain it.
pub fn program(archive: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let name = format!("{}/ftpy", archive.trim_end_matches(".tar.gz"));
    let packed = std::io::Cursor::new(bytes.to_vec());
    let found = one_file(packed, &name, LARGEST);
    let found = found.map_err(|error| format!("cannot read the archive: {error}"))?;
    found.ok_or_else(|| format!("the archive does not contain {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_semver() {
        let order = [
            "0.9.9",
            "0.10.0",
            "1.0.0-1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc1",
            "1.0.0",
            "1.0.1-rc1",
        ];
        for (place, version) in order.iter().enumerate() {
            for (other, than) in order.iter().enumerate() {
                assert_eq!(
                    newer(version, than),
                    Some(place > other),
                    "{version} {than}"
                );
            }
            assert_eq!(is_prerelease(version), version.contains('-'), "{version}");
        }
        assert_eq!(newer("1.0.0+b", "1.0.0+a"), Some(false));
        for wrong in [
            "1.0",
            "1.0.0.0",
            "+1.0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0-a/b",
            "1.0.0+",
            "1.0.0+../x",
            "<html>",
            "",
            "1.0.0 ",
            "v1.0.0",
        ] {
            assert_eq!(newer(wrong, "0.9.9"), None, "{wrong}");
            assert!(!is_prerelease(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_list_names_each_file_exactly() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let sums =
            format!("{a}  ftpy-x.tar.gz.old\n{b}  ftpy-x.tar.gz\n{a} *ftpy-y.tar.gz\nz ftpy-z\n");
        let digest = |file: &str| listed(&sums, file).map(|digest| digest.to_string());
        assert_eq!(digest("ftpy-x.tar.gz"), Some(b));
        assert_eq!(digest("ftpy-y.tar.gz"), Some(a));
        assert_eq!(digest("ftpy-z"), None);
        assert_eq!(digest("ftpy"), None);
    }

    #[test]
    fn every_linux_gets_the_static_archive() {
        let of = |os, arch, libc| of_host(&Target::new(os, arch, libc));
        let expected = "ftpy-x86_64-unknown-linux-musl.tar.gz";
        assert_eq!(of("linux", "x86_64", "gnu").as_deref(), Some(expected));
        assert_eq!(of("linux", "x86_64", "musl").as_deref(), Some(expected));
        assert!(of("macos", "aarch64", "none").is_some());
        assert_eq!(of("linux", "riscv64", "gnu"), None);
        assert_eq!(of("windows", "x86_64", "none"), None);
    }
}

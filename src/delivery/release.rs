//! The names of a release, and what its files say. Pure.

use crate::digest::Digest;
use ftpy_shims::target::Target;
use std::io::Read;

/// No ftpy is larger; a smaller archive may claim to unpack to more.
const LARGEST: u64 = 256 << 20;

/// One release for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// `https://example.org/releases`, without a slash at the end.
    pub base: String,
    /// `1.2.3`
    pub version: String,
    /// `ftpy-x86_64-unknown-linux-musl.tar.gz`
    pub archive: String,
}

impl Release {
    /// Where a file of it is.
    #[must_use]
    pub fn url(&self, file: &str) -> String {
        format!("{}/download/v{}/{file}", self.base, self.version)
    }
}

/// The archive for a target of Rust's, if there is one.
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

/// The archive for a machine: on Linux the static one, whatever its libc.
#[must_use]
pub fn of_host(host: &Target) -> Option<String> {
    match host.os.as_str() {
        "linux" => archive(&format!("{}-unknown-linux-musl", host.arch)),
        "macos" => archive(&format!("{}-apple-darwin", host.arch)),
        _ => None,
    }
}

/// The digest that a list has for a file.
#[must_use]
pub fn listed(sums: &str, file: &str) -> Option<Digest> {
    let rows = sums.lines().filter_map(|line| line.split_once(' '));
    let mut found = rows.filter(|(_, name)| name.trim_start_matches([' ', '*']) == file);
    found.next()?.0.parse().ok()
}

/// Whether `X.Y.Z` is newer than another; `None` where one is no version.
#[must_use]
pub fn newer(version: &str, than: &str) -> Option<bool> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() == 3)
    };
    Some(numbers(version)? > numbers(than)?)
}

/// The program in an archive whose digest was compared.
///
/// # Errors
/// Where it holds none.
pub fn program(archive: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let name = format!("{}/ftpy", archive.trim_end_matches(".tar.gz"));
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    let decoder = flate2::read::GzDecoder::new(bytes).take(LARGEST);
    let mut tar = tar::Archive::new(decoder);
    for entry in tar.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let is_it = entry.path_bytes() == name.as_bytes();
        if is_it && entry.header().entry_type().is_file() {
            let mut program = Vec::new();
            entry.read_to_end(&mut program).map_err(unreadable)?;
            return Ok(program);
        }
    }
    Err(format!("it holds no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(newer("0.10.0", "0.9.9"), Some(true));
        assert_eq!(newer("0.9.9", "0.9.9"), Some(false));
        assert_eq!(newer("1.0", "0.9.9"), None);
        assert_eq!(newer("<html>", "0.9.9"), None);
    }

    #[test]
    fn a_list_names_each_file_once_and_whole() {
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
    fn every_linux_gets_the_static_one() {
        let of = |os, arch, libc| of_host(&Target::new(os, arch, libc));
        let expected = "ftpy-x86_64-unknown-linux-musl.tar.gz";
        assert_eq!(of("linux", "x86_64", "gnu").as_deref(), Some(expected));
        assert_eq!(of("linux", "x86_64", "musl").as_deref(), Some(expected));
        assert!(of("macos", "aarch64", "none").is_some());
        assert_eq!(of("linux", "riscv64", "gnu"), None);
        assert_eq!(of("windows", "x86_64", "none"), None);
    }
}

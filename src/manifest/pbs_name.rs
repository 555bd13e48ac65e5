//! Parses the file names of python-build-standalone, which contain all properties of a build.
//!
//! `cpython-{version}+{date}-{triple}[-{options}]-{shape}`; before 2022 the date was at the end:
//! `cpython-3.9.0-x86_64-apple-darwin-pgo-20201020T0626.tar.zst`. Source: upstream's
//! `docs/distributions.rst` and release script.

use ftpy_core::abi::{Abi, Threading};
use ftpy_core::flavour::{Flavour, Flavours};
use ftpy_core::target::Target;
use ftpy_core::version::Version;

/// The contents of an archive, in order of preference: smallest download first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// `install_only_stripped`: the installation, without debug symbols.
    InstallOnlyStripped,
    /// `install_only`: the installation.
    InstallOnly,
    /// `full`: the installation in `python/install`, and the inputs of the build.
    Full,
}

impl Shape {
    /// The directory in the archive that becomes the prefix.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::InstallOnlyStripped | Self::InstallOnly => "python",
            Self::Full => "python/install",
        }
    }
}

/// The parsed parts of a file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveName {
    /// `3.14.7`
    pub version: Version,
    /// `20260901`; absent in names before 2022.
    pub date: Option<String>,
    /// `x86_64-unknown-linux-gnu`
    pub target: Target,
    /// From the options `freethreaded` and `debug`.
    pub abi: Abi,
    /// `install_only_stripped`
    pub shape: Shape,
    /// `pgo+lto`: the options that do not affect the ABI.
    pub options: String,
}

impl ArchiveName {
    /// Parses a file name with `+` or `%2B`; `None` if it does not follow upstream's grammar.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        // Thousands of names are parsed per query, so nothing is copied needlessly.
        let decoded;
        let name = if name.contains('%') {
            decoded = name.replace("%2B", "+").replace("%2b", "+");
            &decoded
        } else {
            name
        };
        let rest = name.strip_prefix("cpython-")?;
        let (version, rest) = rest.split_once('-')?;
        let (version, date) = match version.split_once('+') {
            Some((version, date)) => (version, Some(date.to_owned())),
            None => (version, None),
        };
        let date_is_number =
            |date: &String| date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        if !date.as_ref().is_none_or(date_is_number) {
            return None;
        }
        let (target, rest) = Target::split_triple(rest)?;
        let rest = rest.strip_prefix('-')?;
        let rest = rest
            .strip_suffix(".tar.zst")
            .or(rest.strip_suffix(".tar.gz"))?;
        let has = |word: &str| rest.split(['-', '+']).any(|other| other == word);
        let shape = if has("install_only_stripped") {
            Shape::InstallOnlyStripped
        } else if has("install_only") {
            Shape::InstallOnly
        } else {
            Shape::Full
        };
        let threading = if has("freethreaded") {
            Threading::FreeThreaded
        } else {
            Threading::Gil
        };
        let tuning = ["pgo", "lto", "noopt"];
        let options: Vec<&str> = tuning.into_iter().filter(|word| has(word)).collect();
        Some(Self {
            version: version.parse().ok()?,
            date,
            target,
            abi: Abi {
                threading,
                debug: has("debug"),
            },
            shape,
            options: options.join("+"),
        })
    }
}

impl ArchiveName {
    /// The flavours in the name: `pgo+lto`. The names of the smaller archives of the same build do
    /// not contain them.
    #[must_use]
    pub fn flavours(&self) -> Flavours {
        let words = self.options.split('+');
        Flavours(words.filter_map(Flavour::from_name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, version: &str, target: &str, flags: &str, shape: Shape) {
        let read = ArchiveName::parse(name).expect(name);
        assert_eq!(read.version.to_string(), version, "{name}");
        assert_eq!(read.target.to_string(), target, "{name}");
        assert_eq!(read.abi.flags(), flags, "{name}");
        assert_eq!(read.shape, shape, "{name}");
    }

    #[test]
    fn names_of_all_ages_are_parsed() {
        check(
            "cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz",
            "3.14.7",
            "linux-x86_64-gnu",
            "t",
            Shape::InstallOnlyStripped,
        );
        check(
            "cpython-3.13.0rc3%2B20241002-aarch64-apple-darwin-freethreaded%2Bpgo%2Blto-full.tar.zst",
            "3.13.0rc3",
            "macos-aarch64-none",
            "t",
            Shape::Full,
        );
        check(
            "cpython-3.13.1+20250115-x86_64_v3-unknown-linux-musl-freethreaded+debug-full.tar.zst",
            "3.13.1",
            "linux-x86_64_v3-musl",
            "td",
            Shape::Full,
        );
        check(
            "cpython-3.9.0-i686-pc-windows-msvc-shared-pgo-20201021T0245.tar.zst",
            "3.9.0",
            "windows-i686-none",
            "",
            Shape::Full,
        );
        check(
            "cpython-3.12.1+20240107-armv7-unknown-linux-gnueabihf-install_only.tar.gz",
            "3.12.1",
            "linux-armv7-gnueabihf",
            "",
            Shape::InstallOnly,
        );
        check(
            "cpython-3.14.0+20251007-ppc64le-unknown-linux-gnu-debug-full.tar.zst",
            "3.14.0",
            "linux-powerpc64le-gnu",
            "d",
            Shape::Full,
        );
    }

    #[test]
    fn other_names_are_rejected() {
        for name in [
            "",
            "SHA256SUMS",
            "pypy3.10-v7.3.17-linux64.tar.bz2",
            "cpython-3.14-x86_64-unknown-linux-gnu-install_only.tar.gz",
            "cpython-3.14.7+x-x86_64-unknown-linux-gnu-install_only.tar.gz",
            "cpython-3.14.7+20260901-x86_64-plan9-install_only.tar.gz",
            "cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-install_only.zip",
        ] {
            assert_eq!(ArchiveName::parse(name), None, "{name}");
        }
    }
}

//! The names of platforms: ftpy's own, those of wheels' tags, of conda and of compilers.

use crate::wheel::target::{Arch, WheelPlatform, WheelTarget};
use ftpy_core::request::Build;
use ftpy_core::target::Target;
use std::str::FromStr;

/// The newest versions that are accepted on the common platforms.
const GLIBC: (u16, u16) = (2, 39);
const MUSL: (u16, u16) = (1, 2);
const MACOS: (u16, u16) = (15, 0);

/// The text does not name a platform whose wheels can be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown platform `{0}`; known: linux-x86_64, linux-aarch64, musl-x86_64, musl-aarch64, \
     macos-arm64, macos-x86_64, windows-x86_64, windows-arm64, and platform tags of wheels \
     such as manylinux_2_28_x86_64"
)]
pub struct UnknownPlatform(String);

impl WheelPlatform {
    /// The platform of interpreters for a target; `None` if wheels for it cannot be checked.
    #[must_use]
    pub fn of(target: &Target) -> Option<Self> {
        let arch = arch(target.baseline_arch())?;
        match (target.os.as_str(), target.libc.as_str()) {
            ("linux", "gnu") => Some(Self::Glibc(arch, GLIBC)),
            ("linux", "musl") => Some(Self::Musl(arch, MUSL)),
            ("macos", _) => Some(Self::MacOs(arch, MACOS)),
            ("windows", _) => Some(Self::Windows(arch)),
            _ => None,
        }
    }
}

impl WheelTarget {
    /// Python 3.`minor` on a machine; `None` if wheels for it cannot be checked.
    #[must_use]
    pub fn of_host(host: &Target, minor: u8, is_free_threaded: bool) -> Option<Self> {
        WheelPlatform::of(host).map(|platform| Self {
            minor,
            is_free_threaded,
            platform,
        })
    }

    /// A build for a platform; `None` if wheels for it cannot be checked.
    #[must_use]
    pub fn of_build(build: &Build, platform: &Target) -> Option<Self> {
        let minor = u8::try_from(build.version.minor).ok()?;
        Self::of_host(platform, minor, build.abi.is_free_threaded())
    }
}

impl FromStr for WheelPlatform {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, UnknownPlatform> {
        let lower = text.trim().to_ascii_lowercase();
        let found = by_tag(&lower).or_else(|| by_triple(&lower));
        let found = found.or_else(|| by_words(&lower));
        found.ok_or_else(|| UnknownPlatform(text.to_owned()))
    }
}

fn arch(text: &str) -> Option<Arch> {
    match text {
        "x86_64" | "amd64" | "x64" | "64" => Some(Arch::X86_64),
        "aarch64" | "arm64" => Some(Arch::Arm64),
        _ => None,
    }
}

/// `manylinux_2_28_x86_64`, `manylinux2014_aarch64`, `macosx_11_0_arm64`, `win_amd64`
fn by_tag(text: &str) -> Option<WheelPlatform> {
    for (tag, glibc) in LEGACY {
        let rest = text.strip_prefix(tag);
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix('_')) {
            return Some(WheelPlatform::Glibc(arch(rest)?, glibc));
        }
    }
    if let Some(rest) = text.strip_prefix("manylinux_") {
        let (version, rest) = version(rest)?;
        return Some(WheelPlatform::Glibc(arch(rest)?, version));
    }
    if let Some(rest) = text.strip_prefix("musllinux_") {
        let (version, rest) = version(rest)?;
        return Some(WheelPlatform::Musl(arch(rest)?, version));
    }
    if let Some(rest) = text.strip_prefix("macosx_") {
        let (version, rest) = version(rest)?;
        return Some(WheelPlatform::MacOs(arch(rest)?, version));
    }
    let rest = text.strip_prefix("win_")?;
    Some(WheelPlatform::Windows(arch(rest)?))
}

/// The tags that are older than PEP 600, with the version of glibc that they mean.
pub(super) const LEGACY: [(&str, (u16, u16)); 3] = [
    ("manylinux2014", (2, 17)),
    ("manylinux2010", (2, 12)),
    ("manylinux1", (2, 5)),
];

/// `2_28_x86_64`
fn version(text: &str) -> Option<((u16, u16), &str)> {
    let (major, rest) = text.split_once('_')?;
    let (minor, rest) = rest.split_once('_')?;
    let version = (major.parse().ok()?, minor.parse().ok()?);
    // More versions than any system has would only cost memory.
    (version.0 <= 99 && version.1 <= 99).then_some((version, rest))
}

/// `x86_64-unknown-linux-gnu`, `aarch64-apple-darwin`, and uv's `x86_64-manylinux_2_28`
fn by_triple(text: &str) -> Option<WheelPlatform> {
    if let Some((target, "")) = Target::split_triple(text) {
        return WheelPlatform::of(&target);
    }
    let (arch, system) = text.split_once('-')?;
    by_tag(&format!("{system}_{arch}"))
}

/// `linux-x86_64`, `linux-x86_64-gnu`, `musl-aarch64`, `macos-arm64`, conda's `osx-64`
fn by_words(text: &str) -> Option<WheelPlatform> {
    let (system, rest) = text.split_once(['-', '_'])?;
    let (name, libc) = match rest.split_once('-') {
        Some((name, libc)) => (name, Some(libc)),
        None => (rest, None),
    };
    let arch = arch(name)?;
    match (system, libc) {
        ("linux", None | Some("gnu" | "glibc")) | ("glibc", None) => {
            Some(WheelPlatform::Glibc(arch, GLIBC))
        }
        ("linux", Some("musl")) | ("musl" | "alpine", None) => {
            Some(WheelPlatform::Musl(arch, MUSL))
        }
        ("macos" | "osx" | "darwin", None | Some("none")) => {
            Some(WheelPlatform::MacOs(arch, MACOS))
        }
        ("windows" | "win", None | Some("none")) => Some(WheelPlatform::Windows(arch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], expected: WheelPlatform) {
        for text in texts {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_platform_is_known_by_each_of_its_names() {
        let [glibc, arm, musl, mac, intel, windows] = WheelPlatform::COMMON;
        check(
            &["linux-x86_64", "linux-amd64", "linux-64", "Linux-X86_64"],
            glibc,
        );
        check(&["x86_64-unknown-linux-gnu", "linux-x86_64-gnu"], glibc);
        check(
            &["linux-aarch64", "linux-arm64", "aarch64-unknown-linux-gnu"],
            arm,
        );
        check(
            &[
                "musl-x86_64",
                "linux-x86_64-musl",
                "x86_64-unknown-linux-musl",
            ],
            musl,
        );
        check(
            &[
                "macos-arm64",
                "macos-aarch64",
                "osx-arm64",
                "aarch64-apple-darwin",
            ],
            mac,
        );
        check(&["macos-x86_64", "osx-64"], intel);
        check(
            &[
                "windows-x86_64",
                "win_amd64",
                "win-64",
                "x86_64-pc-windows-msvc",
            ],
            windows,
        );
        let windows = WheelPlatform::Windows(Arch::Arm64);
        check(
            &["windows-arm64", "win_arm64", "aarch64-pc-windows-msvc"],
            windows,
        );
        for platform in WheelPlatform::COMMON {
            assert_eq!(platform.name().parse(), Ok(platform));
        }
    }

    #[test]
    fn a_platform_is_known_by_the_tag_of_a_wheel() {
        let glibc = WheelPlatform::Glibc(Arch::X86_64, (2, 28));
        check(&["manylinux_2_28_x86_64", "x86_64-manylinux_2_28"], glibc);
        let old = WheelPlatform::Glibc(Arch::Arm64, (2, 17));
        check(&["manylinux2014_aarch64", "aarch64-manylinux2014"], old);
        let musl = WheelPlatform::Musl(Arch::Arm64, (1, 1));
        check(&["musllinux_1_1_aarch64"], musl);
        let mac = WheelPlatform::MacOs(Arch::Arm64, (11, 0));
        check(&["macosx_11_0_arm64"], mac);
    }

    #[test]
    fn other_platforms_are_refused_with_the_known_ones() {
        for text in [
            "",
            "linux",
            "all",
            "linux-ppc64le",
            "macosx_11_0_universal2",
            "manylinux_2_x86_64",
            "manylinux_2_99999_x86_64",
            "linux-x86_64-uclibc",
            "freebsd-x86_64",
        ] {
            let error = text.parse::<WheelPlatform>().expect_err(text).to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("musl-aarch64"));
        }
    }

    #[test]
    fn the_target_of_this_machine_is_known() {
        let host = Target::new("linux", "x86_64_v3", "gnu");
        let target = WheelTarget::of_host(&host, 14, true).expect("known");
        assert_eq!(target.to_string(), "3.14t on linux-x86_64");
        let host = Target::new("linux", "riscv64", "gnu");
        assert_eq!(WheelTarget::of_host(&host, 14, true), None);
    }
}

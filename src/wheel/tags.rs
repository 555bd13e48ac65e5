//! The tags of the wheels that an interpreter can load, best first, in the order of installers.
//!
//! The order is that of `packaging.tags`, on which pip and uv agree, with one difference: abi3t
//! (PEP 803) requires Python 3.15, since older free-threaded builds cannot load it.

use crate::wheel::name::WheelName;
use crate::wheel::platform::LEGACY;
use crate::wheel::target::{Arch, WheelPlatform, WheelTarget};
use std::collections::HashMap;

/// The first minor version of Python 3 whose free-threaded builds load abi3t.
const FIRST_ABI3T: u8 = 15;

/// The tags of a target.
#[derive(Debug, Clone)]
pub struct WheelTags {
    /// The target.
    pub target: WheelTarget,
    /// The tags, best first: `cp314-cp314t-manylinux_2_39_x86_64`.
    pub tags: Vec<String>,
    /// The place of each tag, by the tag's parts.
    places: HashMap<String, usize>,
    /// The platform tags, best first.
    platforms: Vec<String>,
}

impl WheelTags {
    /// Lists the tags of a target.
    #[must_use]
    pub fn of(target: WheelTarget) -> Self {
        let platforms = platform_tags(target.platform);
        let mut tags = cpython_tags(target, &platforms);
        compatible_tags(target.minor, &platforms, &mut tags);
        let places = tags.iter().cloned().enumerate();
        Self {
            target,
            places: places.map(|(place, tag)| (tag, place)).collect(),
            platforms,
            tags,
        }
    }

    /// The platform tags, best first: `manylinux_2_39_x86_64`.
    #[must_use]
    pub fn platforms(&self) -> &[String] {
        &self.platforms
    }

    /// The stable ABI that the target loads: `abi3`, `abi3t`.
    #[must_use]
    pub fn stable_abi(&self) -> Option<&'static str> {
        stable_abi(self.target)
    }

    /// The best place in the order of a wheel's tags; `None` if the wheel cannot be loaded.
    #[must_use]
    pub fn place(&self, wheel: &WheelName) -> Option<usize> {
        // A name may contain any number of tags: only those that occur here are combined.
        let platforms = self.platforms_of(wheel);
        let mut best: Option<usize> = None;
        for python in wheel.pythons.iter().filter(|tag| tag.len() <= 8).take(64) {
            for abi in wheel.abis.iter().filter(|tag| tag.len() <= 8).take(16) {
                for platform in &platforms {
                    let place = self.places.get(&format!("{python}-{abi}-{platform}"));
                    best = place.map_or(best, |place| {
                        Some(best.map_or(*place, |best| best.min(*place)))
                    });
                }
            }
        }
        best
    }

    /// Whether a wheel is for this platform, whatever its Python.
    #[must_use]
    pub fn has_platform_of(&self, wheel: &WheelName) -> bool {
        !self.platforms_of(wheel).is_empty()
    }

    fn platforms_of<'a>(&'a self, wheel: &WheelName) -> Vec<&'a str> {
        let known = self.platforms.iter().map(String::as_str);
        let known = known.chain(std::iter::once("any"));
        known
            .filter(|known| wheel.platforms.iter().any(|tag| tag == known))
            .collect()
    }
}

fn stable_abi(target: WheelTarget) -> Option<&'static str> {
    match target.is_free_threaded {
        false => Some("abi3"),
        true => (target.minor >= FIRST_ABI3T).then_some("abi3t"),
    }
}

/// Tags of wheels for CPython: `cp314-cp314t-*`, `cp314-none-*`, the stable ABI.
fn cpython_tags(target: WheelTarget, platforms: &[String]) -> Vec<String> {
    let minor = target.minor;
    let variant = if target.is_free_threaded { "t" } else { "" };
    let stable = stable_abi(target);
    let mut tags = Vec::new();
    let mut add = |minor: u8, abi: &str| {
        tags.extend(platforms.iter().map(|it| format!("cp3{minor}-{abi}-{it}")));
    };
    add(minor, &format!("cp3{minor}{variant}"));
    if let Some(stable) = stable {
        add(minor, stable);
    }
    add(minor, "none");
    if let Some(stable) = stable {
        (2..minor).rev().for_each(|older| add(older, stable));
    }
    tags
}

/// Tags of wheels without a CPython ABI: `py3-none-*`, and `any`.
fn compatible_tags(minor: u8, platforms: &[String], tags: &mut Vec<String>) {
    let mut pythons = vec![format!("py3{minor}"), "py3".to_owned()];
    pythons.extend((0..minor).rev().map(|older| format!("py3{older}")));
    for python in &pythons {
        tags.extend(platforms.iter().map(|it| format!("{python}-none-{it}")));
    }
    tags.push(format!("cp3{minor}-none-any"));
    tags.extend(pythons.iter().map(|python| format!("{python}-none-any")));
}

/// The platform tags, best first.
fn platform_tags(platform: WheelPlatform) -> Vec<String> {
    match platform {
        WheelPlatform::Glibc(arch, version) => glibc_tags(arch, version),
        WheelPlatform::Musl(arch, (major, minor)) => {
            let arch = linux(arch);
            let musl = (0..=minor).rev();
            let musl = musl.map(|minor| format!("musllinux_{major}_{minor}_{arch}"));
            std::iter::once(format!("linux_{arch}"))
                .chain(musl)
                .collect()
        }
        WheelPlatform::MacOs(arch, version) => macos_tags(arch, version),
        WheelPlatform::Windows(Arch::X86_64) => vec!["win_amd64".to_owned()],
        WheelPlatform::Windows(Arch::Arm64) => vec!["win_arm64".to_owned()],
    }
}

const fn linux(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64",
        Arch::Arm64 => "aarch64",
    }
}

fn glibc_tags(arch: Arch, (major, newest): (u16, u16)) -> Vec<String> {
    let name = linux(arch);
    let oldest = match arch {
        Arch::X86_64 => 5,
        Arch::Arm64 => 17,
    };
    let mut tags = vec![format!("linux_{name}")];
    for minor in (oldest..=newest).rev() {
        tags.push(format!("manylinux_{major}_{minor}_{name}"));
        let legacy = LEGACY.iter().find(|(_, glibc)| *glibc == (major, minor));
        tags.extend(legacy.map(|(tag, _)| format!("{tag}_{name}")));
    }
    tags
}

fn macos_tags(arch: Arch, (major, minor): (u16, u16)) -> Vec<String> {
    let formats: &[&str] = match arch {
        Arch::X86_64 => &[
            "x86_64",
            "intel",
            "fat64",
            "fat3",
            "universal2",
            "universal",
        ],
        Arch::Arm64 => &["arm64", "universal2"],
    };
    let mut tags = Vec::new();
    let mut add = |major: u16, minor: u16, formats: &[&str]| {
        let all = formats.iter();
        tags.extend(all.map(|format| format!("macosx_{major}_{minor}_{format}")));
    };
    if major == 10 {
        // 10.4 is the first one with x86-64.
        (4..=minor).rev().for_each(|minor| add(10, minor, formats));
        return tags;
    }
    (11..=major).rev().for_each(|major| add(major, 0, formats));
    // Programs for older systems run on x86-64; on arm64 only the other half of a fat file is old.
    let older = match arch {
        Arch::X86_64 => formats,
        Arch::Arm64 => &["universal2"],
    };
    (4..=16).rev().for_each(|minor| add(10, minor, older));
    tags
}

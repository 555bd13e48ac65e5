//! Selects the wheel of a version that an installer would take.

use crate::wheel::name::WheelName;
use crate::wheel::tags::WheelTags;
use crate::wheel::target::WheelTarget;
use std::cmp::Reverse;

/// The wheel that an installer would take, or why it would take none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WheelChoice {
    /// A wheel.
    Wheel {
        /// Its place in the list.
        index: usize,
        /// The tag by which it was chosen: `cp314-cp314t-manylinux_2_28_x86_64`.
        tag: String,
    },
    /// No wheel can be loaded.
    NoWheel(NoWheel),
}

/// Why no wheel can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoWheel {
    /// There are no wheels, only a source distribution.
    SdistOnly,
    /// A GIL build would take an abi3 wheel, which installers do not take for free-threaded ones.
    OnlyAbi3,
    /// The wheel uses abi3t, which this version of Python is too old for.
    OnlyAbi3t,
    /// The wheels for this platform are for other Pythons.
    OtherPythons,
    /// The wheels are for other platforms.
    OtherPlatforms,
    /// There are no files at all.
    Nothing,
}

impl NoWheel {
    /// The reason in words: `no wheel for 3.14t`.
    #[must_use]
    pub fn reason(self, target: WheelTarget) -> String {
        let variant = if target.is_free_threaded { "t" } else { "" };
        let python = format!("3.{}{variant}", target.minor);
        match self {
            Self::SdistOnly => "only a source distribution".to_owned(),
            Self::OnlyAbi3 => {
                format!("only abi3 wheels, which installers do not take for {python}")
            }
            Self::OnlyAbi3t => {
                format!("only abi3t wheels, which installers do not take for {python}")
            }
            Self::OtherPythons => format!("no wheel for {python}"),
            Self::OtherPlatforms => format!("no wheel for {}", target.platform),
            Self::Nothing => "no files are listed".to_owned(),
        }
    }
}

/// Selects from the wheels of one version. Of several with the same tag, the one with the highest
/// build tag is taken.
pub fn choose<'a>(
    wheels: impl Iterator<Item = &'a WheelName> + Clone,
    has_sdist: bool,
    tags: &WheelTags,
) -> WheelChoice {
    let loadable = wheels.clone().enumerate();
    let loadable = loadable.filter_map(|(index, name)| Some((tags.place(name)?, index, name)));
    let best = loadable.min_by_key(|(place, index, name)| {
        let build = build_number(name.build.as_deref());
        (*place, Reverse(build), *index)
    });
    match best {
        Some((place, index, _)) => WheelChoice::Wheel {
            index,
            tag: tags.tags[place].clone(),
        },
        None => WheelChoice::NoWheel(why_none(wheels, has_sdist, tags)),
    }
}

/// `2a` is newer than `2` and older than `10`.
fn build_number(build: Option<&str>) -> (u64, &str) {
    let build = build.unwrap_or_default();
    let end = build.find(|c: char| !c.is_ascii_digit());
    let (number, rest) = build.split_at(end.unwrap_or(build.len()));
    (number.parse().unwrap_or_default(), rest)
}

fn why_none<'a>(
    wheels: impl Iterator<Item = &'a WheelName> + Clone,
    has_sdist: bool,
    tags: &WheelTags,
) -> NoWheel {
    if wheels.clone().next().is_none() {
        return match has_sdist {
            true => NoWheel::SdistOnly,
            false => NoWheel::Nothing,
        };
    }
    let here = wheels.filter(|name| tags.has_platform_of(name));
    if here.clone().next().is_none() {
        return NoWheel::OtherPlatforms;
    }
    let has_abi = |name: &WheelName, abi: &str| name.abis.iter().any(|tag| tag == abi);
    if tags.target.is_free_threaded {
        let twin = WheelTags::of(WheelTarget {
            is_free_threaded: false,
            ..tags.target
        });
        let with_gil = here
            .clone()
            .filter_map(|name| Some((twin.place(name)?, name)));
        let taken = with_gil.min_by_key(|(place, _)| *place);
        if taken.is_some_and(|(place, _)| twin.tags[place].contains("-abi3-")) {
            return NoWheel::OnlyAbi3;
        }
    }
    let mut here = here;
    match here.any(|name| has_abi(name, "abi3t")) {
        true => NoWheel::OnlyAbi3t,
        false => NoWheel::OtherPythons,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::target::{Arch, WheelPlatform};

    fn names(files: &[&str]) -> Vec<WheelName> {
        let files = files.iter();
        files.map(|file| file.parse().expect(file)).collect()
    }

    fn tags(minor: u8, platform: WheelPlatform) -> WheelTags {
        WheelTags::of(WheelTarget {
            minor,
            is_free_threaded: true,
            platform,
        })
    }

    fn chosen(files: &[&str], minor: u8, platform: WheelPlatform) -> Result<String, NoWheel> {
        let names = names(files);
        match choose(names.iter(), true, &tags(minor, platform)) {
            WheelChoice::Wheel { index, tag } => Ok(format!("{index} {tag}")),
            WheelChoice::NoWheel(why) => Err(why),
        }
    }

    const LINUX: WheelPlatform = WheelPlatform::COMMON[0];
    const MACOS: WheelPlatform = WheelPlatform::COMMON[3];

    #[test]
    fn the_wheel_with_the_best_tag_is_taken() {
        let check = |files: &[&str], minor, platform, expected: &str| {
            assert_eq!(
                chosen(files, minor, platform).as_deref(),
                Ok(expected),
                "{files:?}"
            );
        };
        check(
            &[
                "a-1-py3-none-any.whl",
                "a-1-cp314-cp314-manylinux_2_28_x86_64.whl",
                "a-1-cp314-cp314t-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
                "a-1-cp314-cp314t-manylinux_2_28_x86_64.whl",
                "a-1-cp314-cp314t-musllinux_1_2_x86_64.whl",
            ],
            14,
            LINUX,
            "3 cp314-cp314t-manylinux_2_28_x86_64",
        );
        check(
            &["a-1-cp39-abi3-any.whl", "a-1-py2.py3-none-any.whl"],
            14,
            LINUX,
            "1 py3-none-any",
        );
        check(
            &["a-1-cp314-cp314t-macosx_10_15_universal2.whl"],
            14,
            MACOS,
            "0 cp314-cp314t-macosx_10_15_universal2",
        );
        check(
            &["a-1-cp315-abi3.abi3t-manylinux_2_28_x86_64.whl"],
            15,
            LINUX,
            "0 cp315-abi3t-manylinux_2_28_x86_64",
        );
        check(
            &["a-1-py3-none-manylinux1_x86_64.whl", "a-1-py3-none-any.whl"],
            13,
            LINUX,
            "0 py3-none-manylinux1_x86_64",
        );
        check(
            &["a-1-cp314-cp314t-win_arm64.whl"],
            14,
            WheelPlatform::Windows(Arch::Arm64),
            "0 cp314-cp314t-win_arm64",
        );
    }

    #[test]
    fn the_highest_build_tag_decides_a_tie() {
        let files = [
            "a-1-9-py3-none-any.whl",
            "a-1-10-py3-none-any.whl",
            "a-1-10b-py3-none-any.whl",
            "a-1-py3-none-any.whl",
        ];
        assert_eq!(chosen(&files, 14, LINUX), Ok("2 py3-none-any".to_owned()));
    }

    #[test]
    fn the_reason_without_a_wheel_is_told_apart() {
        let check = |files: &[&str], minor, expected| {
            assert_eq!(chosen(files, minor, LINUX), Err(expected), "{files:?}");
        };
        check(&[], 14, NoWheel::SdistOnly);
        let abi3 = [
            "a-1-cp39-abi3-manylinux_2_28_x86_64.whl",
            "a-1-cp38-cp38-manylinux_2_28_x86_64.whl",
        ];
        check(&abi3, 14, NoWheel::OnlyAbi3);
        let abi3t = ["a-1-cp315-abi3t-manylinux_2_28_x86_64.whl"];
        check(&abi3t, 14, NoWheel::OnlyAbi3t);
        // The wheel of a GIL build of the same version is what that one would take.
        let both = [
            "a-1-cp39-abi3-manylinux_2_28_x86_64.whl",
            "a-1-cp314-cp314-manylinux_2_28_x86_64.whl",
        ];
        check(&both, 14, NoWheel::OtherPythons);
        let other = ["a-1-cp313-cp313t-manylinux_2_28_x86_64.whl"];
        check(&other, 14, NoWheel::OtherPythons);
        let windows = ["a-1-cp314-cp314t-win_amd64.whl"];
        check(&windows, 14, NoWheel::OtherPlatforms);
        let new = ["a-1-cp314-cp314t-manylinux_2_99_x86_64.whl"];
        check(&new, 14, NoWheel::OtherPlatforms);
        let none = choose(std::iter::empty(), false, &tags(14, LINUX));
        assert_eq!(none, WheelChoice::NoWheel(NoWheel::Nothing));
    }

    #[test]
    fn a_name_with_thousands_of_tags_is_judged_at_once() {
        let many = |tag: &str| vec![tag; 20_000].join(".");
        let file = format!(
            "a-1-{}-{}-{}.whl",
            many("py3"),
            many("none"),
            many("manylinux1_x86_64")
        );
        let started = std::time::Instant::now();
        assert!(chosen(&[&file], 14, LINUX).is_ok());
        assert!(started.elapsed() < std::time::Duration::from_secs(1));
    }

    proptest::proptest! {
        /// A free-threaded build loads its own ABI, abi3t from 3.15 on, and files without an ABI.
        #[test]
        fn a_wheel_that_cannot_be_loaded_is_never_taken(
            pythons in proptest::collection::vec("(cp3(1[0-6]|[6-9])|py[23]|py3[0-9])", 1..3),
            abis in proptest::collection::vec("(abi3t?|none|cp31[3-6]t?)", 1..3),
            platform in "(any|manylinux_2_(17|28|50)_(x86_64|aarch64)|musllinux_1_2_x86_64|macosx_(10_9|14_0)_(x86_64|arm64|universal2)|win_(amd64|arm64)|win32)",
            minor in 13_u8..=16,
            number in 0_usize..6,
        ) {
            let file = format!("a-1-{}-{}-{platform}.whl", pythons.join("."), abis.join("."));
            if let Ok(text) = chosen(&[&file], minor, WheelPlatform::COMMON[number]) {
                let tag = text.strip_prefix("0 ").expect("the first");
                let parts: Vec<&str> = tag.split('-').collect();
                let own = format!("cp3{minor}t");
                let is_loadable = match parts[1] {
                    "none" => parts[0].starts_with("py3") || parts[0] == format!("cp3{minor}"),
                    "abi3t" => minor >= 15,
                    abi => abi == own && parts[0] == format!("cp3{minor}"),
                };
                proptest::prop_assert!(is_loadable, "{file} as {tag} by 3.{minor}t");
                let has = |all: &[String], one: &str| all.iter().any(|tag| tag == one);
                proptest::prop_assert!(
                    has(&pythons, parts[0]) && has(&abis, parts[1]) && platform == parts[2],
                    "{file} as {tag}"
                );
            }
        }
    }
}

//! Which version of a package a survey judges, and which older ones are its past.

use crate::check::dependency::WheelFile;
use crate::check::simple_index::Release;
use crate::wheel::{WheelChoice, WheelTags, WheelTarget, choose};

/// A wheel of an older version.
#[derive(Debug, Clone)]
pub struct PastWheel {
    /// The version.
    pub version: String,
    /// The wheel.
    pub wheel: WheelFile,
    /// The target that would take it.
    pub target: WheelTarget,
}

/// The releases without pre-releases, unless there are no others.
fn stable(releases: &[Release]) -> Vec<&Release> {
    let stable: Vec<&Release> = releases.iter().filter(|it| !it.is_prerelease).collect();
    match stable.is_empty() {
        true => releases.iter().collect(),
        false => stable,
    }
}

/// The wheel that an installer would take for a target, and the tag by which it was chosen.
fn taken(release: &Release, tags: &WheelTags) -> Option<(usize, String)> {
    let names = release.wheels.iter().map(|wheel| &wheel.name);
    match choose(names, release.has_sdist, tags) {
        WheelChoice::Wheel { index, tag } => Some((index, tag)),
        WheelChoice::NoWheel(_) => None,
    }
}

/// Whether a tag is of a free-threaded ABI: `cp314t`, `abi3t`.
fn is_of_t(tag: &str) -> bool {
    tag.split('-').nth(1).is_some_and(|abi| abi.ends_with('t'))
}

/// Returns the newest release, and the one to judge, from releases that are sorted newest first.
/// The newest is judged if installers can take one of its wheels on one of the targets, else the
/// newest one with a `t` wheel, else the newest. An older wheel without an ABI is not considered:
/// it says nothing about the code of today.
#[must_use]
pub fn pick<'a>(releases: &'a [Release], tags: &[WheelTags]) -> Option<(&'a Release, &'a Release)> {
    let stable = stable(releases);
    let newest = *stable.first()?;
    if tags.iter().any(|tags| taken(newest, tags).is_some()) {
        return Some((newest, newest));
    }
    let has_t = |release: &&&Release| {
        let mut tags = tags.iter();
        tags.any(|tags| taken(release, tags).is_some_and(|(_, tag)| is_of_t(&tag)))
    };
    Some((newest, stable.iter().find(has_t).map_or(newest, |it| *it)))
}

/// The `t` wheels of versions older than the judged one, newest first: one of each version, for the
/// first of the targets that has one.
#[must_use]
pub fn past(releases: &[Release], judged: &Release, tags: &[WheelTags]) -> Vec<PastWheel> {
    let older = stable(releases).into_iter();
    let older = older.skip_while(|release| release.version != judged.version);
    let wheels = older.skip(1).filter_map(|release| {
        let mut tags = tags.iter();
        tags.find_map(|tags| {
            let (index, tag) = taken(release, tags)?;
            is_of_t(&tag).then(|| PastWheel {
                version: release.version.clone(),
                wheel: release.wheels[index].clone(),
                target: tags.target,
            })
        })
    });
    wheels.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::simple_index::releases;
    use crate::secret_url::SecretUrl;
    use crate::wheel::WheelPlatform;

    fn picked(files: &[&str]) -> (String, String, Vec<String>) {
        let links = files
            .iter()
            .map(|file| format!("<a href='{file}'>{file}</a>"));
        let page = SecretUrl::from("https://h.example/simple/a/");
        let found = releases(&page, &links.collect::<String>(), &[14]).expect("a page");
        let tags = WheelPlatform::COMMON.map(|platform| {
            WheelTags::of(WheelTarget {
                minor: 14,
                is_free_threaded: true,
                platform,
            })
        });
        let (newest, judged) = pick(&found, &tags).expect("a release");
        let past = past(&found, judged, &tags).into_iter();
        let past = past.map(|it| format!("{} {}", it.version, it.target.platform));
        (
            newest.version.clone(),
            judged.version.clone(),
            past.collect(),
        )
    }

    #[test]
    fn the_newest_version_with_a_wheel_is_judged_and_pre_releases_are_not() {
        let (newest, judged, past) = picked(&[
            "a-0.1-py3-none-any.whl",
            "a-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl",
            "a-1.1-cp314-cp314t-win_amd64.whl",
            "a-2.0-cp314-cp314t-macosx_11_0_arm64.whl",
            "a-2.1.tar.gz",
            "a-3.0rc1-cp314-cp314t-win_amd64.whl",
        ]);
        assert_eq!((&*newest, &*judged), ("2.1", "2.0"));
        assert_eq!(past, ["1.1 windows-x86_64", "1.0 linux-x86_64"]);
        // Only the GIL build can take it; the old wheel of pure Python is another program.
        let files = ["a-1-py3-none-any.whl", "a-2-cp314-cp314-win_amd64.whl"];
        assert_eq!(picked(&files), ("2".into(), "2".into(), Vec::new()));
        let files = ["a-1-cp314-cp314t-win_amd64.whl", "a-2-py3-none-any.whl"];
        let past = vec!["1 windows-x86_64".to_owned()];
        assert_eq!(picked(&files), ("2".into(), "2".into(), past));
        assert_eq!(picked(&["a-1rc1.tar.gz"]).1, "1rc1");
    }
}

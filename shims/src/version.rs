//! CPython versions and their order. Variants are separate: `3.14.7t` is a [`Version`] with an
//! [`Abi`](crate::abi::Abi).

use std::fmt;
use std::str::FromStr;

/// A CPython version: `3.14.7`, `3.15.0rc1`.
///
/// Ordered as PEP 440 orders them: `3.15.0a7 < 3.15.0b1 < 3.15.0rc1 < 3.15.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// `3`
    pub major: u16,
    /// `14`
    pub minor: u16,
    /// `7`
    pub patch: u16,
    /// `rc1`, or final, which sorts last.
    pub stage: Stage,
}

/// The stage of a release. The order of the variants is that of PEP 440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// `a7`
    Alpha(u16),
    /// `b4`
    Beta(u16),
    /// `rc1`
    Candidate(u16),
    /// No suffix.
    Final,
}

impl Version {
    /// A final release.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
            stage: Stage::Final,
        }
    }

    /// Whether this is an alpha, beta or release candidate.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.stage != Stage::Final
    }

    /// `(3, 14)`
    #[must_use]
    pub fn series(&self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// `3.15.0`, without the stage: the directory on python.org that contains the pre-releases.
    #[must_use]
    pub fn release(&self) -> Self {
        Self {
            stage: Stage::Final,
            ..*self
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{}{}",
            self.major, self.minor, self.patch, self.stage
        )
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alpha(n) => write!(f, "a{n}"),
            Self::Beta(n) => write!(f, "b{n}"),
            Self::Candidate(n) => write!(f, "rc{n}"),
            Self::Final => Ok(()),
        }
    }
}

impl FromStr for Version {
    type Err = ();

    /// Parses a complete version with all three numbers.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (partial, rest) = split_version(text).ok_or(())?;
        match (partial.minor, partial.patch, rest) {
            (Some(minor), Some(patch), "") => Ok(Self {
                major: partial.major,
                minor,
                patch,
                stage: partial.stage.unwrap_or(Stage::Final),
            }),
            _ => Err(()),
        }
    }
}

/// A version whose end may be left open: `3`, `3.14`, `3.14.7`, `3.15.0rc1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partial {
    /// `3`
    pub major: u16,
    /// `14`, if given.
    pub minor: Option<u16>,
    /// `7`, if given.
    pub patch: Option<u16>,
    /// `rc1`, if given; only with a patch.
    pub stage: Option<Stage>,
}

impl Partial {
    /// The lower bound of the pre-releases of the first version this allows: `3.15.0a0` for `3.15`.
    #[must_use]
    pub fn before_prereleases(self) -> Self {
        Self {
            minor: self.minor.or(Some(0)),
            patch: self.patch.or(Some(0)),
            stage: Some(Stage::Alpha(0)),
            ..self
        }
    }

    /// Whether `version` is allowed. A pre-release is allowed only if the stage is open and no
    /// patch is named: `3.15.0` does not allow `3.15.0rc1`.
    #[must_use]
    pub fn covers(&self, version: &Version) -> bool {
        self.major == version.major
            && self.minor.is_none_or(|minor| minor == version.minor)
            && self.patch.is_none_or(|patch| patch == version.patch)
            && match (self.stage, self.patch) {
                (Some(stage), _) => stage == version.stage,
                (None, Some(_)) => version.stage == Stage::Final,
                (None, None) => true,
            }
    }
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for part in [self.minor, self.patch].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        self.stage.map_or(Ok(()), |stage| stage.fmt(f))
    }
}

/// Parses the longest version at the beginning of `text` and returns the rest.
///
/// `None` if the text does not start with a number, a number is too large, or a dot is not
/// followed by one. A stage needs a number: `3.14a` leaves `a` over.
#[must_use]
pub fn split_version(text: &str) -> Option<(Partial, &str)> {
    let (major, mut rest) = split_number(text)?;
    let mut parts = [None; 2];
    for part in &mut parts {
        let Some(after) = rest.strip_prefix('.') else {
            break;
        };
        let (number, after) = split_number(after)?;
        *part = Some(number);
        rest = after;
    }
    let [minor, mut patch] = parts;
    let (stage, rest) = split_stage(rest);
    if stage.is_some() {
        minor?;
        // People write `3.15rc1` for `3.15.0rc1`.
        patch = patch.or(Some(0));
    }
    Some((
        Partial {
            major,
            minor,
            patch,
            stage,
        },
        rest,
    ))
}

fn split_number(text: &str) -> Option<(u16, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn split_stage(text: &str) -> (Option<Stage>, &str) {
    type Make = fn(u16) -> Stage;
    // Longest first: `alpha` before `a`.
    let words: [(&str, Make); 6] = [
        ("alpha", Stage::Alpha),
        ("beta", Stage::Beta),
        ("rc", Stage::Candidate),
        ("a", Stage::Alpha),
        ("b", Stage::Beta),
        ("c", Stage::Candidate),
    ];
    for (word, make) in words {
        if let Some((number, rest)) = text.strip_prefix(word).and_then(split_number) {
            return (Some(make(number)), rest);
        }
    }
    (None, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_pep_440_says() {
        let order = [
            "3.13.9",
            "3.13.10",
            "3.15.0a7",
            "3.15.0b1",
            "3.15.0rc1",
            "3.15.0rc2",
            "3.15.0",
        ];
        let versions: Vec<Version> = order.iter().map(|text| text.parse().expect(text)).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        for (text, version) in order.iter().zip(&versions) {
            assert_eq!(*text, version.to_string());
        }
    }

    #[test]
    fn an_open_patch_covers_prereleases_and_a_named_patch_does_not() {
        let covers = |partial: &str, version: &str| {
            let (partial, rest) = split_version(partial).expect("partial");
            assert_eq!(rest, "");
            partial.covers(&version.parse().expect("version"))
        };
        assert!(covers("3.15", "3.15.0rc1"));
        assert!(!covers("3.15.0", "3.15.0rc1"));
        assert!(covers("3.15rc1", "3.15.0rc1"));
        assert!(!covers("3.1", "3.13.0"));
    }

    #[test]
    fn invalid_versions_are_rejected() {
        for text in ["", "x", ".3", "3.", "3.x", "99999999", "3rc1", "3.-1"] {
            assert!(split_version(text).is_none(), "{text}");
        }
        assert!("3.14".parse::<Version>().is_err());
        assert!("3.14.7t".parse::<Version>().is_err());
    }
}

//! PEP 440 version ranges: `>=3.13,<3.15`, `~=3.13`, `==3.14.*`.

use crate::version::{Partial, Stage, Version, split_version};
use std::fmt;

/// One or more conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Range(pub Vec<Condition>);

/// One condition: `>=3.13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition {
    /// `>=`
    pub operator: Operator,
    /// `3.13`
    pub version: Partial,
}

/// The operators of PEP 440 that make sense for interpreters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
    /// `==3.14.*`
    Within,
    /// `!=`
    NotEqual,
    /// `!=3.14.*`
    NotWithin,
    /// `~=`
    Compatible,
}

impl Range {
    /// Whether `version` satisfies every condition. The caller handles pre-releases, except that
    /// `<3.15` excludes those of 3.15.0, as PEP 440 specifies.
    #[must_use]
    pub fn covers(&self, version: &Version) -> bool {
        self.0.iter().all(|condition| condition.covers(version))
    }

    /// Whether one of the conditions allows a single version: `==3.14.2`.
    #[must_use]
    pub fn names_one(&self) -> bool {
        let mut conditions = self.0.iter();
        conditions.any(|condition| condition.operator == Operator::Equal)
    }

    /// Whether one of the conditions names a pre-release, so that pre-releases are wanted.
    #[must_use]
    pub fn names_prerelease(&self) -> bool {
        let stage = |condition: &Condition| condition.version.stage;
        self.0
            .iter()
            .any(|condition| stage(condition).is_some_and(|stage| stage != Stage::Final))
    }
}

impl Condition {
    /// Parses one condition and returns the text after its version.
    #[must_use]
    pub fn split(text: &str) -> Option<(Self, &str)> {
        let operators = [
            (">=", Operator::AtLeast),
            ("<=", Operator::AtMost),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("~=", Operator::Compatible),
            (">", Operator::Above),
            ("<", Operator::Below),
        ];
        let (rest, operator) = operators
            .iter()
            .find_map(|(sign, operator)| Some((text.strip_prefix(sign)?, *operator)))?;
        let rest = rest.trim_start();
        // The star is removed first, as `3.14.*` would otherwise leave a trailing dot.
        if let Some((head, tail)) = rest.split_once(".*") {
            let (version, "") = split_version(head)? else {
                return None;
            };
            let operator = match operator {
                Operator::Equal => Operator::Within,
                Operator::NotEqual => Operator::NotWithin,
                _ => return None,
            };
            return Some((Self { operator, version }, tail));
        }
        if let Some((head, tail)) = rest.split_once(".dev") {
            let (version, "") = split_version(head)? else {
                return None;
            };
            let condition = Self::around_dev(operator, version)?;
            return Some((
                condition,
                tail.trim_start_matches(|c: char| c.is_ascii_digit()),
            ));
        }
        let (version, tail) = split_version(rest)?;
        // PEP 440 does not allow `~=3`.
        if operator == Operator::Compatible && version.minor.is_none() {
            return None;
        }
        Some((Self { operator, version }, tail))
    }

    /// `<3.15.dev0`. CPython has no development releases, so only the position matters: before the
    /// first alpha of 3.15.0, or before the pre-release that is named.
    fn around_dev(operator: Operator, version: Partial) -> Option<Self> {
        let operator = match operator {
            Operator::AtLeast | Operator::Above => Operator::AtLeast,
            Operator::AtMost | Operator::Below => Operator::Below,
            _ => return None,
        };
        let is_lowest = operator == Operator::AtLeast && version.stage.is_none();
        let version = match is_lowest {
            true => version.before_prereleases(),
            // `<3.15` excludes its pre-releases already.
            false => version,
        };
        Some(Self { operator, version })
    }

    fn covers(&self, version: &Version) -> bool {
        let given = Version {
            major: self.version.major,
            minor: self.version.minor.unwrap_or(0),
            patch: self.version.patch.unwrap_or(0),
            stage: self.version.stage.unwrap_or(Stage::Final),
        };
        let starts_alike = || {
            self.version.major == version.major
                && self
                    .version
                    .minor
                    .is_none_or(|minor| minor == version.minor)
                && self
                    .version
                    .patch
                    .is_none_or(|patch| patch == version.patch)
        };
        match self.operator {
            Operator::AtLeast => *version >= given,
            Operator::AtMost => *version <= given,
            Operator::Above => *version > given,
            Operator::Below => {
                *version < given && (given.is_prerelease() || version.release() != given)
            }
            Operator::Equal => *version == given,
            Operator::NotEqual => *version != given,
            Operator::Within => starts_alike(),
            Operator::NotWithin => !starts_alike(),
            // `~=3.13` means `>=3.13,==3.*`; `~=3.13.2` means `>=3.13.2,==3.13.*`.
            Operator::Compatible => {
                *version >= given
                    && version.major == given.major
                    && (self.version.patch.is_none() || version.minor == given.minor)
            }
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (sign, star) = match condition.operator {
                Operator::AtLeast => (">=", ""),
                Operator::AtMost => ("<=", ""),
                Operator::Above => (">", ""),
                Operator::Below => ("<", ""),
                Operator::Equal => ("==", ""),
                Operator::Within => ("==", ".*"),
                Operator::NotEqual => ("!=", ""),
                Operator::NotWithin => ("!=", ".*"),
                Operator::Compatible => ("~=", ""),
            };
            write!(f, "{comma}{sign}{}{star}", condition.version)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, version: &str, expected: bool) {
        let (parsed, rest) = Condition::split(condition).expect(condition);
        assert_eq!(rest, "");
        let version = version.parse().expect(version);
        let covers = Range(vec![parsed]).covers(&version);
        assert_eq!(covers, expected, "{condition} {version}");
    }

    #[test]
    fn conditions_follow_pep_440() {
        check(">=3.13", "3.13.0", true);
        check(">=3.13", "3.13.0rc1", false);
        check(">3.13", "3.13.1", true);
        check("<3.15", "3.14.9", true);
        check("<3.15", "3.15.0rc1", false);
        check("<3.15.0rc2", "3.15.0rc1", true);
        check("<=3.13", "3.13.1", false);
        check("==3.14", "3.14.1", false);
        check("==3.14.*", "3.14.1", true);
        check("!=3.14.*", "3.14.1", false);
        check("!=3.14.2", "3.14.1", true);
        check("<3.15.dev0", "3.14.9", true);
        check("<3.15.dev0", "3.15.0a1", false);
        check("<=3.15.0.dev3", "3.15.0a1", false);
        check("<4.0.dev0", "3.15.0", true);
        check(">=3.15.dev0", "3.15.0a1", true);
        check(">3.15.dev0", "3.14.9", false);
        check("<3.15.0rc1.dev1", "3.15.0b4", true);
        check("~=3.13", "3.14.1", true);
        check("~=3.13.2", "3.13.9", true);
        check("~=3.13.2", "3.14.0", false);
    }

    #[test]
    fn invalid_conditions_are_rejected() {
        for text in [
            "3.13",
            ">=",
            "=3.13",
            "~=3",
            ">=3.*",
            ">=x",
            "==3.15.dev0",
            ">=x.dev0",
            ">=3.13t.dev0",
        ] {
            assert!(Condition::split(text).is_none(), "{text}");
        }
    }
}

//! Converts the version syntax of setup-python, which is npm's (node-semver), to ftpy's: `3.x`,
//! `>=3.13 <3.15`, `~3.13.0-0`, `3.14.0-rc.1`. Text to text; the request parser validates the
//! result.
//!
//! The crate nodejs-semver is not used: it has no `t` behind a version, and compares versions where
//! here a range has to be written in another notation.

use ftpy_core::version::{Partial, Stage, split_version};

/// Converts to ftpy's grammar; `None` if it is not npm's syntax or needs more than one request.
#[must_use]
pub fn from_semver(text: &str) -> Option<String> {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["x" | "X" | "*"] => Some("3".to_owned()),
        [low, "-", high] => {
            let (low, high) = (Bound::read(low)?, Bound::read(high)?);
            Some(format!("{},{}", low.at_least(), high.at_most()?))
        }
        words => {
            let conditions = joined(words);
            let conditions = conditions.iter().map(|one| condition(one));
            let conditions: Vec<String> = conditions.collect::<Option<_>>()?;
            (!conditions.is_empty()).then(|| conditions.join(","))
        }
    }
}

/// Joins `>= 3.13` into one condition, and splits `>=3.13,` from the next one.
fn joined(words: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words.iter().flat_map(|word| word.split(',')) {
        match all.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '~', '^']) => last.push_str(word),
            _ if word.is_empty() => {}
            _ => all.push(word.to_owned()),
        }
    }
    all
}

fn condition(text: &str) -> Option<String> {
    let signs = [">=", "<=", "==", "!=", "~>", "~=", ">", "<", "=", "~", "^"];
    let sign = signs.into_iter().find(|sign| text.starts_with(sign));
    let bound = Bound::read(&text[sign.map_or(0, str::len)..])?;
    let Bound { version, tail, .. } = &bound;
    match sign {
        // A bare version is a prefix; -0 allows pre-releases.
        None => Some(bound.whole()),
        Some("=" | "==") => match version.patch {
            Some(_) => Some(format!("=={version}{tail}")),
            None => Some(format!("=={version}.*{tail}")),
        },
        Some("!=") => match version.patch {
            Some(_) => Some(format!("!={version}{tail}")),
            None => Some(format!("!={version}.*{tail}")),
        },
        Some(">=") => Some(bound.at_least()),
        Some("<=") => bound.at_most(),
        Some("<") => Some(bound.below()),
        Some(">") => match version.patch {
            Some(_) => Some(format!(">{version}{tail}")),
            None => Some(format!(">={}{tail}", after(version)?)),
        },
        Some("^") => Some(format!("{},<{}", bound.at_least(), version.major + 1)),
        Some("~=") => Some(format!("~={version}{tail}")),
        // ~3.13 and ~3.13.0 mean 3.13.x, ~3.13.2 means at least that.
        _ => match (version.patch, version.stage) {
            (None | Some(0), None) => Some(bound.series()),
            _ => Some(format!("~={version}{tail}")),
        },
    }
}

/// A version and its suffix.
struct Bound {
    version: Partial,
    /// `t`, `t-dev`
    tail: String,
    /// `-0`: lower than the first pre-release.
    is_open: bool,
}

impl Bound {
    /// `3.x`, `3.14.*`, `3.14.0-rc.1`, `3.13.0-0`, `3.14t`
    fn read(text: &str) -> Option<Self> {
        let (head, rest) = split_open(text);
        let (mut version, after) = split_version(head)?;
        let mut tail = format!("{after}{rest}");
        let mut is_open = false;
        if let Some((before, stage)) = tail.clone().split_once('-') {
            if let Some(stage) = named(stage) {
                version.minor?;
                version.patch = version.patch.or(Some(0));
                version.stage = Some(stage);
                before.clone_into(&mut tail);
            } else if stage == "0" {
                is_open = true;
                before.clone_into(&mut tail);
            }
        }
        let is_known = ["", "t", "-dev", "t-dev"].contains(&tail.as_str());
        is_known.then_some(Self {
            version,
            tail,
            is_open,
        })
    }

    fn whole(&self) -> String {
        match self.is_open {
            true => self.series(),
            false => format!("{}{}", self.version, self.tail),
        }
    }

    /// All of its minor version.
    fn series(&self) -> String {
        let version = Partial {
            patch: None,
            stage: None,
            ..self.version
        };
        let dev = match self.is_open && !self.tail.ends_with("-dev") {
            true => "-dev",
            false => "",
        };
        format!("{version}{}{dev}", self.tail)
    }

    fn at_least(&self) -> String {
        let first = match self.is_open {
            true => self.version.before_prereleases(),
            false => self.version,
        };
        format!(">={first}{}", self.tail)
    }

    /// `<3.15` excludes the pre-releases of 3.15.0, as `<3.15.0-0` does.
    fn below(&self) -> String {
        format!("<{}{}", self.version, self.tail)
    }

    /// `<=3.14` includes 3.14.9.
    fn at_most(&self) -> Option<String> {
        match self.version.patch {
            Some(_) => Some(format!("<={}{}", self.version, self.tail)),
            None => Some(format!("<{}{}", after(&self.version)?, self.tail)),
        }
    }
}

/// The text before the first `.x` or `.*`, and the text after the last.
fn split_open(text: &str) -> (&str, &str) {
    let is_open = |at: &usize| {
        let rest = &text[*at..];
        [".x", ".X", ".*"].iter().any(|open| rest.starts_with(open))
    };
    let places: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
    let open: Vec<usize> = places.into_iter().filter(is_open).collect();
    match (open.first(), open.last()) {
        (Some(first), Some(last)) => (&text[..*first], &text[last + 2..]),
        _ => (text, ""),
    }
}

/// `rc.1`, `beta.4`, `alpha.7`, `rc1`
fn named(text: &str) -> Option<Stage> {
    let at = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (name, number) = text.split_at(at);
    let number = number.strip_prefix('.').unwrap_or(number).parse().ok()?;
    match name {
        "alpha" | "a" => Some(Stage::Alpha(number)),
        "beta" | "b" => Some(Stage::Beta(number)),
        "rc" => Some(Stage::Candidate(number)),
        _ => None,
    }
}

/// `3.15` after `3.14`, `4` after `3`.
fn after(version: &Partial) -> Option<String> {
    Some(match version.minor {
        Some(minor) => format!("{}.{}", version.major, minor.checked_add(1)?),
        None => version.major.checked_add(1)?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npms_syntax_is_interpreted_as_by_npm() {
        for (text, expected) in [
            ("3.x", "3"),
            ("3.X.x", "3"),
            ("3.*", "3"),
            ("x", "3"),
            ("3.14.x", "3.14"),
            ("3.14.*", "3.14"),
            ("3.14.x-dev", "3.14-dev"),
            ("3.14.xt", "3.14t"),
            (">=3.13 <3.15", ">=3.13,<3.15"),
            (">= 3.13 < 3.15", ">=3.13,<3.15"),
            (">=3.13t <3.15", ">=3.13t,<3.15"),
            (">=3.13, <3.15.0-0", ">=3.13,<3.15.0"),
            (">=3.13.0-0 <3.15", ">=3.13.0a0,<3.15"),
            (">3.12 <=3.14", ">=3.13,<3.15"),
            (">3.12.1 <=3.14.2", ">3.12.1,<=3.14.2"),
            ("3.13 - 3.14", ">=3.13,<3.15"),
            ("=3.14", "==3.14.*"),
            ("=3.14.2", "==3.14.2"),
            ("~3.13", "3.13"),
            ("~3.13.0", "3.13"),
            ("~3.13.2", "~=3.13.2"),
            ("~3.13.0-0", "3.13-dev"),
            ("^3.10", ">=3.10,<4"),
            ("^3.10.2", ">=3.10.2,<4"),
            ("^3.10,!=3.11.2", ">=3.10,<4,!=3.11.2"),
            ("^3.10, !=3.11.*", ">=3.10,<4,!=3.11.*"),
            ("3.14.0-rc.1", "3.14.0rc1"),
            ("3.14.0-alpha.7", "3.14.0a7"),
            ("3.14.0-beta.4", "3.14.0b4"),
        ] {
            let read = from_semver(text);
            assert_eq!(read.as_deref(), Some(expected), "{text}");
            assert!(ftpy_core::parse::parse(expected).is_ok(), "{expected}");
        }
        for text in [
            "",
            "3.13 || 3.14",
            "pypy3.10",
            "latest",
            "3.y",
            "3.14-linux",
            ">=",
        ] {
            assert_eq!(from_semver(text), None, "{text}");
        }
    }
}

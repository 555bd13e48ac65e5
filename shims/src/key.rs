//! The key of an installation, which is also its directory name in `installs/`.
//!
//! `3.14.7t[+flavour]-<provider>[-<build id>][-<os>-<arch>-<libc>]`; the platform is included
//! only if it is not the host's. Keys are short because a shebang longer than 127 bytes breaks
//! scripts. A key is also a request that matches exactly this installation.

use crate::build_id::BuildId;
use crate::parse::parse;
use crate::provider_name::ProviderName;
use crate::request::{Build, Request, Versions};
use crate::target::Target;
use crate::version::{Stage, Version};
use std::fmt;
use std::ops::Deref;

/// The key of an installation: one path component, which parses back to the same key.
///
/// The fields are read-only, because the constructor validates them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Parts);

/// The parts of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parts {
    /// The CPython build.
    pub build: Build,
    /// Its source.
    pub provider: ProviderName,
    /// The provider's id of this build: a date for `pbs`.
    pub build_id: Option<BuildId>,
    /// Whether the platform is the host's and can be omitted.
    pub is_host: bool,
}

impl Deref for Key {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The sort key of builds of one version within one source. Dates and conda's build numbers are
/// compared as numbers, so that 10 comes after 9. Other ids are digests and names, which have no
/// order in time; they sort before all numbers.
#[must_use]
pub fn build_rank(build_id: Option<&str>) -> (bool, usize, &str) {
    let text = build_id.unwrap_or("");
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return (false, 0, text);
    }
    let digits = text.trim_start_matches('0');
    (true, digits.len(), digits)
}

impl Key {
    /// Makes a key; `None` if its name would not parse back to the same parts.
    #[must_use]
    pub fn new(parts: Parts) -> Option<Self> {
        let name = parts.to_string();
        // The safety of a path component must not depend on how strict the request grammar is.
        let is_component = !name.contains(['/', '\\', '\0']) && !name.starts_with('.');
        let unsaid = Target::new("", "", "");
        let host = match parts.is_host {
            true => &parts.build.target,
            false => &unsaid,
        };
        let read = Self::from_name(&name, host).filter(|_| is_component)?;
        (read.0 == parts).then_some(read)
    }

    /// Parses a directory name; `None` if it is not a key. `host` supplies an omitted platform.
    #[must_use]
    pub fn from_name(name: &str, host: &Target) -> Option<Self> {
        let Ok(Request::Build(request)) = parse(name) else {
            return None;
        };
        let Versions::Partial(partial) = request.versions else {
            return None;
        };
        let build = Build {
            version: Version {
                major: partial.major,
                minor: partial.minor?,
                patch: partial.patch?,
                stage: partial.stage.unwrap_or(Stage::Final),
            },
            abi: request.abi,
            flavours: request.flavours,
            target: request.target.or_host(host),
        };
        let key = Self(Parts {
            build,
            provider: request.provider?,
            build_id: request.build_id,
            is_host: request.target.is_open(),
        });
        // Only the canonical spelling is a key: `pbs:3.14.7t` is just a request.
        (key.to_string() == name).then_some(key)
    }

    /// Whether it was built with custom flags, patches or sources. Such a build is selected only by
    /// its key, or if nothing else matches.
    #[must_use]
    pub fn is_ones_own(&self) -> bool {
        self.provider == ProviderName::Source && self.build_id.is_some()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.build.name(), self.provider)?;
        if let Some(build_id) = &self.build_id {
            write!(f, "-{build_id}")?;
        }
        if self.is_host {
            return Ok(());
        }
        write!(f, "-{}", self.build.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_ordered_as_numbers() {
        let mut ids = [
            Some("10"),
            None,
            Some("9"),
            Some("20260901"),
            Some("102"),
            Some("20251231"),
            Some("a-longer-name-than-a-date"),
            Some("010"),
        ];
        ids.sort_by_key(|id| build_rank(*id));
        assert_eq!(
            ids.map(|id| id.unwrap_or("")),
            [
                "",
                "a-longer-name-than-a-date",
                "9",
                "10",
                "010",
                "102",
                "20251231",
                "20260901"
            ]
        );
    }

    #[test]
    fn keys_read_back() {
        let host = Target::new("linux", "x86_64", "gnu");
        for name in [
            "3.14.7t-pbs-20260901",
            "3.13.15t-source",
            "3.14.7t+tsan-source-0a1b2c3d",
            "3.14.7t-source-12345678-macos-aarch64-none",
            "3.14.7t-link-mine_2",
            "3.14.7td-archive-0a1b2c3d",
            "3.15.0rc1td+tsan-source",
            "3.14.7-pbs-20260901-linux-x86_64_v3-gnu",
            "3.14.7t-source-macos-aarch64-none",
        ] {
            let key = Key::from_name(name, &host).expect(name);
            assert_eq!(key.to_string(), name);
        }
        for name in [
            "3.14t-pbs",
            "pbs:3.14.7t",
            "3.14.7t",
            "3.14.7t-PBS",
            "x",
            ".tmp",
        ] {
            assert!(Key::from_name(name, &host).is_none(), "{name}");
        }
    }

    #[test]
    fn a_key_whose_name_does_not_read_back_is_refused() {
        let host = Target::new("linux", "x86_64", "gnu");
        let key = Key::from_name("3.14.7t-link-mine", &host).expect("a key");
        let mine = |text: &str| BuildId::parse(ProviderName::Archive, text);
        assert_eq!(Key::new((*key).clone()), Some(key.clone()));
        let check = |change: &dyn Fn(&mut Parts)| {
            let mut parts = (*key).clone();
            change(&mut parts);
            assert_eq!(Key::new(parts.clone()), None, "{parts}");
        };
        // Names of archives, and of builds of other providers.
        check(&|parts| parts.build_id = mine("my.conda"));
        check(&|parts| parts.build_id = mine("my.tar.gz"));
        check(&|parts| parts.provider = ProviderName::Pbs);
        check(&|parts| parts.build.version.major = 2);
        check(&|parts| parts.build.version.minor = 12);
        for arch in ["x/../y", "..", "", "any", "X86"] {
            check(&|parts| {
                parts.is_host = false;
                parts.build.target.arch = arch.to_owned();
            });
        }
    }
}

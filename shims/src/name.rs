//! The names of shims: a fixed set, so that the directory on PATH never contains programs that some
//! package happened to install.

use crate::abi::{Abi, Threading};
use crate::request::{Build, BuildRequest, Versions};
use crate::version::{Partial, Version, split_version};
use std::fmt;
use std::path::Path;

/// A program that every installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// `python`
    Python,
    /// `python-config`
    Config,
    /// `pip`
    Pip,
    /// `idle`
    Idle,
    /// `pydoc`
    Pydoc,
}

/// Every tool.
pub const TOOLS: [Tool; 5] = [
    Tool::Python,
    Tool::Config,
    Tool::Pip,
    Tool::Idle,
    Tool::Pydoc,
];

/// How specific a shim name is. A specific name always means what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// `python`, `pip`: the pinned or default Python.
    Bare,
    /// `python3`, `pip3`: the same, as there is no other major version.
    Major,
    /// `python3t`: the pinned build if it is free-threaded, else the newest free-threaded one.
    FreeThreaded,
    /// `python3.14t`: exactly this minor version and ABI.
    Versioned(u16, Abi),
}

/// The name of a shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The program.
    pub tool: Tool,
    /// The builds it may start.
    pub meaning: Meaning,
}

impl Name {
    /// Parses a file name; `None` if it is not the name of a shim.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let stems = [
            ("python", Tool::Python),
            ("pip", Tool::Pip),
            ("idle", Tool::Idle),
            ("pydoc", Tool::Pydoc),
        ];
        let (rest, tool) = stems
            .iter()
            .find_map(|(stem, tool)| Some((text.strip_prefix(stem)?, *tool)))?;
        let (rest, tool) = match (rest.strip_suffix("-config"), tool) {
            (Some(rest), Tool::Python) => (rest, Tool::Config),
            (Some(_), _) => return None,
            (None, tool) => (rest, tool),
        };
        let name = Self {
            tool,
            meaning: Meaning::parse(rest)?,
        };
        // `python3.014` would parse as 3.14, but no such shim exists.
        (name.to_string() == text).then_some(name)
    }

    /// The shim name of a path, if it has one.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        Self::parse(path.file_name()?.to_str()?)
    }

    /// The request implied by the name; `None` if the name implies none.
    #[must_use]
    pub fn request(&self) -> Option<BuildRequest> {
        let (minor, abi) = match self.meaning {
            Meaning::Bare | Meaning::Major => return None,
            Meaning::FreeThreaded => (None, Abi::FREE_THREADED),
            Meaning::Versioned(minor, abi) => (Some(minor), abi),
        };
        let versions = Versions::Partial(Partial {
            major: 3,
            minor,
            patch: None,
            stage: None,
        });
        Some(BuildRequest::of(versions, abi))
    }

    /// Whether a build may be started under this name.
    #[must_use]
    pub fn may_start(&self, build: &Build) -> bool {
        match self.meaning {
            Meaning::Bare | Meaning::Major => true,
            Meaning::FreeThreaded => build.abi == Abi::FREE_THREADED,
            Meaning::Versioned(minor, abi) => {
                build.version.series() == (3, minor) && build.abi == abi
            }
        }
    }

    /// Whether a request may select builds that can be started under this name.
    #[must_use]
    pub fn agrees_with(&self, request: &BuildRequest) -> bool {
        let minor = match self.meaning {
            Meaning::Bare | Meaning::Major => return true,
            Meaning::FreeThreaded => return request.abi == Abi::FREE_THREADED,
            Meaning::Versioned(minor, abi) if abi == request.abi => minor,
            Meaning::Versioned(..) => return false,
        };
        match &request.versions {
            Versions::Partial(partial) => partial.minor.is_none_or(|named| named == minor),
            // Checks whether some patch of the minor is covered; no minor ever had a hundred.
            Versions::Range(range) => {
                (0..100).any(|patch| range.covers(&Version::new(3, minor, patch)))
            }
        }
    }

    /// File names in `bin/` for this tool of a build, the most specific first.
    #[must_use]
    pub fn files(&self, build: &Build) -> Vec<String> {
        let (major, minor) = build.version.series();
        let abi = build.abi;
        let series = format!("{major}.{minor}");
        match self.tool {
            Tool::Python => vec![format!("python{series}{abi}")],
            Tool::Config => vec![format!("python{series}{abi}-config")],
            // CPython adds no `t` to these names, and a prefix contains only one build.
            Tool::Pip => vec![format!("pip{series}"), format!("pip{major}"), "pip".into()],
            Tool::Idle => vec![format!("idle{series}"), format!("idle{major}")],
            Tool::Pydoc => vec![format!("pydoc{series}"), format!("pydoc{major}")],
        }
    }

    /// The unversioned names, which exist as soon as anything is installed.
    #[must_use]
    pub fn open() -> Vec<Self> {
        let meanings = [Meaning::Bare, Meaning::Major];
        let all = TOOLS
            .iter()
            .flat_map(|tool| meanings.map(|meaning| (*tool, meaning)));
        all.map(|(tool, meaning)| Self { tool, meaning }).collect()
    }

    /// The names added by a build of this version and ABI.
    #[must_use]
    pub fn of(build: &Build) -> Vec<Self> {
        let meaning = Meaning::Versioned(build.version.minor, build.abi);
        TOOLS.map(|tool| Self { tool, meaning }).to_vec()
    }
}

impl Meaning {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "" => return Some(Self::Bare),
            "3" => return Some(Self::Major),
            "3t" => return Some(Self::FreeThreaded),
            _ => {}
        }
        let (partial, flags) = split_version(text)?;
        let Partial {
            major: 3,
            minor: Some(minor),
            patch: None,
            stage: None,
        } = partial
        else {
            return None;
        };
        Some(Self::Versioned(minor, Abi::from_flags(flags)?))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.tool {
            Tool::Python | Tool::Config => "python",
            Tool::Pip => "pip",
            Tool::Idle => "idle",
            Tool::Pydoc => "pydoc",
        })?;
        match self.meaning {
            Meaning::Bare => {}
            Meaning::Major => f.write_str("3")?,
            Meaning::FreeThreaded => f.write_str("3t")?,
            Meaning::Versioned(minor, abi) => write!(f, "3.{minor}{abi}")?,
        }
        match self.tool {
            Tool::Config => f.write_str("-config"),
            _ => Ok(()),
        }
    }
}

impl Meaning {
    /// For messages: `the free-threaded build of 3.14`; empty if the name implies no build.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Bare | Self::Major => String::new(),
            Self::FreeThreaded => "a free-threaded build".to_owned(),
            Self::Versioned(minor, abi) => {
                let kind = match (abi.threading, abi.debug) {
                    (Threading::Gil, false) => "GIL build",
                    (Threading::Gil, true) => "GIL debug build",
                    (Threading::FreeThreaded, false) => "free-threaded build",
                    (Threading::FreeThreaded, true) => "free-threaded debug build",
                };
                format!("the {kind} of 3.{minor}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_of_names_is_fixed() {
        for text in [
            "python",
            "python3",
            "python3t",
            "python3.14",
            "python3.14t",
            "python3.13td",
            "python3.13d",
            "python-config",
            "python3-config",
            "python3.14t-config",
            "pip",
            "pip3",
            "pip3.14",
            "pip3.14t",
            "idle3",
            "idle3.14t",
            "pydoc",
            "pydoc3.14",
        ] {
            let name = Name::parse(text).expect(text);
            assert_eq!(name.to_string(), text);
        }
        for text in [
            "ftpy",
            "pytest",
            "python2",
            "python2.7",
            "python3.14.7",
            "python3.14dt",
            "python3.014",
            "python3.15rc1",
            "pip-config",
            "pip3.14t-config",
            "pipx",
            "idle3.14x",
            "python3.14+tsan",
            "",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_versioned_name_always_means_that_version() {
        let name = |text: &str| Name::parse(text).expect(text);
        let request = |text: &str| match crate::parse::parse(text) {
            Ok(crate::request::Request::Build(request)) => request,
            other => panic!("{text}: {other:?}"),
        };
        let check = |text: &str, asked: &str, expected: bool| {
            assert_eq!(
                name(text).agrees_with(&request(asked)),
                expected,
                "{text} {asked}"
            );
        };
        check("python3.14t", "3.14t", true);
        check("python3.14t", "3.14.5t", true);
        check("python3.14t", "3t", true);
        check("python3.14t", ">=3.13t", true);
        check("python3.14t", "<3.14t", false);
        check("python3.14t", "3.14", false);
        check("python3.14t", "3.14td", false);
        check("python3.14t", "3.13t", false);
        check("python3.14", "3.14t", false);
        check("python3t", "3.13t", true);
        check("python3t", "3.13", false);
        check("python", "3.14td", true);
        let canonical = |text: &str| {
            name(text)
                .request()
                .map(|request| crate::request::Request::Build(request).to_string())
        };
        assert_eq!(canonical("pip3.14td").as_deref(), Some("3.14td"));
        assert_eq!(canonical("python3t").as_deref(), Some("3t"));
        assert_eq!(canonical("pip3"), None);
    }
}

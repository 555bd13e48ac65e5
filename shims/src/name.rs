//! The names that shims have: a closed set, so that what a directory on PATH holds never depends
//! on what some package brought along.

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

/// How much of a build a name says. What it says, it always means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// `python`, `pip`: whatever is pinned or the default.
    Bare,
    /// `python3`, `pip3`: the same, there is no other major version.
    Major,
    /// `python3t`: whatever free-threaded build is pinned, else the newest.
    FreeThreaded,
    /// `python3.14t`: this minor with this ABI and no other.
    Versioned(u16, Abi),
}

/// The name of a shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Which program.
    pub tool: Tool,
    /// Of which builds.
    pub meaning: Meaning,
}

impl Name {
    /// Reads a file name; `None` where no shim is called so.
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
        // `python3.014` reads as 3.14 and is nobody's name.
        (name.to_string() == text).then_some(name)
    }

    /// The name of a file, where that is a shim's.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        Self::parse(path.file_name()?.to_str()?)
    }

    /// The request that the name alone stands for; `None` where it leaves all open.
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

    /// Whether a request can stand for builds that may be started under this name.
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
            // Whether some patch of the minor is covered; no minor ever had a hundred.
            Versions::Range(range) => {
                (0..100).any(|patch| range.covers(&Version::new(3, minor, patch)))
            }
        }
    }

    /// The files in `bin/` that are this tool of a build, the surest first.
    #[must_use]
    pub fn files(&self, build: &Build) -> Vec<String> {
        let (major, minor) = build.version.series();
        let abi = build.abi;
        let series = format!("{major}.{minor}");
        match self.tool {
            Tool::Python => vec![format!("python{series}{abi}")],
            Tool::Config => vec![format!("python{series}{abi}-config")],
            // CPython gives these no `t`, and a prefix holds one build only.
            Tool::Pip => vec![format!("pip{series}"), format!("pip{major}"), "pip".into()],
            Tool::Idle => vec![format!("idle{series}"), format!("idle{major}")],
            Tool::Pydoc => vec![format!("pydoc{series}"), format!("pydoc{major}")],
        }
    }

    /// The names that leave open which build: they are there as soon as anything is installed.
    #[must_use]
    pub fn open() -> Vec<Self> {
        let meanings = [Meaning::Bare, Meaning::Major];
        let all = TOOLS
            .iter()
            .flat_map(|tool| meanings.map(|meaning| (*tool, meaning)));
        all.map(|(tool, meaning)| Self { tool, meaning }).collect()
    }

    /// The names that a build of this version and ABI brings.
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
    /// For sentences: `the free-threaded build of 3.14`; empty where the name leaves it open.
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
    fn the_set_of_names_is_closed() {
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
    fn what_a_name_says_it_always_means() {
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

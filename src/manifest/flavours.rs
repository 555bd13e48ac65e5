//! How each flavour is built: `manifests/flavours.toml`, which documents its fields.

use ftpy_core::flavour::{Flavour, Flavours};
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The embedded table.
pub const EMBEDDED: &str = include_str!("../../manifests/flavours.toml");

/// `manifests/flavours.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    flavour: Vec<FlavourRow>,
    tool: Vec<Tool>,
}

/// A flavour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlavourRow {
    /// `tsan`
    pub name: String,
    /// `ThreadSanitizer: data races are reported`
    pub title: String,
    since: Option<String>,
    #[serde(default = "everywhere")]
    systems: Vec<String>,
    #[serde(default)]
    arches: Vec<String>,
    /// Arguments of configure.
    #[serde(default)]
    pub configure: Vec<String>,
    /// CFLAGS for the interpreter and for extension modules built with it.
    pub cflags: Option<String>,
    /// CFLAGS for the interpreter only.
    pub own_cflags: Option<String>,
    /// LDFLAGS for the interpreter only.
    pub own_ldflags: Option<String>,
    /// Replaces OPT of the Makefile.
    pub opt: Option<String>,
    /// Whether it requires clang.
    #[serde(default)]
    pub clang: bool,
    /// The first version of clang that supports it.
    pub clang_since: Option<u16>,
    #[serde(default)]
    llvm: BTreeMap<String, u16>,
    /// Code that the compiler must accept.
    #[serde(default, rename = "try")]
    pub tries: Vec<String>,
    /// The packages that contain what `try` links with, by package manager.
    #[serde(default)]
    pub runtime: BTreeMap<String, String>,
    #[serde(default)]
    tools: Vec<String>,
    unless_gil: Option<String>,
    unless_debug: Option<String>,
    #[serde(default)]
    excludes: BTreeMap<String, String>,
    /// A word that CONFIG_ARGS must contain.
    pub config_args: Option<String>,
    /// A build variable and what it must contain.
    pub variable: Option<String>,
    /// A symbol of the interpreter.
    pub symbol: Option<String>,
    /// An expression that must be true in the interpreter.
    pub attribute: Option<String>,
    /// The errors that must be reported.
    #[serde(default)]
    pub canaries: Vec<Canary>,
    /// The variable of the sanitizer's runtime, and its value during the build.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// An error that a small test extension provokes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Canary {
    /// Two threads write one variable.
    Race,
    /// A write past the end of a block.
    Overflow,
    /// A write to freed memory of Python's allocator.
    Freed,
    /// A shift by too many bits.
    Undefined,
}

/// A program that a flavour requires.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `llvm-ar`
    pub name: String,
    commands: Vec<String>,
    /// The variable of configure for it: `LLVM_AR`.
    pub variable: Option<String>,
    /// Arguments with which it must exit successfully.
    #[serde(default)]
    pub must: Vec<String>,
    /// Whether only clang requires it.
    #[serde(default)]
    pub clang_only: bool,
    /// Whether links to it are resolved for configure.
    #[serde(default)]
    pub behind_link: bool,
    /// Packages by package manager.
    pub packages: BTreeMap<String, String>,
}

fn everywhere() -> Vec<String> {
    vec!["linux".to_owned(), "macos".to_owned()]
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(EMBEDDED).expect("a test reads the embedded table"));

/// The rows of a set of flavours.
pub fn rows(flavours: &Flavours) -> impl Iterator<Item = &'static FlavourRow> {
    flavours.0.iter().filter_map(|flavour| row(*flavour))
}

/// The row of one flavour.
#[must_use]
pub fn row(flavour: Flavour) -> Option<&'static FlavourRow> {
    let name = flavour.to_string();
    TABLE.flavour.iter().find(|row| row.name == name)
}

/// Why a build is impossible, one message per reason; empty if it is possible.
#[must_use]
pub fn refusals(build: &Build) -> Vec<String> {
    let all: Vec<&FlavourRow> = rows(&build.flavours).collect();
    let mut found: Vec<String> = all.iter().flat_map(|row| row.refusals(build)).collect();
    for (number, row) in all.iter().enumerate() {
        for other in &all[number + 1..] {
            let why = row.excludes.get(&other.name);
            if let Some(why) = why.or_else(|| other.excludes.get(&row.name)) {
                let (one, two) = (&row.name, &other.name);
                found.push(format!("+{one} and +{two} exclude each other: {why}"));
            }
        }
    }
    found
}

impl FlavourRow {
    fn refusals(&self, build: &Build) -> Vec<String> {
        let (name, minor) = (&self.name, build.version.minor);
        let mut found = Vec::new();
        let since = self.since.as_deref().and_then(minor_of);
        if let Some(since) = since.filter(|since| minor < *since) {
            found.push(format!("+{name} requires 3.{since} or newer"));
        }
        let (os, arch) = (&build.target.os, &build.target.arch);
        let is_arch = |known: &String| arch == known || arch.starts_with(&format!("{known}_v"));
        let is_here = self.systems.contains(os);
        if !is_here || !(self.arches.is_empty() || self.arches.iter().any(is_arch)) {
            found.push(format!("+{name} is not available on {os} with {arch}"));
        }
        if let Some(why) = self.unless_gil.as_ref()
            && build.abi.is_free_threaded()
        {
            found.push(format!("+{name} requires a GIL build: {why}"));
        }
        if let Some(why) = self.unless_debug.as_ref()
            && build.abi.debug
        {
            found.push(format!("+{name} and `d` exclude each other: {why}"));
        }
        if !self.llvm.is_empty() && self.llvm(&build.version).is_none() {
            let message = format!("the LLVM version for +{name} of 3.{minor} is unknown");
            found.push(message);
        }
        found
    }

    /// The one version of LLVM that a Python requires, if it requires a specific one.
    #[must_use]
    pub fn llvm(&self, version: &Version) -> Option<u16> {
        let of_minor = |text: &&String| minor_of(text) == Some(version.minor);
        let found = self.llvm.keys().find(of_minor)?;
        self.llvm.get(found).copied()
    }

    /// The programs that it requires.
    pub fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        let named = |tool: &&Tool| self.tools.contains(&tool.name);
        TABLE.tool.iter().filter(named)
    }
}

impl Tool {
    /// The possible names of a program, the most specific first.
    #[must_use]
    pub fn commands(&self, llvm: Option<u16>) -> Vec<String> {
        let commands = self.commands.iter();
        commands
            .filter_map(|name| with_llvm(name, llvm, None))
            .collect()
    }
}

/// A name that contains LLVM's version. If the version is unknown, the placeholders `-{}` and `{}`
/// in the name are replaced by `unknown`; `None` if there is no replacement.
#[must_use]
pub fn with_llvm(name: &str, llvm: Option<u16>, unknown: Option<&str>) -> Option<String> {
    match (name.contains("{}"), llvm, unknown) {
        (false, ..) => Some(name.to_owned()),
        (true, Some(llvm), _) => Some(name.replace("{}", &llvm.to_string())),
        (true, None, Some(unknown)) => Some(name.replace("-{}", unknown).replace("{}", unknown)),
        (true, None, None) => None,
    }
}

fn minor_of(text: &str) -> Option<u16> {
    text.strip_prefix("3.")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::flavour::FLAVOURS;
    use ftpy_core::parse::parse;
    use ftpy_core::request::{Request, Versions};
    use ftpy_core::target::Target;
    use ftpy_core::version::Stage;

    fn build(request: &str, target: &str) -> Build {
        let Ok(Request::Build(request)) = parse(request) else {
            panic!("{request}");
        };
        let Versions::Partial(partial) = request.versions else {
            panic!("{request:?}");
        };
        let words: Vec<&str> = target.split('-').collect();
        Build {
            version: Version {
                major: 3,
                minor: partial.minor.expect("minor"),
                patch: 0,
                stage: Stage::Final,
            },
            abi: request.abi,
            flavours: request.flavours,
            target: Target::new(words[0], words[1], words[2]),
        }
    }

    #[test]
    fn every_flavour_has_a_complete_row() {
        for (flavour, name) in FLAVOURS {
            let row = row(flavour).expect(name);
            assert!(!row.title.is_empty(), "{name}");
            let proofs = [&row.config_args, &row.variable, &row.symbol, &row.attribute];
            assert!(proofs.iter().any(|proof| proof.is_some()), "{name}");
            assert_eq!(row.tools().count(), row.tools.len(), "{name}: unknown tool");
            assert_eq!(!row.canaries.is_empty(), flavour.is_sanitizer(), "{name}");
            assert_eq!(!row.options.is_empty(), flavour.is_sanitizer(), "{name}");
            for other in row.excludes.keys() {
                assert!(Flavour::from_name(other).is_some(), "{name}: {other}");
            }
            let variable = row.variable.as_ref();
            assert!(variable.is_none_or(|text| text.contains('=')), "{name}");
        }
        assert_eq!(TABLE.flavour.len(), FLAVOURS.len());
        for tool in &TABLE.tool {
            assert!(!tool.commands(Some(19)).is_empty(), "{}", tool.name);
        }
    }

    #[test]
    fn impossible_builds_are_rejected_with_the_reason() {
        let here = "linux-x86_64-gnu";
        for (request, target, reason) in [
            ("3.14t+tsan", here, None),
            ("3.14td+tsan", here, None),
            ("3.14t+asan+ubsan", "linux-x86_64_v3-gnu", None),
            ("3.14t+tsan+ubsan", here, None),
            ("3.14t+pgo+lto+bolt+native", here, None),
            ("3.14+jit", here, None),
            ("3.14t+tailcall", "macos-aarch64-none", None),
            (
                "3.14t+tsan+asan",
                here,
                Some("exclude each other: a program"),
            ),
            ("3.14t+asan+tsan", here, Some("+asan and +tsan exclude")),
            ("3.14t+jit", here, Some("requires a GIL build")),
            ("3.12+jit", here, Some("requires 3.13 or newer")),
            ("3.19+jit", here, Some("the LLVM version")),
            ("3.13t+tailcall", here, Some("requires 3.14 or newer")),
            ("3.14td+pgo", here, Some("+pgo and `d` exclude")),
            ("3.14t+lto+thinlto", here, Some("two ways to do the same")),
            (
                "3.14t+bolt",
                "macos-aarch64-none",
                Some("not available on macos"),
            ),
            ("3.14t+tsan", "linux-riscv64-gnu", Some("with riscv64")),
        ] {
            let found = refusals(&build(request, target)).join("; ");
            match reason {
                None => assert_eq!(found, "", "{request}"),
                Some(reason) => assert!(found.contains(reason), "{request}: {found}"),
            }
        }
    }

    #[test]
    fn names_contain_the_version_of_llvm() {
        assert_eq!(
            with_llvm("lld-{}", Some(19), None).as_deref(),
            Some("lld-19")
        );
        assert_eq!(
            with_llvm("llvm-{}", None, Some("")).as_deref(),
            Some("llvm")
        );
        assert_eq!(with_llvm("bolt-{}", None, None), None);
        let row = row(Flavour::Jit).expect("jit");
        assert_eq!(row.llvm(&Version::new(3, 14, 9)), Some(19));
    }
}

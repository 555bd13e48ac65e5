//! What was found: a class for each package and target, with the modules and what to do.

use crate::check::bites::Bites;
use crate::check::dependency::FileLocation;
use crate::check::verdict::{ModuleEvidence, ModuleVerdict};
use crate::check::wheel_report::ModuleReport;
use crate::error::Kind;
use crate::wheel::WheelTarget;
use serde::{Deserialize, Serialize};

/// What a package does to the GIL on a target.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A module turns the GIL on.
    TurnsOn,
    /// The wheel could not be read.
    Unreadable,
    /// A module could not be judged.
    Undetermined,
    /// Only abi3 wheels, which installers do not take for free-threaded builds.
    OnlyAbi3,
    /// Only a source distribution, or wheels of other builds: it would be compiled.
    #[serde(rename = "no-t-wheel")]
    NoWheel,
    /// No file for this platform, or a marker that excludes it.
    NotForPlatform,
    /// All modules keep the GIL off, in a wheel of the stable ABI of free-threaded builds.
    Abi3t,
    /// All modules keep the GIL off.
    KeepsOff,
    /// No extension modules.
    #[default]
    PurePython,
}

impl Class {
    /// The class of a package that was read, by its modules. What delegates to another package's
    /// module is judged with that one.
    #[must_use]
    pub fn of_modules(modules: &[CheckedModule], is_abi3t: bool) -> Self {
        let any = |is: fn(&ModuleVerdict) -> bool| modules.iter().any(|it| is(&it.verdict));
        if modules.is_empty() {
            Self::PurePython
        } else if any(|verdict| matches!(verdict, ModuleVerdict::On)) {
            Self::TurnsOn
        } else if any(|verdict| matches!(verdict, ModuleVerdict::Undetermined(_))) {
            Self::Undetermined
        } else if is_abi3t {
            Self::Abi3t
        } else {
            Self::KeepsOff
        }
    }

    /// Whether it is known what the package does. What would be compiled is not.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        self.is_good() || matches!(self, Self::TurnsOn)
    }

    /// Whether all modules keep the GIL off.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Abi3t | Self::KeepsOff | Self::PurePython)
    }

    /// The class in plain words, for tables.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TurnsOn => "turns the GIL on",
            Self::Unreadable => "could not be read",
            Self::Undetermined => "undetermined",
            Self::OnlyAbi3 => "only abi3 wheels",
            Self::NoWheel => "no t wheel",
            Self::NotForPlatform => "not for this platform",
            Self::Abi3t => "keeps it off (abi3t)",
            Self::KeepsOff => "keeps it off",
            Self::PurePython => "pure Python",
        }
    }

    /// The word in `--json`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TurnsOn => "turns-on",
            Self::Unreadable => "unreadable",
            Self::Undetermined => "undetermined",
            Self::OnlyAbi3 => "only-abi3",
            Self::NoWheel => "no-t-wheel",
            Self::NotForPlatform => "not-for-platform",
            Self::Abi3t => "abi3t",
            Self::KeepsOff => "keeps-off",
            Self::PurePython => "pure-python",
        }
    }
}

/// A package on a target.
#[derive(Debug, Clone, Default)]
pub struct CheckedPackage {
    /// The normalized name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The target; `None` for a module or an environment whose Python is not known.
    pub target: Option<WheelTarget>,
    /// The file name of the wheel that would be taken.
    pub wheel: Option<String>,
    /// The tag by which it was chosen: `cp314-cp314t-manylinux_2_28_x86_64`.
    pub tag: Option<String>,
    /// Whether the whole wheel was hashed and had the listed digest.
    pub is_hash_verified: bool,
    /// The class.
    pub class: Class,
    /// Whether its wheel is for certain platforms: without modules, it has programs or libraries.
    pub is_of_platform: bool,
    /// Its extension modules, those that turn the GIL on first.
    pub modules: Vec<CheckedModule>,
    /// Why it could not be read, or has no wheel.
    pub reason: Option<String>,
    /// What to do, for one that turns the GIL on.
    pub remedy: Option<Remedy>,
    /// The normalized names of the packages that require it directly.
    pub required_by: Vec<String>,
    /// Where it is listed.
    pub location: Option<FileLocation>,
}

/// An extension module.
#[derive(Debug, Clone)]
pub struct CheckedModule {
    /// The name by which it is imported: `lxml.etree`.
    pub module: String,
    /// The file in the wheel or below site-packages, with `/`.
    pub file: String,
    /// The verdict.
    pub verdict: ModuleVerdict,
    /// How it was reached.
    pub evidence: ModuleEvidence,
    /// When it is imported, for one that turns the GIL on.
    pub bites: Option<Bites>,
    /// The packages of the person's own list that import it, each with when it does. Its own
    /// package is not among them.
    pub reached_from: Vec<ReachedFrom>,
    /// Whether the GIL was on after the module was imported alone; `None` if it was not.
    pub seen_on: Option<bool>,
}

/// A package that imports a module of another one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReachedFrom {
    /// The normalized name of the package: `matplotlib`.
    pub package: String,
    /// When it does.
    pub bites: Bites,
}

/// What to do about a package that turns the GIL on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The newest version that keeps the GIL off: `6.0.2`.
    pub last_good: Option<String>,
    /// The constraint to paste: `lxml<=6.0.2`.
    pub constraint: Option<String>,
    /// Whether that version is a pre-release: no release keeps the GIL off.
    pub is_prerelease: bool,
    /// Why no version is known that keeps it off.
    pub none_because: Option<String>,
    /// Whether that is because the index could not be asked.
    #[serde(default)]
    pub is_unknown: bool,
    /// The address of the upstream issue tracker, by the package's metadata.
    pub tracker: Option<String>,
}

/// What was found in all packages.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The packages, those that turn the GIL on first.
    pub packages: Vec<CheckedPackage>,
    /// What the person should know about the lists that were read.
    pub notes: Vec<String>,
}

impl CheckedPackage {
    /// The class in plain words. A wheel with programs and without modules is not pure Python.
    #[must_use]
    pub const fn class_text(&self) -> &'static str {
        match self.class {
            Class::PurePython if self.is_of_platform => "no extension modules",
            class => class.text(),
        }
    }
}

impl Findings {
    /// Sorts the packages: by class, then name, version and target.
    pub fn sort(&mut self) {
        self.packages
            .iter_mut()
            .for_each(CheckedPackage::sort_modules);
        self.packages.sort_by(|a, b| {
            let key = |package: &CheckedPackage| {
                let name = (package.name.clone(), package.version.clone());
                (package.class, name, package.target)
            };
            key(a).cmp(&key(b))
        });
    }

    /// Judges packages whose modules are made by another one: cffi's by `_cffi_backend`. It is the
    /// one on the same target; without one, the package is undetermined.
    pub fn settle_delegates(&mut self) {
        let judged: Vec<(Option<WheelTarget>, String, ModuleVerdict)> = self
            .packages
            .iter()
            .flat_map(|package| {
                let modules = package.modules.iter();
                modules.map(|it| (package.target, it.module.clone(), it.verdict.clone()))
            })
            .collect();
        for package in &mut self.packages {
            let target = package.target;
            let backends = package.modules.iter().filter_map(|it| match &it.verdict {
                ModuleVerdict::Delegated(to) => Some(to),
                _ => None,
            });
            for backend in backends {
                let same = judged
                    .iter()
                    .find(|(on, name, _)| *on == target && name == backend);
                let (class, why) = match same.map(|(_, _, verdict)| verdict) {
                    Some(ModuleVerdict::Off) => continue,
                    Some(ModuleVerdict::On) => (Class::TurnsOn, "turns the GIL on"),
                    Some(_) => (Class::Undetermined, "is undetermined"),
                    None => (Class::Undetermined, "is not among these packages"),
                };
                package.class = package.class.min(class);
                package.reason = Some(format!("its modules are made by {backend}, which {why}"));
            }
        }
    }

    /// How the command ends, if not with success.
    #[must_use]
    pub fn failure(&self, allows_undetermined: bool) -> Option<Kind> {
        let classes = || self.packages.iter().map(|package| package.class);
        if classes().any(|class| class == Class::TurnsOn) {
            return Some(Kind::GilEnabled);
        }
        let is_unchecked = classes().any(|class| !class.is_judged());
        (is_unchecked && !allows_undetermined).then_some(Kind::Unchecked)
    }
}

impl CheckedPackage {
    /// Sorts the modules: those that turn the GIL on first.
    pub fn sort_modules(&mut self) {
        let key = |module: &CheckedModule| (module.rank(), module.module.clone());
        self.modules.sort_by_key(key);
    }
}

impl From<ModuleReport> for CheckedModule {
    fn from(report: ModuleReport) -> Self {
        Self {
            module: report.module,
            file: report.file,
            verdict: report.verdict,
            evidence: report.evidence,
            bites: None,
            reached_from: Vec::new(),
            seen_on: None,
        }
    }
}

impl CheckedModule {
    const fn rank(&self) -> u8 {
        match self.verdict {
            ModuleVerdict::On => 0,
            ModuleVerdict::Undetermined(_) => 1,
            ModuleVerdict::Delegated(_) => 2,
            ModuleVerdict::Off => 3,
        }
    }
}

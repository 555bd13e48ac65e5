//! A package in a survey: its class on each target, and its past.

use crate::check::finding::{CheckedPackage, Class, Findings};
use crate::check::verdict::ModuleVerdict;
use std::collections::BTreeSet;

/// How many versions with `t` wheels are looked at for each package, with the judged one.
pub const MOST_VERSIONS: usize = 10;

/// Whether the index has a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// It has files.
    #[default]
    Listed,
    /// It has no files that Python could use.
    Empty,
    /// The index does not know it. What an earlier run found is kept.
    Gone,
}

/// A package in a survey.
#[derive(Debug, Clone, Default)]
pub struct SurveyedPackage {
    /// The normalized name.
    pub name: String,
    /// Whether the index has it.
    pub presence: Presence,
    /// The newest version on the index.
    pub newest: Option<String>,
    /// The judged version on each target.
    pub targets: Vec<CheckedPackage>,
    /// Older versions with `t` wheels, newest first.
    pub history: Vec<PastVersion>,
    /// The day of the last answer of the index: `2026-11-29`.
    pub surveyed: String,
    /// The start of the run that asked last.
    pub run: String,
    /// The X-ray that judged.
    pub engine: String,
    /// The `ETag` of the index's page.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// An older version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastVersion {
    /// The version.
    pub version: String,
    /// What it does; `None` if it was not read, because the versions around it settle the answer.
    pub class: Option<Class>,
    /// The wheel.
    pub wheel: String,
    /// The modules that turn the GIL on.
    pub modules_on: Vec<String>,
}

impl SurveyedPackage {
    /// The judged version.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.targets.first().map(|target| target.version.as_str())
    }

    /// The worst class on the targets that have a wheel; the worst of all if none has.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        let with_wheel = self.targets.iter().filter(|it| it.wheel.is_some());
        let worst = with_wheel.map(|target| target.class).min();
        worst.or_else(|| self.targets.iter().map(|target| target.class).min())
    }

    /// The target that decides [`class`](Self::class), with the evidence.
    #[must_use]
    pub fn deciding(&self) -> Option<&CheckedPackage> {
        let class = self.class()?;
        let mut same = self.targets.iter().filter(|target| target.class == class);
        same.find(|target| target.wheel.is_some())
            .or_else(|| self.targets.iter().find(|target| target.class == class))
    }

    /// Whether the judged version has a wheel of a free-threaded ABI.
    #[must_use]
    pub fn has_t_wheel(&self) -> bool {
        let tags = self.targets.iter().filter_map(|it| it.tag.as_deref());
        let mut abis = tags.filter_map(|tag| tag.split('-').nth(1));
        abis.any(|abi| abi.ends_with('t'))
    }

    /// The newest older version that keeps the GIL off, for one that turns it on.
    #[must_use]
    pub fn last_good(&self) -> Option<&str> {
        if self.class() != Some(Class::TurnsOn) {
            return None;
        }
        let is_good = |past: &&PastVersion| past.class.is_some_and(Class::is_good);
        let found = self.history.iter().find(is_good);
        found.map(|past| past.version.as_str())
    }

    /// The oldest version from which on all that were read keep the GIL off, for one that does.
    #[must_use]
    pub fn good_since(&self) -> Option<&str> {
        let class = self.class()?;
        if !class.is_good() || !self.has_t_wheel() {
            return None;
        }
        let is_good = |past: &&PastVersion| past.class.is_none_or(Class::is_good);
        let good = self.history.iter().take_while(is_good);
        let read = good.filter(|past| past.class.is_some());
        read.last()
            .map_or(self.version(), |past| Some(&past.version))
    }

    /// Whether something about it may change although the index's page does not.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        let targets = self.targets.iter().map(|target| target.class);
        let past = self.history.iter().filter_map(|past| past.class);
        targets.chain(past).any(|class| class == Class::Unreadable)
    }
}

/// Judges packages whose modules are made by another one (cffi's), by the other one's verdict in
/// the same survey. What an earlier run settled is judged anew.
pub fn settle(packages: &mut [SurveyedPackage]) {
    let backend = |verdict: &ModuleVerdict| match verdict {
        ModuleVerdict::Delegated(to) => Some(to.clone()),
        _ => None,
    };
    let modules = |target: &CheckedPackage| target.modules.clone();
    let all = packages.iter().flat_map(|package| &package.targets);
    let backends: BTreeSet<String> = all
        .flat_map(|target| target.modules.iter().filter_map(|it| backend(&it.verdict)))
        .collect();
    let mut places = Vec::new();
    let mut findings = Findings::default();
    for (number, package) in packages.iter().enumerate() {
        for (at, target) in package.targets.iter().enumerate() {
            let is_concerned = target.modules.iter().any(|module| {
                backend(&module.verdict).is_some() || backends.contains(&module.module)
            });
            if is_concerned {
                let tag = target.tag.as_deref().unwrap_or_default();
                let class = Class::of_modules(&modules(target), tag.contains("-abi3t-"));
                findings.packages.push(CheckedPackage {
                    class,
                    reason: None,
                    ..target.clone()
                });
                places.push((number, at));
            }
        }
    }
    findings.settle_delegates();
    for ((number, at), settled) in places.into_iter().zip(findings.packages) {
        packages[number].targets[at] = settled;
    }
}

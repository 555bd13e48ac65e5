//! Packages of conda channels, chosen by a solver over records in memory.
//!
//! The build is determined by the version and by the ABI tag at the end of the build string
//! (`h32b2ec7_2_cp314t`). Both are requested together with `python_abi`, so that no other package
//! can change the variant, which happens in libmamba (conda-libmamba-solver#1042).

use crate::digest::Digest;
use crate::manifest::releases::known_bad;
use crate::provider::{Archive, Candidate, Offer, Provider, Query, Recipe};
use crate::store::Package;
use ftpy_core::abi::Abi;
use ftpy_core::build_id::BuildId;
use ftpy_core::flavour::Flavours;
use ftpy_core::parse::FIRST_FREE_THREADED_MINOR;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::target::Target;
use ftpy_core::version::Version;
use rattler_conda_types::{
    GenericVirtualPackage, MatchSpec, PackageRecord, ParseMatchSpecOptions, RepoDataRecord, Subdir,
};
use rattler_solve::{SolveError, SolverImpl, SolverTask, resolvo};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The maximum number of builds to solve for.
const MOST_SOLVES: usize = 6;

/// The number of packages of an environment. A Python with pip has fewer than fifty.
const MOST_PACKAGES: usize = 1_000;

/// The provider over the channels' records.
#[derive(Debug)]
pub struct Conda<'a> {
    /// Records of `python`, `python_abi`, `pip` and their possible dependencies, in the order of
    /// the channels.
    pub repodata: &'a [Vec<RepoDataRecord>],
    /// The virtual packages of the target: `__glibc`, `__unix`.
    pub virtual_packages: &'a [GenericVirtualPackage],
}

/// One record of an interpreter.
#[derive(Debug, Clone)]
pub struct Interpreter<'a> {
    /// The build that it contains.
    pub build: Build,
    record: &'a RepoDataRecord,
}

impl Provider for Conda<'_> {
    fn name(&self) -> ProviderName {
        ProviderName::Conda
    }

    fn candidates(&self, query: &Query) -> Offer {
        let mut offer = Offer {
            provider: self.name(),
            candidates: Vec::new(),
            rejections: Vec::new(),
        };
        let request = &query.request;
        if !request.flavours.is_empty() {
            offer.rejections = vec![format!("no {} builds", request.flavours)];
            return offer;
        }
        if subdir(&query.target).is_none() {
            offer.rejections = vec![format!("no packages for {}", query.target)];
            return offer;
        }
        let all = self.interpreters(&query.target);
        let covered = all
            .iter()
            .filter(|python| request.versions.cover(&python.build.version));
        let variants: BTreeSet<Abi> = covered.map(|python| python.build.abi).collect();
        let mut wanted: Vec<Interpreter<'_>> = all
            .into_iter()
            .filter(|python| request.matches(&python.build) && has_number(python, query))
            .collect();
        wanted.retain(|python| match self.rejected(python, query) {
            Some(reason) => {
                offer.rejections.push(reason);
                false
            }
            None => true,
        });
        if wanted.is_empty() && offer.rejections.is_empty() {
            let versions = &request.versions;
            offer.rejections.push(match variants.first() {
                Some(found) if !variants.contains(&request.abi) => {
                    let (wanted, found) = (request.abi.words(), found.words());
                    format!("no {wanted} build of {versions}, only {found}")
                }
                _ => format!("no build of {versions} for {}", query.target),
            });
        }
        self.solve_first(wanted, query, &mut offer);
        offer
    }
}

impl<'a> Conda<'a> {
    /// Returns every interpreter for a target, the newest first, each version and build number
    /// once.
    ///
    /// Returns only those of the first channel that has any, because the solver takes a package
    /// from the first channel that has it, even if others have newer ones.
    #[must_use]
    pub fn interpreters(&self, target: &Target) -> Vec<Interpreter<'a>> {
        let records = self.repodata.iter().flatten();
        let mut pythons = records
            .filter(|record| record.package_record.name.as_normalized() == "python")
            .peekable();
        let channel = pythons.peek().and_then(|record| record.channel.clone());
        let mut found: Vec<Interpreter<'a>> = pythons
            .filter(|record| record.channel == channel)
            .filter_map(|record| {
                let (version, abi) = identity(&record.package_record)?;
                let build = Build {
                    version,
                    abi,
                    flavours: Flavours::default(),
                    target: target.clone(),
                };
                Some(Interpreter { build, record })
            })
            .collect();
        found.sort_by_key(|python| Reverse((python.build.version, python.number())));
        let mut seen = BTreeSet::new();
        found.retain(|python| {
            seen.insert((python.build.version, python.build.abi, python.number()))
        });
        found
    }

    fn rejected(&self, python: &Interpreter<'_>, query: &Query) -> Option<String> {
        let number = python.number().to_string();
        // A bad build may be requested by its number, but is never chosen otherwise.
        if query.request.build_id.is_some() {
            return None;
        }
        let bad = known_bad(&python.build, self.name(), Some(&number))?;
        Some(format!(
            "{}, build {number}: {}",
            python.build.name(),
            bad.reason
        ))
    }

    /// Solves for the newest solvable release and, if it may be wanted, for the newest pre-release.
    /// The choice between them is not made here.
    fn solve_first(&self, wanted: Vec<Interpreter<'_>>, query: &Query, offer: &mut Offer) {
        let (previews, releases): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .partition(|python| python.build.version.is_prerelease());
        let mut failures = Vec::new();
        for group in [releases, previews] {
            if !offer.candidates.is_empty() && !query.request.wants_prereleases() {
                break;
            }
            for python in group.into_iter().take(MOST_SOLVES) {
                match self.solve(&python) {
                    Ok(packages) => {
                        offer.candidates.push(python.candidate(packages));
                        break;
                    }
                    Err(reason) => failures.push(format!("{}: {reason}", python.build.name())),
                }
            }
        }
        if offer.candidates.is_empty() {
            offer.rejections.extend(failures);
        }
    }

    /// Returns the packages of an environment with this interpreter, in the order of linking.
    fn solve(&self, python: &Interpreter<'_>) -> Result<Vec<Package>, String> {
        let (major, minor) = python.build.version.series();
        let tag = format!("cp{major}{minor}{}", python.build.abi.flags());
        let mut texts = vec![python.spec(), "pip".to_owned()];
        let is_abi = |record: &RepoDataRecord| {
            record.package_record.name.as_normalized() == "python_abi"
                && tag_of(&record.package_record) == Some(tag.as_str())
        };
        let mut records = self.repodata.iter().flatten();
        // Anaconda's channels have no `python_abi` for old versions; other variants always have
        // one.
        if !python.build.abi.flags().is_empty() || records.any(is_abi) {
            texts.push(format!("python_abi {major}.{minor}.* *_{tag}"));
        }
        let specs: Result<Vec<MatchSpec>, _> = texts
            .iter()
            .map(|text| MatchSpec::from_str(text, ParseMatchSpecOptions::lenient()))
            .collect();
        let task = SolverTask {
            specs: specs.map_err(|error| error.to_string())?,
            virtual_packages: self.virtual_packages.to_vec(),
            ..SolverTask::from_iter(self.repodata)
        };
        let solved = resolvo::Solver.solve(task).map_err(sentence)?;
        let chosen = solved
            .records
            .iter()
            .find(|record| record.package_record.name.as_normalized() == "python");
        let chosen = chosen.and_then(|record| identity(&record.package_record));
        if chosen != Some((python.build.version, python.build.abi)) {
            return Err("the solver chose another interpreter".to_owned());
        }
        // Sorting calls itself for each package of a chain of dependencies.
        if solved.records.len() > MOST_PACKAGES {
            return Err(format!("it needs more than {MOST_PACKAGES} packages"));
        }
        let sorted = PackageRecord::sort_topologically(solved.records);
        sorted.iter().map(package).collect()
    }
}

impl Interpreter<'_> {
    /// Returns the build number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.record.package_record.build_number
    }

    /// Returns `python ==3.14.7 *_cp314t`, and the build number.
    fn spec(&self) -> String {
        let record = &self.record.package_record;
        let build = record.build.to_string();
        let build = match tag_of(record) {
            Some(tag) => format!("*_{tag}"),
            None => build,
        };
        let (version, number) = (&record.version, record.build_number);
        format!("python[version='=={version}',build='{build}',build_number='=={number}']")
    }

    fn candidate(self, packages: Vec<Package>) -> Candidate {
        let python = packages.iter().find(|package| package.name == "python");
        let archive = python.map(|python| Archive {
            file: python.file.clone(),
            urls: vec![python.url.clone()],
            sha256: python.sha256,
            size: python.size,
        });
        Candidate {
            provider: ProviderName::Conda,
            build_id: BuildId::parse(ProviderName::Conda, &self.number().to_string()),
            build: self.build,
            archive,
            recipe: Recipe::Conda { packages },
        }
    }
}

fn has_number(python: &Interpreter<'_>, query: &Query) -> bool {
    let asked = query.request.build_id.as_deref();
    asked.is_none_or(|asked| asked == python.number().to_string())
}

/// Returns the build of a `python` record; `None` if it is not a CPython that ftpy supports.
fn identity(record: &PackageRecord) -> Option<(Version, Abi)> {
    let version: Version = record.version.to_string().parse().ok()?;
    let (major, minor) = version.series();
    let flags = match tag_of(record) {
        Some("cpython") => "",
        Some(tag) => tag.strip_prefix(&format!("cp{major}{minor}"))?,
        // Anaconda's builds had no tag before there were two ABIs.
        None if minor < FIRST_FREE_THREADED_MINOR => "",
        None => return None,
    };
    Some((version, Abi::from_flags(flags)?))
}

/// Returns the ABI tag of a build string: `cp314t` of `h32b2ec7_2_cp314t`, `cpython` of older ones.
fn tag_of(record: &PackageRecord) -> Option<&str> {
    let (_, tag) = record.build.as_str().rsplit_once('_')?;
    tag.starts_with(|c: char| c.is_ascii_alphabetic())
        .then_some(tag)
}

/// Converts a record to plain data.
fn package(record: &RepoDataRecord) -> Result<Package, String> {
    let data = &record.package_record;
    let package = Package {
        name: data.name.as_normalized().to_owned(),
        version: data.version.to_string(),
        build: data.build.to_string(),
        file: record.identifier.to_string(),
        url: record.url.to_string().into(),
        sha256: data
            .sha256
            .map(|digest| Digest::from(<[u8; 32]>::from(digest))),
        size: data.size,
        record: serde_json::to_value(record).map_err(|error| error.to_string())?,
    };
    package.check_names().map(|()| package)
}

/// Returns the solver's error in one line.
fn sentence(error: SolveError) -> String {
    let text = match error {
        SolveError::Unsolvable(reasons) => reasons.join("; "),
        other => other.to_string(),
    };
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches(['├', '└', '─', '│', ' ']));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).take(4).collect();
    lines.join("; ")
}

/// Returns conda's name of a platform; `None` if conda has no packages for it.
#[must_use]
pub fn subdir(target: &Target) -> Option<Subdir> {
    let arch = target.baseline_arch();
    Some(match (target.os.as_str(), arch, target.libc.as_str()) {
        ("linux", "x86_64", "gnu") => Subdir::Linux64,
        ("linux", "aarch64", "gnu") => Subdir::LinuxAarch64,
        ("linux", "powerpc64le" | "ppc64le", "gnu") => Subdir::LinuxPpc64le,
        ("linux", "s390x", "gnu") => Subdir::LinuxS390X,
        ("linux", "riscv64", "gnu") => Subdir::LinuxRiscv64,
        ("macos", "x86_64", _) => Subdir::Osx64,
        ("macos", "aarch64", _) => Subdir::OsxArm64,
        ("windows", "x86_64", _) => Subdir::Win64,
        ("windows", "aarch64", _) => Subdir::WinArm64,
        _ => return None,
    })
}

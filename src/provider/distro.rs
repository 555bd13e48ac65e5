//! Packages of the machine's distribution: installed by its package manager, and registered in
//! place.

use crate::distro::answer::upstream;
use crate::distro::commands::{elevated, filled};
use crate::distro::row::rows;
use crate::distro::{Available, Machine, PackageAnswer};
use crate::manifest::distro::{Distribution, Family, Package, Table};
use crate::provider::{Candidate, Offer, Packages, Provider, Query, Recipe, Repository};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use std::path::PathBuf;

/// The provider over the table and the machine's answers.
#[derive(Debug)]
pub struct Distro<'a> {
    /// `manifests/distro.toml`
    pub table: &'a Table,
    /// The machine's answers.
    pub machine: &'a Machine,
    /// Whether the user named it as the source. Otherwise only installed packages are offered.
    pub is_named: bool,
}

/// A row of the table and the machine's answer.
struct KnownPackage<'a> {
    row: &'a Distribution,
    package: &'a Package,
    family: &'a Family,
    answer: &'a PackageAnswer,
}

impl Provider for Distro<'_> {
    fn name(&self) -> ProviderName {
        ProviderName::Distro
    }

    fn candidates(&self, query: &Query) -> Offer {
        let mut offer = Offer {
            provider: self.name(),
            candidates: Vec::new(),
            rejections: Vec::new(),
        };
        if let Some(reason) = self.rejection(query) {
            offer.rejections.push(reason);
            return offer;
        }
        let has = |program: &str| self.machine.programs.contains(program);
        let rows = rows(self.table, &self.machine.release, &has);
        let system = &self.machine.release.pretty_name;
        if rows.is_empty() {
            let system = match system.is_empty() {
                true => "this system",
                false => system,
            };
            let reason = format!("ftpy knows no free-threaded package of {system}");
            offer.rejections.push(reason);
        }
        for row in rows {
            let is_own = !row.ids.is_empty();
            if row.packages.is_empty() {
                let reason = format!("{system} packages no free-threaded Python");
                offer.rejections.push(reason);
                continue;
            }
            let minors = &query.request.versions;
            let before = (offer.candidates.len(), offer.rejections.len());
            for package in &row.packages {
                self.consider(row, package, query, &mut offer);
            }
            if is_own && before == (offer.candidates.len(), offer.rejections.len()) {
                let name = &row.name;
                let reason = format!("{name} packages no free-threaded {minors}");
                offer.rejections.push(reason);
            }
        }
        prefer_first(&mut offer.candidates);
        offer
    }
}

/// Keeps the packages of one package manager: the first that has it installed, else the first that
/// can install it. A newer version elsewhere is not worth a second Python next to the system's.
fn prefer_first(candidates: &mut Vec<Candidate>) {
    let facts = |candidate: &Candidate| match &candidate.recipe {
        Recipe::Packages(packages) => (packages.family.clone(), packages.commands.is_empty()),
        _ => (String::new(), false),
    };
    let installed = candidates.iter().find(|candidate| facts(candidate).1);
    if let Some(best) = installed.or(candidates.first()).map(facts) {
        candidates.retain(|candidate| facts(candidate) == best);
    }
}

impl Distro<'_> {
    /// Returns why there is no package of any version.
    fn rejection(&self, query: &Query) -> Option<String> {
        let request = &query.request;
        if query.target != query.host {
            let target = &query.target;
            Some(format!(
                "packages are for this machine only, not for {target}"
            ))
        } else if !request.abi.is_free_threaded() || request.abi.debug {
            let words = request.abi.words();
            Some(format!(
                "only free-threaded packages are known, not {words} ones"
            ))
        } else if !request.flavours.is_empty() || request.build_id.is_some() {
            Some("packages have neither flavours nor build numbers".to_owned())
        } else if self.machine.is_image {
            Some("this system is an image, and ftpy does not layer packages on it".to_owned())
        } else {
            None
        }
    }

    fn consider(&self, row: &Distribution, package: &Package, query: &Query, offer: &mut Offer) {
        let Some(family) = self.table.families.get(&row.family) else {
            return;
        };
        if !package.series().is_some_and(|series| covers(query, series)) {
            return;
        }
        let answers = &self.machine.answers;
        let answer = answers
            .iter()
            .find(|answer| answer.family == row.family && answer.package == package.name);
        let Some(answer) = answer else {
            if !self.machine.programs.contains(&family.program) {
                let program = &family.program;
                offer.rejections.push(format!("{program} is not on PATH"));
            } else if !package.is_verified {
                let name = &package.name;
                offer.rejections.push(format!(
                    "{name} is untested on {}; `--from distro` looks for it",
                    row.name
                ));
            }
            return;
        };
        let known = KnownPackage {
            row,
            package,
            family,
            answer,
        };
        match self.version(&known) {
            Err(reason) => offer.rejections.push(reason),
            Ok((version, text)) => {
                let build = Build {
                    version,
                    abi: query.request.abi,
                    flavours: query.request.flavours.clone(),
                    target: query.target.clone(),
                };
                if !query.request.matches(&build) {
                    let (name, wanted) = (&package.name, &query.request.versions);
                    let mut reason = format!("{name} is {version}, not {wanted}");
                    if answer.installed.is_some() {
                        reason += &format!("; {} upgrades it", family.program);
                    }
                    offer.rejections.push(reason);
                    return;
                }
                offer.candidates.push(Candidate {
                    provider: ProviderName::Distro,
                    build,
                    build_id: None,
                    archive: None,
                    recipe: Recipe::Packages(self.packages(&known, text)),
                });
            }
        }
    }

    /// Returns the version of Python in this package, and the package manager's version; or why
    /// there is none.
    fn version(&self, known: &KnownPackage<'_>) -> Result<(Version, Option<String>), String> {
        let KnownPackage {
            row,
            package,
            family,
            answer,
        } = known;
        let (name, program) = (&package.name, &family.program);
        let read = |text: &String| {
            let version = upstream(text);
            let version =
                version.ok_or_else(|| format!("{name} reports the invalid version {text}"));
            Ok((version?, Some(text.clone())))
        };
        if let Some(installed) = &answer.installed {
            return read(installed);
        }
        if let Some(why) = &package.by_hand {
            return Err(format!("{name} is not installed; {why}"));
        }
        if !self.is_named {
            return Err(format!(
                "{name} is not installed; `--from distro` installs it with {program}"
            ));
        }
        if self.machine.is_offline {
            return Err(format!(
                "{name} is not installed, and --offline forbids {program}"
            ));
        }
        if family.needs_root && !self.machine.is_root && self.machine.elevator.is_none() {
            return Err(format!(
                "{program} requires root, and sudo is not installed"
            ));
        }
        match (&answer.available, &package.repository) {
            (Available::Version(text), _) => read(text),
            (Available::Unknown(reason), _) => Err(reason.clone()),
            (_, Some(repository)) if !self.repository(repository).is_empty() => {
                self.check_adder(name, repository)?;
                let seen = package.seen.as_ref().and_then(|seen| upstream(seen));
                // Before the repository is added, only the minor version is known.
                let first = package
                    .series()
                    .map(|(major, minor)| Version::new(major, minor, 0));
                let version = seen.or(first);
                Ok((version.ok_or("it has no version")?, None))
            }
            (_, Some(repository)) => {
                let title = self.table.repositories.get(repository);
                let title = title.map_or(repository.as_str(), |one| one.title.as_str());
                Err(format!(
                    "{name} requires {title}, which must be added by hand"
                ))
            }
            (_, None) => Err(format!(
                "{name} is not in the package index of this machine, although {} has it ({}); \
                 `{}` may help",
                row.name, row.evidence, family.refresh
            )),
        }
    }

    /// Checks that the program that adds a repository is installed. Small images lack it.
    fn check_adder(&self, package: &str, repository: &str) -> Result<(), String> {
        let Some(repository) = self.table.repositories.get(repository) else {
            return Ok(());
        };
        let mut programs = repository.add.iter().filter_map(|command| command.first());
        match programs.find(|one| !self.machine.programs.contains(*one)) {
            None => Ok(()),
            Some(missing) => {
                let title = &repository.title;
                let place = repository.program_in.as_ref();
                let place = place.map_or(String::new(), |place| format!(" ({place} has it)"));
                Err(format!(
                    "{package} requires {title}, and {missing} is not on PATH{place}"
                ))
            }
        }
    }

    fn repository(&self, name: &str) -> &[Vec<String>] {
        let repository = self.table.repositories.get(name);
        repository.map_or(&[], |repository| &repository.add)
    }

    fn packages(&self, known: &KnownPackage<'_>, version: Option<String>) -> Packages {
        let KnownPackage {
            row,
            package,
            family,
            answer,
        } = known;
        let elevator = self
            .machine
            .elevator
            .as_deref()
            .filter(|_| family.needs_root);
        let is_installed = answer.installed.is_some();
        let must_add = !is_installed && !matches!(answer.available, Available::Version(_));
        let repository = package.repository.as_ref().filter(|_| must_add);
        let repository = repository.and_then(|name| self.table.repositories.get(name));
        let repository = repository.map(|repository| Repository {
            title: repository.title.clone(),
            commands: repository
                .add
                .iter()
                .map(|command| elevated(command.clone(), elevator))
                .collect(),
        });
        let install = elevated(filled(&family.install, &package.name), elevator);
        let home = self.machine.home.clone().unwrap_or_default();
        let path = |text: &String| match text.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => PathBuf::from(text),
        };
        let mut notes = notes(row, package);
        if version.is_none() {
            let title = repository.as_ref().map_or("it", |one| &one.title);
            notes.push(format!("the patch version is known once {title} is added"));
        }
        Packages {
            family: row.family.clone(),
            name: package.name.clone(),
            version,
            repository,
            commands: if is_installed {
                Vec::new()
            } else {
                vec![install]
            },
            executables: package.executables.iter().map(path).collect(),
            notes,
        }
    }
}

/// Returns notes for users of this package.
fn notes(row: &Distribution, package: &Package) -> Vec<String> {
    let (name, minor) = (&package.name, &package.minor);
    let mut notes = Vec::new();
    if let Some(shared) = &package.shares {
        notes.push(format!(
            "{name} shares {shared} with the GIL build of {minor}"
        ));
    }
    if !package.development.is_empty() {
        let headers = package.development.join(" ");
        notes.push(format!("its headers are in {headers}"));
    }
    if !package.extra.is_empty() {
        let extra = package.extra.join(" ");
        notes.push(format!("parts of the standard library are in {extra}"));
    }
    if !package.is_verified {
        let distribution = &row.name;
        notes.push(format!(
            "{name} is untested on {distribution}: {}",
            row.evidence
        ));
    }
    notes
}

/// Returns whether a request may mean some version of a minor.
#[must_use]
pub fn covers(query: &Query, (major, minor): (u16, u16)) -> bool {
    use ftpy_core::request::Versions;
    match &query.request.versions {
        Versions::Partial(partial) => {
            partial.major == major && partial.minor.is_none_or(|wanted| wanted == minor)
        }
        range @ Versions::Range(_) => {
            (0..100).any(|patch| range.cover(&Version::new(major, minor, patch)))
        }
    }
}

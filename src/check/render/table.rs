//! The findings as a table for a terminal, with lines about those that turn the GIL on.

use crate::check::finding::{CheckedModule, CheckedPackage, Class, Findings, Remedy};
use crate::check::verdict::ModuleVerdict;

/// The headings of the table.
pub const HEADINGS: [&str; 5] = ["PACKAGE", "VERSION", "GIL", "WHEEL", "TARGET"];
/// If there are more rows, those of packages that keep the GIL off are counted only.
const MOST_ROWS: usize = 24;
/// How many modules of a package are listed.
const MOST_MODULES: usize = 6;

/// Packages that are alike on several targets.
struct Group<'a> {
    packages: Vec<&'a CheckedPackage>,
}

/// The rows of the table: one for each package, version and class.
#[must_use]
pub fn rows(findings: &Findings, shows_all: bool) -> Vec<Vec<String>> {
    let mut groups = groups(findings);
    if groups.len() > MOST_ROWS && !shows_all {
        groups.retain(|group| !group.class().is_good());
    }
    groups.iter().map(Group::row).collect()
}

/// How many packages there are of each class: `1 turns the GIL on, 40 keep it off`.
#[must_use]
pub fn summary(findings: &Findings) -> String {
    let mut counts: Vec<(Class, &str, usize)> = Vec::new();
    for group in groups(findings) {
        let text = group.packages[0].class_text();
        match counts.iter_mut().find(|(_, known, _)| *known == text) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((group.class(), text, 1)),
        }
    }
    let texts = counts
        .iter()
        .map(|(class, text, count)| count_of(*class, text, *count));
    texts.collect::<Vec<_>>().join(", ")
}

/// `2 turn the GIL on`
pub(in crate::check) fn count_of(class: Class, text: &str, count: usize) -> String {
    let plural = match class {
        Class::TurnsOn => "turn the GIL on",
        Class::Abi3t => "keep it off (abi3t)",
        Class::KeepsOff => "keep it off",
        Class::OnlyAbi3 => "have only abi3 wheels",
        Class::NoWheel => "have no t wheel",
        Class::PurePython if text != class.text() => {
            return format!("{count} without extension modules");
        }
        Class::Unreadable | Class::Undetermined | Class::NotForPlatform | Class::PurePython => text,
    };
    match (count, class) {
        (1, Class::OnlyAbi3 | Class::NoWheel) => format!("1 has {text}"),
        (1, _) => format!("1 {text}"),
        _ => format!("{count} {plural}"),
    }
}

/// Lines about the packages that turn the GIL on, or could not be judged. What does not hold for
/// all targets of a package names those for which it does.
#[must_use]
pub fn details(findings: &Findings) -> Vec<String> {
    let count_of = |package: &CheckedPackage| {
        let all = findings.packages.iter();
        all.filter(|it| (&it.name, &it.version) == (&package.name, &package.version))
            .count()
    };
    let mut lines = Vec::new();
    for group in groups(findings) {
        for (below, alike) in group.by_lines() {
            let title = title(alike.packages[0]);
            let holds_for_all = alike.packages.len() == count_of(alike.packages[0]);
            lines.push(match holds_for_all {
                true => format!("{title}:"),
                false => format!("{title}, {}:", alike.targets()),
            });
            lines.extend(below.into_iter().map(|line| format!("  {line}")));
        }
    }
    lines
}

/// What is known about a package that turns the GIL on, or could not be judged.
#[must_use]
pub fn below(package: &CheckedPackage) -> Vec<String> {
    let mut lines: Vec<String> = package.reason.iter().cloned().collect();
    let mut unseen = 0;
    for module in &package.modules {
        let Some(text) = module_line(module) else {
            continue;
        };
        match lines.len() < MOST_MODULES {
            true => lines.push(text),
            false => unseen += 1,
        }
    }
    if unseen > 0 {
        lines.push(format!("and {unseen} more"));
    }
    if let Some(remedy) = &package.remedy {
        lines.extend(remedy_lines(package, remedy));
    }
    lines
}

fn module_line(module: &CheckedModule) -> Option<String> {
    let name = &module.module;
    match &module.verdict {
        ModuleVerdict::On => {
            let mut text = format!("{name} turns it on");
            if let Some(bites) = &module.bites {
                text = format!("{text}: {bites}");
            }
            for reached in &module.reached_from {
                text = format!("{text}; {}: {}", reached.package, reached.bites);
            }
            Some(text)
        }
        ModuleVerdict::Undetermined(why) => Some(format!("{name} is undetermined: {why}")),
        ModuleVerdict::Off | ModuleVerdict::Delegated(_) => None,
    }
}

fn remedy_lines(package: &CheckedPackage, remedy: &Remedy) -> Vec<String> {
    let mut lines = Vec::new();
    match (&remedy.last_good, &remedy.constraint) {
        (Some(good), Some(constraint)) => {
            let kind = match remedy.is_prerelease {
                true => " (a pre-release)",
                false => "",
            };
            lines.push(format!(
                "{} {good}{kind} keeps it off: {constraint}",
                package.name
            ));
        }
        _ => lines.extend(remedy.none_because.clone()),
    }
    if let Some(tracker) = &remedy.tracker {
        lines.push(format!("issues: {tracker}"));
    }
    lines
}

/// The package with its version: `lxml 6.1.3`.
#[must_use]
pub fn title(package: &CheckedPackage) -> String {
    match package.version.is_empty() {
        true => package.name.clone(),
        false => format!("{} {}", package.name, package.version),
    }
}

fn groups(findings: &Findings) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for package in &findings.packages {
        let is_alike = |group: &&mut Group<'_>| {
            let first = group.packages[0];
            first.name == package.name
                && first.version == package.version
                && first.class == package.class
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.packages.push(package),
            None => groups.push(Group {
                packages: vec![package],
            }),
        }
    }
    groups
}

impl Group<'_> {
    fn class(&self) -> Class {
        self.packages[0].class
    }

    /// The packages with the same lines about them, with these lines; those without are left out.
    fn by_lines(&self) -> Vec<(Vec<String>, Self)> {
        let mut alike: Vec<(Vec<String>, Self)> = Vec::new();
        for package in &self.packages {
            let lines = below(package);
            match alike.iter_mut().find(|(known, _)| *known == lines) {
                _ if lines.is_empty() => {}
                Some((_, same)) => same.packages.push(package),
                None => alike.push((
                    lines,
                    Group {
                        packages: vec![package],
                    },
                )),
            }
        }
        alike
    }

    fn row(&self) -> Vec<String> {
        let first = self.packages[0];
        vec![
            first.name.clone(),
            first.version.clone(),
            first.class_text().to_owned(),
            self.tag(),
            self.targets(),
        ]
    }

    /// The tag that was chosen; without the platform if there are several.
    fn tag(&self) -> String {
        let tags: Vec<&String> = self
            .packages
            .iter()
            .filter_map(|it| it.tag.as_ref())
            .collect();
        match tags[..] {
            [] => String::new(),
            [tag] => tag.clone(),
            [first, ..] if tags.iter().all(|tag| *tag == first) => first.clone(),
            _ => {
                let mut short: Vec<String> = tags
                    .iter()
                    .map(|tag| tag.splitn(3, '-').take(2).collect::<Vec<_>>().join("-"))
                    .collect();
                short.dedup();
                short.join(", ")
            }
        }
    }

    /// `3.14t on linux-x86_64, macos-arm64`
    fn targets(&self) -> String {
        let mut pythons: Vec<(String, Vec<&str>)> = Vec::new();
        for target in self.packages.iter().filter_map(|package| package.target) {
            let platform = target.platform.name();
            match pythons
                .iter_mut()
                .find(|(python, _)| *python == target.python())
            {
                Some((_, platforms)) => platforms.push(platform),
                None => pythons.push((target.python(), vec![platform])),
            }
        }
        let texts = pythons
            .iter()
            .map(|(python, platforms)| format!("{python} on {}", platforms.join(", ")));
        texts.collect::<Vec<_>>().join("; ")
    }
}

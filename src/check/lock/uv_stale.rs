//! Whether a uv.lock is older than the pyproject.toml beside it: uv records in the lock what the
//! project required when it was locked.

use crate::check::lock::requirement::parsed;
use crate::wheel::normalized_name;
use pep440_rs::VersionSpecifiers;
use pep508_rs::VersionOrUrl;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use toml::{Table, Value};

/// `[package.metadata]` of the project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct LockedMetadata {
    requires_dist: Vec<Locked>,
    requires_dev: BTreeMap<String, Vec<Locked>>,
}

#[derive(Debug, Deserialize)]
struct Locked {
    name: String,
    specifier: Option<String>,
}

/// A requirement without markers: the normalized name, and the sorted specifiers. They are `None`
/// if it has another source than an index.
type Required = BTreeMap<String, BTreeSet<Option<String>>>;

/// Says how the project's requirements differ from those in its lock: `it lacks lxml>=6`.
pub(super) fn difference(locked: &LockedMetadata, pyproject: &Table) -> Option<String> {
    let project = pyproject.get("project")?.as_table()?;
    let is_dynamic = |name: &str| {
        let dynamic = project.get("dynamic").and_then(Value::as_array);
        dynamic.is_some_and(|all| all.iter().any(|it| it.as_str() == Some(name)))
    };
    let (mut now, mut then) = (Required::new(), Required::new());
    if !is_dynamic("dependencies") && !is_dynamic("optional-dependencies") {
        add_all(&mut now, project.get("dependencies"));
        let extras = project.get("optional-dependencies");
        for extra in extras.and_then(Value::as_table).into_iter().flatten() {
            add_all(&mut now, Some(extra.1));
        }
        locked.requires_dist.iter().for_each(|it| it.add(&mut then));
    }
    let groups = pyproject.get("dependency-groups").and_then(Value::as_table);
    for group in groups.into_iter().flatten() {
        add_all(&mut now, Some(group.1));
    }
    let older = (|| pyproject.get("tool")?.get("uv")?.get("dev-dependencies"))();
    add_all(&mut now, older);
    for group in locked.requires_dev.values() {
        group.iter().for_each(|it| it.add(&mut then));
    }
    let own = project.get("name").and_then(Value::as_str);
    // The extras of the project itself.
    let own = own.map(normalized_name).unwrap_or_default();
    now.remove(&own);
    then.remove(&own);
    if let Some(text) = lacking(&now, &then) {
        return Some(format!("it lacks {text}"));
    }
    lacking(&then, &now).map(|text| format!("it still has {text}"))
}

impl Locked {
    fn add(&self, to: &mut Required) {
        let text = self.specifier.as_deref();
        let specifiers = text.and_then(sorted);
        let known = to.entry(normalized_name(&self.name)).or_default();
        known.insert(specifiers.or_else(|| text.map(str::to_owned)));
    }
}

/// Adds the requirements of an array; a table in it includes another group, which is added anyway.
fn add_all(to: &mut Required, list: Option<&Value>) {
    let texts = list.and_then(Value::as_array).into_iter().flatten();
    for text in texts.filter_map(Value::as_str) {
        let Ok(Some(requirement)) = parsed(text) else {
            continue;
        };
        let specifiers = match &requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => sorted(&specifiers.to_string()),
            Some(VersionOrUrl::Url(_)) | None => None,
        };
        let name = normalized_name(requirement.name.as_ref());
        to.entry(name).or_default().insert(specifiers);
    }
}

/// `>=2, <3` as `<3,>=2`; `None` for none.
fn sorted(text: &str) -> Option<String> {
    let specifiers = VersionSpecifiers::from_str(text).ok()?;
    let mut texts: Vec<String> = specifiers.iter().map(ToString::to_string).collect();
    texts.sort();
    (!texts.is_empty()).then(|| texts.join(","))
}

/// The first requirement of one that the other does not have. `[tool.uv.sources]` may replace the
/// versions by a place, so a requirement without versions is like any other of its name.
fn lacking(these: &Required, those: &Required) -> Option<String> {
    these.iter().find_map(|(name, specifiers)| {
        let Some(others) = those.get(name) else {
            let first = specifiers.iter().flatten().next();
            return Some(format!("{name}{}", first.map_or("", String::as_str)));
        };
        if others.contains(&None) {
            return None;
        }
        let missing = specifiers.iter().flatten();
        let mut missing = missing.filter(|it| !others.contains(&Some((*it).clone())));
        missing.next().map(|it| format!("{name}{it}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "[project]\nname = \"demo\"\ndependencies = [\"LXML >=6, <7 ; python_version > '3'\", \
                           \"own @ git+https://h.example/x\"]\n\
                           [project.optional-dependencies]\nfast = [\"h3\"]\nall = [\"demo[fast]\"]\n\
                           [dependency-groups]\ndev = [\"pytest==8.0\", { include-group = \"x\" }]\nx = [\"ruff\"]\n";
    const LOCK: &str = "requires-dist = [{ name = \"lxml\", specifier = \"<7,>=6\" }, { name = \"own\", git = \"x\" }, \
                        { name = \"h3\", marker = \"extra == 'fast'\" }]\n\
                        [requires-dev]\ndev = [{ name = \"pytest\", specifier = \"==8.0\" }, { name = \"ruff\" }]\n";

    fn check(project: &str, lock: &str, expected: Option<&str>) {
        let lock: LockedMetadata = toml::from_str(lock).expect(lock);
        let project = project.parse::<Table>().expect(project);
        assert_eq!(difference(&lock, &project).as_deref(), expected);
    }

    #[test]
    fn a_lock_that_differs_from_the_project_is_recognized() {
        check(PROJECT, LOCK, None);
        let more = PROJECT.replace("[\"LXML", "[\"numpy>=2\", \"LXML");
        check(&more, LOCK, Some("it lacks numpy>=2"));
        check(
            &PROJECT.replace("8.0", "8.1"),
            LOCK,
            Some("it lacks pytest==8.1"),
        );
        check(
            &PROJECT.replace("\"h3\"", ""),
            LOCK,
            Some("it still has h3"),
        );
        check(
            "[project]\nname = \"demo\"\ndynamic = [\"dependencies\"]\n",
            "",
            None,
        );
        check("[tool.x]\n", LOCK, None);
        let brackets = "(".repeat(100_000);
        let nested = PROJECT.replace("\"ruff\"", &format!("\"ruff\", \"x; {brackets}\""));
        check(&nested, LOCK, None);
    }
}

//! Which of a project's extras and dependency groups count, in the words of uv.

use std::collections::BTreeSet;

/// The group that uv syncs by default.
const DEV: &str = "dev";

/// Which of a project's extras and dependency groups count. By default no extras, and the default
/// groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockChoice {
    /// `--extra`
    pub extras: Vec<String>,
    /// `--all-extras`
    pub has_all_extras: bool,
    /// `--group`
    pub groups: Vec<String>,
    /// `--all-groups`
    pub has_all_groups: bool,
    /// `--no-dev`
    pub is_without_dev: bool,
}

impl LockChoice {
    /// Whether an extra counts, by its normalized name.
    pub(super) fn has_extra(&self, name: &str) -> bool {
        self.has_all_extras || self.extras.iter().any(|it| is_same(it, name))
    }

    /// Whether a group counts. `pyproject` has the default groups, if not only `dev`.
    pub(super) fn has_group(&self, name: &str, pyproject: Option<&toml::Table>) -> bool {
        let is_excluded = self.is_without_dev && is_same(name, DEV);
        let is_given = self.groups.iter().any(|it| is_same(it, name));
        is_given || (!is_excluded && (self.has_all_groups || is_default(name, pyproject)))
    }

    /// The first extra or group that was asked for and that a project does not have.
    pub(super) fn unknown(
        &self,
        extras: &BTreeSet<&str>,
        groups: &BTreeSet<&str>,
    ) -> Option<String> {
        let missing = |wanted: &[String], known: &BTreeSet<&str>| {
            let is_known = |it: &&String| known.iter().any(|known| is_same(known, it));
            wanted.iter().find(|it| !is_known(it)).cloned()
        };
        let extra = missing(&self.extras, extras).map(|it| format!("no extra `{it}`"));
        extra.or_else(|| missing(&self.groups, groups).map(|it| format!("no group `{it}`")))
    }
}

fn is_same(a: &str, b: &str) -> bool {
    crate::wheel::normalized_name(a) == crate::wheel::normalized_name(b)
}

/// `[tool.uv] default-groups = ["dev", "docs"]`, or `"all"`
fn is_default(name: &str, pyproject: Option<&toml::Table>) -> bool {
    let tool = pyproject.and_then(|table| table.get("tool")?.get("uv")?.get("default-groups"));
    match tool {
        Some(toml::Value::Array(names)) => names
            .iter()
            .any(|it| it.as_str().is_some_and(|it| is_same(it, name))),
        Some(toml::Value::String(all)) => all == "all",
        _ => is_same(name, DEV),
    }
}

//! The result of `ftpy lock`: the changed entries, or all of them as JSON.

use crate::check::Findings;
use crate::check::render::json;
use crate::lock::{Lock, LockEntry, LockedBuild};
use crate::ops::context::Context;
use crate::ops::lock::project::Project;
use crate::provider::Recipe;
use crate::report::{Verb, text};
use ftpy_core::target::Target;
use serde::Serialize;
use serde_json::Value;

/// A lock file, for JSON.
#[derive(Serialize)]
pub(crate) struct LockSummary {
    file: String,
    is_changed: bool,
    platforms: Vec<String>,
    builds: Vec<LockRow>,
    /// What `--check-gil` found.
    #[serde(skip_serializing_if = "Option::is_none")]
    gil_check: Option<Value>,
}

/// What `ftpy lock` did.
pub(crate) struct LockOutcome<'a> {
    pub(crate) is_changed: bool,
    pub(crate) is_dry: bool,
    /// What `--check-gil` found.
    pub(crate) findings: Option<&'a Findings>,
}

/// One entry of it.
#[derive(Serialize)]
struct LockRow {
    request: String,
    platform: String,
    /// `3.14.7t`, or `None` if no source has it.
    build: Option<String>,
    provider: Option<&'static str>,
    build_id: Option<String>,
    sha256: Option<String>,
    unavailable: Option<String>,
    /// The previous build, if it changed.
    before: Option<String>,
    is_new: bool,
}

impl LockSummary {
    pub(crate) fn of(file: String, lock: &Lock, old: Option<&Lock>, is_changed: bool) -> Self {
        let row = |entry: &LockEntry| {
            let before = old.and_then(|old| old.entry(&entry.request, &entry.platform));
            let changed = before.filter(|before| before.found != entry.found);
            let (build, unavailable) = match &entry.found {
                LockedBuild::Build(candidate) => (Some(candidate), None),
                LockedBuild::Nothing(reason) => (None, Some(reason.clone())),
            };
            LockRow {
                request: entry.request.to_string(),
                platform: entry.platform.to_string(),
                build: build.map(|one| one.build.name()),
                provider: build.map(|one| one.provider.name()),
                build_id: build.and_then(|one| one.build_id.as_ref().map(ToString::to_string)),
                sha256: build
                    .and_then(|one| one.sha256())
                    .map(|one| one.to_string()),
                unavailable,
                before: changed.map(|before| apart(&before.found, &entry.found).0),
                is_new: before.is_none(),
            }
        };
        Self {
            file,
            is_changed,
            platforms: lock.platforms.iter().map(Target::to_string).collect(),
            builds: lock.entries.iter().map(row).collect(),
            gil_check: None,
        }
    }

    pub(crate) fn with_check(mut self, findings: Option<&Findings>) -> Self {
        self.gil_check = findings.map(json::findings);
        self
    }
}

/// `3.14.7t, pbs 20260901`
fn shown(found: &LockedBuild) -> String {
    match found {
        LockedBuild::Nothing(_) => "unavailable".to_owned(),
        LockedBuild::Build(one) => {
            let id = one
                .build_id
                .as_deref()
                .map_or(String::new(), |id| format!(" {id}"));
            format!("{}, {}{id}", one.build.name(), one.provider)
        }
    }
}

/// Renders two different builds with enough detail to tell them apart.
fn apart(before: &LockedBuild, now: &LockedBuild) -> (String, String) {
    let with = |found: &LockedBuild, more: &dyn Fn(&LockedBuild) -> String| {
        let more = more(found);
        match more.is_empty() {
            true => shown(found),
            false => format!("{}, {more}", shown(found)),
        }
    };
    let ways: [&dyn Fn(&LockedBuild) -> String; 3] = [&|_| String::new(), &digest, &rest];
    let mut pairs = ways.map(|more| (with(before, more), with(now, more)));
    let at = pairs.iter().position(|(before, now)| before != now);
    std::mem::take(&mut pairs[at.unwrap_or(0)])
}

/// The first characters of a digest.
fn digest(found: &LockedBuild) -> String {
    match found {
        LockedBuild::Build(one) => one.sha256().map_or(String::new(), |sha256| {
            let hex: String = sha256.to_string().chars().take(12).collect();
            format!("sha256 {hex}")
        }),
        LockedBuild::Nothing(_) => String::new(),
    }
}

/// Other details that may have changed: the reason, the packages, the arguments, the URLs.
fn rest(found: &LockedBuild) -> String {
    match found {
        LockedBuild::Nothing(reason) => reason.clone(),
        LockedBuild::Build(one) => match &one.recipe {
            Recipe::Conda { packages } => {
                let names = packages.iter();
                let names = names.map(|one| format!("{} {} {}", one.name, one.version, one.build));
                names.collect::<Vec<_>>().join(", ")
            }
            Recipe::Compile(how) => how.configure.join(" "),
            _ => {
                let urls = one.urls().iter().map(ToString::to_string);
                urls.collect::<Vec<_>>().join(" ")
            }
        },
    }
}

/// Prints one line for each changed entry.
pub(crate) fn report(context: &Context, project: &Project, lock: &Lock, outcome: &LockOutcome<'_>) {
    let is_changed = outcome.is_changed;
    let old = project.lock.as_ref();
    let file = project.lock_file.display().to_string();
    let reporter = &context.reporter;
    if reporter.is_json() {
        let summary = LockSummary::of(file, lock, old, is_changed);
        reporter.json(&summary.with_check(outcome.findings));
        return;
    }
    let rows: Vec<Vec<String>> = lock
        .entries
        .iter()
        .filter_map(|entry| {
            let before = old.and_then(|old| old.entry(&entry.request, &entry.platform));
            let (now, change) = match before {
                None => (shown(&entry.found), String::new()),
                Some(before) if before.found == entry.found => return None,
                Some(before) => {
                    let (before, now) = apart(&before.found, &entry.found);
                    (now, format!("was {before}"))
                }
            };
            let names = [entry.request.to_string(), entry.platform.to_string()];
            let rest = [now, change];
            Some(names.into_iter().chain(rest).collect())
        })
        .collect();
    reporter.table(&["REQUEST", "PLATFORM", "BUILD", "CHANGE"], &rows);
    let requests = text::count(lock.requests().len(), "request");
    let platforms = text::count(lock.platforms.len(), "platform");
    let what = format!("{requests} for {platforms}: {file}");
    match (is_changed, outcome.is_dry) {
        (false, _) => reporter.status(Verb::Unchanged, what),
        (true, false) => reporter.status(Verb::Locked, what),
        (true, true) => reporter.say(format!("would lock {what}")),
    }
}

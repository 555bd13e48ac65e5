//! Checks the settings for invalid values and unknown names.

use crate::doctor::finding::{Code, Finding, word};
use crate::doctor::subject::Subject;
use ftpy_core::decide::{MACHINE_CONFIG, config_file, default_in, settings_text};
use ftpy_core::installed::MARK;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use ftpy_core::root::{self, SHARED};
use ftpy_core::settings::{self, SETTINGS, Setting};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Checks the settings.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let mut found: Vec<Finding> = variable(subject).into_iter().collect();
    found.extend(machine());
    found.extend(shared(subject));
    let file = config_file(subject.store.root());
    let text = match settings_text(subject.store.root()) {
        Ok(text) => text.unwrap_or_default(),
        Err(unreadable) => {
            let message = format!("settings: {unreadable}");
            let advice = format!("correct {} or remove it", word(&file));
            found.push(Finding::new(Code::SettingUnusable, message).advice(advice));
            return found;
        }
    };
    let settings = SETTINGS.iter();
    found.extend(settings.filter_map(|(setting, ..)| value(*setting, &text, &file)));
    let lines = text.lines().enumerate();
    found.extend(lines.filter_map(|(index, line)| name(line, index + 1, &file)));
    found
}

/// An invalid `FTPY_AUTO_INSTALL`, which still overrides the file.
fn variable(subject: &Subject) -> Option<Finding> {
    const NAME: &str = "FTPY_AUTO_INSTALL";
    let mut given = subject.env.given.iter();
    let (_, value) = given.find(|(name, _)| *name == NAME)?;
    let value = value.expose();
    if settings::truth(value).is_some() {
        return None;
    }
    let message = format!(
        "invalid {NAME} `{}`: use 1 or 0; until then the shims install nothing",
        shown(value)
    );
    Some(Finding::new(Code::SettingUnusable, message).fix(format!("unset {NAME}")))
}

/// A default of this machine that cannot be used. It applies to each user without a default.
fn machine() -> Option<Finding> {
    let refusal = default_in(MACHINE_CONFIG.into()).err()?;
    let advice = "ask the administrator of this machine to correct the file, or set your own \
                  default";
    let finding = Finding::new(Code::SettingUnusable, refusal.message).advice(advice);
    Some(finding.fix("ftpy default 3.14t"))
}

/// Entries of `FTPY_SHARED` that are not stores.
fn shared(subject: &Subject) -> Vec<Finding> {
    let mut given = subject.env.given.iter();
    let Some((_, value)) = given.find(|(name, _)| *name == SHARED) else {
        return Vec::new();
    };
    let home = subject.env.shell.home.as_deref().map(Path::as_os_str);
    let entries = std::env::split_paths(value.expose());
    let problem = |entry: PathBuf| {
        let store = match root::directory(entry.as_os_str(), home) {
            Err(reason) => return Some(reason),
            Ok(store) => store,
        };
        let why = match std::fs::read_dir(store.join("installs")) {
            _ if !store.is_dir() => "is not a directory".to_owned(),
            _ if !store.join(MARK).is_file() => "is not a store of ftpy".to_owned(),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                format!("cannot be read: {}", error.kind())
            }
            _ => return None,
        };
        Some(format!("{} {why}", store.display()))
    };
    let entries = entries.filter(|entry| !entry.as_os_str().is_empty());
    let finding = |why: String| {
        let message = format!("{SHARED}: {why}, and is left out");
        let advice = format!("correct {SHARED}, or unset it");
        Finding::new(Code::SettingUnusable, message).advice(advice)
    };
    entries.filter_map(problem).map(finding).collect()
}

/// A value, escaped for display.
fn shown(value: &str) -> String {
    value
        .chars()
        .take(60)
        .flat_map(char::escape_debug)
        .collect()
}

/// The effective value of a setting, if it is invalid.
fn value(setting: Setting, text: &str, file: &Path) -> Option<Finding> {
    let (value, line) = settings::find(text, setting)?;
    let name = setting.name();
    let place = format!("{}:{line}", file.display());
    let (problem, fix) = match setting {
        Setting::Default => match parse(value) {
            Ok(Request::Archive(_)) => {
                let problem = "it must be a version, not an archive".to_owned();
                (problem, "ftpy default none".to_owned())
            }
            Ok(_) => return None,
            Err(error) => {
                let fix = paste!["ftpy", "default", error.nearest];
                (error.problem, fix)
            }
        },
        Setting::Sources => match settings::sources(value) {
            Ok(_) => return None,
            Err(word) => {
                let problem = format!("unknown or duplicate source `{}`", word.escape_debug());
                (problem, format!("ftpy config unset {name}"))
            }
        },
        Setting::AutoInstall | Setting::Python3t => match settings::truth(value) {
            Some(_) => return None,
            None => {
                let problem = "it must be true or false".to_owned();
                (problem, format!("ftpy config unset {name}"))
            }
        },
    };
    let shown = shown(value);
    let message = format!("{place}: invalid {name} `{shown}`: {problem}");
    Some(Finding::new(Code::SettingUnusable, message).fix(fix))
}

/// A line without effect.
fn name(line: &str, number: usize, file: &Path) -> Option<Finding> {
    let text = line.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let what = match settings::split(line) {
        Some((name, _)) if Setting::from_name(name).is_some() => return None,
        Some((name, _)) => format!("unknown setting `{}`", name.escape_debug()),
        None => "not of the form `name = value`".to_owned(),
    };
    let known: Vec<&str> = SETTINGS.iter().map(|(_, name, _)| *name).collect();
    let message = format!("{}:{number}: {what}", file.display());
    let advice = format!(
        "correct or remove the line; known settings: {}",
        known.join(", ")
    );
    Some(Finding::new(Code::SettingUnknown, message).advice(advice))
}

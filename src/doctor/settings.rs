//! The settings: values that are none, and names that mean nothing.

use crate::doctor::finding::{Code, Finding, word};
use crate::doctor::subject::Subject;
use ftpy_core::decide::{config_file, settings_text};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use ftpy_core::settings::{self, SETTINGS, Setting};
use std::path::Path;

/// Reads the settings.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let mut found: Vec<Finding> = variable(subject).into_iter().collect();
    let file = config_file(subject.store.root());
    let text = match settings_text(subject.store.root()) {
        Ok(text) => text.unwrap_or_default(),
        Err(unreadable) => {
            let message = format!("the settings {unreadable}");
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

/// `FTPY_AUTO_INSTALL`, if it cannot be used: it stands above the file all the same.
fn variable(subject: &Subject) -> Option<Finding> {
    const NAME: &str = "FTPY_AUTO_INSTALL";
    let mut given = subject.env.given.iter();
    let (_, value) = given.find(|(name, _)| *name == NAME)?;
    let value = value.expose();
    if settings::truth(value).is_some() {
        return None;
    }
    let message = format!(
        "{NAME} cannot be `{}`: it is 1 or 0, and so the shims install nothing",
        shown(value)
    );
    Some(Finding::new(Code::SettingUnusable, message).fix(format!("unset {NAME}")))
}

/// A value as it is safe to show.
fn shown(value: &str) -> String {
    value
        .chars()
        .take(60)
        .flat_map(char::escape_debug)
        .collect()
}

/// The value that counts, if it cannot be used.
fn value(setting: Setting, text: &str, file: &Path) -> Option<Finding> {
    let (value, line) = settings::find(text, setting)?;
    let name = setting.name();
    let place = format!("{}:{line}", file.display());
    let (problem, fix) = match setting {
        Setting::Default => match parse(value) {
            Ok(Request::Archive(_)) => {
                let problem = "it is an archive and no version".to_owned();
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
                let problem = format!("`{}` is no source", word.escape_debug());
                (problem, format!("ftpy config unset {name}"))
            }
        },
        Setting::AutoInstall | Setting::Python3t => match settings::truth(value) {
            Some(_) => return None,
            None => {
                let problem = "it is true or false".to_owned();
                (problem, format!("ftpy config unset {name}"))
            }
        },
    };
    let shown = shown(value);
    let message = format!("{place}: {name} cannot be `{shown}`: {problem}");
    Some(Finding::new(Code::SettingUnusable, message).fix(fix))
}

/// A line that means nothing.
fn name(line: &str, number: usize, file: &Path) -> Option<Finding> {
    let text = line.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let what = match settings::split(line) {
        Some((name, _)) if Setting::from_name(name).is_some() => return None,
        Some((name, _)) => format!("there is no setting `{}`", name.escape_debug()),
        None => "the line is no `name = value`".to_owned(),
    };
    let known: Vec<&str> = SETTINGS.iter().map(|(_, name, _)| *name).collect();
    let message = format!("{}:{number}: {what}", file.display());
    let advice = format!(
        "correct the line or remove it; there are {}",
        known.join(", ")
    );
    Some(Finding::new(Code::SettingUnknown, message).advice(advice))
}

//! The settings: values that are none, and names that mean nothing.

use crate::doctor::finding::{Code, Finding, word};
use crate::doctor::subject::Subject;
use ftpy_shims::decide::config_file;
use ftpy_shims::parse::parse;
use ftpy_shims::request::Request;
use ftpy_shims::settings::{self, SETTINGS, Setting};
use std::path::Path;

/// Reads the settings.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let file = config_file(subject.store.root());
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("the settings {} cannot be read: {error}", file.display());
            let advice = format!("correct {} or remove it", word(&file));
            return vec![Finding::new(Code::SettingUnusable, message).advice(advice)];
        }
    };
    let mut found: Vec<Finding> = SETTINGS
        .iter()
        .filter_map(|(setting, ..)| value(*setting, &text, &file))
        .collect();
    let lines = text.lines().enumerate();
    found.extend(lines.filter_map(|(index, line)| name(line, index + 1, &file)));
    found
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
                let fix = format!("ftpy default {}", error.nearest);
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
    let shown: String = value
        .chars()
        .take(60)
        .flat_map(char::escape_debug)
        .collect();
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

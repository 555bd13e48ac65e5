//! The person's settings: `config` in the store.
//!
//! Format: one `name = value` a line; `#` begins a comment; a name that is not known is kept
//! and means nothing. Not TOML, because the shim reads it at every start and has no
//! dependencies; every file of this form is TOML's simplest case in looks.

use crate::file::{self, Unreadable};
use crate::provider_name::ProviderName;
use std::path::{Path, PathBuf};

/// Longer settings are not a person's.
const LONGEST_SETTINGS: u64 = 1 << 20;

/// The text of the settings; `None` where nothing was ever set.
///
/// # Errors
/// Where they are there and cannot be read: what they say is then not known, and nothing may
/// stand in for it.
pub fn settings_text(store: &Path) -> Result<Option<String>, Unreadable> {
    file::read(&config_file(store), LONGEST_SETTINGS)
}

/// `config` in the store.
#[must_use]
pub fn config_file(store: &Path) -> PathBuf {
    store.join("config")
}

/// A setting's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `default`: the request for the bare names where nothing is pinned.
    Default,
    /// `auto-install`: whether a shim installs what is pinned and missing.
    AutoInstall,
    /// `python3t`: whether there is a shim `python3t`.
    Python3t,
    /// `sources`: who is asked for builds, in which order.
    Sources,
}

/// Every setting, with its name and what it is for.
pub const SETTINGS: [(Setting, &str, &str); 4] = [
    (
        Setting::Default,
        "default",
        "the Python that `python` starts where nothing is pinned",
    ),
    (
        Setting::AutoInstall,
        "auto-install",
        "whether shims install what is pinned and missing (true or false)",
    ),
    (
        Setting::Python3t,
        "python3t",
        "whether there is a shim `python3t` (true or false)",
    ),
    (
        Setting::Sources,
        "sources",
        "who is asked for builds, in order (pbs,conda,distro,source)",
    ),
];

impl Setting {
    /// Reads a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = SETTINGS.iter().find(|(_, known, _)| *known == name);
        found.map(|(setting, ..)| *setting)
    }

    /// `auto-install`
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = SETTINGS.iter().find(|(setting, ..)| *setting == self);
        found.map_or("", |(_, name, _)| name)
    }
}

/// The value of a setting, and the line (from 1) on which it stands. The last one counts.
#[must_use]
pub fn find(text: &str, setting: Setting) -> Option<(&str, usize)> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let (name, value) = split(line)?;
            (name == setting.name() && !value.is_empty()).then_some((value, index + 1))
        })
        .last()
}

/// The text with a setting set, or without it. All other lines stay as they are.
#[must_use]
pub fn with(text: &str, setting: Setting, value: Option<&str>) -> String {
    let name = setting.name();
    let is_it = |line: &str| split(line).is_some_and(|(known, _)| known == name);
    let mut lines: Vec<String> = Vec::new();
    let mut is_set = false;
    for line in text.lines() {
        match value {
            _ if !is_it(line) => lines.push(line.to_owned()),
            Some(value) if !is_set => {
                lines.push(format!("{name} = {value}"));
                is_set = true;
            }
            _ => {}
        }
    }
    if let (Some(value), false) = (value, is_set) {
        lines.push(format!("{name} = {value}"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// `pbs,source`: sources that builds come from, each once. The error is the word that is none.
///
/// # Errors
/// The first word that is no source of builds, or one that stands there twice.
pub fn sources(value: &str) -> Result<Vec<ProviderName>, &str> {
    let mut found = Vec::new();
    for word in value.split(',').map(str::trim) {
        let provider = ProviderName::from_name(word);
        let provider = provider.filter(|name| *name <= ProviderName::Source);
        match provider.filter(|name| !found.contains(name)) {
            Some(provider) => found.push(provider),
            None => return Err(word),
        }
    }
    Ok(found)
}

/// `true`, `1`, `yes`, `on` and their opposites, in any case.
#[must_use]
pub fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Name and value of a line; `None` for a comment and for what has no `=`.
#[must_use]
pub fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.split(" #").next().unwrap_or(line);
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    Some((name.trim(), value.trim().trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_set_and_unset_and_the_rest_stays() {
        let text = "# mine\nfuture = 1\ndefault = \"3.14t\" # why\n";
        assert_eq!(find(text, Setting::Default), Some(("3.14t", 3)));
        assert_eq!(find(text, Setting::AutoInstall), None);
        let text = with(text, Setting::Default, Some("3.13t"));
        assert_eq!(text, "# mine\nfuture = 1\ndefault = 3.13t\n");
        let text = with(&text, Setting::AutoInstall, Some("true"));
        assert_eq!(find(&text, Setting::AutoInstall), Some(("true", 4)));
        let text = with(&text, Setting::Default, None);
        assert_eq!(text, "# mine\nfuture = 1\nauto-install = true\n");
        assert_eq!(find("#default = 3.14\ndefault =\n", Setting::Default), None);
    }

    #[test]
    fn sources_are_read_in_their_order() {
        let order = [ProviderName::Source, ProviderName::Pbs];
        assert_eq!(sources("source, PBS"), Ok(order.to_vec()));
        for (value, bad) in [
            ("pbs,link", "link"),
            ("pbs,pbs", "pbs"),
            ("", ""),
            ("pbs,", ""),
        ] {
            assert_eq!(sources(value), Err(bad), "{value}");
        }
    }

    #[test]
    fn only_plain_words_are_true_or_false() {
        assert_eq!(truth("TRUE"), Some(true));
        assert_eq!(truth("off"), Some(false));
        assert_eq!(truth("maybe"), None);
    }
}

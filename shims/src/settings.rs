//! The user's settings: the file `config` in the store.
//!
//! One `name = value` per line; `#` starts a comment; unknown names are kept and ignored. The
//! format is not TOML, because the shims read it at every start and have no dependencies, but
//! every such file looks like simple TOML.

use crate::provider_name::ProviderName;
use crate::text_file::{self, Unreadable};
use std::path::{Path, PathBuf};

/// The settings of the machine, next to its policy, in the same format. Only `default` is read. The
/// path is fixed, as that of the policy is.
pub const MACHINE_CONFIG: &str = "/etc/ftpy/config";

/// The maximum size of the file.
const LONGEST_SETTINGS: u64 = 1 << 20;

/// Reads the settings; `None` if there is no such file.
///
/// # Errors
/// Returns an error if the file exists but cannot be read: its contents are then unknown, and
/// nothing may be assumed instead.
pub fn settings_text(store: &Path) -> Result<Option<String>, Unreadable> {
    text_of(&config_file(store))
}

/// Reads a file of settings; `None` if it does not exist.
///
/// # Errors
/// Like [`settings_text`].
pub fn text_of(file: &Path) -> Result<Option<String>, Unreadable> {
    text_file::read(file, LONGEST_SETTINGS)
}

/// The path of `config` in the store.
#[must_use]
pub fn config_file(store: &Path) -> PathBuf {
    store.join("config")
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `default`: the request for bare names if nothing is pinned.
    Default,
    /// `auto-install`: whether shims install a pinned version that is missing.
    AutoInstall,
    /// `python3t`: whether there is a shim called `python3t`.
    Python3t,
    /// `sources`: the sources to query, in order.
    Sources,
}

/// Every setting with its name and description.
pub const SETTINGS: [(Setting, &str, &str); 4] = [
    (
        Setting::Default,
        "default",
        "the version that `python` starts if nothing is pinned",
    ),
    (
        Setting::AutoInstall,
        "auto-install",
        "whether shims install a pinned version that is missing (true or false)",
    ),
    (
        Setting::Python3t,
        "python3t",
        "whether to create a shim `python3t` (true or false)",
    ),
    (
        Setting::Sources,
        "sources",
        "the sources to query, in order (pbs,conda,distro,source)",
    ),
];

impl Setting {
    /// Parses a name.
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

/// The value of a setting and its line, counted from 1. The last occurrence wins.
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

/// Sets or unsets a setting in the text. All other lines stay unchanged.
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

/// Parses `pbs,source`: distinct sources.
///
/// # Errors
/// Returns the first unknown or duplicate source.
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

/// Parses `true`, `1`, `yes`, `on` and their opposites, in any case.
#[must_use]
pub fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The name and value of a line; `None` for a comment or a line without `=`.
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

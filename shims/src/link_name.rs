//! The names that `ftpy link` gives: plain words that cannot be mistaken for a request, a provider,
//! a program or a keyword.
//!
//! Whether a word is a name depends on its spelling alone, so the meaning of a text never depends
//! on what is linked on a machine. Names are case-insensitive and stored in lower case.

use crate::flavour::Flavour;
use std::fmt;

/// The maximum length of a name: it ends a key, which is a directory name and part of shebangs.
const LONGEST: usize = 40;

/// Reserved words: they mean something in requests, in settings or to other tools.
const KEYWORDS: [&str; 47] = [
    "active",
    "all",
    "any",
    "archive",
    "auto",
    "conda",
    "current",
    "d",
    "darwin",
    "debug",
    "default",
    "dev",
    "distro",
    "dt",
    "emscripten",
    "freethreaded",
    "freethreading",
    "ftpy",
    "gil",
    "global",
    "latest",
    "link",
    "linux",
    "local",
    "lts",
    "macos",
    "main",
    "newest",
    "nightly",
    "no",
    "nogil",
    "none",
    "off",
    "on",
    "path",
    "pbs",
    "prefix",
    "ref",
    "self",
    "source",
    "stable",
    "system",
    "t",
    "td",
    "unset",
    "windows",
    "yes",
];

/// Prefixes of other implementations and distributions, as used in version files of pyenv, asdf
/// and uv.
const IMPLEMENTATIONS: [&str; 21] = [
    "activepython",
    "anaconda",
    "cinder",
    "cpython",
    "graalpy",
    "graalpython",
    "ironpython",
    "jython",
    "mambaforge",
    "micromamba",
    "micropython",
    "miniconda",
    "miniforge",
    "pypy",
    "pyodide",
    "pyston",
    "python",
    "rustpython",
    "stackless",
    "circuitpython",
    "brython",
];

/// Prefixes of versions in wheel tags and program names: `cp314t`, `pip3`.
const TAGS: [&str; 7] = ["cp", "gp", "idle", "pip", "pp", "py", "pydoc"];

/// A name: `mine`, `debug_build`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkName(String);

impl LinkName {
    /// Parses a name.
    ///
    /// # Errors
    /// Returns why the text is not a name, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // Called by shims for every installation name, and almost always decided here.
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !text.bytes().all(is_part) || text.is_empty() {
            return Err("a name may only contain letters, digits and `_`");
        }
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err("a name must begin with a letter");
        }
        let name = text.to_ascii_lowercase();
        if name.len() > LONGEST {
            return Err("a name may have at most 40 characters");
        }
        if IMPLEMENTATIONS.iter().any(|other| name.starts_with(other)) {
            return Err("a name must not begin with the name of a Python implementation");
        }
        let is_version =
            |rest: &str| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
        let tagged = TAGS.iter().filter_map(|tag| name.strip_prefix(tag));
        if tagged.into_iter().any(is_version) {
            return Err("it is reserved for a version or a program");
        }
        let is_word = KEYWORDS.contains(&name.as_str()) || Flavour::from_name(&name).is_some();
        match is_word {
            true => Err("it is a reserved word"),
            false => Ok(Self(name)),
        }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a word in a version file refers to something other than a CPython version: another
/// implementation, or an environment of the tool that the file belongs to.
#[must_use]
pub fn is_foreign(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    // `3.11.4/envs/web`, as written by pyenv-virtualenv.
    if let Some((version, name)) = word.split_once("/envs/") {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_word =
            |text: &str| !text.is_empty() && !text.starts_with('.') && text.chars().all(is_part);
        return is_word(version) && is_word(name);
    }
    // `path:/opt/python`, `ref:main`: asdf and mise.
    if ["path:", "ref:", "prefix:", "sub-"]
        .iter()
        .any(|mark| word.starts_with(mark))
    {
        return true;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
    if !word.starts_with(|c: char| c.is_ascii_lowercase())
        || !word.chars().all(is_part)
        || word.contains("..")
    {
        return false;
    }
    if ["cpython", "python"]
        .iter()
        .any(|own| word.starts_with(own))
    {
        return false;
    }
    let is_version =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || "@-".contains(c));
    !["cp", "py"]
        .iter()
        .filter_map(|tag| word.strip_prefix(tag))
        .any(is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests, keywords, other implementations, programs, archives, and invalid words.
    const NO_NAMES: [&str; 50] = [
        "",
        "3.14t",
        "314",
        "3t",
        "cp314t",
        "py314",
        "PY3",
        "pp311",
        "python",
        "python3",
        "python_x",
        "cpython3",
        "pypy",
        "pypy311",
        "graalpy",
        "miniconda3",
        "pip",
        "pip3",
        "idle",
        "system",
        "SYSTEM",
        "default",
        "none",
        "all",
        "self",
        "latest",
        "tsan",
        "nogil",
        "t",
        "td",
        "conda",
        "link",
        "pbs",
        ".",
        "..",
        "-x",
        "+x",
        ".x",
        "_x",
        "1x",
        "a/b",
        "a\\b",
        "a:b",
        "my.conda",
        "my-python",
        "a b",
        "a\n",
        "caf\u{e9}",
        "x.tar.gz",
        "https://x",
    ];

    #[test]
    fn a_name_is_a_plain_word() {
        for text in [
            "mine",
            "Mine",
            "x",
            "debug_build",
            "pyenv2",
            "setup_python",
            "cpus",
            "my314t",
        ] {
            assert_eq!(
                LinkName::parse(text).expect(text).as_str(),
                text.to_ascii_lowercase()
            );
        }
        for text in NO_NAMES {
            assert!(LinkName::parse(text).is_err(), "{text}");
        }
        for (_, provider) in crate::provider_name::PROVIDERS {
            assert!(LinkName::parse(provider).is_err(), "{provider}");
        }
        assert!(LinkName::parse(&"x".repeat(40)).is_ok());
        assert!(LinkName::parse(&"x".repeat(41)).is_err());
    }

    #[test]
    fn names_of_other_tools_are_distinguished_from_broken_versions() {
        for text in [
            "pypy3.11-7.3.19",
            "graalpy-24.1.0",
            "miniconda3-latest",
            "anaconda3-2024.10-1",
            "jython-2.7.2",
            "micropython-1.20.0",
            "stackless-3.7.5",
            "pyston-2.3.5",
            "my-venv",
            "web-3.12",
            "3.11.4/envs/web",
            "pypy@3.11",
            "ref:main",
            "path:/opt/python",
            "latest",
        ] {
            assert!(is_foreign(text), "{text}");
        }
        for text in [
            "3.14x",
            "cp314x",
            "python3.14x",
            "python-3.14x",
            "py314x",
            ">=x",
            "../x",
            "a/b",
            "~/x",
            "a..b",
            "3.14/envs/../x",
            "x/envs/",
            "x y",
            "/usr/bin/python3",
            "",
        ] {
            assert!(!is_foreign(text), "{text}");
        }
    }
}

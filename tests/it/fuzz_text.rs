//! Fuzz targets for user input: requests, names, version files and settings.

use crate::support::fuzz::fuzz;
use ftpy_core::key::Key;
use ftpy_core::link_name::{LinkName, is_foreign};
use ftpy_core::parse::parse;
use ftpy_core::pin::{PinFile, pins, words};
use ftpy_core::pin_link::PIN_FILES;
use ftpy_core::request::{Archive, Request};
use ftpy_core::secret::shown;
use ftpy_core::settings::{self, SETTINGS, Setting};
use ftpy_core::target::Target;
use std::path::PathBuf;

const REQUESTS: [&[u8]; 16] = [
    b"3.14t",
    b"3.15.0rc1td",
    b">=3.13,<3.15t",
    b"==3.14.*t",
    b"~=3.13.2t",
    b"pbs:3.14t",
    b"cpython-3.14.7+freethreaded-linux-x86_64-gnu",
    b"3.14.7t-pbs-20260901",
    b"cp314t",
    b"3.14t+tsan+pgo-dev",
    b"3.14.9t-link-mine",
    b"3.14.7t-source-0a1b2c3d-macos-aarch64-none",
    b"./cpython-3.14.7.tar.zst",
    b"https://h/p.tar.gz",
    b"system",
    b"my_name2",
];

const WORDS: [&str; 44] = [
    "3",
    "14",
    ".",
    "t",
    "d",
    "td",
    "+",
    "-",
    ":",
    "@",
    ",",
    "*",
    ".*",
    "rc1",
    ".dev0",
    "==",
    ">=",
    "<",
    "~=",
    "!=",
    "pbs",
    "conda",
    "source",
    "archive",
    "link",
    "any",
    "linux",
    "dev",
    "tsan",
    "freethreaded",
    "gil",
    "cpython",
    "python",
    "pypy",
    "/",
    "\\",
    "..",
    "#sha256=",
    "://",
    ".tar.zst",
    ".conda",
    "\u{130}",
    "0",
    "65536",
];

/// Displaying a parsed request and parsing it again gives the same request.
fn check_request(text: &str) {
    let Ok(request) = parse(text) else {
        return;
    };
    let canonical = request.to_string();
    if let Request::Archive(archive) = &request
        && canonical != with_digest(archive)
    {
        // A part of its URL is not displayed, and so cannot be parsed again.
        assert_ne!(shown(&archive.location), archive.location, "{text:?}");
        return;
    }
    assert_eq!(
        parse(&canonical).as_ref(),
        Ok(&request),
        "{text:?} -> {canonical:?}"
    );
    // Names and other requests are disjoint.
    let is_name = LinkName::parse(text.trim()).is_ok();
    assert_eq!(matches!(request, Request::Name(_)), is_name, "{text:?}");
}

/// The location of an archive with all its secrets.
fn with_digest(archive: &Archive) -> String {
    let location = &archive.location;
    let digest = archive.sha256.as_ref();
    digest.map_or_else(
        || location.clone(),
        |sha256| format!("{location}#sha256={sha256}"),
    )
}

#[test]
fn an_archive_with_a_query_is_shown_without_it() {
    check_request("https://h/a?token=b/p.tar.gz");
    check_request("https://h/ps:/\u{5}9?>/ps://h/p.tar.gz");
    check_request("https:@//h/p.tar.gz");
    check_request("pbs://:# @ ä.tar.gz\u{fffd}");
    check_request("https://@h/p.tar.gz");
    check_request("https://h:p.tar.gz");
    check_request("https://h/p.tar.gz");
}

#[test]
fn fuzz_requests_read_back_to_the_same() {
    fuzz(&REQUESTS, &WORDS, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match parse(&text) {
            Ok(_) => check_request(&text),
            Err(error) => {
                assert!(parse(&error.nearest).is_ok(), "{text:?}: {}", error.nearest);
                let shown = error.to_string();
                assert!(!shown.chars().any(char::is_control), "{shown:?}");
                assert!(shown.chars().count() < 400, "{shown}");
            }
        }
        let host = Target::new("linux", "x86_64", "gnu");
        if let Some(key) = Key::from_name(&text, &host) {
            assert_eq!(key.to_string(), text);
            let is_part = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            assert!(
                text.chars().all(is_part),
                "a key is one part of a path: {text:?}"
            );
        }
    });
}

#[test]
fn fuzz_names_are_plain_words_and_never_requests() {
    let seeds: [&[u8]; 6] = [b"mine", b"My_Build2", b"pyenv", b"cpus", b"py_env", b"x"];
    let more = [
        "py", "cp", "pp", "pip", "idle", "_", "3", "t", "python", "system", "conda", ".tar.gz",
    ];
    let words = [&more[..], &WORDS[..]].concat();
    fuzz(&seeds, &words, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(name) = LinkName::parse(&text) else {
            return;
        };
        let name = name.to_string();
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(name.chars().all(is_part) && name.len() <= 40, "{name:?}");
        assert!(matches!(parse(&text), Ok(Request::Name(_))), "{text:?}");
        for before in ["", "pbs:", "cpython-", "python@", "link:"] {
            let longer = format!("{before}{name}");
            let read = parse(&longer);
            assert!(
                !matches!(read, Ok(Request::Build(_))),
                "{longer:?}: {read:?}"
            );
        }
        let host = Target::new("linux", "x86_64", "gnu");
        let key = format!("3.14.9t-link-{name}");
        let read = Key::from_name(&key, &host).expect("a key");
        assert_eq!(read.build_id.as_deref(), Some(name.as_str()));
        assert!(read.is_host, "{key}");
    });
}

#[test]
fn fuzz_version_files_of_every_kind() {
    let seeds: [&[u8]; 6] = [
        b"3.14t\n",
        b"\xef\xbb\xbf3.14t\r\n# why\r\n3.13 # because\r\n",
        b"3.14t\npypy3.11-7.3.19\nmy-venv\n3.11.4/envs/web\n",
        b"nodejs 20\npython 3.14t 3.13 ref:main path:/opt # both\n",
        b"system\nmine\n",
        b"[tools]\npython = \"3.14\"\n",
    ];
    let more = [
        "\n", "\r", " ", "#", "python ", "\u{feff}", "\u{2028}", "envs", "pypy", "~", "[", "?",
    ];
    let all = [&more[..], &WORDS[..]].concat();
    fuzz(&seeds, &all, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for name in PIN_FILES {
            let path = PathBuf::from("/nonexistent").join(name);
            let count = text.lines().count();
            match pins(name, &text) {
                Ok(found) => {
                    for pin in &found {
                        assert!((1..=count).contains(&pin.line), "{text:?}");
                        assert!(!matches!(pin.request, Request::Archive(_)), "{text:?}");
                        // Displayed requests can be pinned again.
                        let line = pin.request.to_string();
                        assert!(!line.contains(['/', '\\']), "{line}");
                        let again = pins(".python-version", &line).expect("it reads back");
                        assert_eq!(again[0].request, pin.request, "{line}");
                    }
                    assert!(found.windows(2).all(|two| two[0].line <= two[1].line));
                    let file = PinFile::parse(path, &text).expect("the same");
                    assert_eq!(file.pins, found);
                    assert!(file.foreign.is_empty() || !found.is_empty());
                }
                Err(bad) => {
                    assert!((1..=count).contains(&bad.line), "{text:?}");
                    assert!(bad.is_first || !bad.is_foreign, "{text:?}");
                    assert!(!bad.error.to_string().chars().any(char::is_control));
                }
            }
        }
        for line in text.lines() {
            for word in words(".tool-versions", line) {
                let _ = is_foreign(word);
                assert!(line.contains(word));
            }
        }
        // `ftpy pin` activates its request, whatever the file contained.
        let written = ftpy::version_file::with_pin(&text, "3.14t");
        let first = written
            .lines()
            .find_map(|line| words(PIN_FILES[0], line).first().copied());
        assert_eq!(first, Some("3.14t"), "{text:?} -> {written:?}");
        let again = ftpy::version_file::with_pin(&written, "3.14t");
        assert_eq!(again, written, "{text:?}");
    });
}

#[test]
fn fuzz_settings_keep_what_is_not_set() {
    let seeds: [&[u8]; 4] = [
        b"default = 3.14t\nauto-install = true\n",
        b"# mine\nfuture = 1\r\ndefault=\"3.14t\" # why\n",
        b"sources = pbs,conda\npython3t = on",
        b"",
    ];
    let more = [
        "=",
        "\n",
        "\r\n",
        " #",
        "#",
        "\"",
        "default",
        "sources",
        "auto-install",
        ",",
    ];
    let all = [&more[..], &WORDS[..]].concat();
    fuzz(&seeds, &all, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for (setting, name, _) in SETTINGS {
            if let Some((value, line)) = settings::find(&text, setting) {
                assert!(!value.is_empty(), "{text:?}");
                let (found, _) = settings::split(text.lines().nth(line - 1).expect("a line"))
                    .expect("a setting");
                assert_eq!(found, name);
            }
            let _ = settings::find(&text, setting).map(|(value, _)| settings::sources(value));
        }
        let set = settings::with(&text, Setting::Default, Some("3.14t"));
        assert_eq!(
            settings::find(&set, Setting::Default).map(|(value, _)| value),
            Some("3.14t")
        );
        let unset = settings::with(&set, Setting::Default, None);
        assert_eq!(settings::find(&unset, Setting::Default), None, "{text:?}");
        // The other settings are unchanged.
        for setting in [Setting::AutoInstall, Setting::Python3t, Setting::Sources] {
            let value =
                |text: &str| settings::find(text, setting).map(|(value, _)| value.to_owned());
            assert_eq!(value(&unset), value(&text), "{text:?}");
        }
    });
}

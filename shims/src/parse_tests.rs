//! The grammar as tables: every accepted form with its canonical form, every rejected one with
//! the suggestion.

use super::parse;

/// Asserts that `text` is accepted, prints as `canonical`, and that this parses to the same value.
fn accept(text: &str, canonical: &str) {
    let request = parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(request.to_string(), canonical, "{text}");
    assert_eq!(parse(canonical).as_ref(), Ok(&request), "{text}");
}

/// Asserts that `text` is rejected, with `problem` in the message and `nearest` as the hint, which
/// must itself be accepted.
fn refuse(text: &str, problem: &str, nearest: &str) {
    let error = parse(text).expect_err(text);
    assert!(error.to_string().contains(problem), "{text:.60}: {error}");
    assert_eq!(error.nearest, nearest, "{text:.60}");
    assert!(parse(&error.nearest).is_ok(), "{}", error.nearest);
    assert!(error.to_string().len() < 300, "{}", error.to_string().len());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_form_of_the_grammar_has_one_canonical_text() {
    for (text, canonical) in [
        ("3.14t", "3.14t"),
        ("3.14.7t", "3.14.7t"),
        ("3.15.0rc1t", "3.15.0rc1t"),
        ("3.15rc1t", "3.15.0rc1t"),
        ("3t", "3t"),
        ("3", "3"),
        ("3.14", "3.14"),
        ("3.14.7", "3.14.7"),
        ("3.14+gil", "3.14"),
        ("3.14+gil+debug", "3.14d"),
        ("3.14td", "3.14td"),
        ("3.14d", "3.14d"),
        ("3.14t-dev", "3.14t-dev"),
        ("3.15-dev", "3.15-dev"),
        ("3.14+freethreaded", "3.14t"),
        ("3.14+freethreaded+debug", "3.14td"),
        ("3.14.7+freethreaded", "3.14.7t"),
        (">=3.13,<3.15", ">=3.13,<3.15"),
        (">=3.13, <3.15t", ">=3.13,<3.15t"),
        (">=3.13t", ">=3.13t"),
        (">=3.13,<3.15+freethreaded", ">=3.13,<3.15t"),
        ("~=3.13.2t", "~=3.13.2t"),
        ("==3.14.*t", "==3.14.*t"),
        (
            "cpython-3.14.7+freethreaded-linux-x86_64-gnu",
            "cpython-3.14.7+freethreaded-linux-x86_64-gnu",
        ),
        (
            "cpython-3.14t-linux-x86_64",
            "cpython-3.14+freethreaded-linux-x86_64",
        ),
        ("cpython-3.14-any-aarch64-any", "cpython-3.14-any-aarch64"),
        (
            "cpython-3.14.7-darwin-aarch64-none",
            "cpython-3.14.7-macos-aarch64-none",
        ),
        ("cpython-3.13t", "3.13t"),
        ("python3.14t", "3.14t"),
        ("Python3.14T", "3.14t"),
        ("python-3.13", "3.13"),
        ("cpython@3.14t", "3.14t"),
        ("cp314t", "3.14t"),
        ("py314t", "3.14t"),
        ("cp39", "3.9"),
        ("314", "3.14"),
        ("3.14t+tsan", "3.14t+tsan"),
        ("3.14t+pgo+lto", "3.14t+lto+pgo"),
        ("3.14+freethreaded+asan", "3.14t+asan"),
        ("pbs:3.14t", "pbs:3.14t"),
        ("source:>=3.13t", "source:>=3.13t"),
        ("CONDA:3.14", "conda:3.14"),
        ("distro:3.14t", "distro:3.14t"),
        ("3.14.7t-pbs-20260901", "3.14.7t-pbs-20260901"),
        ("3.13.15t-source", "source:3.13.15t"),
        ("system", "system"),
        ("./cpython-3.14.7.tar.zst", "./cpython-3.14.7.tar.zst"),
        (
            "cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-install_only.tar.gz",
            "cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-install_only.tar.gz",
        ),
        ("../x.tar.gz", "../x.tar.gz"),
        (" 3.14t\n", "3.14t"),
        ("mine", "mine"),
        ("Mine_2", "mine_2"),
        ("3.14.7t-link-mine_2", "3.14.7t-link-mine_2"),
    ] {
        accept(text, canonical);
    }
    let digest = "a".repeat(64);
    let url = format!("https://example.org/p.tar.zst#sha256={digest}");
    accept(&url, &url);
}

#[test]
fn every_refusal_shows_the_nearest_right_form() {
    for (text, problem, nearest) in [
        ("3.12t", "free threading requires 3.13 or newer", "3.13t"),
        ("py312t", "free threading requires 3.13 or newer", "3.13t"),
        ("3.14dt", "must follow", "3.14td"),
        ("3.14 3.14t", "it is several versions", "3.14"),
        ("3.13.1t:3.14", "it is several versions", "3.13.1t"),
        ("3.14tt", "`tt` is not a variant", "3.14t"),
        ("3.14x", "`x` is not a variant", "3.14"),
        ("3.14trc1", "not a variant", "3.14t"),
        ("3.15.0trc1", "not a variant", "3.15.0t"),
        ("3.14+tsam", "`+tsam` is not a flavour", "3.14"),
        (
            "3.14t+gil",
            "both a GIL build and a free-threaded build",
            "3.14t",
        ),
        ("../x", "a path must name an archive", "3.14t"),
        (
            "/usr/bin/python3.14t",
            "a path must name an archive",
            "3.14t",
        ),
        ("ftp://x/y.tar.gz", "scheme", "3.14t"),
        ("https://x/y.tar.gz#sha256=12", "64 hexadecimal", "3.14t"),
        ("", "empty", "3.14t"),
        ("   ", "empty", "3.14t"),
        ("t", "does not start with a version", "3.14t"),
        ("latest", "does not start with a version", "3.14t"),
        ("python", "has no version", "3.14t"),
        ("pypy3.10", "only supports CPython", "3.10"),
        ("2.7", "only supports CPython 3", "3.14t"),
        ("4.0", "only supports CPython 3", "3.14t"),
        ("3.", "not a version", "3.14t"),
        ("3.14.x", "not a version", "3.14"),
        ("3.14.xt", "not a version", "3.14t"),
        ("3.99999999", "not a version", "3.14t"),
        ("3.14.7.1", "not a variant", "3.14.7"),
        ("apt:3.14t", "`apt` is not a source", "3.14t"),
        ("pbs:3.14t-source", "two sources", "3.14t"),
        (">=", "not a version condition", "3.14t"),
        (">=3.13t,<3.15d", "different variants", "3.13t"),
        ("3.14-plan9", "`-plan9` is not a known suffix", "3.14"),
        ("3.14-linux-x86_64-gnu-x", "unexpected `-x`", "3.14"),
        ("3.14\u{7}t", "not a variant", "3.14"),
        ("3.14t*", "not a variant", "3.14t"),
    ] {
        refuse(text, problem, nearest);
    }
    refuse(&"a".repeat(10_000), "10000 bytes", "3.14t");
    // Found by fuzzing: the scheme was printed whole, and escapes make it nine times as long.
    refuse(
        &format!("{}\u{1b}://x", "3.".repeat(300)),
        "not a supported URL scheme",
        "3.3.3",
    );
    refuse(
        &format!("3{}", "\u{40000}".repeat(100)),
        "not a variant",
        "3",
    );
    refuse(&"/".repeat(10_000), "a path must name an archive", "3.14t");
}

#[test]
fn nothing_that_is_typed_makes_the_parser_panic() {
    let pieces = [
        "3", ".", "14", "t", "d", "+", "-", "rc", "1", ":", "pbs", "=", ">", "*", "é", "/", "#",
        " ", ",",
    ];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    let text = format!("{a}{b}{c}{d}");
                    if let Ok(request) = parse(&text) {
                        let canonical = request.to_string();
                        assert_eq!(parse(&canonical), Ok(request), "{text} -> {canonical}");
                    }
                }
            }
        }
    }
}

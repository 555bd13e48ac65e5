//! The text of `ftpy.lock`: what is refused, at which line, and how `git merge-file` merges it.

use crate::support::sandbox::{Sandbox, finished, interpreter};
use crate::support::shims::{output, project};
use ftpy::lock::{FILE, Lock, LockError};
use std::path::Path;
use std::process::Command;

const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A handwritten lock.
fn good() -> String {
    format!(
        "version = 1\nplatforms = [\"linux-x86_64-gnu\"]\n\n[[build]]\nrequest = \"3.14t\"\nplatform = \"linux-x86_64-gnu\"\nversion = \"3.14.7\"\nprovider = \"pbs\"\nbuild = \"20260901\"\nfile = \"cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz\"\nsha256 = \"{SHA}\"\nurls = [\n  \"https://example.org/x\",\n]\n"
    )
}

/// An edit of [`good`]: the old and new text, the line of the error, and part of its text.
const EDITS: [(&str, &str, usize, &str); 26] = [
    (SHA, "0123", 11, "64 hexadecimal digits"),
    (
        "0123456789abcdef",
        "0123456789abcdeg",
        11,
        "64 hexadecimal digits",
    ),
    ("provider =", "provder =", 8, "unknown field `provder`"),
    ("platforms =", "platform =", 2, "platform"),
    ("version = 1\n", "", 1, "`version`"),
    ("version = 1\n", "version = 0\n", 1, "`version`"),
    ("version = 1\n", "version = \"1\"\n", 1, "`version`"),
    ("\"3.14.7\"", "\"3.14.x\"", 7, "`3.14.x` is not a version"),
    ("\"3.14.7\"", "\"3.13.7\"", 7, "does not satisfy 3.14t"),
    ("\"3.14t\"", "\"3.14\"", 10, "is not 3.14.7 for"),
    ("\"3.14t\"", "\"3.12t\"", 5, "3.12t"),
    (
        "\"3.14t\"",
        "\"./x.tar.gz\"",
        5,
        "is not a request for a build",
    ),
    (
        "\"3.14t\"",
        "\"source:3.14t\"",
        7,
        "does not satisfy source:3.14t",
    ),
    (
        "\"pbs\"",
        "\"distro\"",
        8,
        "only pbs, conda and source builds can be locked",
    ),
    (
        "\"20260901\"",
        "\"20260902\"",
        9,
        "is not of build 20260902",
    ),
    ("build = \"20260901\"\n", "", 4, "`build` is missing"),
    (
        "\"20260901\"",
        "\"x/../../../precious.txt\"",
        9,
        "is not a valid build of pbs",
    ),
    (
        "file = \"cpython",
        "file = \"../cpython",
        10,
        "not an archive of",
    ),
    (
        "x86_64-unknown",
        "aarch64-unknown",
        10,
        "is not 3.14.7t for linux-x86_64-gnu",
    ),
    ("https://example", "ftp://example", 12, "is not a URL"),
    (
        "  \"https://example.org/x\",\n",
        "",
        12,
        "`urls` is missing",
    ),
    ("sha256 =", "# sha256 =", 4, "`sha256` is missing"),
    (
        "platforms = [\"linux",
        "platforms = [\"beos",
        2,
        "is not a platform",
    ),
    ("version = \"3.14.7\"", "version = \"3.14.7", 7, ""),
    ("[[build]]", "<<<<<<< ours\n[[build]]", 4, "merge conflict"),
    ("[[build]]", "||||||| base\n[[build]]", 4, "merge conflict"),
];

/// Parses an invalid lock; returns the line and the text of the error.
fn refused(text: &str) -> (usize, String) {
    match text.parse::<Lock>() {
        Err(error @ (LockError::Bad { line, .. } | LockError::Conflict { line, .. })) => {
            (line, error.to_string())
        }
        other => panic!("{other:?}\n{text}"),
    }
}

#[test]
fn what_was_edited_by_hand_is_refused_with_its_line() {
    let good = good();
    let lock: Lock = good.parse().expect("a lock");
    let again: Lock = lock.to_string().parse().expect("its own text");
    assert_eq!((again.to_string(), &again), (lock.to_string(), &lock));
    for (from, to, line, complaint) in EDITS {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from}");
        let (found, reason) = refused(&text);
        let is_expected = found == line && reason.contains(complaint);
        assert!(
            is_expected,
            "{found}: {reason}, not {line}: {complaint}\n{text}"
        );
    }
    let block = &good[good.find("[[build]]").expect("a block")..];
    let (line, reason) = refused(&format!("{good}\n{block}"));
    assert_eq!(line, 16);
    assert_eq!(
        reason,
        "3.14t on linux-x86_64-gnu appears more than once (first on line 4)"
    );
    assert_eq!(refused(&good[..good.len() - 20]).0, 13);
    let newer = good.replace("version = 1\n", "version = 2\nnew = true\n");
    assert_eq!(newer.parse::<Lock>(), Err(LockError::Newer(2)));
}

#[test]
fn any_damage_is_an_error_and_never_a_crash() {
    let good = good();
    let mut refused = 0;
    for at in 0..good.len() {
        for with in [&b"\""[..], b"\0", b"", b"[", b"\n", b"9"] {
            let mut bytes = good.clone().into_bytes();
            bytes.splice(at..=at, with.iter().copied());
            if let Ok(text) = String::from_utf8(bytes) {
                refused += usize::from(text.parse::<Lock>().is_err());
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_broken_lock_names_file_and_line_and_installs_nothing() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let place = project(&sandbox, "p", "3.14t\n");
    let check = |text: &str, code: i32, complaint: &str| {
        std::fs::write(place.join(FILE), text).expect("write");
        for line in [
            &["install", "--locked"][..],
            &["lock"],
            &["lock", "--check"],
        ] {
            let mut command = sandbox.command(line);
            let said = finished(output(command.current_dir(&place)));
            assert_eq!(said.code, Some(code), "{line:?}: {said:?}");
            assert!(said.stderr.contains(complaint), "{said:?}");
            assert!(said.stderr.contains("hint:"), "{said:?}");
        }
        let kept = std::fs::read_to_string(place.join(FILE)).expect("read");
        assert_eq!(kept, text, "it is left as it is");
    };
    check(
        &good().replace(SHA, "x"),
        2,
        "ftpy.lock:11: a sha256 must be",
    );
    check("version = 9\n", 7, "ftpy.lock: format 9");
    check("<<<<<<< a\n", 2, "ftpy.lock:1: unresolved merge conflict");
    assert!(sandbox.installed().is_empty());
}

/// Runs `git merge-file`; returns the result and whether there was a conflict. `None` without git.
fn merge(place: &Path, base: &str, ours: &str, theirs: &str) -> Option<(String, bool)> {
    for (name, text) in [("base", base), ("ours", ours), ("theirs", theirs)] {
        std::fs::write(place.join(name), text).expect("write");
    }
    let mut git = Command::new("git");
    git.current_dir(place)
        .args(["merge-file", "-p", "ours", "base", "theirs"]);
    let Ok(done) = git.output() else {
        crate::support::live::say("merging locks: not run, there is no git");
        return None;
    };
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    Some((text, done.status.success()))
}

#[test]
fn upgrades_of_different_requests_merge() {
    let mut sandbox = Sandbox::new();
    let flavours = [("3.13", ""), ("3.13", "t"), ("3.14", ""), ("3.14", "t")];
    for (minor, flags) in flavours {
        sandbox.offer(&interpreter(&format!("{minor}.6"), flags));
    }
    let place = project(&sandbox, "p", "3.13\n3.13t\n3.14\n3.14t\n");
    let here = ftpy::host::target::detect().to_string();
    let run = |sandbox: &Sandbox, line: &[&str]| {
        let said = finished(output(sandbox.command(line).current_dir(&place)));
        assert_eq!(said.code, Some(0), "{line:?}: {said:?}");
        std::fs::read_to_string(place.join(FILE)).expect("a lock")
    };
    let base = run(&sandbox, &["lock", "--platform", &here]);
    for (minor, flags) in flavours {
        sandbox.offer(&interpreter(&format!("{minor}.7"), flags));
    }
    let upgraded = |requests: &[&str]| {
        std::fs::write(place.join(FILE), &base).expect("write");
        let line = [&["lock", "--upgrade"], requests].concat();
        run(&sandbox, &line)
    };
    let all = upgraded(&[]);
    // Adjacent entries, too, because an unchanged line separates their changes.
    for (ours, theirs) in [
        (&["3.13"][..], &["3.13t", "3.14", "3.14t"][..]),
        (&["3.13", "3.14"], &["3.13t", "3.14t"]),
        (&["3.13t"], &["3.14", "3.13", "3.14t"]),
    ] {
        let (ours, theirs) = (upgraded(ours), upgraded(theirs));
        assert!(ours != base && theirs != base && ours != theirs);
        let Some((merged, is_clean)) = merge(sandbox.home(), &base, &ours, &theirs) else {
            return;
        };
        assert!(is_clean, "{merged}");
        assert_eq!(merged, all);
    }
    // Both made the same upgrade: the conflict markers are recognised.
    let other = all.replace("3.14.7", "3.14.8");
    let (merged, is_clean) = merge(sandbox.home(), &base, &all, &other).expect("git");
    assert!(!is_clean);
    assert!(matches!(
        merged.parse::<Lock>(),
        Err(LockError::Conflict { .. })
    ));
}

#[test]
fn two_who_each_name_a_request_are_told_how_both_are_kept() {
    let mut sandbox = Sandbox::new();
    for minor in ["3.12", "3.13", "3.14"] {
        sandbox.offer(&interpreter(&format!("{minor}.6"), ""));
    }
    let place = sandbox.home().join("p");
    std::fs::create_dir(&place).expect("mkdir");
    let here = ftpy::host::target::detect().to_string();
    let run = |code: i32, requests: &[&str]| {
        let line = [&["lock", "--platform", here.as_str()], requests].concat();
        let said = finished(output(sandbox.command(&line).current_dir(&place)));
        assert_eq!(said.code, Some(code), "{line:?}: {said:?}");
        (
            said,
            std::fs::read_to_string(place.join(FILE)).expect("a lock"),
        )
    };
    let [base, ours, theirs] = [&["3.14"][..], &["3.14", "3.13"], &["3.14", "~=3.12.1"]]
        .map(|requests| run(0, requests).1);
    let Some((merged, is_clean)) = merge(sandbox.home(), &base, &ours, &theirs) else {
        return;
    };
    assert!(!is_clean);
    std::fs::write(place.join(FILE), merged).expect("write");
    let (said, _) = run(2, &[]);
    let hint = "then run `ftpy lock 3.14 3.13 '~=3.12.1'` to lock the requests of both sides";
    assert!(said.stderr.contains(hint), "{said:?}");
    std::fs::write(place.join(FILE), &ours).expect("write");
    let (_, both) = run(0, &["3.14", "3.13", "~=3.12.1"]);
    for side in [&ours, &theirs] {
        let blocks = side.split("\n# ").skip(1);
        for block in blocks.map(str::trim_end) {
            assert!(both.contains(block) || block.starts_with("`"), "{block}");
        }
    }
}

#[test]
fn a_project_with_a_range_alone_is_told_what_can_be_locked_of_it() {
    let sandbox = Sandbox::new();
    let range = "[project]\nname = 'x'\nrequires-python = '>=3.13'\n";
    std::fs::write(sandbox.home().join("pyproject.toml"), range).expect("write");
    let said = sandbox.fails(2, &["lock"]);
    let hint = "pyproject.toml requires >=3.13: `ftpy lock '>=3.13t'` locks";
    assert!(said.stderr.contains(hint), "{said:?}");
}

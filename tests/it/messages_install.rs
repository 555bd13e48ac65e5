//! The output of an install in a pipe as a snapshot: a change of wording is visible in a diff.

use crate::support::sandbox::{Finished, Sandbox, interpreter};

/// Both streams, with short names for paths and times that differ between runs.
fn shown(sandbox: &Sandbox, finished: &Finished) -> String {
    let Finished {
        code,
        stdout,
        stderr,
    } = finished;
    let store = sandbox.store.display().to_string();
    let server = sandbox.server.url("");
    let mut text = format!("exit code: {}\n", code.expect("a code"));
    for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
        if !stream.is_empty() {
            text += &format!("{name}:\n{stream}");
        }
    }
    let text = text.replace(&store, "STORE").replace(&server, "SERVER");
    let lines = text.lines().map(|line| plain(line) + "\n");
    lines.collect()
}

/// Removes sizes, times, digests and ports from a line.
fn plain(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ';', ':']);
        let rest = &word[bare.len()..];
        let is_hex = bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        match bare.strip_prefix("127.0.0.1:") {
            Some(_) => format!("HOST{rest}"),
            None if is_hex => format!("SHA256{rest}"),
            None => word.to_owned(),
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    let without_size = match line.rsplit_once("  ") {
        Some((start, end)) if end.ends_with(" B") => format!("{start}  SIZE"),
        _ => line,
    };
    match without_size.split_once(" in ") {
        Some((start, end))
            if end
                .split(',')
                .next()
                .is_some_and(|time| time.ends_with('s')) =>
        {
            let rest = end
                .split_once(',')
                .map_or(String::new(), |(_, rest)| format!(",{rest}"));
            format!("{start}{rest}")
        }
        _ => without_size,
    }
}

#[test]
fn a_first_install_names_each_step_and_the_next_command() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let first = sandbox.ok(&["install", "--no-build", "3.14t"]);
    insta::assert_snapshot!("first", shown(&sandbox, &first));
    let again = sandbox.ok(&["install", "3.14t"]);
    insta::assert_snapshot!("already_installed", shown(&sandbox, &again));
    assert_eq!(sandbox.ok(&["-q", "install", "3.14t"]).stderr, "");
}

#[test]
fn a_missing_file_is_summed_up_and_the_next_patch_installed() {
    let mut sandbox = Sandbox::new();
    for version in ["3.14.10", "3.14.9"] {
        sandbox.list(&interpreter(version, "t"), Some(&"a".repeat(64)));
    }
    sandbox.offer(&interpreter("3.14.7", "t"));
    let finished = sandbox.ok(&["install", "--no-build", "3.14t"]);
    insta::assert_snapshot!("unavailable", shown(&sandbox, &finished));
}

#[test]
fn sources_out_of_reach_are_listed_when_nothing_is_left() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.set("FTPY_PBS_MIRROR", "http://mirror.invalid/pbs");
    let finished = sandbox.fails(4, &["install", "--from", "pbs", "3.14.7t"]);
    insta::assert_snapshot!("out_of_reach", shown(&sandbox, &finished));
}

#[test]
fn a_wrong_digest_and_an_unknown_version_are_refused() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.list(&archive, Some(&"a".repeat(64)));
    sandbox
        .server
        .file(&format!("/{}", archive.name), archive.bytes.clone());
    let wrong = sandbox.fails(5, &["install", "--from", "pbs", "3.14t"]);
    insta::assert_snapshot!("wrong_digest", shown(&sandbox, &wrong));
    let unknown = sandbox.fails(3, &["install", "--from", "pbs", "3.30t"]);
    insta::assert_snapshot!("unknown_version", shown(&sandbox, &unknown));
}

#[test]
fn a_dry_run_prints_the_steps_of_an_archive() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let plan = sandbox.ok(&["install", "--dry-run", "--from", "pbs", "3.14t"]);
    insta::assert_snapshot!("dry_run", shown(&sandbox, &plan));
}

#[test]
fn no_line_of_a_log_has_control_sequences() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let finished = sandbox.ok(&["install", "--no-build", "3.14t"]);
    let is_plain = |c: char| c == '\n' || !c.is_control();
    assert!(finished.stderr.chars().all(is_plain), "{finished:?}");
}

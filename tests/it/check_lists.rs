//! `ftpy check` of what a project lists: extras and groups of uv.lock, a stale lock, stdin and stdout,
//! installers without a network.

use crate::check::{packages, words};
use crate::check_locks::text;
use crate::support::archives::sha256_hex;
use crate::support::sandbox::Sandbox;
use crate::support::shims::{executable, run_in};
use crate::support::wheels::{NAME, wheel};
use ftpy::check::lock::{LockChoice, LockFile, read_chosen};
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::process::Stdio;

/// A project with an extra and two groups.
const LOCK: &str = r#"
version = 1
[[package]]
name = "app"
source = { virtual = "." }
dependencies = [{ name = "always" }]
[package.optional-dependencies]
fast = [{ name = "quick" }]
[package.dev-dependencies]
dev = [{ name = "tester" }]
docs = [{ name = "writer" }, { name = "always" }]
[package.metadata]
requires-dist = [{ name = "always", specifier = ">=1" }, { name = "quick", marker = "extra == 'fast'" }]
[package.metadata.requires-dev]
dev = [{ name = "tester" }]
docs = [{ name = "writer" }, { name = "always" }]
[[package]]
name = "always"
version = "1"
[[package]]
name = "quick"
version = "1"
dependencies = [{ name = "quicker" }]
[[package]]
name = "quicker"
version = "1"
[[package]]
name = "tester"
version = "1"
[[package]]
name = "writer"
version = "1"
"#;

const PROJECT: &str = "[project]\nname = \"app\"\ndependencies = [\"always>=1\"]\n\
    [project.optional-dependencies]\nfast = [\"quick\"]\n\
    [dependency-groups]\ndev = [\"tester\"]\ndocs = [\"writer\", \"always\"]\n";

fn chosen(project: &str, choice: &LockChoice) -> Result<LockFile, String> {
    let home = tempfile::tempdir().expect("tempdir");
    std::fs::write(home.path().join("pyproject.toml"), project).expect("write");
    std::fs::write(home.path().join("uv.lock"), LOCK).expect("write");
    read_chosen(&home.path().join("uv.lock"), None, choice).map_err(|error| error.to_string())
}

fn names(lock: &LockFile) -> Vec<&str> {
    lock.dependencies
        .iter()
        .map(|it| it.name.as_str())
        .collect()
}

#[test]
fn a_uv_lock_is_checked_without_extras_and_with_the_default_groups() {
    let lock = chosen(PROJECT, &LockChoice::default()).expect("a lock");
    assert_eq!(names(&lock), ["always", "tester"]);
    assert_eq!(
        lock.notes,
        ["not checked without --extra fast, --group docs"]
    );
    let all = LockChoice {
        has_all_extras: true,
        has_all_groups: true,
        ..LockChoice::default()
    };
    let lock = chosen(PROJECT, &all).expect("a lock");
    assert_eq!(lock.dependencies.len(), 5);
    assert!(lock.notes.is_empty(), "{:?}", lock.notes);
    let some = LockChoice {
        extras: vec!["Fast".to_owned()],
        groups: vec!["docs".to_owned()],
        is_without_dev: true,
        ..LockChoice::default()
    };
    let lock = chosen(PROJECT, &some).expect("a lock");
    assert_eq!(names(&lock), ["always", "quick", "quicker", "writer"]);
    let defaults = format!("{PROJECT}[tool.uv]\ndefault-groups = [\"docs\"]\n");
    let lock = chosen(&defaults, &LockChoice::default()).expect("a lock");
    assert_eq!(names(&lock), ["always", "writer"]);
    let unknown = LockChoice {
        groups: vec!["nope".to_owned()],
        ..LockChoice::default()
    };
    let error = chosen(PROJECT, &unknown).expect_err("no such group");
    assert!(error.ends_with("uv.lock has no group `nope`"), "{error}");
}

#[test]
fn a_uv_lock_that_is_older_than_the_project_is_noted() {
    let newer = PROJECT.replace("[\"always>=1\"]", "[\"always>=1\", \"lxml>=6\"]");
    let lock = chosen(&newer, &LockChoice::default()).expect("a lock");
    assert_eq!(
        lock.notes[0],
        "the lock does not fit pyproject.toml: it lacks lxml>=6; `uv lock` updates it"
    );
}

#[test]
fn a_requirement_lists_the_digests_that_its_files_may_have() {
    let (one, two) = ("a".repeat(64), "B".repeat(64));
    let lock = text(
        "requirements.txt",
        &format!(
            "h3==4.5.0 \\\n    --hash=sha256:{one} \\\n    --hash sha256:{two} --hash=md5:00\nlxml\n"
        ),
    );
    let lock = lock.expect("requirements");
    let digests: Vec<String> = lock.requests[0]
        .hashes
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(digests, [one, two.to_lowercase()]);
    assert!(lock.requests[1].hashes.is_empty());
}

/// Runs with a text on stdin.
fn with_stdin(sandbox: &Sandbox, text: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = sandbox.command(arguments);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("ftpy");
    let mut stdin = child.stdin.take().expect("stdin");
    // A refusal may come before stdin is read.
    let written = stdin.write_all(text.as_bytes());
    let is_unread = |error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe;
    assert!(written.is_ok() || written.is_err_and(|error| is_unread(&error)));
    drop(stdin);
    let output = child.wait_with_output().expect("ftpy");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn requirements_are_read_from_stdin_and_a_report_is_written_to_stdout() {
    let sandbox = Sandbox::new();
    sandbox.server.file(&format!("/{NAME}"), wheel(false, 0));
    let requirement = format!("demo @ {}\n", sandbox.server.url(&format!("/{NAME}")));
    let arguments = [
        "check",
        "--platform",
        "linux-x86_64",
        "-p",
        "3.14t",
        "-r",
        "-",
    ];
    let (code, stdout, stderr) = with_stdin(
        &sandbox,
        &requirement,
        &[&arguments[..], &["--sarif", "-"]].concat(),
    );
    assert_eq!(code, Some(8), "{stderr}");
    let sarif: Value = serde_json::from_str(&stdout).expect("SARIF alone");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "turns-on");
    let (code, stdout, _) = with_stdin(
        &sandbox,
        &requirement,
        &[&arguments[..], &["--html", "-"]].concat(),
    );
    assert_eq!(code, Some(8));
    assert!(stdout.starts_with("<!doctype html>"), "{stdout}");
    let two = [&arguments[..], &["--json", "--sarif", "-"]].concat();
    let (code, stdout, stderr) = with_stdin(&sandbox, &requirement, &two);
    assert_eq!(code, Some(2), "{stdout}");
    assert!(
        stderr.contains("only one report can be written to stdout"),
        "{stderr}"
    );
}

#[test]
fn requirements_on_stdin_reach_the_installer() {
    let mut sandbox = Sandbox::new();
    let tools = sandbox.home().join("tools");
    // The first call resolves, the second one lists the files.
    executable(
        &tools.join("uv"),
        "#!/bin/sh\ncase \"$*\" in --version) echo uv 9 ;;\n\
         *pylock.toml*) cat >/dev/null; printf 'lock-version = \"1.0\"\\n[[packages]]\\nname = \"demo\"\\nversion = \"1\"\\n' ;;\n\
         *) cat >\"$HOME/seen\"; echo demo==1 ;; esac\n",
    );
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", tools.display()));
    let text = "--index-url https://h.example/simple\ndemo>=1\n";
    let (code, stdout, stderr) = with_stdin(&sandbox, text, &["check", "--json", "-r", "-"]);
    assert_eq!(code, Some(9), "{stdout}{stderr}");
    let seen = std::fs::read_to_string(sandbox.home().join("seen")).expect("read");
    assert_eq!(seen, text);
}

#[test]
fn a_wheel_whose_digest_a_requirement_does_not_list_is_not_checked() {
    let mut sandbox = Sandbox::new();
    let tools = sandbox.home().join("tools");
    let bytes = wheel(false, 0);
    let digest = sha256_hex(&bytes);
    sandbox.server.file(&format!("/{NAME}"), bytes);
    let url = sandbox.server.url(&format!("/{NAME}"));
    let files = format!(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"demo\"\nversion = \"1.0\"\n\
         wheels = [{{ url = \"{url}\", hashes = {{ sha256 = \"{digest}\" }} }}]\n"
    );
    std::fs::write(sandbox.home().join("files"), files).expect("write");
    executable(
        &tools.join("uv"),
        "#!/bin/sh\ncat >/dev/null\ncase \"$*\" in --version) echo uv 9 ;;\n\
         *pylock.toml*) cat \"$HOME/files\" ;; *) echo demo==1.0 ;; esac\n",
    );
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", tools.display()));
    let check = |code, digest: &str| {
        let text = format!("demo==1.0 --hash=sha256:{digest}\n");
        std::fs::write(sandbox.home().join("r.txt"), text).expect("write");
        let arguments = [
            "check",
            "--json",
            "--platform",
            "linux-x86_64",
            "-r",
            "r.txt",
        ];
        run_in(&sandbox, sandbox.home(), code, &arguments)
    };
    check(8, &digest);
    let said = check(9, &"a".repeat(64));
    let reason = packages(&said)[0]["reason"].clone();
    let expected = "no wheel for 3.14t on linux-x86_64 has a hash that the list allows";
    assert_eq!(reason, expected);
}

#[test]
fn an_installer_without_a_network_says_so() {
    let mut sandbox = Sandbox::new();
    let tools = sandbox.home().join("tools");
    let pip = "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n\
        echo \"WARNING: Retrying after connection broken by 'NewConnectionError: Failed to establish a new connection: \
        [Errno -3] Temporary failure in name resolution': /simple/lxml/\" >&2\n\
        echo 'ERROR: No matching distribution found for lxml' >&2\nexit 1\n";
    executable(&tools.join("pip"), pip);
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", tools.display()));
    let said = run_in(&sandbox, sandbox.home(), 4, &["check", "lxml>=6"]);
    assert!(
        said.stderr
            .contains("error: pip cannot reach its package index"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("Temporary failure in name resolution"),
        "{said:?}"
    );
    assert!(!said.stderr.contains("uv on PATH"), "{said:?}");
}

#[test]
fn notes_about_a_list_are_part_of_the_data() {
    let sandbox = Sandbox::new();
    let place = sandbox.home().join("project");
    std::fs::create_dir(&place).expect("create");
    std::fs::write(place.join("uv.lock"), LOCK).expect("write");
    let said = run_in(&sandbox, &place, 9, &["check", "--json", "--no-dev"]);
    assert_eq!(words(&said).len(), 1, "{said:?}");
    assert_eq!(packages(&said)[0]["name"], "always");
    let all: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let note = "uv.lock: not checked without --extra fast, --group dev, --group docs";
    assert_eq!(all["notes"], serde_json::json!([note]));
    run_in(&sandbox, &place, 2, &["check", "--extra", "nope"]);
}

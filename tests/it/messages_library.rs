//! The messages of the library and of the shims as snapshots, one for each kind of message, so that
//! a change of wording is visible in a diff.

use crate::doctor::{findings, healthy, set_path, write};
use ftpy::error::Failure;
use ftpy::external::ExternalState;
use ftpy::gil::{Answers, GilReport, WatchedCommand, judge, tell};
use ftpy::lock::{Lock, LockError, problems};
use ftpy::policy;
use ftpy::sanitizer;
use ftpy::unpack::UnpackError;
use ftpy_core::installed::Installed;
use ftpy_core::key::Key;
use ftpy_core::link_name::LinkName;
use ftpy_core::name::Name;
use ftpy_core::parse::parse;
use ftpy_core::reason::Reason;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request};
use ftpy_core::target::Target;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A failure as printed.
fn shown(failure: &Failure) -> String {
    let mut text = format!("error: {}\n", failure.message);
    for detail in &failure.details {
        let _ = writeln!(text, "  {detail}");
    }
    for hint in &failure.hints {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

fn key(name: &str) -> Key {
    Key::from_name(name, &Target::new("linux", "x86_64", "gnu")).expect("a key")
}

fn build(text: &str) -> BuildRequest {
    match parse(text).expect("a request") {
        Request::Build(request) => request,
        other => panic!("{other} is not a request for a build"),
    }
}

#[test]
fn requests_that_are_refused() {
    let texts = [
        "",
        "latest",
        "python",
        "pypy3.10",
        "2.7",
        "3.12t",
        "3.14dt",
        "3.14tt",
        "3.14.x",
        "3.14-t",
        "3.14+tsam",
        "3.14t+gil",
        "3.14-plan9",
        "3.14-linux-x86_64-gnu-x",
        "apt:3.14t",
        "pbs:3.14t-source",
        ">=",
        ">=3.13t,<3.15d",
        "../x",
        "ftp://h/x.tar.gz",
        "./x.tar.gz#md5=1",
    ];
    let text: Vec<String> = texts
        .iter()
        .map(|text| {
            let error = parse(text).expect_err(text);
            format!("{error}\nhint: try `{}`", error.nearest)
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn names_that_cannot_be_given_to_a_link() {
    let long = "a".repeat(41);
    let texts = ["my-python", "3x", "pypy_mine", "py314", "default", &long];
    let text: Vec<String> = texts
        .iter()
        .map(|text| format!("{text}: {}", LinkName::parse(text).expect_err(text)))
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn refusals_of_shims() {
    let name = |text: &str| Name::parse(text).expect("the name of a shim");
    let (python, versioned) = (name("python"), name("python3.14t"));
    let installed = Installed {
        key: key("3.14.7t-pbs-20260901"),
        prefix: "/s/installs/3.14.7t-pbs-20260901".into(),
    };
    let pin = Reason::Pin {
        file: "/p/.python-version".into(),
        line: 1,
    };
    let link = LinkName::parse("mine").expect("a name");
    let bad = parse("3.14tt").expect_err("not a request");
    let all = std::slice::from_ref(&installed);
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let refusals = [
        Refusal::not_installed(&versioned, &build("3.14t"), &Reason::Name, &[]),
        Refusal::not_installed(&python, &build("3.15t"), &pin, all),
        Refusal::not_linked(&link, None),
        Refusal::not_linked(&link, Some(&pin)),
        Refusal::unreadable(&Reason::Argument, &bad),
        Refusal::unreadable(&Reason::Variable, &bad),
        Refusal::unreadable(&pin, &bad),
        Refusal::not_a_request(&Reason::Variable, "./x.tar.gz", "it is not UTF-8"),
        Refusal::no_store(&python, "`store` is not an absolute path"),
        Refusal::crossed(&versioned, "3.13"),
        Refusal::no_such_tool(&name("pip"), &installed),
        Refusal::no_such_tool(&name("idle"), &installed),
        Refusal::nothing_on_path(&python, &Reason::Path),
        Refusal::nothing_on_path(&python, &pin),
        Refusal::loops(&python, Path::new("/opt/bin/python")),
        Refusal::not_started(Path::new("/opt/bin/python"), &denied),
    ];
    let text: Vec<String> = refusals.into_iter().map(|one| shown(&one.into())).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn locks_that_are_refused() {
    let head = "version = 1\nplatforms = [\"linux-x86_64-gnu\"]\n";
    let block = |fields: &str| {
        format!("{head}\n[[build]]\nrequest = \"3.14t\"\nplatform = \"linux-x86_64-gnu\"\n{fields}")
    };
    let source = "version = \"3.14.7\"\nprovider = \"source\"\n";
    let texts = [
        "version = 9\n".to_owned(),
        "version = 0\n".to_owned(),
        format!("{head}sources = [\"apt\"]\n"),
        "version = 1\nplatforms = [\"plan9\"]\n".to_owned(),
        "version = 1\n<<<<<<< ours\n=======\n>>>>>>> theirs\n".to_owned(),
        block("unavailable = \"x\"\nversion = \"3.14.7\"\n"),
        block("version = \"3.14.7\"\nprovider = \"distro\"\n"),
        block("version = \"3.13.7\"\nprovider = \"source\"\n"),
        block(&format!("{source}file = \"x\"\nsha256 = \"0\"\n")),
        block(source),
    ];
    let text: Vec<String> = texts
        .iter()
        .map(|text| {
            let error: LockError = text.parse::<Lock>().expect_err(text);
            shown(&error.at(Path::new("ftpy.lock")))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn locks_that_do_not_match_their_project() {
    let text = "version = 1\nplatforms = [\"linux-x86_64-gnu\", \"macos-aarch64-none\"]\n\
        requests = [\"3.13\"]\n\n[[build]]\nrequest = \"3.14t\"\n\
        platform = \"linux-x86_64-gnu\"\nunavailable = \"no build\"\n";
    let lock: Lock = text.parse().expect("a lock");
    insta::assert_snapshot!(problems(&lock, Some(&[build("3.12")])).join("\n"));
}

#[test]
fn policies_that_are_refused_and_what_they_forbid() {
    let texts = [
        "sources = [\"apt\"]",
        "hosts = [\"https://h/\"]",
        "hosts = [\"file://srv\"]",
        "index = [\"mirror.example\"]",
        "forbid = [\"+fast\"]",
        "forbid = [\"system\"]",
        "forbid = [\"3.12t\"]",
    ];
    let mut lines: Vec<String> = texts
        .iter()
        .map(|text| policy::parse(text).expect_err(text))
        .map(|(line, reason)| format!("line {line}: {reason}"))
        .collect();
    let rules = "sources = [\"pbs\"]\nhosts = [\"h.example\"]\nrequire-digests = true\n\
        forbid = [\"3.13t\"]\n";
    let rules = policy::parse(rules).expect("a policy");
    let forbidden = [
        rules.allows_source(ftpy_core::provider_name::ProviderName::Source),
        rules.allows_build(&key("3.13.5t-pbs-20260901").build),
        rules.allows_host("x.example", "https"),
        rules.allows_unverified("3.14.7t"),
        rules.allows_index(&"https://x.example/i".into()),
    ];
    for one in forbidden {
        lines.push(shown(&one.expect_err("forbidden").into()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn verdicts_about_the_gil() {
    let hex = |text: &str| -> String {
        let bytes = text.replace('|', "\0");
        bytes.bytes().map(|byte| format!("{byte:02x}")).collect()
    };
    // Quoted words are converted to hex.
    let report = |lines: &str| -> String {
        let line = |line: &str| -> String {
            let parts = line.split('\'').enumerate();
            parts
                .map(|(at, part)| match (at % 2, part) {
                    (0, part) => part.to_owned(),
                    (_, "") => "-".to_owned(),
                    (_, part) => hex(part),
                })
                .collect()
        };
        lines.lines().map(|text| line(text) + "\n").collect()
    };
    let free = "start 7 1 0 - '/t' '3.14.7' '/home'";
    let loads = "load 7 0 'p.a' '/home/a.so' '__main__|/home/app.py|3|<module>|'";
    let reports = [
        ("python", format!("{free}\n{loads}\nend 7 1"), None),
        ("python", format!("{free}\n{loads}"), Some("signal 9")),
        (
            "python",
            "start 7 1 1 1 '/t' '3.14.7' '/'\nend 7 1".into(),
            None,
        ),
        (
            "tox",
            "start 7 0 1 - '/usr/bin/python3' '3.9.1' '/'\nend 7 1".into(),
            None,
        ),
        ("make", String::new(), None),
    ];
    let text: Vec<String> = reports
        .iter()
        .map(|(program, lines, own_end)| {
            let judged = judge(&GilReport::parse(&report(lines)), 7, &Answers::default());
            let command = WatchedCommand {
                program,
                is_python: *program == "python",
                arguments: &[],
                directory: Path::new("/home"),
                own_end: *own_end,
            };
            shown(&tell(&judged, &command).expect("a failure"))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn summaries_of_sanitizers() {
    let race = "WARNING: ThreadSanitizer: data race (pid=1)\n  Write by thread T2:\n    \
        #0 put /x/a.c:12:30 (a.so+0x1)\n\n  Previous write by thread T1:\n    \
        #0 get /x/a.c:20:3 (a.so+0x1)\n\nSUMMARY: x\n";
    let found = sanitizer::fold(sanitizer::parse(&race.repeat(2)));
    let name = "ThreadSanitizer";
    let mut lines = sanitizer::summary(name, &found, 2);
    lines.extend(sanitizer::summary(name, &[], 0));
    let modules: Vec<PathBuf> = (0..10).map(|at| format!("/v/m{at}.so").into()).collect();
    lines.extend(sanitizer::not_seen(name, &modules[..1]));
    lines.extend(sanitizer::not_seen(name, &modules));
    for first_line in [None, Some("#!/usr/bin/python3")] {
        let key = "3.14.7t+tsan-source";
        lines.push(sanitizer::no_instrumented_process(
            name, key, "meson", first_line,
        ));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn archives_and_external_interpreters_that_cannot_be_used() {
    let damaged = UnpackError::Damaged {
        reason: "not a gzip, zstd or xz file".to_owned(),
    };
    let hostile = UnpackError::Hostile {
        entry: "a/../../b".to_owned(),
        reason: "contains `..`".to_owned(),
    };
    let bomb = UnpackError::Bomb {
        limit: 1 << 30,
        packed: 1000,
    };
    let empty = UnpackError::Empty {
        prefix: "python/install".to_owned(),
    };
    let mut text = String::new();
    for error in [damaged, hostile, bomb, empty] {
        text += &shown(&error.into_failure("x.tar.gz"));
    }
    let states = [
        ExternalState::Changed {
            now: "3.14.8t".to_owned(),
            path: "/opt/my python".into(),
        },
        ExternalState::Gone("/opt/python does not exist".to_owned()),
    ];
    for state in states {
        for key in [key("3.14.7t-link-mine"), key("3.14.7t-distro")] {
            let _ = writeln!(text, "{}", state.sentence(&key).expect("a change"));
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn findings_of_doctor() {
    let mut sandbox = healthy();
    let (home, store) = (sandbox.home().to_owned(), sandbox.store.clone());
    write(&home.join(".python-version"), "3.15t\n");
    write(&home.join("tools/python3.14t"), "#!/bin/sh\n");
    write(&store.join("config"), "colour = red\npython3t = maybe\n");
    write(&store.join("shims/python3.9"), "mine\n");
    std::fs::remove_file(store.join("shims/python3")).expect("remove");
    std::fs::remove_file(store.join("aliases/3.14t")).expect("remove");
    write(
        &store.join("installs/3.14.7t-pbs-20260901/lib/python3.14t/os.py"),
        "changed\n",
    );
    set_path(&mut sandbox, &["tools"]);
    sandbox.set("FTPY_AUTO_INSTALL", "banana");
    sandbox.set("PYTHON_GIL", "1");
    sandbox.set("PYTHONPATH", "/lib/mine");
    let mut text = String::new();
    for one in findings(&sandbox, &[]) {
        for field in ["code", "message", "fix", "advice"] {
            let value = one[field].as_str();
            value.into_iter().for_each(|value| {
                let _ = writeln!(text, "{field}: {value}");
            });
        }
    }
    insta::assert_snapshot!(text.replace(home.to_str().expect("UTF-8"), "[home]"));
}

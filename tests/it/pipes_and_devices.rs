//! Pipes, devices, logs and reports that a user named: they are written to, and not replaced.

use crate::person_files::sandbox;
use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::output;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// Starts a reader of a pipe, and the command; returns what the reader received.
fn through_pipe(sandbox: &Sandbox, arguments: &[&str], pipe: &Path) -> Vec<u8> {
    let made = Command::new("mkfifo").arg(pipe).status().expect("mkfifo");
    assert!(made.success());
    let path = pipe.to_owned();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(path).expect("open");
        file.read_to_end(&mut bytes).expect("read");
        bytes
    });
    let said = sandbox.run(arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(
        &pipe.symlink_metadata().expect("it is there").file_type(),
    );
    assert!(is_pipe, "{arguments:?}: the pipe was replaced");
    reader.join().expect("the reader")
}

#[test]
fn a_pipe_and_a_device_are_written_into_and_never_replaced() {
    let sandbox = sandbox();
    let home = sandbox.home().to_owned();
    let bundle = through_pipe(
        &sandbox,
        &["bundle", "create", "3.14t", "--output", "pipe"],
        &home.join("pipe"),
    );
    sandbox.ok(&["bundle", "create", "3.14t", "--output", "file"]);
    assert_eq!(bundle, std::fs::read(home.join("file")).expect("read"));
    let ci = ["ci", "setup", "3.14t", "--system", "shell", "--env-file"];
    let text = through_pipe(&sandbox, &[&ci[..], &["env"]].concat(), &home.join("env"));
    assert!(String::from_utf8_lossy(&text).contains("PATH="), "{text:?}");
    // Through a link, like a log that is linked to /dev/null.
    for (name, arguments) in [
        (
            "null",
            vec!["bundle", "create", "3.14t", "--output", "null"],
        ),
        ("null", [&ci[..], &["null"]].concat()),
    ] {
        let link = home.join(name);
        let _ = std::fs::remove_file(&link);
        symlink("/dev/null", &link).expect("link");
        sandbox.ok(&arguments);
        assert!(link.is_symlink(), "{arguments:?}");
    }
    let null = Path::new("/dev/null").metadata().expect("metadata");
    assert!(!null.is_file());
    // What a shell passes for `>(...)`.
    let line = "exec 3>pipe-of-shell; exec \"$0\" bundle create 3.14t --output /dev/fd/3";
    let mut command = Command::new("sh");
    command.args(["-c", line, crate::support::program()]);
    command.env_clear().current_dir(&home);
    let ftpy = sandbox.command(&[]);
    command.envs(
        ftpy.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let said = finished(output(&mut command));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        std::fs::read(home.join("pipe-of-shell")).expect("read"),
        bundle
    );
}

#[test]
fn a_file_that_a_shell_has_open_keeps_its_lines() {
    let sandbox = sandbox();
    let home = sandbox.home();
    let ci = "\"$0\" ci setup 3.14t --system shell --env-file";
    for line in [
        format!("{{ echo before; {ci} /dev/stdout; echo after; }} > out"),
        format!("echo before > out; {ci} /dev/stdout >> out; echo after >> out"),
        format!("exec 3>out; echo before >&3; {ci} /dev/fd/3 >&3; echo after >> out"),
        "{ echo before; \"$0\" ci setup 3.14t --system github; echo after; } > out".to_owned(),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", &line, crate::support::program()]);
        command.env_clear().current_dir(home);
        let ftpy = sandbox.command(&[]);
        command.envs(
            ftpy.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        for name in ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"] {
            command.env(name, "/dev/stdout");
        }
        let said = finished(output(&mut command));
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        let out = std::fs::read_to_string(home.join("out")).expect("read");
        assert!(out.starts_with("before\n"), "{line}: {out}");
        assert!(out.ends_with("after\n"), "{line}: {out}");
        assert!(out.contains("cp314t"), "{line}: {out}");
    }
}

#[test]
fn a_pin_or_a_setting_is_refused_where_it_could_not_be_read_again() {
    let sandbox = sandbox();
    symlink("/dev/null", sandbox.home().join(".python-version")).expect("link");
    assert!(
        sandbox
            .fails(2, &["pin", "3.14t"])
            .stderr
            .contains("not a file")
    );
    symlink("/dev/null", sandbox.store.join("config")).expect("link");
    let said = sandbox.fails(7, &["default", "3.14t"]);
    assert!(said.stderr.contains("not a regular file"), "{said:?}");
    assert!(sandbox.store.join("config").is_symlink());
}

#[test]
fn logs_and_reports_stay_the_file_that_was_named() {
    let sandbox = sandbox();
    let home = sandbox.home();
    let report = home.join("r.json");
    let run = [
        "run",
        "--require-nogil",
        "--report",
        "r.json",
        "3.14t",
        "--",
        "true",
    ];
    std::fs::write(&report, "x".repeat(100_000)).expect("write");
    std::fs::hard_link(&report, home.join("other")).expect("link");
    sandbox.run(&run);
    let text = std::fs::read_to_string(home.join("other")).expect("read");
    assert!(text.starts_with('{') && text.len() < 10_000, "{text}");
    std::fs::set_permissions(&report, std::fs::Permissions::from_mode(0o444)).expect("chmod");
    let said = sandbox.fails(7, &run);
    assert!(said.stderr.contains("permission denied"), "{said:?}");
    assert_eq!(std::fs::read_to_string(&report).expect("read"), text);
}

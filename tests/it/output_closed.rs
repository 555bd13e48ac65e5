//! A closed stdout, and one on a full disk: the work is done nevertheless, and the exit code is the
//! command's.

use crate::support::archives::sha256_hex;
use crate::support::ci::both;
use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
#[cfg(target_os = "linux")]
use std::fs::File;
use std::process::Stdio;

/// Starts ftpy with a stdout whose reader has already exited.
fn without_reader(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = sandbox.command(arguments);
    finished(command.stdout(writer).output().expect("ftpy"))
}

fn damage(sandbox: &Sandbox) {
    let prefix = sandbox.store.join("installs").join(&sandbox.installed()[0]);
    std::fs::write(prefix.join("lib/python3.14t/os.py"), "changed\n").expect("write");
}

#[test]
fn a_finding_is_not_hidden_by_a_reader_that_left() {
    let sandbox = both();
    sandbox.ok(&["-q", "install", "3.14t"]);
    assert_eq!(without_reader(&sandbox, &["list"]).code, Some(0));
    assert_eq!(without_reader(&sandbox, &["verify"]).code, Some(0));
    assert_eq!(without_reader(&sandbox, &["--help"]).code, Some(0));
    damage(&sandbox);
    let code = Some(5);
    assert_eq!(sandbox.run(&["verify"]).code, code);
    for arguments in [&["verify"][..], &["--json", "verify"]] {
        let said = without_reader(&sandbox, arguments);
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert!(said.stderr.contains("error: "), "{said:?}");
    }
    for arguments in [&["doctor"][..], &["--json", "doctor"]] {
        assert_eq!(
            without_reader(&sandbox, arguments).code,
            Some(1),
            "{arguments:?}"
        );
    }
    let failed = without_reader(&sandbox, &["--json", "install", "3.99t"]);
    assert_eq!(failed.code, Some(3), "{failed:?}");
}

#[test]
fn the_work_is_done_without_a_reader() {
    let mut sandbox = Sandbox::new();
    for version in ["3.14.6", "3.14.7"] {
        sandbox.offer(&interpreter(version, "t"));
    }
    for request in ["3.14.6t", "3.14.7t"] {
        let said = without_reader(&sandbox, &["--json", "install", request]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(sandbox.installed().len(), 2);
    let said = without_reader(&sandbox, &["prune", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    std::fs::write(sandbox.home().join(".python-version"), "3.14t\n").expect("write");
    let said = without_reader(&sandbox, &["--json", "lock", "--from", "pbs"]);
    let lock = sandbox.home().join("ftpy.lock");
    assert_eq!((said.code, lock.exists()), (Some(0), true), "{said:?}");
    assert!(!sha256_hex(&std::fs::read(lock).expect("read")).is_empty());
}

#[test]
fn the_work_is_done_without_anybody_to_talk_to() {
    let sandbox = both();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut install = sandbox.command(&["-v", "install", "3.14t"]);
    let code = install.stderr(writer).status().expect("ftpy").code();
    assert_eq!((code, sandbox.installed().len()), (Some(0), 1));
    damage(&sandbox);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut verify = sandbox.command(&["verify"]);
    let status = verify.stdout(Stdio::null()).stderr(writer).status();
    assert_eq!(status.expect("ftpy").code(), sandbox.run(&["verify"]).code);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_hides_no_other_one() {
    let full = |sandbox: &Sandbox, arguments: &[&str]| {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let mut command = sandbox.command(arguments);
        finished(command.stdout(full).output().expect("ftpy"))
    };
    let sandbox = both();
    let said = full(&sandbox, &["--json", "install", "3.14t"]);
    assert_eq!(said.code, Some(7), "{said:?}");
    assert!(said.stderr.contains("cannot write to stdout"), "{said:?}");
    assert_eq!(sandbox.installed().len(), 1, "the work was done");
    for arguments in [
        &["list"][..],
        &["dir"],
        &["--json", "list"],
        &["init", "bash"],
    ] {
        assert_eq!(full(&sandbox, arguments).code, Some(7), "{arguments:?}");
    }
    assert_eq!(full(&sandbox, &["--help"]).code, Some(7));
    damage(&sandbox);
    let code = sandbox.run(&["verify"]).code;
    let said = full(&sandbox, &["verify"]);
    assert_eq!(said.code, code, "{said:?}");
    assert!(said.stderr.contains("cannot write to stdout"), "{said:?}");
}

//! Odd places and odd environments.

use crate::support::sandbox::{Sandbox, finished, interpreter};

#[test]
fn a_store_with_blanks_and_letters_from_elsewhere_works() {
    let mut sandbox = Sandbox::at("mes œuvres/π d'été");
    sandbox.offer(&interpreter("3.14.7", "t"));
    // The fake interpreter prints its prefix byte by byte in plain sh: not in this locale.
    let finished = sandbox.run(&["install", "3.14t"]);
    if finished.code == Some(0) {
        sandbox.ok(&["verify"]);
    }
    let mut sandbox = Sandbox::at("with blanks/and 'quotes'");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    sandbox.ok(&["verify"]);
    let pip = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/pip3.14");
    let pip = std::fs::read_to_string(pip).expect("pip");
    assert!(pip.starts_with("#!/bin/sh\n'''exec' "), "{pip}");
    let path = sandbox
        .ok(&["run", "3.14t", "--", "sh", "-c", "command -v python3.14t"])
        .stdout;
    assert!(path.contains("with blanks"), "{path}");
}

#[cfg(unix)]
#[test]
fn a_strict_umask_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let ftpy = env!("CARGO_BIN_EXE_ftpy");
    let command = sandbox.command(&[]);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "umask 077 && exec \"$0\" install 3.14t", ftpy]);
    shell.env_clear().envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let outcome = finished(shell.output().expect("sh"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let python = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    let mode = std::fs::metadata(python)
        .expect("python")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    sandbox.ok(&["verify"]);
}

#[test]
fn without_home_the_store_is_where_the_password_file_says_or_an_error_names_the_variable() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["dir"]);
    command.env_remove("HOME").env_remove("FTPY_HOME");
    let outcome = finished(command.output().expect("ftpy"));
    match outcome.code {
        Some(0) => assert!(outcome.stdout.starts_with('/'), "{outcome:?}"),
        Some(7) => assert!(outcome.stderr.contains("FTPY_HOME"), "{outcome:?}"),
        _ => panic!("{outcome:?}"),
    }
}

#[test]
fn a_store_that_cannot_be_written_is_an_error_that_names_the_place() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    // A file where a directory should be: even root cannot write below it.
    std::fs::write(sandbox.home().join("file"), "").expect("write");
    let store = sandbox.home().join("file/store");
    let mut command = sandbox.command(&["install", "3.14t"]);
    let outcome = finished(command.env("FTPY_HOME", &store).output().expect("ftpy"));
    assert_eq!(outcome.code, Some(7), "{outcome:?}");
    assert!(outcome.stderr.contains("file/store"), "{outcome:?}");
}

#[test]
fn variables_that_make_no_sense_are_usage_errors() {
    let mut sandbox = Sandbox::new();
    sandbox.set("FTPY_PBS_MIRROR", "example.org/x");
    let finished = sandbox.fails(2, &["list"]);
    assert!(
        finished.stderr.contains("`example.org/x` is not a place"),
        "{finished:?}"
    );
    sandbox.unset("FTPY_PBS_MIRROR");
    sandbox.set("FTPY_HTTP_TIMEOUT", "soon");
    let finished = sandbox.fails(2, &["list"]);
    assert!(
        finished.stderr.contains("FTPY_HTTP_TIMEOUT"),
        "{finished:?}"
    );
}

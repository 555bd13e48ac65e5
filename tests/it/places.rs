//! Unusual paths and environments.

use crate::support::sandbox::{Finished, Sandbox, copy_variables, finished, interpreter};

#[test]
fn a_store_with_blanks_and_letters_from_elsewhere_works() {
    let mut sandbox = Sandbox::at("mes œuvres/π d'été");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    sandbox.ok(&["verify"]);
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
    let ftpy = crate::support::program();
    let command = sandbox.command(&[]);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "umask 077 && exec \"$0\" install 3.14t", ftpy]);
    copy_variables(&mut shell, &command);
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

/// The entries of a directory that others may change.
#[cfg(unix)]
fn writable_by_others(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let is_open = |about: &std::fs::Metadata| about.permissions().mode() & 0o002 != 0;
    let about = directory.metadata().expect("metadata");
    let mut found: Vec<_> = is_open(&about)
        .then(|| directory.to_owned())
        .into_iter()
        .collect();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let about = path.symlink_metadata().expect("metadata");
        match about.is_dir() {
            true => found.extend(writable_by_others(&path)),
            false if !about.is_symlink() && is_open(&about) => found.push(path),
            false => {}
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn an_open_umask_applies_to_programs_but_not_to_the_store() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let command = sandbox.command(&[]);
    let mut shell = std::process::Command::new("/bin/sh");
    let script = "umask 000 && \"$0\" install 3.14t && \"$0\" default 3.14t &&
        \"$0\" install 3.14t --to plain && exec \"$0\" run 3.14t -- sh -c umask";
    shell.args(["-c", script, crate::support::program()]);
    copy_variables(&mut shell, &command).current_dir(sandbox.home());
    let outcome = finished(shell.output().expect("sh"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "0000\n");
    for made in [&sandbox.store, &sandbox.home().join("plain")] {
        let found = writable_by_others(made);
        assert!(found.is_empty(), "{found:?}");
    }
}

/// `ftpy dir` with this HOME, and without FTPY_HOME.
fn store_of_home(home: Option<&str>) -> Finished {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["dir"]);
    command.env_remove("HOME").env_remove("FTPY_HOME");
    command.envs(home.map(|home| ("HOME", home)));
    finished(command.output().expect("ftpy"))
}

#[cfg(unix)]
#[test]
fn without_home_the_store_is_where_the_password_file_says() {
    let home = "unset HOME; eval \"echo ~$(id -un)\"";
    let home = std::process::Command::new("sh").args(["-c", home]).output();
    let home = finished(home.expect("sh")).stdout;
    let home = home.trim_end();
    assert!(home.starts_with('/'), "the tests run as a user with a home");
    let outcome = store_of_home(None);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, store_of_home(Some(home)).stdout);
    assert!(outcome.stdout.starts_with(home), "{outcome:?}");
}

#[test]
fn a_home_that_is_no_place_is_an_error_that_names_the_variable() {
    let outcome = store_of_home(Some("relative"));
    assert_eq!(outcome.code, Some(7), "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: set FTPY_HOME"),
        "{outcome:?}"
    );
}

#[test]
fn a_store_that_cannot_be_written_is_an_error_that_names_the_place() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    // A file instead of a directory: even root cannot write below it.
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
        finished
            .stderr
            .contains("`example.org/x` is not a supported URL"),
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

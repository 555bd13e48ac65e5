//! The user's files in unexpected forms: a directory that Docker created, a FIFO, another encoding.
//! None of them hangs ftpy, and optional ones do not stop it.

use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Creates something at a path.
type Maker = fn(&Path);

fn offering() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo").success());
}

/// Runs ftpy, which must end within seconds.
fn ends(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut child = sandbox.start(arguments);
    let started = Instant::now();
    while child.try_wait().expect("wait").is_none() {
        if started.elapsed() > Duration::from_secs(8) {
            child.kill().expect("kill");
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    finished(child.wait_with_output().expect("output"))
}

#[test]
fn a_netrc_that_cannot_be_used_is_warned_of_and_passed_over() {
    let makers: [(&str, Maker); 4] = [
        ("it is a directory", |path| {
            std::fs::create_dir(path).expect("mkdir")
        }),
        ("it is a named pipe", fifo),
        ("is not UTF-8", |path| {
            std::fs::write(path, b"# f\xfcr mich\nmachine x login y password z\n").expect("write");
        }),
        (":1: a keyword without a value", |path| {
            std::fs::write(path, "machine\n").expect("write");
        }),
    ];
    for (reason, make) in makers {
        let sandbox = offering();
        make(&sandbox.home().join(".netrc"));
        let said = ends(&sandbox, &["install", "--no-build", "3.14t"]);
        assert_eq!(said.code, Some(0), "{reason}: {said:#?}");
        let warnings = said.stderr.lines().filter(|line| line.contains(".netrc"));
        let warnings: Vec<&str> = warnings.collect();
        assert_eq!(warnings.len(), 1, "{said:#?}");
        assert!(warnings[0].contains(reason), "{said:#?}");

        // A named file must be usable.
        let mut sandbox = offering();
        let named = sandbox.home().join("named");
        make(&named);
        sandbox.set("NETRC", &named.display().to_string());
        let said = ends(&sandbox, &["install", "--no-build", "3.14t"]);
        assert_eq!(said.code, Some(2), "{reason}: {said:#?}");
        assert!(said.stderr.contains(reason), "{said:#?}");
    }
}

#[test]
fn a_netrc_in_another_encoding_is_used_where_it_is_ascii() {
    let sandbox = offering();
    let text = b"# f\xfcr mich\nmachine 127.0.0.1 login me password s3cret\n";
    std::fs::write(sandbox.home().join(".netrc"), text).expect("write");
    sandbox.ok(&["install", "--no-build", "3.14t"]);
    let requests = sandbox.server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.headers.contains_key("authorization"))
    );
}

#[test]
fn an_empty_device_turns_a_file_of_settings_off() {
    let mut sandbox = offering();
    sandbox.set("NETRC", "/dev/null");
    sandbox.set("CONDARC", "/dev/null");
    sandbox.ok(&["install", "--no-build", "3.14t"]);
}

#[test]
fn a_fifo_in_the_place_of_a_file_hangs_no_command() {
    let mut sandbox = offering();
    sandbox.ok(&["install", "--no-build", "3.14t"]);
    let home = sandbox.home().to_owned();
    let pipe = home.join("pipe");
    fifo(&pipe);
    let pipe = pipe.display().to_string();
    for name in [".condarc", "pyproject.toml", "ftpy.lock"] {
        fifo(&home.join(name));
    }
    std::fs::create_dir_all(home.join(".conda")).expect("mkdir");
    fifo(&home.join(".conda/environments.txt"));
    let commands: [&[&str]; 9] = [
        &["install", "--dry-run", "--from", "conda", "3.14t"],
        &["install", "--locked"],
        &["lock", "--check"],
        &["ci", "matrix"],
        &["doctor"],
        &["adopt", "--dry-run"],
        &["pin", "3.14t"],
        &["bundle", "install", &pipe],
        &["build", "--patch", &pipe, "--dry-run", "3.14t"],
    ];
    for command in commands {
        ends(&sandbox, command);
    }
    for name in ["SSL_CERT_FILE", "NETRC"] {
        sandbox.ok(&["cache", "clean"]);
        sandbox.set(name, &pipe);
        let said = ends(&sandbox, &["install", "--reinstall", "3.14t"]);
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.stderr.contains("it is a named pipe"), "{said:#?}");
        sandbox.unset(name);
    }
    let config = sandbox.store.join("config");
    fifo(&config);
    for command in [
        &["install", "--reinstall", "3.14t"][..],
        &["config", "list"],
        &["config", "set", "sources", "pbs"],
    ] {
        ends(&sandbox, command);
    }
}

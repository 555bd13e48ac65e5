//! `--offline` opens no connection, whatever the command: each of them is run with everything
//! that could be asked on one counting server, also for what is asked by way of a proxy.

use crate::support::proxy::Proxy;
use crate::support::sandbox::{Sandbox, interpreter};
use clap::CommandFactory;

/// Arguments of each command that could make it ask somebody, and the exit codes that are right.
const COMMANDS: &[(&[&str], &[i32])] = &[
    (&["install", "3.14.6t"], &[4]),
    (&["install", "--reinstall", "3.14.7t"], &[0]),
    (&["install", "--from", "pbs,conda,source", "3.13t"], &[3, 4]),
    (
        &["install", "--from", "source", "--install-deps", "3.13t"],
        &[2],
    ),
    (
        &[
            "install",
            "https://pbs.example/x.tar.gz#sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ],
        &[4],
    ),
    (&["install", "--dry-run", "--explain", "3.14t"], &[0]),
    (&["install", "--twin", "3.14t"], &[0, 3, 4]),
    (&["install", "--locked"], &[2, 3]),
    (&["build", "3.13t"], &[4, 6]),
    (&["build", "--install-deps", "3.13t"], &[2]),
    (
        &[
            "build",
            "3.14t",
            "--source",
            "https://git.example/cpython.git@main",
        ],
        &[4],
    ),
    (&["lock", "3.14t"], &[0, 4]),
    (
        &["bundle", "create", "3.14t", "--output", "b.tar.zst"],
        &[0, 2, 4],
    ),
    (&["bundle", "verify", "none.tar.zst"], &[2, 3, 7]),
    (&["mirror", "mirror", "3.14t"], &[0, 2, 4]),
    (&["ci", "setup", "3.14t"], &[0]),
    (&["ci", "cache-key", "3.14.6t"], &[0]),
    (&["ci", "matrix"], &[0, 2, 3]),
    (&["link", "mine", "/nonexistent"], &[3, 5]),
    (&["adopt"], &[0]),
    (&["list", "--available"], &[0]),
    (
        &["list", "--available", "--from", "pbs,conda,source"],
        &[0, 4],
    ),
    (&["show"], &[0, 3]),
    (&["which", "3.14t"], &[0]),
    (&["pin", "--install", "3.14.6t"], &[4]),
    (&["unpin"], &[0, 3]),
    (&["default", "3.14t"], &[0]),
    (&["upgrade"], &[0, 4]),
    (&["outdated"], &[0]),
    (&["prune"], &[0]),
    (&["venv", "-p", "3.14.6t", ".venv2"], &[3, 4]),
    (&["run", "3.14t", "--", "true"], &[0]),
    (&["verify"], &[0]),
    (&["doctor"], &[0, 1]),
    (&["init", "bash"], &[0]),
    (&["setup", "--shell", "bash", "--yes"], &[0]),
    (&["completions", "bash"], &[0]),
    (&["man", "man"], &[0]),
    (&["config", "list"], &[0]),
    (&["cache", "size"], &[0]),
    (&["dir"], &[0]),
    (&["index", "update"], &[4]),
    (&["self", "update"], &[4]),
    (&["uninstall", "--all"], &[0]),
];

#[test]
fn no_command_opens_a_connection_offline() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["index", "update"]);
    let address = sandbox.server.url("").replace("http://", "");
    let proxy = Proxy::start(&address);
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        sandbox.set(name, &proxy.url("me:s3cret@"));
    }
    for name in ["FTPY_CONDA_CHANNELS", "FTPY_SOURCE_MIRROR", "FTPY_RELEASES"] {
        // With a number that a careless reader takes for a status.
        let url = sandbox.server.url("/elsewhere-304");
        sandbox.set(name, &url);
    }
    let before = sandbox.server.requests().len();
    for (command, codes) in COMMANDS {
        let finished = sandbox.run(&[&["--offline"], *command].concat());
        let code = finished.code.expect("an end");
        assert!(codes.contains(&code), "{command:?}: {finished:#?}");
        let asked = &sandbox.server.requests()[before..];
        assert!(asked.is_empty(), "{command:?} asked for {asked:?}");
        assert!(proxy.seen().is_empty(), "{command:?}: {:?}", proxy.seen());
    }
    // The count counts: without the switch, somebody is asked.
    sandbox.ok(&["index", "update"]);
    assert!(!proxy.seen().is_empty());
}

#[test]
fn every_command_is_tried_offline() {
    let tried: Vec<&str> = COMMANDS.iter().map(|(command, _)| command[0]).collect();
    for command in ftpy::cli::Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(tried.contains(&name), "{name} is not in the table COMMANDS");
    }
}

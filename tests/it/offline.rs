//! `--offline` opens no connection, in any command: each of them runs with every possible URL on
//! one counting server, including those that use a proxy.

use crate::support::proxy::Proxy;
use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::source_tree::{WITHOUT, lay_out};
use clap::CommandFactory;

/// Arguments of each command that might open a connection, and the expected exit code. They run in
/// this order in one home, on a machine with a compiler and no libraries.
const COMMANDS: &[(&[&str], i32)] = &[
    (&["install", "3.14.6t"], 4),
    (&["install", "--reinstall", "3.14.7t"], 0),
    (
        &["install", "--from", "pbs,conda,source", WITHOUT, "3.13t"],
        4,
    ),
    (
        &["install", "--from", "source", "--install-deps", "3.13t"],
        2,
    ),
    (
        &[
            "install",
            "https://pbs.example/x.tar.gz#sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ],
        4,
    ),
    (&["install", "--dry-run", "--explain", "3.14t"], 0),
    (&["install", "--twin", "3.14t"], 3),
    (&["install", "--locked"], 3),
    (&["build", WITHOUT, "3.13t"], 4),
    (&["build", "--install-deps", "3.13t"], 2),
    (
        &[
            "build",
            "3.14t",
            "--source",
            "https://git.example/cpython.git@main",
        ],
        4,
    ),
    (&["lock", "3.14t"], 4),
    (&["bundle", "create", "3.14t", "--output", "b.tar.zst"], 0),
    (&["bundle", "verify", "b.tar.zst"], 0),
    (&["bundle", "install", "b.tar.zst"], 0),
    (&["mirror", "mirror", "3.14t"], 0),
    (&["check"], 3),
    (&["bench", "3.14.6t", "--", "python", "{threads}"], 4),
    (&["ci", "setup", "3.14t"], 0),
    // The stub does not answer.
    (&["kernel", "install", "3.14t"], 5),
    (&["kernel", "list"], 0),
    (&["kernel", "uninstall", "none"], 3),
    (&["ci", "cache-key", "3.14.6t"], 0),
    (&["link", "mine", "/nonexistent"], 3),
    (&["adopt"], 0),
    (&["help"], 0),
    (&["help", "pins"], 0),
    (&["list", "--available"], 0),
    (&["list", "--available", "--from", "pbs,conda,source"], 4),
    (&["which", "3.14t"], 0),
    (&["pin", "--install", "3.14.6t"], 4),
    (&["pin", "3.14t"], 0),
    (&["show"], 0),
    (&["ci", "matrix"], 0),
    (&["unpin"], 0),
    (&["default", "3.14t"], 0),
    (&["upgrade"], 0),
    (&["outdated"], 0),
    (&["prune"], 0),
    (&["venv", "-p", "3.14.6t", ".venv2"], 3),
    (&["run", "3.14t", "--", "true"], 0),
    (&["verify"], 0),
    // The shims are not on PATH.
    (&["doctor"], 1),
    (&["init", "bash"], 0),
    (&["setup", "--shell", "bash", "--yes"], 0),
    (&["completions", "bash"], 0),
    (&["man", "man"], 0),
    (&["config", "list"], 0),
    (&["config", "set", "auto-install", "true"], 0),
    (&["config", "get", "auto-install"], 0),
    (&["config", "unset", "auto-install"], 0),
    (&["cache", "dir"], 0),
    (&["cache", "size"], 0),
    (&["cache", "clean"], 0),
    (&["dir"], 0),
    (&["index", "update"], 4),
    (&["index", "show"], 0),
    (&["self", "update"], 4),
    // Its prompt is not answered.
    (&["self", "uninstall"], 2),
    (&["uninstall", "--all"], 0),
];

#[test]
fn no_command_opens_a_connection_offline() {
    let mut sandbox = Sandbox::new();
    lay_out(&mut sandbox, "3.14.7", "t");
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
        // With a number that could be mistaken for a status.
        let url = sandbox.server.url("/elsewhere-304");
        sandbox.set(name, &url);
    }
    let before = sandbox.server.requests().len();
    for (command, code) in COMMANDS {
        let finished = sandbox.run(&[&["--offline"], *command].concat());
        assert_eq!(finished.code, Some(*code), "{command:?}: {finished:#?}");
        let asked = &sandbox.server.requests()[before..];
        assert!(asked.is_empty(), "{command:?} asked for {asked:?}");
        assert!(proxy.seen().is_empty(), "{command:?}: {:?}", proxy.seen());
    }
    // The counter works: without the switch, there are requests.
    sandbox.ok(&["index", "update"]);
    assert!(!proxy.seen().is_empty());
}

#[test]
fn every_command_is_tried_offline() {
    let mut paths = Vec::new();
    leaves(&ftpy::cli::Cli::command(), &[], &mut paths);
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let is_tried = COMMANDS
            .iter()
            .any(|(command, _)| command.starts_with(&path));
        assert!(is_tried, "{path:?} is not in the table COMMANDS");
    }
}

/// The commands without subcommands, with all their words.
fn leaves(command: &clap::Command, above: &[String], found: &mut Vec<Vec<String>>) {
    for subcommand in command.get_subcommands() {
        let path = [above, &[subcommand.get_name().to_owned()]].concat();
        match subcommand.has_subcommands() {
            true => leaves(subcommand, &path, found),
            false => found.push(path),
        }
    }
}

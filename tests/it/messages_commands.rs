//! The output of commands as snapshots, so that a change of wording is visible in a diff.
//!
//! `INSTA_UPDATE=always cargo test --test it -- messages_commands` regenerates the snapshots.

use crate::support::sandbox::{Archive, Sandbox, archive_name, finished, probe_answer, tree};
use clap::CommandFactory;
use ftpy::cli::Cli;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// An interpreter that answers the probe, and makes virtual environments of a few files.
fn interpreter(version: &str, flags: &str) -> Archive {
    let probe = probe_answer(version, flags, flags);
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let says = format!(
        "#!/bin/sh\ncase \"$*\" in\n*'-m venv '*)\nfor last; do :; done\nmkdir -p \"$last/bin\"\n\
         cp \"$0\" \"$last/bin/\"\necho 'home = /x' >\"$last/pyvenv.cfg\"\nexit 0;;\n\
         *'-m ensurepip '*) exit 0;;\nesac\n{probe}"
    );
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &says).tar_gz(),
    }
}

/// A sandbox with these builds available and installed, and the shims on PATH.
fn with(installed: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let path = format!("{}:/usr/bin:/bin", sandbox.store.join("shims").display());
    sandbox.set("PATH", &path);
    sandbox.set("SHELL", "/bin/bash");
    for (version, flags) in installed {
        sandbox.offer(&interpreter(version, flags));
    }
    for (version, flags) in installed {
        sandbox.ok(&["-q", "install", &format!("{version}{flags}")]);
    }
    sandbox
}

/// The directory of a project, where archives are the only source.
fn project(sandbox: &Sandbox) -> PathBuf {
    let place = sandbox.home().join("project");
    std::fs::create_dir(&place).expect("mkdir");
    sandbox.ok(&["-q", "config", "set", "sources", "pbs"]);
    place
}

/// Command lines with their exit codes and output.
fn transcript(sandbox: &Sandbox, place: &Path, lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let output = sandbox.command(&arguments).current_dir(place).output();
        let said = finished(output.expect("ftpy starts"));
        let code = match said.code {
            Some(0) => String::new(),
            Some(code) => format!("  (exit code {code})"),
            None => "  (killed)".to_owned(),
        };
        writeln!(text, "$ ftpy {line}{code}").expect("text");
        for (stream, said) in [("", &said.stdout), ("! ", &said.stderr)] {
            for line in said.lines() {
                writeln!(text, "{stream}{line}").expect("text");
            }
        }
        text.push('\n');
    }
    harmless(sandbox, &text)
}

/// The text without what differs between runs: paths, addresses, sizes, ftpy's version.
fn harmless(sandbox: &Sandbox, text: &str) -> String {
    let server = sandbox.server.url("");
    let text = text
        .replace(&sandbox.store.display().to_string(), "[STORE]")
        .replace(&sandbox.home().display().to_string(), "~")
        .replace(server.trim_end_matches('/'), "[SERVER]")
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    let lines = text.lines().map(without_size);
    lines.map(|line| without_digest(&line)).collect()
}

/// Replaces a size, such as `35.3 MiB`, and the blanks that align the following text.
fn without_size(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let unit = (1..words.len()).find(|at| {
        let unit = words[*at].trim_end_matches(',');
        ["B", "KiB", "MiB", "GiB"].contains(&unit) && is_number(words[at - 1])
    });
    if let Some(unit) = unit {
        let rest = words.split_off(unit + 1);
        let comma = if words[unit].ends_with(',') { "," } else { "" };
        words.truncate(unit - 1);
        words.push("[SIZE]");
        let before = words.join(" ");
        let rest = rest.join(" ");
        return format!("{before}{comma}  {}\n", rest.trim_start()).replace("  \n", "\n");
    }
    format!("{line}\n")
}

/// Removes sha256 digests from a line.
fn without_digest(line: &str) -> String {
    let is_hex = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = line.split(' ').map(|word| match is_hex(word.trim_end()) {
        true => word.replace(word.trim_end(), "[SHA256]"),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn help_of_every_command() {
    let sandbox = Sandbox::new();
    let mut command = Cli::command();
    command.build();
    let mut text = String::new();
    let mut todo: Vec<(String, &clap::Command)> = vec![(String::new(), &command)];
    while let Some((name, command)) = todo.pop() {
        let arguments: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
        let said = sandbox.ok(&arguments);
        writeln!(text, "# ftpy{name}\n{}", said.stdout).expect("text");
        let below = command.get_subcommands();
        let below = below.filter(|below| name.is_empty() || below.get_name() != "help");
        let mut below: Vec<_> = below
            .map(|below| (format!("{name} {}", below.get_name()), below))
            .collect();
        below.reverse();
        todo.extend(below);
    }
    insta::assert_snapshot!("help", harmless(&sandbox, &text));
}

#[test]
fn messages_of_an_empty_store() {
    let sandbox = with(&[]);
    let lines = [
        "list",
        "show",
        "which python",
        "which 3.14t",
        "which --explain python3.14t",
        "outdated",
        "upgrade",
        "prune",
        "default",
        "default latest",
        "pin",
        "pin --exact",
        "unpin",
        "venv",
        "venv -p 3.14t",
        "verify",
        "verify 3.14t",
        "run 3.14t python",
        "uninstall 3.14t",
        "uninstall",
        "install",
        "install 3.12t",
        "install 3.77t",
        "install --from nowhere 3.14t",
        "install --no-build --from source 3.14t",
        "install --no-builds 3.14t",
        "build",
        "build pbs:3.14t",
        "build --env",
        "link 3.14t /bin/sh",
        "link mine /nonexistent",
        "adopt --bogus",
        "lock",
        "lock --check",
        "bundle verify nothing.tar.zst",
        "bundle create --output /tmp",
        "mirror 3.14t",
        "config get auto-install",
        "config get colour",
        "config set auto-install perhaps",
        "config set sources pbs,pbs",
        "cache size",
        "cache clean",
        "ci setup",
        "ci setup --from nowhere 3.14t",
        "ci matrix",
        "ci matrix --project /nonexistent",
        "ci cache-key",
        "setup",
        "setup --shell tcsh",
        "help nothing",
        "nonsense",
    ];
    insta::assert_snapshot!("empty_store", transcript(&sandbox, sandbox.home(), &lines));
}

#[test]
fn messages_about_installations() {
    let mut sandbox = with(&[("3.14.6", "t"), ("3.14.7", "t"), ("3.13.5", "")]);
    sandbox.offer(&interpreter("3.13.6", ""));
    let place = project(&sandbox);
    let lines = [
        "list",
        "list 3.15t",
        "list --requests",
        "list --available --from pbs 3.14t",
        "list --available --all --from pbs 3.14t",
        "show",
        "pin 3.14t",
        "pin",
        "pin 3.15t",
        "pin 3.14+gil",
        "pin --exact 3.14t",
        "show",
        "which python",
        "which --explain python",
        "which pytest",
        "unpin",
        "unpin",
        "default 3.14t",
        "default",
        "default 3.15t",
        "default none",
        "config set auto-install yes",
        "config get auto-install",
        "config unset auto-install",
        "outdated",
        "upgrade --dry-run",
        "upgrade",
        "outdated",
        "prune",
        "prune --yes",
        "venv -p 3.14t",
        "venv -p 3.14t",
        "venv -p 3.14t --clear --exact",
        "verify",
        "run 3.14t nothing",
        "run 3.14t --report x.json python",
        "install 3.14t",
        "cache clean",
        "uninstall 3.14t",
        "uninstall --all",
    ];
    insta::assert_snapshot!("installations", transcript(&sandbox, &place, &lines));
}

#[test]
fn messages_about_damaged_installations() {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "")]);
    let broken = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    std::fs::remove_file(broken.join("bin/python3.14t")).expect("remove");
    let changed = sandbox.store.join("installs/3.13.5-pbs-20260901");
    std::fs::write(changed.join("lib/added.py"), "").expect("write");
    let lines = [
        "list",
        "show",
        "which 3.14t",
        "run 3.14t python",
        "verify 3.14t",
        "verify 3.13",
    ];
    insta::assert_snapshot!("damaged", transcript(&sandbox, sandbox.home(), &lines));
}

#[test]
fn messages_about_locks_and_bundles() {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "")]);
    let place = project(&sandbox);
    std::fs::write(place.join(".python-version"), "3.14t\n3.13\n").expect("write");
    std::fs::write(place.join("tool"), "#!/bin/sh\nexit 1\n").expect("write");
    let lines = [
        "install --locked",
        "lock --check",
        "lock",
        "lock",
        "lock --check",
        "install --locked --dry-run",
        "install --locked",
        "install --locked 3.15t",
        "bundle create --output b.tar",
        "bundle create --output b.tar",
        "bundle verify b.tar",
        "bundle verify .python-version",
        "bundle install b.tar",
        "uninstall 3.13",
        "bundle install b.tar 3.13",
        "bundle install b.tar 3.15t",
        "ci setup 3.14t",
        "ci matrix",
        "ci cache-key",
        "link mine ./tool",
        "kernel list",
        "kernel install 3.15t",
        "check",
        "check nothing.whl",
        "check --sarif - --html -",
        "venv -r nothing.txt",
        "run nothing.py",
        "prune --yes",
        "verify",
    ];
    insta::assert_snapshot!("locks_and_bundles", transcript(&sandbox, &place, &lines));
}

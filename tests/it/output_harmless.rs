//! Texts by others in the output: no terminal obeys them, and no CI system interprets them as
//! commands.

use crate::support::ci::{both, on_github};
use crate::support::sandbox::{Finished, Sandbox};
use crate::support::source_tree::{WITHOUT, lay_out};
use std::fs;

/// Hostile text, in JSON's and TOML's escapes.
const HOSTILE: &str = r"\u001b[2J\n::add-mask::stolen\r\n##[group]x ##vso[task.setvariable variable=A]b\u007f\u009b2J\u202ec\u2028d";

/// All lines that ftpy printed.
fn lines(said: &Finished) -> Vec<String> {
    let all = format!("{}{}", said.stdout, said.stderr);
    all.split('\n').map(str::to_owned).collect()
}

/// Checks that nothing in [`HOSTILE`] has an effect. Commands with these names are ftpy's own.
fn assert_harmless(said: &Finished, own: &[&str]) {
    for line in lines(said) {
        let is_seen = |c: char| {
            !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(line.chars().all(is_seen), "{line:?}\n{said:?}");
        let command = line.trim_start().strip_prefix("::");
        if let Some(command) = command {
            let is_own = own.iter().any(|name| command.starts_with(name));
            assert!(
                is_own && !command.starts_with("add-mask"),
                "{line:?}\n{said:?}"
            );
        }
        for command in ["##[group]", "##vso[task.setvariable variable=A"] {
            assert!(!line.contains(command), "{line:?}\n{said:?}");
        }
    }
}

/// A lock with this text about 3.14t.
fn write_lock(sandbox: &Sandbox, reason: &str) {
    let platform = ftpy::host::target::detect().to_string();
    let text = format!(
        "version = 1\nplatforms = [\"{platform}\"]\n\n[[build]]\nrequest = \"3.14t\"\n\
         platform = \"{platform}\"\nunavailable = \"{reason}\"\n"
    );
    fs::write(sandbox.home().join("ftpy.lock"), text).expect("write");
    fs::write(sandbox.home().join(".python-version"), "3.14t\n").expect("write");
}

#[test]
fn a_lock_commands_neither_a_terminal_nor_a_ci_system() {
    let mut sandbox = Sandbox::new();
    write_lock(&sandbox, HOSTILE);
    let said = sandbox.fails(3, &["install", "--locked"]);
    assert!(
        said.stderr.contains(r"\u{1b}[2J\n"),
        "it is shown: {said:?}"
    );
    assert_harmless(&said, &[]);
    let said = sandbox.fails(3, &["--json", "install", "--locked"]);
    assert_harmless(&said, &[]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let detail = document["error"]["details"][0].as_str().expect("a detail");
    assert!(
        detail.contains("\u{1b}[2J\n::add-mask::"),
        "the same fact: {detail:?}"
    );
    // Here a text begins the line.
    write_lock(&sandbox, "::add-mask::stolen");
    assert_harmless(&sandbox.fails(3, &["install", "--locked"]), &[]);

    write_lock(&sandbox, HOSTILE);
    on_github(&mut sandbox);
    let said = sandbox.fails(3, &["ci", "setup"]);
    let own = ["group::", "endgroup::", "error "];
    assert!(said.stdout.contains("::error file=ftpy.lock"), "{said:?}");
    assert_harmless(&said, &own);
    sandbox.unset("GITHUB_ACTIONS");
    sandbox.set("TF_BUILD", "True");
    let said = sandbox.fails(3, &["ci", "setup"]);
    assert!(
        said.stdout.contains("##vso[task.logissue type=error;"),
        "{said:?}"
    );
    let without_own: Vec<String> = lines(&said)
        .into_iter()
        .filter(|line| !line.starts_with("##[group]ftpy") && !line.starts_with("##[endgroup]"))
        .collect();
    let stderr = without_own.join("\n");
    let stdout = String::new();
    assert_harmless(
        &Finished {
            stderr,
            stdout,
            ..said
        },
        &[],
    );
}

#[test]
fn a_file_name_is_one_line_of_data() {
    let sandbox = both();
    sandbox.ok(&["-q", "install", "3.14t"]);
    let prefix = sandbox.store.join("installs").join(&sandbox.installed()[0]);
    let name = "x\u{1b}[2J\n::add-mask::y";
    fs::write(prefix.join("lib/python3.14t/os.py"), "changed\n").expect("write");
    let project = sandbox.home().join(name);
    fs::create_dir(&project).expect("mkdir");
    fs::write(project.join(".python-version"), "3.99t\n").expect("write");
    for arguments in [
        &["show"][..],
        &["which", "python", "--explain"],
        &["doctor"],
    ] {
        let output = sandbox.command(arguments).current_dir(&project).output();
        let said = crate::support::sandbox::finished(output.expect("ftpy"));
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(
            all.contains(r"x\u{1b}[2J\n::add-mask::y"),
            "{arguments:?}: {said:?}"
        );
        assert_harmless(&said, &[]);
    }
}

#[test]
fn an_argument_is_repeated_on_one_line() {
    let sandbox = Sandbox::new();
    let hostile = "x\u{1b}[2J\n::add-mask::y ##vso[task.setvariable variable=A]z\u{202e}";
    for arguments in [
        &["install", hostile][..],
        &[hostile],
        &["list", "--from", hostile],
        &["setup", "--shell", hostile],
        &["completions", hostile],
        &["build", "--source", hostile],
        &["link", hostile, "/usr/bin/env"],
        &["config", "get", hostile],
    ] {
        let said = sandbox.fails(2, arguments);
        assert_harmless(&said, &[]);
    }
}

#[cfg(unix)]
#[test]
fn a_build_log_that_is_shown_keeps_tabs_and_nothing_else() {
    let mut sandbox = Sandbox::new();
    lay_out(&mut sandbox, "3.14.7", "t");
    let noise = "a\tb\u{1b}[2J\r\n::error::x\n##vso[task.setvariable variable=A]y\n\
                 configure: error: \u{1b}]0;title\u{7}it is broken\n";
    fs::write(sandbox.home().join("fail-configure"), noise).expect("write");
    let build = ["build", "--source", "cpython", "--log", "-", WITHOUT];
    let said = sandbox.fails(6, &build);
    assert!(said.stderr.contains("a\tb\\u{1b}[2J\n"), "{said:?}");
    assert!(said.stderr.contains("it is broken"), "{said:?}");
    let stderr = said.stderr.replace('\t', " ");
    assert_harmless(&Finished { stderr, ..said }, &[]);
}

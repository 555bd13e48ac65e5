//! On a terminal: the prompts before a package manager is run, and the effects of answers.

use crate::distro::{told, wait_for, with_brew};
use crate::live_distro::{NOBLE, as_nobody, deb, use_debs, with_adder, with_sudo};
use crate::support::live::{require_live, say};
use crate::support::machine::{machine, told_tree};
use crate::support::sandbox::{Finished, Sandbox, finished};
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// ftpy on a new terminal. `None` without script(1).
fn on_terminal(sandbox: &Sandbox, arguments: &[&str]) -> Option<Command> {
    shown_on_terminal(sandbox, &sandbox.command(arguments))
}

fn shown_on_terminal(sandbox: &Sandbox, inner: &Command) -> Option<Command> {
    if !Path::new("/usr/bin/script").exists() || !cfg!(target_os = "linux") {
        say("not run: there is no script(1) that makes a terminal");
        return None;
    }
    let words: Vec<String> = std::iter::once(inner.get_program())
        .chain(inner.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let mut command = Command::new("/usr/bin/script");
    command
        .args(["-qefc", &words.join(" "), "/dev/null"])
        .current_dir(sandbox.home())
        .env_clear()
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Some(command)
}

/// Starts it without typing anything.
fn started(sandbox: &Sandbox, arguments: &[&str]) -> Option<(Child, ChildStdin)> {
    let mut child = on_terminal(sandbox, arguments)?.spawn().expect("script");
    let stdin = child.stdin.take().expect("stdin");
    Some((child, stdin))
}

/// Runs it to its end with these answers.
fn typed(sandbox: &Sandbox, arguments: &[&str], answers: &str) -> Option<Finished> {
    Some(answered(on_terminal(sandbox, arguments)?, answers))
}

fn answered(mut command: Command, answers: &str) -> Finished {
    let mut child = command.spawn().expect("script");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(answers.as_bytes()).expect("write");
    let output = child.wait_with_output().expect("output");
    // Not earlier, because the end of input would close the terminal.
    drop(stdin);
    finished(output)
}

fn runs(lines: &[String], what: &str) -> bool {
    lines.iter().any(|line| line.starts_with(what))
}

#[test]
fn on_a_terminal_the_exact_command_is_shown_and_nothing_is_run_without_a_yes() {
    let sandbox = with_brew("3.14.7", "t");
    let install = ["install", "distro:3.14t"];
    for no in ["n\n", "\n", "what\n"] {
        let Some(said) = typed(&sandbox, &install, no) else {
            return;
        };
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(
            said.stdout
                .contains("this will run: brew install python-freethreading")
        );
        assert!(said.stdout.contains("install it? [y/N]"), "{said:?}");
        assert!(
            said.stdout.contains("cancelled: nothing was installed"),
            "{said:?}"
        );
        assert!(!runs(&told(&sandbox), "install"), "{no}");
    }
    let said = typed(&sandbox, &install, "y\n").expect("script");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(runs(&told(&sandbox), "install"));
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);

    let purge = ["uninstall", "--purge", "distro:3.14t"];
    let said = typed(&sandbox, &purge, "n\n").expect("script");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.stdout
            .contains("this will run: brew uninstall python-freethreading")
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
    let said = typed(&sandbox, &purge, "yes\n").expect("script");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(runs(&told(&sandbox), "uninstall") && sandbox.installed().is_empty());
}

#[test]
fn a_ctrl_c_on_a_terminal_reaches_the_tool_once_and_it_is_waited_for() {
    let sandbox = with_brew("3.14.7", "t");
    let script = "trap 'echo INT >> \"$home/signals\"' INT\ntouch \"$home/begun\"\n\
                  for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; done; touch \"$home/ended\"\n";
    std::fs::write(sandbox.home().join("brew.sh"), script).expect("write");
    let Some((child, mut stdin)) = started(&sandbox, &["install", "distro:3.14t"]) else {
        return;
    };
    stdin.write_all(b"y\n").expect("write");
    wait_for(&sandbox.home().join("begun"));
    stdin.write_all(b"\x03").expect("write");
    let said = finished(child.wait_with_output().expect("output"));
    drop(stdin);
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.stdout.contains("has finished"), "{said:?}");
    assert!(sandbox.home().join("ended").exists());
    let signals = std::fs::read_to_string(sandbox.home().join("signals")).expect("signals");
    assert_eq!(signals, "INT\n");
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_adding_a_repository_is_asked_for_and_nothing_runs_before_all_questions_are_answered() {
    require_live();
    let (sandbox, machine) = machine(NOBLE);
    let home = sandbox.home().to_owned();
    let tree = told_tree(&home, "3.14.8", "t");
    deb(&machine, &sandbox, "python3.14-nogil", "3.14.8-1", &tree);
    with_adder(&machine, &sandbox);
    let typed = |answers: &str| {
        let command = on_terminal(&sandbox, &["install", "distro:3.14t"]).expect("script(1)");
        let mut inside = machine.inside(&command);
        inside.stdin(Stdio::piped());
        answered(inside, answers)
    };
    for (answers, questions) in [("n\n", 1), ("y\nn\n", 2)] {
        let said = typed(answers);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert_eq!(said.stdout.matches("[y/N]").count(), questions, "{said:?}");
        assert!(
            said.stdout
                .contains("this will run: add-apt-repository --yes")
        );
        assert!(!home.join("added").exists() && sandbox.installed().is_empty());
    }
    let said = typed("y\ny\n");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(home.join("added").exists());
    assert_eq!(sandbox.installed(), ["3.14.8t-distro"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_ctrl_c_on_a_terminal_reaches_what_sudo_runs_and_it_is_waited_for() {
    require_live();
    let (mut sandbox, machine) = machine(NOBLE);
    with_sudo(&machine, &mut sandbox);
    let home = sandbox.home().to_owned();
    let tree = told_tree(&home, "3.14.6", "t");
    let begun = home.join("begun");
    let text = format!("#!/bin/sh\ntouch {}\nsleep 2\n", begun.display());
    crate::support::shims::executable(&tree.join("DEBIAN/postinst"), &text);
    deb(&machine, &sandbox, "python3.14-nogil", "3.14.6-1", &tree);
    use_debs(&machine, &sandbox);
    let command = as_nobody(&sandbox, &["install", "distro:3.14t"]);
    let command = shown_on_terminal(&sandbox, &command).expect("script(1)");
    let mut command = machine.inside(&command);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("nsenter");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(b"y\n").expect("write");
    wait_for(&begun);
    stdin.write_all(b"\x03").expect("write");
    let said = finished(child.wait_with_output().expect("output"));
    drop(stdin);
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(
        said.stdout
            .contains("`sudo apt-get install --yes python3.14-nogil` has finished")
    );
    let state = "dpkg --audit; dpkg-query -Wf '${db:Status-Status}' python3.14-nogil";
    assert_eq!(machine.sh(state), "installed");
}

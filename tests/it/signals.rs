//! Signals: ignored ones stay ignored, and the others reach the command exactly once.

use crate::support::live::say;
use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use crate::support::shims::with;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until a condition holds.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(signal: &str, pid: &str) {
    let kill = format!("kill -{signal} {pid}");
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("sh").success(), "{kill}");
}

/// ftpy started by a shell that ignores signals, like `nohup` and background jobs.
fn ignoring(sandbox: &Sandbox, signals: &str, arguments: &[&str]) -> Command {
    let inner = sandbox.command(arguments);
    let mut outer = Command::new("sh");
    outer.args(["-c", &format!("trap '' {signals}; exec \"$0\" \"$@\"")]);
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.env_clear().current_dir(sandbox.home());
    let set = inner
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    outer.envs(set);
    outer.stdout(Stdio::piped()).stderr(Stdio::piped());
    outer
}

/// An interpreter that takes a moment to answer first, and creates a file when it starts.
fn slow(sandbox: &Sandbox) -> Archive {
    let probe = probe_answer("3.14.7", "t", "t");
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let mark = sandbox.home().join("probing").display().to_string();
    let says = format!("#!/bin/sh\n: >'{mark}'\nsleep 1\n{probe}");
    Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &says).tar_gz(),
    }
}

#[test]
fn an_install_that_ignores_a_signal_is_not_stopped_by_it() {
    for signals in ["HUP", "INT TERM HUP"] {
        let mut sandbox = Sandbox::new();
        sandbox.offer(&slow(&sandbox));
        let mut command = ignoring(&sandbox, signals, &["install", "3.14t"]);
        let child = command.spawn().expect("sh");
        let mark = sandbox.home().join("probing");
        wait_until("the probe runs", || mark.exists());
        for signal in signals.split(' ') {
            kill(signal, &child.id().to_string());
        }
        let output = child.wait_with_output().expect("ftpy");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{signals}: {said}");
        assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    }
    // A signal that is not ignored stops it.
    let mut sandbox = Sandbox::new();
    sandbox.offer(&slow(&sandbox));
    let child = ignoring(&sandbox, "HUP", &["install", "3.14t"]).spawn();
    let child = child.expect("sh");
    let mark = sandbox.home().join("probing");
    wait_until("the probe runs", || mark.exists());
    kill("TERM", &child.id().to_string());
    let output = child.wait_with_output().expect("ftpy");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
}

#[test]
fn a_watched_command_inherits_what_is_ignored_and_ftpy_outlives_it() {
    let sandbox = with(&[("3.14.7", "t")]);
    let show =
        "grep SigIgn /proc/self/status; kill -HUP $PPID; kill -INT $PPID; sleep 0.2; echo on";
    let arguments = ["run", "3.14t", "--require-nogil", "--", "sh", "-c", show];
    let output = ignoring(&sandbox, "HUP INT", &arguments).output();
    let output = output.expect("sh");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mask, rest) = text.split_once('\n').expect("two lines");
    let mask = mask.trim_start_matches("SigIgn:").trim();
    let mask = u64::from_str_radix(mask, 16).expect("a mask");
    assert_eq!(mask & 0b11, 0b11, "{text}");
    assert_eq!(rest, "on\n");
    assert_eq!(output.status.code(), Some(9), "{output:?}");
}

/// Counts each SIGINT in `log`, until the file `stop` exists.
const COUNTING: &str = "n=0
trap 'n=$((n+1)); echo int $n >>log' INT
echo $$ $PPID >pid.new && mv pid.new pid
while [ ! -e stop ]; do sleep 0.05; done
echo end $n >>log
";

/// A program in a separate terminal, whose keyboard is stdin.
fn in_terminal(sandbox: &Sandbox, line: &str) -> Option<Child> {
    let mut command = Command::new("script");
    command
        .args(["-q", "-e", "-c", line, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", sandbox.home())
        .env("FTPY_HOME", &sandbox.store)
        .current_dir(sandbox.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().ok()
}

fn state(pid: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

#[test]
fn a_signal_reaches_a_watched_command_in_front_of_a_terminal_once() {
    let sandbox = with(&[("3.14.7", "t")]);
    let home = sandbox.home();
    std::fs::write(home.join("count.sh"), COUNTING).expect("write");
    let ftpy = crate::support::program();
    // The shell between them receives Ctrl-C as well, and would exit.
    let line = format!("trap : INT; '{ftpy}' run 3.14t --require-nogil -- sh count.sh; exit $?");
    let Some(mut terminal) = in_terminal(&sandbox, &line) else {
        say("a_signal_reaches_a_watched_command: not run, there is no script(1)");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(home.join(name)).unwrap_or_default();
    wait_until("the command runs", || Path::new(&home.join("pid")).exists());
    let pids = read("pid");
    let (command, own) = pids.trim().split_once(' ').expect("two numbers");
    // From another process, only to ftpy.
    kill("INT", own);
    wait_until("kill reached it", || read("log") == "int 1\n");
    // From the keyboard, to the whole foreground group.
    let keyboard = terminal.stdin.as_mut().expect("stdin");
    keyboard.write_all(b"\x03").expect("Ctrl-C");
    keyboard.flush().expect("Ctrl-C");
    wait_until("Ctrl-C reached it", || read("log") == "int 1\nint 2\n");
    // A stopped command is a stopped job, and is continued with it.
    kill("STOP", command);
    wait_until("ftpy is stopped", || state(own) == Some('T'));
    kill("CONT", own);
    wait_until("both go on", || {
        state(own) != Some('T') && state(command) != Some('T')
    });
    std::fs::write(home.join("stop"), "").expect("write");
    assert_eq!(terminal.wait().expect("script").code(), Some(9));
    assert_eq!(read("log"), "int 1\nint 2\nend 2\n");
}

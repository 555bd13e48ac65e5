//! `run --require-nogil` without a real Python: what it refuses, how it ends, and what it reports
//! with and without GIL reports. A shell imitates the interpreters.

use crate::support::live::say;
use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    for flags in ["t", ""] {
        sandbox.offer(&interpreter("3.14.7", flags));
    }
    sandbox.ok(&["-q", "install", "3.14t", "3.14"]);
    // Everything left there was left by ftpy.
    std::fs::create_dir(sandbox.home().join("tmp")).expect("mkdir");
    let place = sandbox.home().join("tmp").display().to_string();
    sandbox.set("TMPDIR", &place);
    sandbox
}

fn left_over(sandbox: &Sandbox) -> usize {
    let entries = std::fs::read_dir(sandbox.home().join("tmp")).expect("read");
    entries.count()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A shell script that reports like an interpreter: `start 1 0 -`, `end 0`.
fn reporting(records: &[&str], then: &str) -> String {
    let mut script = "report=${PYTHONPATH%%:*}/report\n".to_owned();
    for record in records {
        let (kind, rest) = record.split_once(' ').expect("a kind");
        let more = match kind {
            "start" => format!(" {} {} {}", hex("/x/python3.14t"), hex("3.14.7"), hex("/")),
            _ => String::new(),
        };
        script += &format!("echo {kind} $$ {rest}{more} >>\"$report\"\n");
    }
    script + then
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let all = [&["run", "3.14t", "--require-nogil", "--"], arguments].concat();
    let finished = sandbox.run(&all);
    assert_eq!(left_over(sandbox), 0, "{finished:?}");
    finished
}

#[test]
fn a_build_with_a_gil_is_refused_before_anything_starts() {
    let sandbox = sandbox();
    let begun = sandbox.home().join("begun").display().to_string();
    let finished = sandbox.fails(
        2,
        &["run", "3.14", "--require-nogil", "--", "touch", &begun],
    );
    assert!(
        finished
            .stderr
            .contains("3.14.7-pbs-20260901 is a GIL build")
            && finished.stderr.contains("3.14.7t"),
        "{finished:?}"
    );
    assert!(!Path::new(&begun).exists());
    // A report about nothing makes no sense.
    sandbox.fails(2, &["run", "3.14t", "--report", "x", "--", "true"]);
}

#[test]
fn where_no_python_reported_it_could_not_be_checked() {
    let sandbox = sandbox();
    let silent = run(&sandbox, &["sh", "-c", "echo out; echo err >&2"]);
    assert_eq!(silent.code, Some(9), "{silent:?}");
    assert_eq!(silent.stdout, "out\n");
    assert!(
        silent
            .stderr
            .starts_with("err\nerror: cannot check the GIL")
            && silent.stderr.contains("`sh`"),
        "{silent:?}"
    );
    let failed = run(&sandbox, &["sh", "-c", "exit 43"]);
    assert_eq!(failed.code, Some(9), "{failed:?}");
    assert!(
        failed.stderr.contains("ended with exit code 43"),
        "{failed:?}"
    );
    let isolated = run(&sandbox, &["python3.14t", "-I", "app.py"]);
    assert_eq!(isolated.code, Some(9), "{isolated:?}");
    assert!(
        isolated.stderr.contains("python3.14t was started with -I"),
        "{isolated:?}"
    );
    assert_eq!(run(&sandbox, &["no-such-command"]).code, Some(127));
    let none = run(&sandbox, &["/nonexistent/command"]);
    assert_eq!(none.code, Some(127), "{none:?}");
}

#[test]
fn the_commands_own_end_is_kept_where_the_gil_was_off_and_named_where_it_was_on() {
    let sandbox = sandbox();
    let off = |then: &str| reporting(&["start 1 0 -", "end 0"], then);
    let quiet = run(&sandbox, &["sh", "-c", &off("exit 0")]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    assert_eq!(run(&sandbox, &["sh", "-c", &off("exit 43")]).code, Some(43));
    let on = reporting(&["start 1 0 -", "end 1"], "exit 43");
    let on = run(&sandbox, &["sh", "-c", &on]);
    assert_eq!(on.code, Some(8), "{on:?}");
    assert!(
        on.stderr
            .contains("the GIL was on at exit in /x/python3.14t (pid ")
            && on
                .stderr
                .contains("the command itself ended with exit code 43"),
        "{on:?}"
    );
    let wrong = reporting(&["start 0 1 -"], "exit 0");
    let wrong = run(&sandbox, &["sh", "-c", &wrong]);
    assert_eq!(wrong.code, Some(8), "{wrong:?}");
    assert!(
        wrong.stderr.contains("with a GIL: /x/python3.14t"),
        "{wrong:?}"
    );
}

#[test]
fn a_gil_that_was_on_counts_more_than_the_signal_that_ended_the_command() {
    let sandbox = sandbox();
    for (name, signal) in [("TERM", 15), ("KILL", 9), ("SEGV", 11)] {
        let end = |records: &[&str]| {
            let script = reporting(records, &format!("kill -{name} $$"));
            let all = ["run", "3.14t", "--require-nogil", "sh", "-c", &script];
            let output = sandbox.command(&all).output().expect("ftpy");
            (output.status.signal(), finished(output))
        };
        let (ended_by, on) = end(&["start 1 0 -", "end 1"]);
        assert_eq!((ended_by, on.code), (None, Some(8)), "{on:?}");
        let end_named = format!("the command itself ended with signal {signal}");
        assert!(on.stderr.contains(&end_named), "{on:?}");
        // No process reported, which the user must know.
        let (ended_by, unchecked) = end(&[]);
        assert_eq!((ended_by, unchecked.code), (None, Some(9)), "{unchecked:?}");
        // The GIL was off, so the signal is the command's own end.
        let (ended_by, off) = end(&["start 1 0 -", "end 0"]);
        assert_eq!((ended_by, off.stderr.as_str()), (Some(signal), ""));
    }
    assert_eq!(left_over(&sandbox), 0);
}

#[test]
fn signals_for_ftpy_reach_the_command() {
    let sandbox = sandbox();
    let all = [
        ("TERM", 15),
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("USR1", 10),
        ("USR2", 12),
        ("ALRM", 14),
        ("WINCH", 28),
        ("CONT", 18),
        ("TSTP", 20),
    ];
    for (name, number) in all {
        if is_ignored(number) {
            say(&format!(
                "SIG{name}: not tried, it is ignored here (nohup, a job in the background)"
            ));
            continue;
        }
        let then = format!(
            "trap 'echo got; exit 5' {name}\necho ready\nfor i in 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0; do sleep 0.2; done"
        );
        let script = reporting(&["start 1 0 -", "end 0"], &then);
        // Without a terminal, which would send Ctrl-C to both.
        let all = ["run", "3.14t", "--require-nogil", "--", "sh", "-c", &script];
        let mut command = sandbox.command(&all);
        let mut child = std::os::unix::process::CommandExt::process_group(&mut command, 0)
            .spawn()
            .expect("ftpy");
        let mut lines = std::io::BufReader::new(child.stdout.take().expect("stdout"));
        let mut line = String::new();
        std::io::BufRead::read_line(&mut lines, &mut line).expect("ready");
        let kill = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", child.id())])
            .status();
        assert!(kill.expect("kill").success());
        std::io::BufRead::read_line(&mut lines, &mut line).expect("got");
        assert_eq!(line, "ready\ngot\n", "{name}");
        assert_eq!(child.wait().expect("ftpy").code(), Some(5), "{name}");
    }
    assert_eq!(left_over(&sandbox), 0);
}

/// Whether a signal is ignored by this process, and thus by its children.
fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) >> (number - 1) & 1 == 1
}

#[test]
fn the_child_has_no_python_gil_and_the_persons_python_path_behind_the_hook() {
    let mut sandbox = sandbox();
    let seen = |sandbox: &Sandbox| {
        let show = "echo \"${PYTHON_GIL-unset} $PYTHONPATH\"; stat -c %a \"${PYTHONPATH%%:*}\"";
        let shown = run(sandbox, &["sh", "-c", show]).stdout;
        let hook = shown
            .split(['/', ':', '\n'])
            .find(|part| part.starts_with("ftpy-nogil-"));
        let hook = sandbox.home().join("tmp").join(hook.expect("a hook"));
        shown.replace(&hook.display().to_string(), "HOOK")
    };
    assert_eq!(seen(&sandbox), "unset HOOK\n700\n");
    sandbox.set("PYTHON_GIL", "0");
    sandbox.set("PYTHONPATH", "/a:/b");
    assert_eq!(seen(&sandbox), "unset HOOK:/a:/b\n700\n");
    sandbox.set("PYTHONPATH", "");
    assert_eq!(seen(&sandbox), "unset HOOK:HOOK\n700\n");
}

#[test]
fn a_report_is_written_as_json_and_stdout_stays_the_commands() {
    let sandbox = sandbox();
    let script = reporting(&["start 1 0 -", "end 1"], "echo out; exit 3");
    let all = [
        "--json",
        "run",
        "3.14t",
        "--require-nogil",
        "--report",
        "r.json",
        "sh",
        "-c",
        &script,
    ];
    let finished = sandbox.fails(8, &all);
    assert_eq!(finished.stdout, "out\n");
    let text = std::fs::read_to_string(sandbox.home().join("r.json")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["verdict"], "gil-on");
    assert_eq!(json["exit_code"], 3);
    assert_eq!(json["offenders"], serde_json::json!([]));
    let interpreter = &json["interpreters"][0];
    assert_eq!(interpreter["executable"], "/x/python3.14t");
    assert_eq!(interpreter["gil_disabled_build"], true);
    assert_eq!(interpreter["gil_enabled_at_exit"], true);
    let unwritable = [
        "run",
        "3.14t",
        "--require-nogil",
        "--report",
        "no/r.json",
        "touch",
        "begun",
    ];
    sandbox.fails(7, &unwritable);
    assert!(!sandbox.home().join("begun").exists());
}

#[test]
fn what_is_said_of_the_gil_is_sarif_too() {
    let sandbox = sandbox();
    let script = reporting(&["start 1 0 -", "end 1"], "");
    let run = ["run", "3.14t", "--require-nogil", "--report"];
    let all = [&run[..], &["R.SARIF", "sh", "-c", &script]].concat();
    sandbox.fails(8, &all);
    let text = std::fs::read_to_string(sandbox.home().join("R.SARIF")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let run_of_ftpy = &json["runs"][0];
    assert_eq!(json["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(run_of_ftpy["tool"]["driver"]["name"], "ftpy");
    assert_eq!(run_of_ftpy["results"][0]["ruleId"], "gil-enabled");
    // Stdout belongs to the command, so the report cannot go there.
    let refused = sandbox.fails(2, &[&run[..], &["-", "touch", "begun"]].concat());
    assert!(
        refused.stderr.contains("stdout belongs to the command"),
        "{refused:?}"
    );
    assert!(!sandbox.home().join("begun").exists() && !sandbox.home().join("-").exists());
}

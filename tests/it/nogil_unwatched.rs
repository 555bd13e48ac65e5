//! `run --require-nogil` with a Python that is started without the hook. A shell imitates the
//! watched interpreter, and another program under an interpreter's name is the unwatched one.

use crate::support::live::say;
use crate::support::sandbox::Finished;
use crate::support::sandbox::Sandbox;
use crate::support::shims::with;
use std::os::unix::fs::PermissionsExt;

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A watched interpreter whose GIL was off, and what follows.
fn run(sandbox: &Sandbox, then: &str) -> Finished {
    let start = format!("{} {} {}", hex("/x/python3.14t"), hex("3.14.7"), hex("/"));
    let script = format!(
        "report=${{PYTHONPATH%%:*}}/report\necho start $$ 1 0 - {start} >>\"$report\"\n\
         echo end $$ 0 >>\"$report\"\n{then}"
    );
    let all = [
        "run",
        "3.14t",
        "--require-nogil",
        "--report",
        "r.json",
        "--",
    ];
    sandbox.run(&[&all[..], &["sh", "-c", &script]].concat())
}

/// A short-lived program under the name of an interpreter; `None` if `sleep` cannot be copied.
fn sandbox(test: &str) -> Option<Sandbox> {
    let sandbox = with(&[("3.14.7", "t")]);
    let copy = sandbox.home().join("python3.14t");
    let found = ["/usr/bin/sleep", "/bin/sleep"];
    let found = found.iter().find_map(|path| std::fs::read(path).ok());
    std::fs::write(&copy, found.unwrap_or_default()).expect("write");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    let status = std::process::Command::new(&copy).arg("0").status();
    if !cfg!(target_os = "linux") || !status.is_ok_and(|status| status.success()) {
        say(&format!(
            "{test}: not run, it needs Linux and a sleep(1) that can be copied"
        ));
        return None;
    }
    Some(sandbox)
}

/// The check failed, for this reason.
fn refused(sandbox: &Sandbox, then: &str, why: &str) {
    let said = run(sandbox, then);
    assert_eq!(said.code, Some(9), "{then}: {said:?}");
    assert!(said.stderr.contains(why), "{then}: {said:?}");
    let text = std::fs::read_to_string(sandbox.home().join("r.json")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["verdict"], "unchecked");
    assert_eq!(json["unwatched"][0]["counts"], true, "{json}");
}

#[test]
fn a_python_that_did_not_report_is_named_and_could_not_be_checked() {
    let Some(sandbox) = sandbox("a_python_that_did_not_report") else {
        return;
    };
    assert_eq!(run(&sandbox, "sleep 0.3").code, Some(0));
    let own = sandbox.home().join("python3.14t").display().to_string();
    let lost = format!("{own} (pid ");
    refused(&sandbox, "env -i ./python3.14t 0.3", &lost);
    refused(
        &sandbox,
        "env -i ./python3.14t 0.3",
        "was started without PYTHONPATH",
    );
    refused(
        &sandbox,
        "exec env -i ./python3.14t 0.3",
        "without PYTHONPATH",
    );
    refused(&sandbox, "./python3.14t 0.3", "did not report to ftpy");
    // Started through other programs, and without a waiting parent.
    refused(
        &sandbox,
        "sh -c 'env -i ./python3.14t 0.3; true'",
        "without PYTHONPATH",
    );
    refused(
        &sandbox,
        "sh -c 'env -i ./python3.14t 0.3 >/dev/null 2>&1 &'; sleep 0.6",
        "without PYTHONPATH",
    );
    // Several of them: each is named.
    let said = run(&sandbox, "env -i ./python3.14t 0.3; ./python3.14t 0.3");
    assert!(
        said.stderr.contains("without PYTHONPATH") && said.stderr.contains("did not report"),
        "{said:?}"
    );
}

#[test]
fn a_python_that_outlives_the_command_could_not_be_checked() {
    let Some(sandbox) = sandbox("a_python_that_outlives_the_command") else {
        return;
    };
    let own = hex(&sandbox.home().join("python3.14t").display().to_string());
    let stays = |seconds: &str| {
        format!(
            "./python3.14t {seconds} >/dev/null 2>&1 &\n\
             echo start $! 1 0 - {own} {} {} >>\"$report\"; sleep 0.2",
            hex("3.14.7"),
            hex("/")
        )
    };
    refused(
        &sandbox,
        &stays("20"),
        "was still running when the command had ended",
    );
    // A helper that ends soon after the command is waited for.
    assert_eq!(run(&sandbox, &stays("0.6")).code, Some(0));
}

#[test]
fn what_an_interpreter_started_without_the_watch_is_named() {
    let sandbox = with(&[("3.14.7", "t")]);
    let leave = |is_exec: u8, has_hook: u8, arguments: &str| {
        let (program, arguments) = (hex("/y/other3.14t"), hex(arguments));
        format!("echo leave $$ {is_exec} {has_hook} {program} {arguments} >>\"$report\"")
    };
    refused(
        &sandbox,
        &leave(0, 1, "-I\0app.py"),
        "/y/other3.14t, a child of pid ",
    );
    refused(&sandbox, &leave(0, 1, "-I\0app.py"), "was started with -I");
    refused(
        &sandbox,
        &leave(1, 0, "app.py"),
        "was started without PYTHONPATH",
    );
    assert_eq!(run(&sandbox, &leave(0, 0, "--version")).code, Some(0));
    // The GIL was on in one process, which has priority.
    let on = format!("{}; echo end $$ 1 >>\"$report\"", leave(0, 0, "app.py"));
    assert_eq!(run(&sandbox, &on).code, Some(8));
}

//! A shim hands its choice down: the Python of a project also runs where its child processes start
//! `python3` outside the project.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{output, project, run, run_in, shim, started, three};
use std::path::Path;

const VARIABLE: &str = "FTPY_SHIM_CHOICE";
const NONE: [&str; 0] = [];

/// Returns what a shim hands down to its program.
fn handed_down(finished: &Finished) -> Option<&str> {
    let mut lines = finished.stdout.lines();
    lines.find_map(|line| line.strip_prefix(VARIABLE)?.strip_prefix('='))
}

/// Starts a shim as a child process of one that handed this choice down.
fn child(sandbox: &Sandbox, name: &str, place: &Path, choice: &str) -> Finished {
    finished(output(shim(sandbox, name, place).env(VARIABLE, choice)))
}

#[test]
fn a_child_outside_the_project_gets_the_projects_python() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14"]);
    let place = project(&sandbox, "p", "3.13t\n");
    let parent = run(&sandbox, "python", &place, &["env"]);
    let choice = handed_down(&parent).expect("a choice");
    assert!(choice.starts_with("3.13.5t-pbs"), "{choice}");
    let outside = sandbox.home();
    assert_eq!(started(&run(&sandbox, "python3", outside, &NONE)), "3.14.7");
    for name in ["python", "python3"] {
        let child = child(&sandbox, name, outside, choice);
        assert_eq!(started(&child), "3.13.5t", "{child:?}");
    }
    let versioned = child(&sandbox, "python3.14t", outside, choice);
    assert_eq!(started(&versioned), "3.14.7t", "{versioned:?}");
    let name = run(&sandbox, "python3.14t", outside, &["env"]);
    assert!(handed_down(&name).is_some_and(|choice| choice.starts_with("3.14.7t-")));
}

#[test]
fn a_pin_the_variable_and_an_argument_win_over_the_parents_choice() {
    let sandbox = three();
    let other = project(&sandbox, "other", "3.14t\n");
    let parent = project(&sandbox, "p", "3.13t\n");
    let parent = run(&sandbox, "python", &parent, &["env"]);
    let choice = handed_down(&parent).expect("a choice");
    let pinned = child(&sandbox, "python", &other, choice);
    assert_eq!(started(&pinned), "3.14.7t", "{pinned:?}");
    let mut command = shim(&sandbox, "python", sandbox.home());
    command.env(VARIABLE, choice).env("FTPY_PYTHON", "3.14");
    assert_eq!(started(&finished(output(&mut command))), "3.14.7");
    let argument = finished(output(command.arg("+3.14t")));
    assert_eq!(started(&argument), "3.14.7t", "{argument:?}");
}

#[test]
fn the_default_is_not_handed_down_and_a_removed_choice_is_skipped() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let outside = sandbox.home();
    let parent = run(&sandbox, "python", outside, &["env"]);
    assert_eq!(handed_down(&parent), None, "{parent:?}");
    for choice in ["3.13.4t-pbs-20260101", "../../bin/sh", "nonsense", "+"] {
        let child = child(&sandbox, "python", outside, choice);
        assert_eq!(started(&child), "3.14.7t", "{choice}: {child:?}");
    }
}

#[test]
fn show_and_which_report_the_parents_choice() {
    let mut sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let place = project(&sandbox, "p", "3.13t\n");
    let parent = run(&sandbox, "python", &place, &["env"]);
    let choice = handed_down(&parent).expect("a choice").to_owned();
    sandbox.set(VARIABLE, &choice);
    let outside = sandbox.home().to_owned();
    let shown = run_in(&sandbox, &outside, 0, &["show"]);
    let why = format!("the parent process ({VARIABLE}) asks for {choice}");
    assert!(shown.stdout.contains(&why), "{shown:?}");
    let json = run_in(&sandbox, &outside, 0, &["--json", "show"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["active"]["reason"]["kind"], "inherited");
    let prefix = json["active"]["prefix"].as_str().expect("a prefix");
    assert!(prefix.ends_with(&format!("installs/{choice}")), "{prefix}");
    let explained = run_in(&sandbox, &outside, 0, &["which", "--explain", "python"]);
    let line = format!("{VARIABLE}, from the parent process: {choice}");
    assert!(explained.stderr.contains(&line), "{explained:?}");
    assert!(explained.stdout.contains(&choice), "{explained:?}");
}

#[test]
fn doctor_names_the_variable_and_its_effect() {
    let mut sandbox = three();
    let key = "3.13.5t-pbs-20260901";
    assert!(!sandbox.run(&["doctor"]).stderr.contains(VARIABLE));
    for (value, effect) in [
        (key, "it counts where nothing is pinned"),
        (
            "3.13.4t-pbs-20260901",
            "it is skipped, because that is not installed",
        ),
        ("+", "it is skipped, because that is not a request"),
    ] {
        sandbox.set(VARIABLE, value);
        let said = sandbox.run(&["doctor"]).stderr;
        let start = format!("{VARIABLE}={value} was set by a shim");
        assert!(said.contains(&start) && said.contains(effect), "{said}");
        assert!(said.contains(&format!("`unset {VARIABLE}`")), "{said}");
        assert!(sandbox.run(&["--json", "doctor"]).stdout.contains(effect));
    }
}

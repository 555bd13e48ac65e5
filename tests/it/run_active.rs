//! Commands about the active Python without a request: `run -- COMMAND`, `show --active`,
//! `show --prefix`, `which --prefix`; and `-C DIR`.

use crate::support::sandbox::Sandbox;
use crate::support::shims::{executable, project, run_in, started, three};

fn directory(path: &std::path::Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn run_without_a_request_uses_the_active_python() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14"]);
    let place = project(&sandbox, "p", "3.13t\n");
    let ran = run_in(&sandbox, &place, 0, &["run", "--", "python"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    let ran = run_in(&sandbox, sandbox.home(), 0, &["run", "--", "python"]);
    assert_eq!(started(&ran), "3.14.7", "{ran:?}");
    // A request comes first as before, also with an option between.
    let ran = run_in(&sandbox, &place, 0, &["-q", "run", "3.14t", "--", "python"]);
    assert_eq!(started(&ran), "3.14.7t", "{ran:?}");
    let refused = run_in(&sandbox, &place, 2, &["run", "--"]);
    assert!(refused.stderr.contains("COMMAND"), "{refused:?}");
}

#[test]
fn run_python_needs_no_dashes_and_another_program_is_told_to_use_them() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.13t\n");
    let ran = run_in(&sandbox, &place, 0, &["run", "python", "-VV"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    let ran = run_in(&sandbox, &place, 0, &["run", "python3", "x.txt"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    // A versioned name names the installation, too.
    let ran = run_in(&sandbox, &place, 0, &["run", "python3.14t", "-VV"]);
    assert_eq!(started(&ran), "3.14.7t", "{ran:?}");
    let ran = run_in(&sandbox, &place, 0, &["run", "python3.14", "python", "-VV"]);
    assert_eq!(started(&ran), "3.14.7", "{ran:?}");
    let refused = run_in(&sandbox, &place, 3, &["run", "pytest", "-k", "a b"]);
    let hint = "hint: `ftpy run -- pytest -k 'a b'` runs it with the active Python";
    assert!(refused.stderr.contains(hint), "{refused:?}");
}

#[test]
fn run_without_a_request_uses_the_active_environment() {
    let mut sandbox = three();
    let place = project(&sandbox, "p", "3.13t\n");
    let venv = sandbox.home().join("v");
    let home = sandbox.store.join("aliases/3.14t/bin");
    std::fs::create_dir_all(venv.join("bin")).expect("mkdir");
    let config = format!("home = {}\n", home.display());
    std::fs::write(venv.join("pyvenv.cfg"), config).expect("write");
    executable(
        &venv.join("bin/python"),
        "#!/bin/sh\necho \"of $VIRTUAL_ENV\"\n",
    );
    let path = format!("{}:/usr/bin:/bin", venv.join("bin").display());
    sandbox.set("PATH", &path);
    sandbox.set("VIRTUAL_ENV", directory(&venv));
    std::fs::write(place.join("x.py"), "").expect("write");
    let of_venv = format!("of {}\n", venv.display());
    for line in [
        &["run", "--", "python"][..],
        &["run", "python"],
        &["run", "x.py"],
    ] {
        let ran = run_in(&sandbox, &place, 0, line);
        assert_eq!(ran.stdout, of_venv, "{line:?}: {ran:?}");
        assert!(!ran.stderr.contains("not used"), "{ran:?}");
    }
    // What is named comes first, and the environment of another Python does not reach the command.
    let ran = run_in(&sandbox, &place, 0, &["run", "3.13t", "python"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    let note = format!("{} is not used: 3.13t is requested", venv.display());
    assert!(ran.stderr.contains(&note), "{ran:?}");
    let print = ["run", "3.13t", "sh", "-c", "echo $VIRTUAL_ENV"];
    assert_eq!(run_in(&sandbox, &place, 0, &print).stdout, "\n");
    sandbox.set("FTPY_PYTHON", "3.13t");
    let ran = run_in(&sandbox, &place, 0, &["run", "--", "python"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    sandbox.unset("FTPY_PYTHON");
    // An environment of a Python that ftpy does not manage.
    std::fs::write(venv.join("pyvenv.cfg"), "home = /usr/bin\n").expect("write");
    let ran = run_in(&sandbox, &place, 0, &["run", "--", "python"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    assert!(
        ran.stderr.contains("its Python is not managed by ftpy"),
        "{ran:?}"
    );
}

#[test]
fn run_without_a_request_refuses_a_python_that_ftpy_does_not_manage() {
    let mut sandbox = three();
    let own = sandbox.home().join("other");
    executable(&own.join("python"), "#!/bin/sh\n");
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", own.display()));
    for line in [
        &["run", "--", "python"][..],
        &["show", "--prefix"],
        &["which", "--prefix", "python"],
    ] {
        let refused = sandbox.fails(3, line);
        assert!(
            refused.stderr.contains("not managed by ftpy"),
            "{refused:?}"
        );
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
}

#[test]
fn run_installs_what_is_missing_only_if_asked() {
    let sandbox = three();
    sandbox.ok(&["uninstall", "3.14t"]);
    let place = project(&sandbox, "p", "3.14t\n");
    for line in [
        &["run", "--", "python"][..],
        &["run", "3.14t", "--", "python"],
    ] {
        let refused = run_in(&sandbox, &place, 3, line);
        assert!(
            refused.stderr.contains("3.14t is not installed"),
            "{refused:?}"
        );
    }
    let ran = run_in(&sandbox, &place, 0, &["run", "--install", "--", "python"]);
    assert_eq!(started(&ran), "3.14.7t", "{ran:?}");
    sandbox.ok(&["uninstall", "3.14t"]);
    let ran = sandbox.ok(&["run", "--install", "3.14t", "python"]);
    assert_eq!(started(&ran), "3.14.7t", "{ran:?}");
}

#[test]
fn show_prints_one_line_or_the_prefix_of_the_active_python() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.13t\n");
    let shown = run_in(&sandbox, &place, 0, &["show", "--active"]).stdout;
    assert!(shown.starts_with("3.13.5t-pbs-"), "{shown}");
    assert!(
        shown.contains(".python-version:1 asks for 3.13t)"),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 1, "{shown}");
    let prefix = run_in(&sandbox, &place, 0, &["show", "--prefix"]).stdout;
    let which = run_in(&sandbox, &place, 0, &["which", "--prefix", "python"]).stdout;
    assert_eq!(prefix, which);
    let json = run_in(&sandbox, &place, 0, &["--json", "show", "--prefix"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["prefix"], prefix.trim_end());
    let other = run_in(&sandbox, &place, 0, &["which", "--prefix", "3.14t"]).stdout;
    let key = std::path::Path::new(other.trim_end()).file_name();
    let key = key.and_then(|key| key.to_str()).expect("a key");
    assert!(key.starts_with("3.14.7t-"), "{other}");
}

#[test]
fn a_directory_for_every_command_is_entered_first() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.13t\n");
    let shown = sandbox.ok(&["-C", directory(&place), "show", "--active"]);
    assert!(shown.stdout.starts_with("3.13.5t-"), "{shown:?}");
    let ran = sandbox.ok(&["run", "-C", directory(&place), "--", "python"]);
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    sandbox.ok(&["pin", "--directory", directory(&place), "3.14t"]);
    let pin = std::fs::read_to_string(place.join(".python-version")).expect("pin");
    assert_eq!(pin, "3.14t\n");
    refuses_a_directory_that_is_missing(&sandbox);
}

fn refuses_a_directory_that_is_missing(sandbox: &Sandbox) {
    let refused = sandbox.fails(2, &["-C", "missing", "show"]);
    let error = "error: -C: cannot change to missing: no such file or directory";
    assert!(refused.stderr.contains(error), "{refused:?}");
}

#[test]
fn the_system_may_have_only_python3() {
    let mut sandbox = three();
    let bin = sandbox.home().join("system");
    executable(&bin.join("python3"), "#!/bin/sh\necho system\n");
    sandbox.set("PATH", directory(&bin));
    sandbox.ok(&["default", "system"]);
    let shown = sandbox.ok(&["show", "--active"]).stdout;
    assert!(
        shown.starts_with(directory(&bin.join("python3"))),
        "{shown}"
    );
    sandbox.set("FTPY_PYTHON", "system");
    std::fs::remove_file(bin.join("python3")).expect("remove");
    let refused = sandbox.fails(3, &["show"]);
    assert!(
        refused.stderr.contains("`export FTPY_PYTHON=3.14t`"),
        "{refused:?}"
    );
}

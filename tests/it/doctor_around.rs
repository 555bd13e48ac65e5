//! `ftpy doctor` outside of the store: version files, settings, packages, and other tools' Pythons.

use crate::doctor::{
    assert_sound, findings, follow, healthy, link, message, only, program, set_path, write,
};
use crate::support::sandbox::{Sandbox, finished, probe_answer};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn extensions_of_the_stable_abi_are_found_where_they_crash() {
    let sandbox = healthy();
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let site = prefix.join("lib/python3.14t/site-packages");
    let extension = site.join("cryptic/_rust.abi3.so");
    write(&extension, "");
    write(
        &site.join("cryptic-41.0.dist-info/RECORD"),
        "cryptic/__init__.py,sha256=x,1\ncryptic/_rust.abi3.so,sha256=x,2\n",
    );
    // These are never started: the right one comes first, and 3.15t's has another name.
    write(&site.join("good/_x.abi3.so"), "");
    write(&site.join("good/_x.cpython-314t-x86_64-linux-gnu.so"), "");
    write(&site.join("good/_y.abi3t.so"), "");
    let finding = only(&sandbox, "abi3-extension");
    assert_eq!(finding["details"][0], "cryptic: cryptic/_rust.abi3.so");
    let python = prefix.join("bin/python3.14t");
    assert_eq!(
        finding["fix"],
        format!(
            "{} -m pip install --force-reinstall cryptic",
            python.display()
        )
    );
    std::fs::remove_file(&extension).expect("remove");
    assert_sound(&sandbox);

    // In a virtual environment, where a GIL build may have them.
    let venv = sandbox.home().join(".venv");
    let home = sandbox.store.join("aliases/3.14t/bin");
    write(
        &venv.join("pyvenv.cfg"),
        &format!("home = {}\n", home.display()),
    );
    program(&venv.join("bin/python"), "#!/bin/sh\n");
    write(&venv.join("lib/python3.14/site-packages/a.abi3.so"), "");
    assert_sound(&sandbox);
    write(&venv.join("lib/python3.13t/site-packages/lone.abi3.so"), "");
    let finding = only(&sandbox, "abi3-extension");
    assert_eq!(finding["details"][0], "lone.abi3.so");
    assert!(
        message(&finding).contains(".venv has 1 extension"),
        "{finding}"
    );
}

#[test]
fn what_is_asked_for_and_not_installed_is_found_and_installed() {
    let mut sandbox = healthy();
    let pin = sandbox.home().join(".python-version");
    write(&pin, "# mine\n3.13t\n");
    let finding = only(&sandbox, "pin-not-met");
    assert!(
        message(&finding).contains("3.13t is not installed (requested by "),
        "{finding}"
    );
    assert_eq!(finding["fix"], "ftpy install 3.13t");
    follow(&sandbox, &finding);
    assert_sound(&sandbox);

    // A pin in another directory is known because ftpy wrote it.
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("mkdir");
    let mut command = sandbox.command(&["pin", "3.13"]);
    assert!(
        command
            .current_dir(&project)
            .status()
            .expect("ftpy")
            .success()
    );
    assert_eq!(only(&sandbox, "pin-not-met")["fix"], "ftpy install 3.13");
    sandbox.set("FTPY_PYTHON", ">=3.13,<3.14");
    let found = findings(&sandbox, &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0]["fix"], "ftpy install '>=3.13,<3.14'");
    follow(&sandbox, &found[0]);
    assert_sound(&sandbox);
    sandbox.unset("FTPY_PYTHON");

    write(&sandbox.store.join("config"), "default = 3.15t\n");
    let finding = only(&sandbox, "pin-not-met");
    assert!(
        message(&finding).contains("(requested by the default ("),
        "{finding}"
    );
    write(&sandbox.store.join("config"), "default = system\n");
    only(&sandbox, "pin-not-met");
    program(&sandbox.home().join("tools/python3"), "#!/bin/sh\n");
    assert_sound(&sandbox);
}

#[test]
fn version_files_that_cannot_be_used_are_found_with_their_line() {
    let mut sandbox = healthy();
    let pin = sandbox.home().join(".python-version");
    write(&pin, "# mine\n3.12t\n");
    let finding = only(&sandbox, "pin-unusable");
    assert!(message(&finding).contains(".python-version:2"), "{finding}");
    write(&pin, "3.14tt\n");
    let finding = only(&sandbox, "pin-unusable");
    assert_eq!(finding["fix"], "ftpy pin --force 3.14t");
    follow(&sandbox, &finding);
    assert_sound(&sandbox);

    // In a directory whose name needs quoting.
    let project = sandbox.home().join("a b");
    std::fs::create_dir(&project).expect("mkdir");
    std::fs::write(&pin, "3.14t\n").expect("write");
    let known = format!(
        "{0}/.python-version\n{0}/.tool-versions\n",
        project.display()
    );
    write(&sandbox.store.join("known/pins"), &known);
    write(&project.join(".python-version"), "3.14tt\n");
    let finding = only(&sandbox, "pin-unusable");
    follow(&sandbox, &finding);
    assert_sound(&sandbox);
    // The pin was recorded again, and missing files were forgotten.
    write(&sandbox.store.join("known/pins"), &known);
    write(&project.join(".tool-versions"), "python 3.14t 3.14x\n");
    let finding = only(&sandbox, "pin-unusable");
    assert!(
        finding["advice"]
            .as_str()
            .expect("advice")
            .contains("line 1"),
        "{finding}"
    );
    std::fs::write(project.join(".tool-versions"), [0xff, 0xfe]).expect("write");
    assert!(message(&only(&sandbox, "pin-unusable")).contains("not UTF-8"));
    std::fs::remove_dir_all(&project).expect("remove");

    write(
        &sandbox.home().join("pyproject.toml"),
        "[project]\nrequires-python = \"<3.14\"\n",
    );
    let finding = only(&sandbox, "pin-contradicts-project");
    assert!(
        message(&finding).contains("requires-python = \"<3.14\""),
        "{finding}"
    );
    write(
        &sandbox.home().join("pyproject.toml"),
        "[project]\nrequires-python = \">=3.14\"\n",
    );
    assert_sound(&sandbox);
    sandbox.set("FTPY_PYTHON", "3.14tt");
    assert_eq!(only(&sandbox, "pin-unusable")["fix"], "unset FTPY_PYTHON");
}

#[test]
fn a_variable_that_is_neither_yes_nor_no_is_found() {
    let mut sandbox = healthy();
    sandbox.set("FTPY_AUTO_INSTALL", "banana");
    let finding = only(&sandbox, "setting-unusable");
    assert!(
        message(&finding).contains("invalid FTPY_AUTO_INSTALL `banana`: use 1 or 0"),
        "{finding}"
    );
    assert_eq!(finding["fix"], "unset FTPY_AUTO_INSTALL");
    sandbox.set("FTPY_AUTO_INSTALL", "On");
    assert_sound(&sandbox);
}

#[test]
fn settings_that_cannot_be_used_are_found_with_their_line() {
    let sandbox = healthy();
    let config = sandbox.store.join("config");
    for (text, code, place, fix) in [
        (
            "# x\ndefault = 3.14tt\n",
            "setting-unusable",
            "config:2",
            Some("ftpy default 3.14t"),
        ),
        (
            "default = ./x.tar.zst\n",
            "setting-unusable",
            "config:1",
            Some("ftpy default none"),
        ),
        (
            "auto-install = maybe\n",
            "setting-unusable",
            "config:1",
            Some("ftpy config unset auto-install"),
        ),
        (
            "python3t = 2\n",
            "setting-unusable",
            "config:1",
            Some("ftpy config unset python3t"),
        ),
        (
            "\nauto_install = true\n",
            "setting-unknown",
            "config:2",
            None,
        ),
        ("3.14t\n", "setting-unknown", "config:1", None),
    ] {
        write(&config, text);
        let finding = only(&sandbox, code);
        assert!(message(&finding).contains(place), "{finding}");
        assert_eq!(finding["fix"].as_str(), fix, "{finding}");
        if fix.is_some() {
            follow(&sandbox, &finding);
            assert_sound(&sandbox);
        } else {
            // --fix keeps what it does not understand.
            findings(&sandbox, &["--fix"]);
            assert_eq!(std::fs::read_to_string(&config).expect("read"), text);
        }
    }
    std::fs::write(&config, [0xff]).expect("write");
    only(&sandbox, "setting-unusable");
    write(
        &config,
        "# all = is well\ndefault = 3.14t # here\nauto-install = off\n",
    );
    assert_sound(&sandbox);
}

/// A sandbox with another tool's directory after the shims.
fn with_other(place: &str) -> Sandbox {
    let mut sandbox = healthy();
    set_path(&mut sandbox, &["store/shims", "tools", place]);
    sandbox
}

#[test]
fn a_free_threaded_build_under_the_name_of_a_gil_build_is_found() {
    let sandbox = with_other("uv/bin");
    let bin = sandbox.home().join("uv/bin");
    let real = sandbox.home().join("uv/python/bin/python3.14t");
    program(&real, &probe_answer("3.14.2", "t", "t"));
    for name in ["python", "python3", "python3.14", "python3.14t"] {
        std::fs::create_dir_all(&bin).expect("mkdir");
        link(&real, bin.join(name));
    }
    // A GIL build under its own name is correct.
    program(&bin.join("python3.13"), &probe_answer("3.13.1", "", ""));
    let finding = only(&sandbox, "foreign-free-threaded");
    let says = message(&finding);
    assert!(
        says.starts_with(&format!("{}/python is", bin.display())),
        "{says}"
    );
    assert!(says.contains("3.14.2") && says.contains("by uv"), "{says}");
    let advice = finding["advice"].as_str().expect("advice");
    assert!(advice.contains("rename it to python3.14t"), "{advice}");
    // Its actual version, and the other two names.
    assert_eq!(
        finding["details"].as_array().expect("lines").len(),
        3,
        "{finding}"
    );
    for name in ["python", "python3", "python3.14"] {
        std::fs::remove_file(bin.join(name)).expect("remove");
    }
    assert_sound(&sandbox);
}

#[test]
fn a_linked_interpreter_that_became_something_else_is_found_and_forgotten() {
    let sandbox = healthy();
    let python = sandbox.home().join("opt/bin/python3.13t");
    program(&python, &probe_answer("3.13.9", "t", "t"));
    sandbox.ok(&["link", "mine", python.to_str().expect("UTF-8")]);
    assert_sound(&sandbox);
    sandbox.ok(&["verify"]);
    program(&python, &probe_answer("3.13.10", "t", "t"));
    let finding = only(&sandbox, "external-changed");
    assert!(message(&finding).contains("is now 3.13.10t"), "{finding}");
    assert_eq!(finding["fix"], "ftpy uninstall 3.13.9t-link-mine");
    follow(&sandbox, &finding);
    assert_sound(&sandbox);
}

#[test]
fn programs_that_are_no_python_are_passed_over() {
    let mut sandbox = with_other("bin");
    let bin = sandbox.home().join("bin");
    let trace = sandbox.home().join("started");
    let leaves_trace = format!("#!/bin/sh\n# pyenv\necho x > '{}'\n", trace.display());
    program(&bin.join("python"), &leaves_trace);
    program(&sandbox.home().join("mise"), &leaves_trace);
    link(sandbox.home().join("mise"), bin.join("python3"));
    program(&bin.join("python3.8"), "#!/bin/sh\necho rubbish\n");
    program(&bin.join("python3.9"), "#!/nowhere/interpreter\n");
    program(&bin.join("python3.10"), "\u{0}\u{1}\u{2}");
    let finished = sandbox.ok(&["-v", "doctor"]);
    for name in [
        "/python: a shim of pyenv",
        "mise: not CPython",
        "python3.8",
        "python3.9",
        "python3.10",
    ] {
        let mentions = |line: &str| line.starts_with("skipped ") && line.contains(name);
        assert!(
            finished.stderr.lines().any(mentions),
            "{name}: {finished:?}"
        );
    }
    assert!(!trace.exists(), "a shim was started");
    assert!(!finished.stderr.contains("store/shims"), "{finished:?}");
    assert!(!sandbox.ok(&["doctor"]).stderr.contains("skipped "));

    // ftpy's own interpreters and those of virtual environments may be called python.
    let venv = sandbox.home().join("venv");
    program(&venv.join("bin/python3"), &probe_answer("3.14.2", "t", "t"));
    write(&venv.join("pyvenv.cfg"), "home = /usr/bin\n");
    let own = "store/installs/3.14.7t-pbs-20260901/bin";
    set_path(&mut sandbox, &["store/shims", "tools", "venv/bin", own]);
    assert_sound(&sandbox);
}

#[test]
fn pythons_that_hang_do_not_hold_doctor_up() {
    let sandbox = with_other("bin");
    for minor in 5..12 {
        let name = sandbox.home().join(format!("bin/python3.{minor}"));
        program(&name, "#!/bin/sh\nsleep 60\n");
    }
    program(
        &sandbox.home().join("bin/python"),
        &probe_answer("3.14.2", "t", "t"),
    );
    let started = Instant::now();
    let finding = only(&sandbox, "foreign-free-threaded");
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(14), "{elapsed:?}");
    assert!(
        elapsed > Duration::from_secs(8),
        "{elapsed:?}: they were not waited for"
    );
    assert!(message(&finding).contains("/python is"), "{finding}");
}

#[test]
fn a_signal_ends_doctor_and_the_program_that_it_waits_for() {
    let sandbox = with_other("bin");
    let trace = sandbox.home().join("pid");
    let text = format!("#!/bin/sh\necho $$ >'{}'\nsleep 60\n", trace.display());
    program(&sandbox.home().join("bin/python"), &text);
    let doctor = sandbox.start(&["--json", "doctor"]);
    let started = Instant::now();
    while std::fs::read_to_string(&trace)
        .unwrap_or_default()
        .is_empty()
    {
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "it was not asked"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = |arguments: &[&str]| Command::new("kill").args(arguments).output().expect("kill");
    kill(&["-INT", &doctor.id().to_string()]);
    let finished = finished(doctor.wait_with_output().expect("ftpy"));
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "it went on waiting"
    );
    let pid = std::fs::read_to_string(&trace).expect("pid");
    let lives = kill(&["-0", pid.trim()]).status.success();
    assert!(!lives, "{pid} was left behind");
}

#[test]
fn the_variable_of_pyenv_is_found_where_no_pyenv_reads_it() {
    let mut sandbox = healthy();
    sandbox.set("PYENV_VERSION", "3.13.1:3.12.4");
    let finding = only(&sandbox, "pyenv-version-set");
    let fix = "unset PYENV_VERSION; export FTPY_PYTHON=3.13.1";
    assert_eq!(finding["fix"], fix);
    let pyenv = sandbox.home().join("tools/pyenv");
    crate::support::shims::executable(&pyenv, "#!/bin/sh\n");
    assert_sound(&sandbox);
}

//! Existing interpreters: how they are registered, started, changed and removed.

use crate::support::sandbox::{Sandbox, probe_answer};
use crate::support::shims::{directory, executable, run, started, with};
use std::path::PathBuf;

/// An external interpreter that answers the probe and otherwise prints its path and arguments.
fn foreign(sandbox: &Sandbox, name: &str, version: &str, flags: &str) -> PathBuf {
    let path = sandbox.home().join(name);
    let probe = probe_answer(version, flags, flags);
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = -I ]; then\n{probe}exit 0\nfi\necho \"$0\"\n\
         for a in \"$@\"; do printf '[%s]' \"$a\"; done\necho\n"
    );
    executable(&path, &text);
    path
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> serde_json::Value {
    let all = [&["--json"], arguments].concat();
    serde_json::from_str(&sandbox.ok(&all).stdout).expect("JSON")
}

#[test]
fn a_linked_interpreter_is_what_it_says_and_not_what_it_is_called() {
    let sandbox = with(&[("3.14.7", "")]);
    // Free-threaded under a GIL name, as a distribution or a tool may install it.
    let path = foreign(&sandbox, "opt/it's mine/bin/python3.14", "3.14.9", "t");
    let path = path.to_str().expect("UTF-8");
    let said = sandbox.ok(&["link", "Mine", path]);
    assert!(said.stderr.contains("free-threaded, GIL off"), "{said:?}");
    let rows = json(&sandbox, &["list"]);
    assert_eq!(rows[0]["key"], "3.14.9t-link-mine");
    assert_eq!(rows[0]["is_external"], true);
    assert_eq!(rows[0]["executable"], path);
    // It is started by the shim of its actual variant, by its own path; the GIL name still means
    // the GIL build.
    let said = run(&sandbox, "python3.14t", sandbox.home(), &["x"]);
    assert_eq!(said.stdout, format!("{path}\n[x]\n"));
    assert_eq!(
        started(&run(&sandbox, "python3.14", sandbox.home(), &["x"])),
        "3.14.7"
    );
    let said = run(&sandbox, "pip3.14t", sandbox.home(), &["list"]);
    assert_eq!(said.stdout, format!("{path}\n[-P][-m][pip][list]\n"));
    assert_eq!(
        sandbox.ok(&["which", "pip3.14t"]).stdout,
        format!("{path} -P -m pip\n")
    );
    for name in ["python", "python3", "python3.14", "python3.14t"] {
        let said = sandbox.ok(&["run", "link:3.14t", "--", name, "y"]);
        assert_eq!(said.stdout, format!("{path}\n[y]\n"), "{name}");
    }
    let said = sandbox.ok(&["run", "3.14.9t-link-mine", "--", "pip", "y"]);
    assert_eq!(said.stdout, format!("{path}\n[-P][-m][pip][y]\n"));
    // No alias, no upgrade, no prune, because ftpy does not manage it.
    assert!(!sandbox.store.join("aliases/3.14t").exists());
    sandbox.ok(&["prune", "--yes"]);
    sandbox.ok(&["upgrade"]);
    let said = sandbox.ok(&["uninstall", "3.14t"]);
    assert!(
        said.stderr
            .contains("its files are not managed by ftpy and stay"),
        "{said:?}"
    );
    assert!(std::path::Path::new(path).exists());
    assert!(!directory(&sandbox).join("python3.14t").exists());
}

#[test]
fn what_becomes_of_a_linked_interpreter_is_said() {
    let sandbox = with(&[]);
    let path = foreign(&sandbox, "opt/bin/python3.14t", "3.14.5", "t");
    sandbox.ok(&[
        "link",
        "opt",
        &sandbox.home().join("opt").display().to_string(),
    ]);
    assert_eq!(sandbox.ok(&["list"]).stderr, "");
    foreign(&sandbox, "opt/bin/python3.14t", "3.14.6", "t");
    let said = sandbox.ok(&["list"]);
    assert!(
        said.stderr.contains("3.14.5t-link-opt is now 3.14.6t"),
        "{said:?}"
    );
    // Linking it again updates the registration.
    sandbox.ok(&["link", "opt", &path.display().to_string()]);
    assert_eq!(sandbox.installed(), ["3.14.6t-link-opt"]);
    std::fs::remove_file(&path).expect("remove");
    let said = sandbox.ok(&["list"]);
    assert!(
        said.stderr.contains("3.14.6t-link-opt is no longer usable"),
        "{said:?}"
    );
    let said = run(&sandbox, "python3.14t", sandbox.home(), &["x"]);
    assert_eq!(said.code, Some(127), "{said:?}");
    sandbox.ok(&["uninstall", "3.14.6t-link-opt"]);
}

#[test]
fn what_cannot_be_linked_is_refused_with_its_reason() {
    let sandbox = with(&[("3.14.7", "t")]);
    let good = foreign(&sandbox, "a/python3", "3.13.1", "");
    let good = good.to_str().expect("UTF-8");
    for name in ["", "a/b", "..", "a b", "-x"] {
        sandbox.fails(2, &["link", "--", name, good]);
    }
    sandbox.fails(3, &["link", "x", "/nonexistent"]);
    let rubbish = sandbox.home().join("rubbish/python");
    executable(&rubbish, "#!/bin/sh\necho rubbish\n");
    let said = sandbox.fails(5, &["link", "x", &rubbish.display().to_string()]);
    assert!(said.stderr.contains("did not answer"), "{said:?}");
    // An inconsistent one.
    let liar = sandbox.home().join("liar/python");
    executable(&liar, &probe_answer("3.14.1", "t", ""));
    let said = sandbox.fails(5, &["link", "x", &liar.display().to_string()]);
    assert!(said.stderr.contains("is inconsistent"), "{said:?}");
    let own = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    sandbox.fails(2, &["link", "x", &own.display().to_string()]);
    sandbox.ok(&["link", "x", good]);
    let other = foreign(&sandbox, "b/python3", "3.13.2", "");
    let other = other.to_str().expect("UTF-8");
    sandbox.fails(2, &["link", "x", other]);
    sandbox.ok(&["link", "--force", "x", other]);
    assert_eq!(
        sandbox.installed(),
        ["3.13.2-link-x", "3.14.7t-pbs-20260901"]
    );
}

#[test]
fn a_linked_interpreter_that_is_gone_is_linked_again_by_the_command_in_the_hint() {
    let sandbox = with(&[]);
    let old = foreign(&sandbox, "opt/bin/python3.14t", "3.14.5", "t");
    sandbox.ok(&["link", "opt", &old.display().to_string()]);
    sandbox.ok(&["default", "opt"]);
    std::fs::remove_file(&old).expect("remove");
    let new = foreign(&sandbox, "new place/python3.14t", "3.14.5", "t");
    let new = new.display().to_string();
    let hint = "run `ftpy link opt PATH` to link it at its new path, or \
                `ftpy uninstall 3.14.5t-link-opt` to unregister it";
    for name in ["python", "python3.14t", "pip"] {
        let said = run(&sandbox, name, sandbox.home(), &["x"]);
        assert_eq!(said.code, Some(127), "{said:?}");
        let message = format!("{name}: the interpreter of 3.14.5t-link-opt is gone: ");
        assert!(said.stderr.contains(&message), "{said:?}");
        assert!(said.stderr.contains(hint), "{said:?}");
    }
    for arguments in [
        &["show"][..],
        &["which", "python"],
        &["which", "opt"],
        &["run", "opt", "--", "python"],
        &["run", "3.14t", "--", "python"],
        &["venv", "-p", "opt"],
        &["list"],
        &["verify"],
        &["doctor"],
    ] {
        let said = sandbox.run(arguments);
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(
            all.contains("ftpy link opt PATH"),
            "{arguments:?}: {said:?}"
        );
        assert!(!all.contains("--reinstall"), "{arguments:?}: {said:?}");
    }
    // The name is free for the new place, without --force; the default follows.
    sandbox.ok(&["link", "opt", &new]);
    let said = run(&sandbox, "python", sandbox.home(), &["x"]);
    assert_eq!(said.stdout, format!("{new}\n[x]\n"), "{said:?}");
    // Another version at the same place: the command names the place.
    foreign(&sandbox, "new place/python3.14t", "3.14.6", "t");
    let said = sandbox.ok(&["list"]);
    let hint = format!("run `ftpy link opt '{new}'` to link what it is now");
    assert!(said.stderr.contains(&hint), "{said:?}");
    sandbox.ok(&["link", "opt", &new]);
    assert_eq!(sandbox.ok(&["list"]).stderr, "");
    assert_eq!(sandbox.installed(), ["3.14.6t-link-opt"]);
}

//! Warnings before something loses its Python, and choices that override a new default.

use crate::support::sandbox::finished;
use crate::support::shims::{directory, output, project, run, run_in, shim, telling, with};

#[test]
fn uninstall_warns_when_the_default_loses_its_python() {
    let sandbox = with(&[("3.14.6", "t"), ("3.14.7", "t")]);
    sandbox.ok(&["default", "3.14t"]);
    let said = sandbox.ok(&["uninstall", "3.14.7t"]);
    assert!(!said.stderr.contains("asks for"), "{said:?}");
    let said = sandbox.ok(&["uninstall", "3.14.6t"]);
    let expected = "asks for 3.14t, which is removed";
    assert!(said.stderr.contains("the default"), "{said:?}");
    assert!(said.stderr.contains(expected), "{said:?}");
}

#[test]
fn uninstall_names_the_installations_of_a_request_that_matches_several() {
    let sandbox = with(&[("3.14.6", "t"), ("3.14.7", "t"), ("3.13.5", "t")]);
    let said = sandbox.ok(&["uninstall", "3.13t"]);
    assert!(!said.stderr.contains("matches"), "{said:?}");
    let said = sandbox.ok(&["uninstall", "3.14t"]);
    let expected = "3.14t matches 2 installations: 3.14.7t-pbs-20260901, 3.14.6t-pbs-20260901\n";
    assert!(said.stderr.contains(expected), "{said:?}");
    assert!(sandbox.installed().is_empty());
}

#[test]
fn uninstall_warns_when_a_pin_here_or_elsewhere_loses_its_python() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.7", "")]);
    let place = project(&sandbox, "project", "3.14t\n");
    let said = run_in(&sandbox, &place, 0, &["uninstall", "3.14.7"]);
    assert!(!said.stderr.contains("asks for"), "{said:?}");
    run_in(&sandbox, &place, 0, &["pin", "3.14t"]);
    let said = sandbox.ok(&["uninstall", "3.14.7t"]);
    let file = place.join(".python-version").display().to_string();
    let expected = format!("{file}:1 asks for 3.14t, which is removed");
    assert!(said.stderr.contains(&expected), "{said:?}");
}

#[test]
fn a_new_default_below_a_pin_names_the_pin() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.7", "")]);
    let place = project(&sandbox, "project", "3.14\n");
    let said = run_in(&sandbox, &place, 0, &["default", "3.14t"]);
    let expected = ".python-version:1 asks for 3.14, which applies here instead of the default";
    assert!(said.stderr.contains(expected), "{said:?}");
    let said = sandbox.ok(&["default", "3.14t"]);
    assert!(!said.stderr.contains("instead of"), "{said:?}");
}

#[test]
fn outdated_ends_with_1_only_if_asked_and_something_is_outdated() {
    let mut sandbox = with(&[("3.14.5", "t")]);
    sandbox.ok(&["outdated", "--exit-code"]);
    sandbox.offer(&telling("3.14.7", "t"));
    sandbox.ok(&["outdated"]);
    let said = sandbox.fails(1, &["outdated", "--exit-code"]);
    assert!(said.stderr.contains("1 installation outdated"), "{said:?}");
    sandbox.fails(1, &["--json", "outdated", "--exit-code"]);
}

#[test]
fn upgrade_counts_the_packages_that_did_not_move() {
    let mut sandbox = with(&[("3.14.5", "t")]);
    let old = "3.14.5t-pbs-20260901";
    let site = sandbox.store.join("installs").join(old);
    let site = site.join("lib/python3.14t/site-packages");
    for name in ["six-1.17.0.dist-info", "pip-25.0.dist-info"] {
        std::fs::create_dir_all(site.join(name)).expect("mkdir");
    }
    sandbox.offer(&telling("3.14.7", "t"));
    let said = sandbox.ok(&["upgrade"]);
    let note = format!("1 package installed into {old} did not move");
    assert!(said.stderr.contains(&note), "{said:?}");
    let freeze = format!("`ftpy run {old} python -m pip freeze | ftpy run 3.14.7t-pbs-20260901");
    assert!(said.stderr.contains(&freeze), "{said:?}");
}

#[test]
fn a_shim_in_an_environment_whose_python_is_gone_starts_no_other() {
    let sandbox = with(&[("3.14.7", "t")]);
    sandbox.ok(&["default", "3.14t"]);
    let venv = sandbox.home().join(".venv");
    let bin = venv.join("bin");
    std::fs::create_dir_all(&bin).expect("mkdir");
    std::os::unix::fs::symlink("/nonexistent/python3", bin.join("python")).expect("link");
    let path = format!("{}:{}", bin.display(), directory(&sandbox).display());
    let start = |path: &str, name: &str| {
        let mut command = shim(&sandbox, name, sandbox.home());
        command.env("PATH", path).env("VIRTUAL_ENV", &venv);
        finished(output(command.arg("x")))
    };
    for name in ["python", "python3", "pip", "pip3"] {
        let said = start(&path, name);
        assert_eq!(said.code, Some(127), "{said:?}");
        let expected = "the interpreter of the active virtual environment";
        assert!(said.stderr.contains(expected), "{said:?}");
        assert!(said.stderr.contains("`ftpy doctor`"), "{said:?}");
    }
    // A versioned name means what it says, and so does a name after `deactivate`.
    assert_eq!(start(&path, "python3.14t").code, Some(0));
    let shims = directory(&sandbox).display().to_string();
    assert_eq!(start(&shims, "python").code, Some(0));
    assert_eq!(
        run(&sandbox, "python", sandbox.home(), &["x"]).code,
        Some(0)
    );
}

#[test]
fn a_default_that_is_not_installed_can_be_installed_or_unset() {
    let sandbox = crate::doctor::healthy();
    sandbox.ok(&["default", "3.13t"]);
    let finding = crate::doctor::only(&sandbox, "pin-not-met");
    assert_eq!(finding["fix"], "ftpy install 3.13t");
    assert_eq!(finding["advice"], "or run `ftpy default none`");
}

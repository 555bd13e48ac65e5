//! The shims: what each name starts, and where.

use crate::support::sandbox::finished;
use crate::support::shims::{
    directory, executable, output, project, run, shim, started, three, with,
};
use std::ffi::OsStr;
use std::path::Path;

const NONE: [&str; 0] = [];

#[test]
fn a_bare_name_asks_argument_variable_pin_default_and_path_in_this_order() {
    let sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.7", ""),
        ("3.13.5", "t"),
        ("3.12.1", ""),
    ]);
    let outer = project(&sandbox, "p", "3.13t\n");
    let inner = project(&sandbox, "p/a/b", "3.14t\n");
    let deep = inner.join("c/d");
    std::fs::create_dir_all(&deep).expect("mkdir");
    sandbox.ok(&["default", "3.12"]);
    let bare = |place: &Path| run(&sandbox, "python", place, &NONE);
    assert_eq!(started(&bare(sandbox.home())), "3.12.1", "the default");
    assert_eq!(started(&bare(&outer)), "3.13.5t", "the pin");
    assert_eq!(started(&bare(&deep)), "3.14.7t", "the nearest pin");
    let mut command = shim(&sandbox, "python3", &deep);
    let variable = finished(output(command.env("FTPY_PYTHON", "3.13t")));
    assert_eq!(started(&variable), "3.13.5t", "the variable");
    let argument = finished(output(command.args(["+3.14", "x"])));
    assert_eq!(started(&argument), "3.14.7", "the argument");
    assert!(argument.stdout.contains("\n[x]\n"), "{argument:?}");
    let empty = finished(output(
        shim(&sandbox, "python", &deep).env("FTPY_PYTHON", ""),
    ));
    assert_eq!(started(&empty), "3.14.7t", "empty is unset");
    sandbox.ok(&["default", "none"]);
    let other = sandbox.home().join("other/python");
    executable(&other, "#!/bin/sh\necho other $0\n");
    let mut command = shim(&sandbox, "python", sandbox.home());
    let shims = directory(&sandbox);
    let path = format!(
        "{}:{}",
        shims.display(),
        other.parent().expect("dir").display()
    );
    let passed = finished(output(command.env("PATH", path)));
    assert_eq!(passed.stdout, format!("other {}\n", other.display()));
}

#[test]
fn a_versioned_name_never_changes_its_meaning() {
    let sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.5", "t"),
        ("3.14.7", ""),
        ("3.13.5", "t"),
    ]);
    let gil = project(&sandbox, "gil", "3.14\n");
    let free = project(&sandbox, "free", "3.14t\n");
    let old = project(&sandbox, "old", "3.13t\n3.14.5t\n");
    let broken = project(&sandbox, "broken", "my-venv\n");
    sandbox.ok(&["default", "3.13t"]);
    for (name, place, expected) in [
        ("python3.14t", &gil, "3.14.7t"),
        ("python3.14", &free, "3.14.7"),
        ("python3.13t", &free, "3.13.5t"),
        ("python3.14t", &old, "3.14.5t"),
        ("python3.14", &old, "3.14.7"),
        ("python3.14t", &broken, "3.14.7t"),
    ] {
        let said = run(&sandbox, name, place, &NONE);
        assert_eq!(started(&said), expected, "{name} in {place:?}: {said:?}");
    }
    for value in ["3.14", "3.13t", "system", "nonsense"] {
        let mut command = shim(&sandbox, "python3.14t", &gil);
        let said = finished(output(command.env("FTPY_PYTHON", value)));
        assert_eq!(started(&said), "3.14.7t", "{value}");
    }
    for argument in ["+3.14", "+3.13t", "+system"] {
        let said = run(&sandbox, "python3.14t", &gil, &[argument]);
        assert_eq!(said.code, Some(127), "{said:?}");
        assert!(
            said.stderr
                .contains("always starts the free-threaded build of 3.14")
        );
        assert_eq!(said.stdout, "");
    }
    let narrowed = run(&sandbox, "python3.14t", &gil, &["+3.14.5t"]);
    assert_eq!(started(&narrowed), "3.14.5t");
    // There is no debug build, and no other one replaces it.
    assert!(!directory(&sandbox).join("python3.14td").exists());
    sandbox.ok(&["uninstall", "3.14"]);
    assert!(!directory(&sandbox).join("python3.14").exists());
    let link = sandbox.home().join("python3.14");
    std::fs::hard_link(directory(&sandbox).join("python3.14t"), &link).expect("link");
    let mut command = std::process::Command::new(&link);
    let said = finished(output(command.env("FTPY_HOME", &sandbox.store)));
    assert_eq!(said.code, Some(127), "{said:?}");
    assert!(
        said.stderr
            .contains("the GIL build of 3.14 is not installed")
    );
    assert!(said.stderr.contains("`ftpy install 3.14`"), "{said:?}");
}

#[test]
fn a_pin_that_cannot_be_met_is_an_error_and_nothing_is_started_instead() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let place = project(&sandbox, "p", "# ours\n\n3.15.0t # soon\n");
    for name in [
        "python",
        "python3",
        "pip",
        "pydoc3",
        "idle",
        "python-config",
    ] {
        let said = run(&sandbox, name, &place, &["--version"]);
        assert_eq!(said.code, Some(127), "{name}: {said:?}");
        assert_eq!(said.stdout, "");
        let file = place.join(".python-version");
        for part in [
            &format!("{}:3", file.display()),
            "3.15.0t is not installed",
            "`ftpy install 3.15.0t`",
        ] {
            assert!(said.stderr.contains(part), "{name}: {}", said.stderr);
        }
    }
}

#[test]
fn an_unusable_line_in_the_nearest_file_falls_through_to_nothing() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    project(&sandbox, "p", "3.13t\n");
    for (index, bad) in [
        "my-virtualenv",
        "../../bin/python",
        "/usr/bin/python3",
        "3.1[34]t",
        "3.14dt",
        "3.14t 3.13t",
        "pypy3.10",
        "x.tar.zst",
    ]
    .iter()
    .enumerate()
    {
        let place = project(
            &sandbox,
            &format!("p/{index}"),
            &format!("# x\r\n{bad}\r\n"),
        );
        let said = run(&sandbox, "python", &place, &NONE);
        assert_eq!(said.code, Some(127), "{bad}: {said:?}");
        let file = format!("{}:2", place.join(".python-version").display());
        assert!(said.stderr.contains(&file), "{bad}: {}", said.stderr);
        assert_eq!(said.stdout, "");
        let mut which = sandbox.command(&["which", "python"]);
        let which = finished(output(which.current_dir(&place)));
        assert_eq!(which.code, Some(2), "{which:?}");
    }
    // A file that is not text is equally unusable.
    let place = project(&sandbox, "p/utf16", "");
    std::fs::write(
        place.join(".python-version"),
        b"\xff\xfe3\x00.\x001\x004\x00",
    )
    .expect("write");
    let said = run(&sandbox, "python", &place, &NONE);
    assert_eq!(said.code, Some(127));
    assert!(said.stderr.contains("not UTF-8"), "{said:?}");
    // A file that contains only comments pins nothing.
    let place = project(&sandbox, "p/comment", "# 3.14\n");
    assert_eq!(started(&run(&sandbox, "python", &place, &NONE)), "3.13.5t");
}

#[test]
fn every_version_file_and_spelling_is_read() {
    let sandbox = three();
    let place = sandbox.home().join("p");
    std::fs::create_dir_all(&place).expect("mkdir");
    for (file, text) in [
        (".python-version", "3.14t"),
        (".python-version", "\u{feff}3.14t\r\n"),
        (".python-version", "3.14.7t\n3.13t\n"),
        (".python-version", "3.14+freethreaded\n"),
        (".python-version", "cpython-3.14.7+freethreaded\n"),
        (".python-version", ">=3.14t\n"),
        (".python-version", "3t\n"),
        (".python-versions", "3.14t-dev\n3.13t\n"),
        (".tool-versions", "nodejs 20\npython 3.14t 3.13t # x\n"),
    ] {
        std::fs::write(place.join(file), text).expect("write");
        let said = run(&sandbox, "python", &place, &NONE);
        assert_eq!(started(&said), "3.14.7t", "{file} {text:?}: {said:?}");
        std::fs::remove_file(place.join(file)).expect("remove");
    }
    // In one directory, in this order.
    std::fs::write(place.join(".tool-versions"), "python 3.13t\n").expect("write");
    assert_eq!(started(&run(&sandbox, "python", &place, &NONE)), "3.13.5t");
    std::fs::write(place.join(".python-versions"), "3.14\n").expect("write");
    assert_eq!(started(&run(&sandbox, "python", &place, &NONE)), "3.14.7");
    std::fs::write(place.join(".python-version"), "3.14t\n").expect("write");
    assert_eq!(started(&run(&sandbox, "python", &place, &NONE)), "3.14.7t");
}

#[test]
fn system_is_the_next_on_path_and_an_error_without_one() {
    let sandbox = three();
    let place = project(&sandbox, "p", "system\n");
    let other = sandbox.home().join("other/python");
    executable(&other, "#!/bin/sh\necho other\n");
    let shims = directory(&sandbox);
    let path = format!(
        "{}::relative:{}",
        shims.display(),
        other.parent().expect("dir").display()
    );
    let said = finished(output(shim(&sandbox, "python", &place).env("PATH", path)));
    assert_eq!(said.stdout, "other\n", "{said:?}");
    let alone = finished(output(
        shim(&sandbox, "python", &place).env("PATH", shims.as_os_str()),
    ));
    assert_eq!(alone.code, Some(127));
    assert!(alone.stderr.contains(".python-version:1"), "{alone:?}");
}

#[test]
fn the_set_of_shims_is_closed_and_follows_what_is_installed() {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "t")]);
    let shims = directory(&sandbox);
    let names = || {
        let entries = std::fs::read_dir(&shims).expect("shims").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    };
    let bare = [
        "idle",
        "idle3",
        "pip",
        "pip3",
        "pydoc",
        "pydoc3",
        "python",
        "python-config",
        "python3",
        "python3-config",
    ];
    let of = |version: &str| {
        ["idle", "pip", "pydoc", "python"]
            .map(|stem| format!("{stem}{version}"))
            .into_iter()
            .chain([format!("python{version}-config")])
    };
    let expected = |versions: &[&str]| {
        let bare = bare.iter().map(|name| (*name).to_owned());
        let mut all: Vec<String> = bare.chain(versions.iter().flat_map(|v| of(v))).collect();
        all.sort();
        all
    };
    assert_eq!(names(), expected(&["3.13t", "3.14t"]));
    // A package's console script gets none.
    let bin = sandbox.store.join("installs/3.14.7t-pbs-20260901/bin");
    executable(&bin.join("pytest"), "#!/bin/sh\n");
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(names(), expected(&["3.13t", "3.14t"]));
    sandbox.ok(&["config", "set", "python3t", "true"]);
    assert_eq!(
        started(&run(&sandbox, "python3t", sandbox.home(), &NONE)),
        "3.14.7t"
    );
    let pinned = project(&sandbox, "p", "3.13t\n");
    assert_eq!(
        started(&run(&sandbox, "python3t", &pinned, &NONE)),
        "3.13.5t"
    );
    sandbox.ok(&["config", "set", "python3t", "false"]);
    assert_eq!(names(), expected(&["3.13t", "3.14t"]));
    sandbox.ok(&["uninstall", "3.14t"]);
    assert_eq!(names(), expected(&["3.13t"]));
    sandbox.ok(&["uninstall", "--all"]);
    // The unversioned names are kept, because a pin must never silently start the system's Python.
    assert_eq!(names(), expected(&[]));
    let pinned = project(&sandbox, "last", "3.14t\n");
    let said = run(&sandbox, "python", &pinned, &NONE);
    assert_eq!(said.code, Some(127), "{said:?}");
}

#[test]
fn which_show_and_the_shim_never_disagree() {
    let mut sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.5", "t"),
        ("3.14.7", ""),
        ("3.13.5", "t"),
    ]);
    sandbox.ok(&["default", "3.14"]);
    let pins = [
        "3.14t",
        "3.13t\n3.14.5t",
        "3.14",
        ">=3.13,<3.14t",
        "3.15t",
        "x",
        "system",
        "",
    ];
    let names = [
        "python",
        "python3",
        "python3.14t",
        "python3.14",
        "python3.13t",
        "pip3.14t",
    ];
    for (index, pin) in pins.iter().enumerate() {
        let place = project(&sandbox, &format!("q{index}"), pin);
        for variable in [None, Some("3.14.5t"), Some("3.16t")] {
            sandbox.unset("FTPY_PYTHON");
            if let Some(variable) = variable {
                sandbox.set("FTPY_PYTHON", variable);
            }
            for name in names {
                let mut command = shim(&sandbox, name, &place);
                command.envs(variable.map(|value| ("FTPY_PYTHON", value)));
                let shim = finished(output(&mut command));
                let mut command = sandbox.command(&["which", name]);
                let path = command.get_envs().find(|(key, _)| *key == "PATH");
                let path = path.and_then(|(_, value)| value).expect("PATH").to_owned();
                let shims = directory(&sandbox).into_os_string();
                let path = [shims.as_os_str(), OsStr::new(":"), &path].join(OsStr::new(""));
                let which = finished(output(command.current_dir(&place).env("PATH", path)));
                let about = format!("{name} {pin:?} {variable:?}: {shim:?} {which:?}");
                if shim.code == Some(127) {
                    assert_ne!(which.code, Some(0), "{about}");
                    let first = shim.stderr.lines().next();
                    assert_eq!(which.stderr.lines().next(), first, "{about}");
                } else if shim.stdout.contains("/installs/") {
                    let first = shim.stdout.lines().next();
                    // `pip` is a script of the interpreter that prints its own path.
                    let which = which.stdout.trim_end();
                    let same = first == Some(which) || name.starts_with("pip");
                    assert!(same, "{about}");
                }
            }
        }
    }
}

#[test]
fn what_went_missing_comes_back_with_the_next_install_done_or_not() {
    let sandbox = with(&[("3.14.7", "t")]);
    let shims = directory(&sandbox);
    std::fs::remove_file(shims.join("python3.14t")).expect("remove");
    std::fs::write(shims.join("pip3"), "not a shim").expect("write");
    std::fs::write(shims.join("python3.12"), "mine").expect("write");
    sandbox.ok(&["install", "3.14t"]);
    let said = run(&sandbox, "python3.14t", sandbox.home(), &NONE);
    assert_eq!(started(&said), "3.14.7t");
    let refused = run(&sandbox, "pip3", sandbox.home(), &["+3.15t"]);
    assert_eq!(refused.code, Some(127));
    let mine = std::fs::read_to_string(shims.join("python3.12"));
    assert_eq!(mine.expect("it stays"), "mine");
}

#[test]
fn verify_checks_several_requests_and_each_installation_once() {
    let sandbox = three();
    let finished = sandbox.ok(&["verify", "3.14t", "3.13t", "3.14.7t"]);
    let verified: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(verified.len(), 2, "{finished:?}");
    assert!(verified[0].starts_with("3.14.7t-"), "{finished:?}");
    assert!(verified[1].starts_with("3.13.5t-"), "{finished:?}");
    let missing = sandbox.fails(3, &["verify", "3.14t", "3.12"]);
    assert!(
        missing.stderr.contains("3.12 is not installed"),
        "{missing:?}"
    );
}

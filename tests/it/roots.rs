//! The location of a store: an absolute path, or nothing is started.

use crate::support::sandbox::finished;
use crate::support::shims::{directory, executable, output, shim, started, three};
use std::path::Path;
use std::process::Command;

/// A directory that looks like a store, whose interpreter must never be started.
fn trap(place: &Path) {
    let says = "#!/bin/sh\necho trapped\n";
    for root in [".", "store"] {
        let root = place.join(root);
        executable(
            &root.join("installs/3.14.7t-pbs-20260901/bin/python3.14t"),
            says,
        );
        std::fs::write(root.join("config"), "default = 3.14t\n").expect("write");
    }
}

#[test]
fn a_shim_without_a_store_starts_nothing_of_the_current_directory() {
    let sandbox = three();
    let place = sandbox.home().join("trap");
    trap(&place);
    let copied = sandbox.home().join("elsewhere/python3.14t");
    std::fs::create_dir_all(copied.parent().expect("a directory")).expect("mkdir");
    std::fs::copy(directory(&sandbox).join("python3.14t"), &copied).expect("copy");
    let start = |variables: &[(&str, &str)]| {
        let mut command = Command::new(&copied);
        command
            .current_dir(&place)
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        finished(output(command.envs(variables.iter().copied())))
    };
    for (variables, reason) in [
        (&[][..], "this shim cannot find its store"),
        (&[("FTPY_HOME", "")], "this shim cannot find its store"),
        (
            &[("FTPY_HOME", ".")],
            "FTPY_HOME: `.` is not an absolute path",
        ),
        (
            &[("FTPY_HOME", "store")],
            "FTPY_HOME: `store` is not an absolute path",
        ),
        (&[("FTPY_HOME", "./store")], "is not an absolute path"),
        (&[("FTPY_HOME", "~/store")], "needs HOME"),
        (&[("FTPY_HOME", "~/store"), ("HOME", ".")], "needs HOME"),
        (
            &[("FTPY_HOME", "~root/store"), ("HOME", "/")],
            "is not an absolute path",
        ),
    ] {
        let said = start(variables);
        assert_eq!(said.code, Some(127), "{variables:?}: {said:?}");
        assert_eq!(said.stdout, "", "{variables:?}: {said:?}");
        assert!(said.stderr.contains(reason), "{variables:?}: {said:?}");
        assert!(said.stderr.contains("hint: "), "{said:?}");
    }
    let home = sandbox.home().to_str().expect("UTF-8");
    let said = start(&[("FTPY_HOME", "~/store"), ("HOME", home)]);
    assert_eq!(started(&said), "3.14.7t", "{said:?}");
    // In its default location it needs no variable.
    let mut command = shim(&sandbox, "python3.14t", &place);
    assert_eq!(
        started(&finished(output(command.env("FTPY_HOME", "")))),
        "3.14.7t"
    );
}

#[test]
fn ftpy_and_its_shims_read_the_same_root() {
    let mut sandbox = three();
    for (value, home, code) in [
        ("~/store", None, 0),
        (".", None, 2),
        ("store", None, 2),
        ("./store", None, 2),
        ("~other/store", None, 2),
        ("~/store", Some("relative"), 2),
        ("~/store", Some(""), 2),
    ] {
        sandbox.set("FTPY_HOME", value);
        match home {
            Some(home) => sandbox.set("HOME", home),
            None => sandbox.unset("HOME"),
        }
        let said = sandbox.run(&["dir"]);
        assert_eq!(said.code, Some(code), "{value} {home:?}: {said:?}");
        match code {
            0 => assert_eq!(
                said.stdout.trim_end(),
                sandbox.store.to_str().expect("UTF-8")
            ),
            _ => assert!(said.stderr.contains("FTPY_HOME: `"), "{said:?}"),
        }
        let mut command = shim(&sandbox, "python", sandbox.home());
        command.env("FTPY_HOME", value).arg("+3.14t");
        if let Some(home) = home {
            command.env("HOME", home);
        }
        let said = finished(output(&mut command));
        assert_eq!(
            said.code == Some(0),
            code == 0,
            "{value} {home:?}: {said:?}"
        );
    }
    assert!(!sandbox.home().join("~").exists());
}

#[test]
fn relative_places_of_the_person_are_ignored() {
    let sandbox = three();
    let home = sandbox.home().join("a home");
    std::fs::create_dir(&home).expect("mkdir");
    let dir = |variables: &[(&str, &str)]| {
        let mut command = sandbox.command(&["dir"]);
        command.env_remove("FTPY_HOME").env("HOME", &home);
        finished(output(command.envs(variables.iter().copied())))
    };
    let usual = dir(&[]).stdout;
    assert!(usual.starts_with(home.to_str().expect("UTF-8")), "{usual}");
    assert_eq!(
        dir(&[("XDG_DATA_HOME", "relative")]).stdout,
        usual,
        "as XDG says"
    );
    assert_eq!(dir(&[("FTPY_HOME", "")]).stdout, usual);
    // A home that is relative to the current directory is invalid.
    let said = dir(&[("HOME", "relative")]);
    assert_eq!(said.code, Some(7), "{said:?}");
    let mut command = sandbox.command(&["setup", "--shell", "bash"]);
    finished(output(command.env("HOME", "relative")));
    assert!(
        !sandbox.home().join("relative").exists(),
        "nothing is written there"
    );
    // A mirror below the home.
    let mut command = sandbox.command(&["config", "list"]);
    command
        .env("HOME", &home)
        .env("FTPY_PBS_MIRROR", "~/mirror");
    let said = finished(output(&mut command));
    let expected = format!("{}", home.join("mirror").display());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.stdout.contains("~/mirror") || said.stdout.contains(&expected),
        "{said:?}"
    );
}

//! `FTPY_SHARED`: stores of other people, which are used and never written.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{output, project, run_in, shim, started, telling, with};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A store with 3.14.7t and 3.13.5t, and a sandbox with 3.14.7t and 3.14.7 that uses it.
fn two() -> (Sandbox, Sandbox) {
    let shared = with(&[("3.14.7", "t"), ("3.13.5", "t")]);
    let mut own = with(&[("3.14.7", "")]);
    own.set("FTPY_SHARED", shared.store.to_str().expect("UTF-8"));
    (own, shared)
}

/// The path and the time of every file of a store.
fn state(store: &Path) -> BTreeMap<PathBuf, Option<std::time::SystemTime>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![store.to_owned()];
    while let Some(path) = todo.pop() {
        let about = path.symlink_metadata().expect("metadata");
        if about.is_dir() {
            let entries = std::fs::read_dir(&path).expect("read").flatten();
            todo.extend(entries.map(|entry| entry.path()));
        }
        found.insert(path, about.modified().ok());
    }
    found
}

fn path(finished: &Finished) -> &str {
    finished.stdout.lines().next().unwrap_or_default()
}

#[test]
fn shared_installations_are_listed_found_and_run() {
    let (own, shared) = two();
    let before = state(&shared.store);
    let place = shared.store.display().to_string();
    let list = own.ok(&["--json", "list"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let list: Vec<(&str, Option<&str>)> = list
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["key"].as_str().expect("key"),
                row["shared_store"].as_str(),
            )
        })
        .collect();
    let shared_at = Some(place.as_str());
    assert_eq!(
        list,
        [
            ("3.14.7-pbs-20260901", None),
            ("3.14.7t-pbs-20260901", shared_at),
            ("3.13.5t-pbs-20260901", shared_at)
        ]
    );
    let which = own.ok(&["which", "3.14t"]).stdout;
    assert!(which.starts_with(&place), "{which}");
    assert!(own.ok(&["list", "3.13t"]).stdout.contains("shared"));
    for line in [
        &["run", "3.13t", "python"][..],
        &["run", "3.13t", "--install", "python"],
    ] {
        let ran = own.ok(line);
        assert!(path(&ran).starts_with(&place), "{ran:?}");
    }
    own.ok(&["default", "3.13t"]);
    let shown = own.ok(&["show"]).stdout;
    assert!(shown.contains("active: 3.13.5t-pbs-20260901"), "{shown}");
    let explained = own.ok(&["which", "--explain", "python"]).stderr;
    assert!(
        explained.contains(&format!("shared store: {place}")),
        "{explained}"
    );
    let place = project(&own, "p", "3.13t\n");
    let mut doctor = own.command(&["--json", "doctor"]);
    let found = finished(output(doctor.current_dir(&place))).stdout;
    assert!(!found.contains("pin-not-met"), "{found}");
    assert_eq!(state(&shared.store), before, "nothing was written");
}

#[test]
fn shims_start_shared_installations_after_the_own_ones() {
    let (mut own, shared) = two();
    own.ok(&["list"]);
    let start = |own: &Sandbox, name: &str, place: &Path| {
        let mut command = shim(own, name, place);
        command.env("FTPY_SHARED", &shared.store);
        finished(output(&mut command))
    };
    let ran = start(&own, "python3.13t", own.home());
    assert_eq!(started(&ran), "3.13.5t", "{ran:?}");
    let place = project(&own, "p", "3.14t\n");
    let ran = start(&own, "python", &place);
    let store = shared.store.display().to_string();
    assert!(path(&ran).starts_with(&store), "{ran:?}");
    // An older build of one's own store comes first.
    own.offer(&telling("3.14.5", "t"));
    own.ok(&["index", "update"]);
    own.ok(&["-q", "install", "3.14.5t"]);
    let ran = start(&own, "python", &place);
    assert_eq!(started(&ran), "3.14.5t", "{ran:?}");
    // Without the variable, only the own store counts.
    let ran = finished(output(&mut shim(&own, "python3.13t", &place)));
    assert_eq!(ran.code, Some(127), "{ran:?}");
}

#[test]
fn no_command_changes_a_shared_store() {
    let (mut own, shared) = two();
    let before = state(&shared.store);
    let refused = own.fails(2, &["uninstall", "3.14t"]);
    let message = format!(
        "3.14.7t-pbs-20260901 is in the shared store {}, which ftpy does not change",
        shared.store.display()
    );
    assert!(refused.stderr.contains(&message), "{refused:?}");
    let refused = own.fails(2, &["upgrade", "3.14t"]);
    assert!(refused.stderr.contains(&message), "{refused:?}");
    own.ok(&["upgrade"]);
    let pruned = own.ok(&["prune", "--yes"]);
    assert!(pruned.stderr.contains("stays as it is"), "{pruned:?}");
    // `install` means one's own store.
    own.offer(&telling("3.14.7", "t"));
    own.ok(&["index", "update"]);
    own.ok(&["-q", "install", "3.14t"]);
    assert_eq!(own.installed().len(), 2);
    let removed = own.ok(&["uninstall", "3.14t"]);
    assert!(removed.stderr.contains("and stays as it is"), "{removed:?}");
    assert!(
        removed.stderr.contains("removed 3.14.7t-pbs"),
        "{removed:?}"
    );
    own.ok(&["uninstall", "--all"]);
    assert_eq!(own.installed(), Vec::<String>::new());
    own.ok(&["cache", "clean"]);
    own.ok(&["run", "3.14t", "python"]);
    assert_eq!(state(&shared.store), before, "nothing was written");
}

#[test]
fn entries_that_are_not_stores_are_left_out_and_doctor_names_them() {
    let mut own = with(&[("3.14.7", "t")]);
    std::fs::create_dir(own.home().join("empty")).expect("mkdir");
    let value = format!(
        "relative:{0}/empty:{0}/missing:~/empty",
        own.home().display()
    );
    own.set("FTPY_SHARED", &value);
    let place = project(&own, "p", "3.14t\n");
    let ran = run_in(&own, &place, 0, &["run", "--", "python"]);
    assert_eq!(started(&ran), "3.14.7t", "{ran:?}");
    let found = own.run(&["doctor"]);
    let found = format!("{}{}", found.stdout, found.stderr);
    for part in [
        "FTPY_SHARED: `relative` is not an absolute path, and is left out",
        "/empty is not a store of ftpy",
        "/missing is not a directory",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
}

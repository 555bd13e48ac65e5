//! Upgrades next to old versions, what is outdated, and what may be removed.

use crate::support::sandbox::{Archive, Finished, Sandbox, interpreter};
use crate::support::shims::{run, started, telling, with};
use std::path::PathBuf;

fn json(finished: &Finished) -> serde_json::Value {
    serde_json::from_str(&finished.stdout).expect("JSON")
}

fn alias(sandbox: &Sandbox, name: &str) -> Option<PathBuf> {
    std::fs::read_link(sandbox.store.join("aliases").join(name)).ok()
}

/// The same version, built on another day.
fn rebuilt(version: &str, flags: &str, day: &str) -> Archive {
    let archive = telling(version, flags);
    Archive {
        name: archive.name.replace("20260901", day),
        ..archive
    }
}

#[test]
fn an_upgrade_takes_the_newest_patch_of_each_minor_and_variant() {
    let mut sandbox = with(&[("3.14.5", "t"), ("3.14.5", ""), ("3.13.5", "t")]);
    assert!(sandbox.ok(&["outdated"]).stdout.is_empty());
    for (version, flags) in [
        ("3.14.7", "t"),
        ("3.14.6", ""),
        ("3.15.1", "t"),
        ("3.14.8rc1", "t"),
    ] {
        sandbox.offer(&telling(version, flags));
    }
    let outdated = json(&sandbox.ok(&["--json", "outdated"]));
    assert_eq!(outdated.as_array().map(Vec::len), Some(2), "{outdated}");
    assert_eq!(outdated[0]["newest"], "3.14.7t-pbs-20260901");
    sandbox.ok(&["upgrade", "--dry-run"]);
    assert_eq!(sandbox.installed().len(), 3, "a plan does nothing");
    let said = sandbox.ok(&["upgrade", "3.14t"]);
    assert!(
        said.stderr
            .contains("3.14t: 3.14.5t-pbs-20260901 -> 3.14.7t-pbs-20260901")
    );
    assert_eq!(said.stdout, "");
    assert_eq!(sandbox.installed().len(), 4, "side by side");
    let expected = PathBuf::from("../installs/3.14.7t-pbs-20260901");
    assert_eq!(alias(&sandbox, "3.14t"), Some(expected));
    assert_eq!(
        started(&run(&sandbox, "python3.14t", sandbox.home(), &["x"])),
        "3.14.7t"
    );
    let rows = json(&sandbox.ok(&["--json", "upgrade"]));
    let to: Vec<&serde_json::Value> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|r| &r["to"])
        .collect();
    assert_eq!(to.len(), 3, "{rows}");
    assert_eq!(to.iter().filter(|to| !to.is_null()).count(), 1, "{rows}");
    assert_eq!(
        started(&run(&sandbox, "python3.14", sandbox.home(), &["x"])),
        "3.14.6"
    );
    assert!(
        sandbox
            .installed()
            .iter()
            .all(|key| !key.starts_with("3.15"))
    );
    for (code, request) in [
        (2, "3.14.5t"),
        (2, "3.14.5t-pbs-20260901"),
        (3, "3.15t"),
        (2, "x"),
    ] {
        sandbox.fails(code, &["upgrade", request]);
    }
}

#[test]
fn a_newer_build_of_the_same_version_counts_and_brings_its_files() {
    let mut sandbox = with(&[("3.14.7", "t")]);
    let mut newer = rebuilt("3.14.7", "t", "20261001");
    newer.bytes = {
        let probe = crate::support::sandbox::probe_answer("3.14.7", "t", "t");
        let tree = crate::support::sandbox::tree("3.14.7", "t", &probe);
        tree.file("python/lib/python3.14t/new.py", "new = 1\n", 0o644)
            .tar_gz()
    };
    sandbox.offer(&newer);
    sandbox.ok(&["upgrade"]);
    let through_alias = sandbox.store.join("aliases/3.14t/lib/python3.14t/new.py");
    assert!(through_alias.exists());
    sandbox.ok(&["verify"]);
    assert_eq!(
        json(&sandbox.ok(&["--json", "outdated"])),
        serde_json::json!([])
    );
}

#[test]
fn a_source_that_fails_leaves_the_old_patch_in_place() {
    let mut sandbox = with(&[("3.14.5", "t")]);
    sandbox.list(&interpreter("3.14.7", "t"), Some(&"a".repeat(64)));
    let said = sandbox.fails(4, &["upgrade"]);
    assert!(said.stderr.contains("cpython-3.14.7"), "{said:?}");
    let expected = PathBuf::from("../installs/3.14.5t-pbs-20260901");
    assert_eq!(alias(&sandbox, "3.14t"), Some(expected));
    assert_eq!(
        started(&run(&sandbox, "python3.14t", sandbox.home(), &["x"])),
        "3.14.5t"
    );
    sandbox.ok(&["--offline", "outdated"]);
}

#[test]
fn an_upgrade_of_an_installation_from_an_archive_never_proposes_compiling() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&telling("3.13.5", ""));
    // The source of newer patches is known.
    let plan = ["install", "--dry-run", "--from", "source", "3.13t"];
    let plan = sandbox.ok(&plan);
    let plan = format!("{}{}", plan.stdout, plan.stderr);
    assert!(plan.contains("3.13.1"), "{plan}");
    let archive = telling("3.13.5", "t");
    std::fs::write(sandbox.home().join(&archive.name), &archive.bytes).expect("write");
    let file = format!("./{}", archive.name);
    sandbox.ok(&["-q", "install", "--allow-unverified", &file]);
    sandbox.ok(&["-q", "install", "3.13"]);
    let keys = sandbox.installed().join(" ");
    assert!(keys.contains("3.13.5t-archive"), "{keys}");
    assert!(keys.contains("3.13.5-pbs"), "{keys}");
    let is_silent = |request: &str| {
        assert_eq!(sandbox.ok(&["outdated", request]).stdout, "");
        for line in [
            &["upgrade", "--dry-run", request][..],
            &["upgrade", request],
        ] {
            let said = sandbox.ok(line);
            let all = format!("{}{}", said.stdout, said.stderr).to_lowercase();
            assert!(!all.contains("compil") && !all.contains("3.13.1"), "{all}");
        }
    };
    is_silent("3.13");
    is_silent("3.13t");
    sandbox.ok(&["config", "set", "sources", "source,pbs"]);
    is_silent("3.13t");
    assert_eq!(sandbox.installed().len(), 2);
    // An archive that offers a newer patch is still taken.
    sandbox.ok(&["config", "unset", "sources"]);
    sandbox.offer(&telling("3.13.6", "t"));
    sandbox.ok(&["upgrade", "3.13t"]);
    assert_eq!(sandbox.installed().len(), 3);
}

#[test]
fn an_alias_goes_back_and_away_with_what_it_points_at() {
    let sandbox = with(&[("3.14.5", "t"), ("3.14.7", "t")]);
    sandbox.ok(&["uninstall", "3.14.7t"]);
    let expected = PathBuf::from("../installs/3.14.5t-pbs-20260901");
    assert_eq!(alias(&sandbox, "3.14t"), Some(expected));
    sandbox.ok(&["uninstall", "3.14.5t"]);
    assert_eq!(alias(&sandbox, "3.14t"), None);
}

#[test]
fn prune_lists_first_and_takes_only_what_nothing_uses() {
    let sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.6", "t"),
        ("3.14.5", "t"),
        ("3.14.4", "t"),
        ("3.14.3", "t"),
        ("3.14.2", "t"),
        ("3.13.5", "t"),
    ]);
    let project = sandbox.home().join("p");
    std::fs::create_dir(&project).expect("mkdir");
    // Used by a pin that was written elsewhere, by the default, and by a venv in this directory.
    let mut pin = sandbox.command(&["pin", "3.14.6t"]);
    pin.current_dir(&project).output().expect("pin");
    sandbox.ok(&["default", "3.14.5t"]);
    let venv = sandbox.home().join(".venv");
    std::fs::create_dir(&venv).expect("mkdir");
    let home = sandbox.store.join("installs/3.14.4t-pbs-20260901/bin");
    std::fs::write(
        venv.join("pyvenv.cfg"),
        format!("home = {}\n", home.display()),
    )
    .expect("write");
    let site = sandbox
        .store
        .join("installs/3.14.2t-pbs-20260901/lib/python3.14t/site-packages/x-1.dist-info");
    std::fs::create_dir_all(site).expect("mkdir");
    let said = sandbox.ok(&["prune"]);
    assert_eq!(sandbox.installed().len(), 7, "it only lists");
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{said:?}");
    assert!(lines[0].starts_with("3.14.3t-pbs-20260901"), "{said:?}");
    assert!(lines[1].contains("with 1 installed package"), "{said:?}");
    assert!(lines[2].contains("in total"), "{said:?}");
    let document = json(&sandbox.ok(&["--json", "prune"]));
    assert!(document["bytes"].as_u64() > Some(500), "{document}");
    assert_eq!(document["removed"], false);
    let why = sandbox.ok(&["-v", "prune"]).stderr;
    for part in [
        "the newest of 3.14t",
        "the default requests",
        ".python-version requests",
        "used by ",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    sandbox.ok(&["prune", "--yes"]);
    let left = sandbox.installed();
    assert_eq!(left.len(), 5, "{left:?}");
    assert!(
        !left
            .iter()
            .any(|key| key.starts_with("3.14.3") || key.starts_with("3.14.2"))
    );
    assert!(
        sandbox
            .ok(&["prune", "--yes"])
            .stderr
            .contains("nothing to prune")
    );
}

#[test]
fn uninstall_says_which_environments_lose_their_python() {
    let sandbox = with(&[("3.14.4", "t"), ("3.14.5", "t"), ("3.13.5", "t")]);
    let venv = sandbox.home().join(".venv");
    std::fs::create_dir(&venv).expect("mkdir");
    let stands_on = |home: &str| {
        let home = sandbox.store.join(home);
        let text = format!("home = {}\n", home.display());
        std::fs::write(venv.join("pyvenv.cfg"), text).expect("write");
    };
    let warning = format!(
        "the virtual environment {} loses its Python",
        venv.display()
    );
    let says = |request: &str| sandbox.ok(&["uninstall", request]).stderr;
    stands_on("installs/3.14.4t-pbs-20260901/bin");
    assert!(!says("3.13.5t").contains("loses"));
    assert!(says("3.14.4t").contains(&warning));
    sandbox.ok(&["install", "3.14.4t"]);
    // The alias moves back to the older patch, and then disappears.
    stands_on("aliases/3.14t/bin");
    assert!(!says("3.14.5t").contains("loses"));
    assert!(says("3.14.4t").contains(&warning));
}

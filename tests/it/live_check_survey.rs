//! `ftpy check --survey` of three packages, from the index that pip uses.

use crate::check_survey::{json, list, rows, site};
use crate::support::live::require_live;
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;

#[test]
#[ignore = "live: needs pip and its index"]
fn live_three_packages_are_surveyed_from_the_index_of_pip() {
    require_live();
    let mut sandbox = Sandbox::new();
    let path = std::env::split_paths(&path()).collect::<Vec<_>>();
    let path = std::env::join_paths(path).expect("PATH");
    sandbox.set("PATH", &path.to_string_lossy());
    list(&sandbox, "h3\nmarkupsafe\nsix\n");
    let arguments = ["check", "--survey", "names.txt", "--site", "site"];
    run_in(&sandbox, sandbox.home(), 0, &arguments);
    let site = site(&sandbox);
    let classes: Vec<String> = rows(&site)
        .iter()
        .map(|row| {
            let parts: Vec<&str> = row.split(' ').collect();
            format!("{} {}", parts[0], parts[2])
        })
        .collect();
    // h3 may get better, and is never called good without having been read.
    assert!(
        ["h3 turns-on", "h3 keeps-off"].contains(&classes[0].as_str()),
        "{classes:?}"
    );
    assert_eq!(classes[1..], ["markupsafe keeps-off", "six pure-python"]);
    let h3 = json(&site.join("packages/h3.json"));
    let targets = h3["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), 6);
    let read = targets.iter().filter(|target| target["wheel"].is_string());
    for target in read {
        let modules = target["modules"].as_array().expect("modules");
        assert!(!modules.is_empty(), "{target}");
    }
    let first = json(&site.join("run.json"));
    // Again: the pages did not change.
    run_in(&sandbox, sandbox.home(), 0, &arguments);
    let again = json(&site.join("run.json"));
    assert_eq!(again["requests"], 3, "{again}");
    assert!(
        again["bytes"].as_u64() < first["bytes"].as_u64(),
        "{first} {again}"
    );
}

#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

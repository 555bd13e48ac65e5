//! Concurrency: several processes, and several requests in one process.

use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use crate::support::server::Fault;

#[test]
fn eight_processes_do_the_work_once() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["index", "update"]);
    let path = format!("/{}", archive.name);
    sandbox.server.script(
        &path,
        vec![Fault::Slow {
            bytes_per_second: 1500,
        }],
    );
    let children: Vec<_> = (0..8)
        .map(|_| sandbox.start(&["--json", "install", "3.14t"]))
        .collect();
    let outcomes: Vec<_> = children
        .into_iter()
        .map(|child| finished(child.wait_with_output().expect("output")))
        .collect();
    assert!(
        outcomes.iter().all(|outcome| outcome.code == Some(0)),
        "{outcomes:#?}"
    );
    assert_eq!(sandbox.server.hits(&path), 1);
    let count = |text: &str| {
        outcomes
            .iter()
            .filter(|outcome| outcome.stderr.contains(text))
            .count()
    };
    let mut is_new: Vec<bool> = outcomes.iter().map(is_new).collect();
    is_new.sort_unstable();
    assert_eq!(
        is_new,
        [false, false, false, false, false, false, false, true]
    );
    assert!(count("Waiting for process ") >= 1, "{outcomes:#?}");
    assert!(count("which is installing 3.14.7t-pbs-20260901") >= 1);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    assert!(sandbox.stages().is_empty());
}

/// Whether this process installed it, according to its JSON output.
fn is_new(outcome: &Finished) -> bool {
    let rows: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(rows[0]["key"], "3.14.7t-pbs-20260901", "{outcome:?}");
    rows[0]["is_new"].as_bool().expect("is_new")
}

#[test]
fn eight_requests_are_installed_at_once() {
    let mut sandbox = Sandbox::new();
    let versions = ["3.13.1", "3.13.2", "3.14.1", "3.14.2"];
    let mut requests = Vec::new();
    for version in versions {
        for flags in ["", "t"] {
            sandbox.offer(&interpreter(version, flags));
            requests.push(format!("{version}{flags}"));
        }
    }
    let mut arguments = vec!["install"];
    arguments.extend(requests.iter().map(String::as_str));
    sandbox.ok(&arguments);
    assert_eq!(sandbox.installed().len(), 8);
    sandbox.ok(&["verify"]);
}

#[test]
fn the_good_requests_are_installed_even_if_one_turns_out_bad() {
    let mut sandbox = Sandbox::new();
    let bad = interpreter("3.13.2", "t");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&bad);
    sandbox
        .server
        .script(&format!("/{}", bad.name), vec![Fault::WrongBytes; 9]);
    let finished = sandbox.fails(5, &["install", "3.13.2t", "3.14t"]);
    assert!(finished.stderr.contains("digest mismatch"), "{finished:?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn shims_and_aliases_are_whole_whoever_comes_last() {
    let mut sandbox = Sandbox::new();
    let versions = ["3.12.1", "3.13.2", "3.13.3", "3.14.1", "3.14.2", "3.15.1"];
    for version in versions {
        sandbox.offer(&interpreter(version, ""));
    }
    sandbox.ok(&["index", "update"]);
    // Left by a killed process.
    std::fs::create_dir_all(sandbox.store.join("shims")).expect("mkdir");
    std::fs::write(
        sandbox.store.join("shims/.python3.ftpy-0123456789abcdef"),
        "half",
    )
    .expect("write");
    let children: Vec<_> = versions
        .iter()
        .map(|version| sandbox.start(&["install", version]))
        .collect();
    for child in children {
        let outcome = finished(child.wait_with_output().expect("output"));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    for minor in ["3.12", "3.13", "3.14", "3.15"] {
        let name = format!("shims/python{minor}");
        assert!(sandbox.store.join(&name).exists(), "{name}");
    }
    let alias = |minor: &str| std::fs::read_link(sandbox.store.join("aliases").join(minor));
    for (minor, version) in [("3.13", "3.13.3"), ("3.14", "3.14.2")] {
        let target = alias(minor).expect("an alias");
        assert!(
            target.ends_with(format!("{version}-pbs-20260901")),
            "{target:?}"
        );
    }
    assert!(
        !sandbox
            .store
            .join("shims/.python3.ftpy-0123456789abcdef")
            .exists()
    );
}

#[test]
fn two_shims_that_miss_the_same_install_it_once() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.13.1", "t"));
    sandbox.ok(&["install", "3.13t"]);
    let archive = crate::support::shims::telling("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["config", "set", "auto-install", "true"]);
    let place = crate::support::shims::project(&sandbox, "p", "3.14t\n");
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut shim = crate::support::shims::shim(&sandbox, "python", &place);
            shim.env("FTPY_INDEX_URL", sandbox.server.url("/index.ndjson"));
            shim.stdout(std::process::Stdio::piped());
            shim.stderr(std::process::Stdio::piped());
            shim.spawn().expect("start")
        })
        .collect();
    for child in children {
        let outcome = finished(child.wait_with_output().expect("output"));
        let started = crate::support::shims::started(&outcome);
        assert_eq!(started, "3.14.7t", "{outcome:?}");
    }
    assert_eq!(sandbox.server.hits(&format!("/{}", archive.name)), 1);
}

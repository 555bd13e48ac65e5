//! Several at once: processes, and requests in one process.

use crate::support::sandbox::{Sandbox, finished, interpreter};
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
        .map(|_| sandbox.start(&["install", "3.14t"]))
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
    assert_eq!(
        count("\ninstalled 3.14.7t") + count("already installed: 3.14.7t"),
        8 - usize::from(
            outcomes
                .iter()
                .any(|outcome| outcome.stderr.starts_with("installed"))
        )
    );
    assert!(count("waiting for process ") >= 1, "{outcomes:#?}");
    assert!(count("which is installing 3.14.7t-pbs-20260901") >= 1);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    assert!(sandbox.stages().is_empty());
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
    assert!(finished.stderr.contains("wrong bytes"), "{finished:?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

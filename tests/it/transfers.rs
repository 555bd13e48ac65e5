//! Transfers that end early without an error: they are resumed. Only a complete file with another
//! digest is wrong.

use crate::support::sandbox::{Finished, Sandbox, interpreter};
use crate::support::server::Fault;

/// Offers 3.14.7t, whose requests meet these faults.
fn sandbox(faults: Vec<Fault>) -> (Sandbox, String) {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let path = format!("/{}", archive.name);
    sandbox.server.script(&path, faults);
    (sandbox, path)
}

fn installs(faults: Vec<Fault>) -> (Sandbox, Finished) {
    let (sandbox, _) = sandbox(faults.clone());
    let finished = sandbox.run(&["install", "--no-build", "3.14t"]);
    assert_eq!(finished.code, Some(0), "{faults:?} {finished:#?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    sandbox.ok(&["verify"]);
    (sandbox, finished)
}

#[test]
fn a_body_without_a_length_that_is_cut_is_gone_on_with() {
    let cut = Fault::NoLengthCutAfter;
    installs(vec![cut(300)]);
    installs(vec![cut(300), cut(200)]);
    installs(vec![cut(0)]);
    // A server that sends everything again, and stops before the bytes that are already here.
    installs(vec![cut(300), Fault::IgnoreRange]);
    installs(vec![cut(300), Fault::ChangeEtag]);
}

#[test]
fn a_body_without_a_length_that_is_wrong_to_its_end_is_refused() {
    let (sandbox, path) = sandbox(vec![]);
    let whole = interpreter("3.14.7", "t").bytes.len();
    let wrong = vec![7; whole];
    sandbox.server.file(&path, wrong);
    sandbox.server.script(&path, vec![Fault::NoLength]);
    let finished = sandbox.fails(5, &["install", "--no-build", "3.14t"]);
    assert!(finished.stderr.contains("digest mismatch"), "{finished:?}");
    assert!(sandbox.server.hits(&path) <= 2);
}

#[test]
fn a_server_that_refuses_ranges_is_asked_for_everything() {
    let (sandbox, _) = installs(vec![Fault::CutAfter(300), Fault::Status(416)]);
    let ranges: Vec<Option<String>> = sandbox
        .server
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with(".gz"))
        .map(|request| request.range)
        .collect();
    assert_eq!(ranges, [None, Some("bytes=300-".to_owned()), None]);
    installs(vec![Fault::NoLengthCutAfter(300), Fault::Status(416)]);
}

#[test]
fn what_an_earlier_run_kept_is_compared_where_ranges_are_refused() {
    for (kept, is_good) in [(300, true), (300, false)] {
        let (sandbox, path) = sandbox(vec![Fault::Status(416)]);
        let archive = interpreter("3.14.7", "t");
        let digest = crate::support::archives::sha256_hex(&archive.bytes);
        let mut part = archive.bytes[..kept].to_vec();
        if !is_good {
            part[7] ^= 1;
        }
        let directory = sandbox.store.join("cache/partial");
        // ftpy itself creates the store.
        sandbox.ok(&["index", "update"]);
        std::fs::create_dir_all(&directory).expect("mkdir");
        std::fs::write(directory.join(digest), part).expect("write");
        sandbox.ok(&["install", "--no-build", "3.14t"]);
        assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
        assert!(sandbox.server.hits(&path) >= 2);
    }
}

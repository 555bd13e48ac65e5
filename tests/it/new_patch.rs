//! The day of a new patch: a version that the list of builds lacks, and what is said about it.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::server::Fault;

/// A store whose list of builds has 3.14.7t and 3.13.5t, of which one is installed.
fn with_a_list() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.13.5", "t"));
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 1);
    sandbox
}

#[test]
fn a_version_that_the_list_lacks_is_installed_after_fetching_the_list() {
    let mut sandbox = with_a_list();
    sandbox.offer(&interpreter("3.14.8", "t"));
    // A minor version is answered by the current list.
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 1);
    sandbox.ok(&["install", "3.14.8t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 2);
    assert!(
        sandbox
            .installed()
            .contains(&"3.14.8t-pbs-20260901".to_owned())
    );
    // The fetched list is kept, and known versions do not fetch it again.
    sandbox.ok(&["install", "3.13.5t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 2);
}

#[test]
fn the_list_is_fetched_once_for_several_unknown_versions() {
    let mut sandbox = with_a_list();
    sandbox.offer(&interpreter("3.14.8", "t"));
    let said = sandbox.fails(
        3,
        &["install", "--no-build", "3.14.8t", "3.14.97t", "3.14.98t"],
    );
    assert_eq!(sandbox.server.hits("/index.ndjson"), 2, "{said:?}");
    assert!(said.stderr.contains("no source has 3.14.97t"), "{said:?}");
    // The list is current, so fetching it again would not help.
    assert!(!said.stderr.contains("index update"), "{said:?}");
    assert!(
        said.stderr.contains("the nearest version is `3.14.8t`"),
        "{said:?}"
    );
}

#[test]
fn offline_an_unknown_version_names_the_nearest_ones_and_how_to_update_the_list() {
    let sandbox = with_a_list();
    let said = sandbox.fails(3, &["--offline", "install", "--no-build", "3.14.8t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 1);
    for part in [
        "no source has 3.14.8t",
        "hint: the nearest version is `3.14.7t`",
        "`ftpy index update` fetches the newest one",
    ] {
        assert!(said.stderr.contains(part), "{part}: {said:?}");
    }
    // One that would have to be compiled, if that is allowed.
    let said = sandbox.fails(3, &["--offline", "install", "3.14.99t"]);
    assert!(
        said.stderr
            .contains("the nearest versions are `3.14.7t` and `source:3.14."),
        "{said:?}"
    );
    // In another minor version, and in one that does not exist.
    let said = sandbox.fails(3, &["--offline", "install", "--no-build", "3.13.99t"]);
    assert!(
        said.stderr.contains("the nearest version is `3.13.5t`\n"),
        "{said:?}"
    );
    let said = sandbox.fails(3, &["--offline", "install", "--no-build", "3.77t"]);
    assert!(
        said.stderr.contains("the nearest version is `3.14.7t`\n"),
        "{said:?}"
    );
}

#[test]
fn a_list_that_cannot_be_fetched_is_noted_and_the_version_stays_unknown() {
    let sandbox = with_a_list();
    sandbox
        .server
        .script("/index.ndjson", vec![Fault::Status(404); 9]);
    let said = sandbox.fails(3, &["install", "--no-build", "3.14.8t"]);
    for part in [
        "lacks 3.14.8t, and cannot be updated",
        "no source has 3.14.8t",
        "`ftpy index update`",
    ] {
        assert!(said.stderr.contains(part), "{part}: {said:?}");
    }
}

#[test]
fn another_separator_in_a_version_is_understood_in_the_hint() {
    let sandbox = Sandbox::new();
    for (text, hint) in [
        ("3,14t", "try `3.14t`"),
        ("3-14t", "try `3.14t`"),
        ("3_14t", "try `3.14t`"),
        ("3..14t", "try `3.14t`"),
        ("3,14,7t", "try `3.14.7t`"),
        ("3.14,7", "try `3.14.7`"),
        (">=3.13,3.15t", "try `3.13"),
        ("3.14x-20260901", "try `3.14`"),
    ] {
        let said = sandbox.fails(2, &["install", text]);
        assert!(said.stderr.contains(hint), "{text}: {said:?}");
    }
}

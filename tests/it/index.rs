//! `ftpy index`: which list is in use.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::server::Fault;

#[test]
fn a_fetched_index_is_checked_kept_and_used() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let shown = |sandbox: &Sandbox| {
        let json = sandbox.ok(&["--json", "index", "show"]).stdout;
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")
    };
    assert_eq!(shown(&sandbox)["origin"], "embedded");
    assert!(shown(&sandbox)["archives"].as_u64() > Some(5000));
    sandbox.ok(&["index", "update"]);
    assert_eq!(shown(&sandbox)["origin"], "fetched");
    assert_eq!(shown(&sandbox)["archives"], 1);
    assert_eq!(shown(&sandbox)["newest_build"], "20260901");

    for bad in [
        "<html>no</html>",
        "",
        "{\"version\":\"x\",\"artifacts\":[]}",
        "{\"artifacts\": 3}",
    ] {
        sandbox.server.file("/index.ndjson", bad.to_owned());
        let finished = sandbox.fails(5, &["index", "update"]);
        assert!(finished.stderr.contains("invalid index"), "{finished:?}");
        assert_eq!(
            shown(&sandbox)["archives"],
            1,
            "ftpy keeps using the current"
        );
    }
    sandbox
        .server
        .script("/index.ndjson", vec![Fault::Status(404)]);
    sandbox.fails(4, &["index", "update"]);
    sandbox.fails(4, &["--offline", "index", "update"]);
    assert_eq!(shown(&sandbox)["archives"], 1);
}

#[test]
fn an_index_that_is_named_but_was_never_fetched_is_fetched_by_the_install() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.server.hits("/index.ndjson"), 1);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
fn another_index_than_the_one_named_is_not_used() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["index", "update"]);
    let elsewhere = sandbox.server.url("/elsewhere.ndjson");
    sandbox.set("FTPY_INDEX_URL", &elsewhere);
    let finished = sandbox.fails(4, &["install", "--no-build", "3.14t"]);
    assert!(
        finished.stderr.contains("unset FTPY_INDEX_URL"),
        "{finished:?}"
    );
    assert!(sandbox.installed().is_empty());
}

#[test]
fn a_store_that_cannot_be_written_is_not_blamed_on_the_place_of_the_index() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let file = sandbox.home().join("file");
    std::fs::write(&file, "").expect("write");
    sandbox.set("FTPY_HOME", &file.join("store").display().to_string());
    let said = sandbox.fails(7, &["lock", "3.14t"]);
    assert!(said.stderr.contains("error: cannot "), "{said:?}");
    assert!(!said.stderr.contains("FTPY_INDEX_URL"), "{said:?}");
}

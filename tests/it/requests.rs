//! Requests on the command line: what is refused, and the messages.

use crate::support::sandbox::Sandbox;

#[test]
fn a_bad_request_is_a_usage_error_that_shows_the_nearest_right_form() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(10_000);
    for (text, hint) in [
        ("3.12t", "try `3.13t`"),
        ("3.14dt", "try `3.14td`"),
        ("3.14tt", "try `3.14t`"),
        ("../x", "try `3.14t`"),
        ("", "try `3.14t`"),
        (long.as_str(), "try `3.14t`"),
    ] {
        for command in ["install", "uninstall", "which"] {
            let finished = sandbox.fails(2, &[command, text]);
            assert!(
                finished.stderr.contains(hint),
                "{text:.20}: {}",
                finished.stderr
            );
            assert!(finished.stderr.len() < 500, "{}", finished.stderr.len());
            assert_eq!(finished.stdout, "");
        }
    }
    assert!(!sandbox.store.exists(), "nothing is created for nothing");
}

#[test]
fn one_bad_request_among_good_ones_installs_nothing() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&crate::support::sandbox::interpreter("3.14.7", "t"));
    sandbox.fails(2, &["install", "3.14t", "3.14tt"]);
    sandbox.fails(3, &["install", "3.14t", "3.77t"]);
    assert!(sandbox.installed().is_empty());
    assert_eq!(sandbox.server.hits("/index.ndjson"), 1);
}

#[test]
fn an_error_reads_well() {
    let sandbox = Sandbox::new();
    let finished = sandbox.fails(2, &["install", "3.12t"]);
    insta::assert_snapshot!(finished.stderr, @r"
    error: `3.12t` is not a Python request: 3.12 has no free-threaded build: free threading requires 3.13 or newer
    hint: try `3.13t`
    ");
    let finished = sandbox.fails(2, &["--json", "install", "3.12t"]);
    let json: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(json["error"]["kind"], "usage");
    assert_eq!(json["error"]["hints"][0], "try `3.13t`");
}

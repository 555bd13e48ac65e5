//! A policy of the machine, in a mount namespace whose /etc has one. Needs root and overlayfs.

use crate::support::live::{is_live, say};
use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use std::process::Command;

/// Runs ftpy with this policy; `None` where there can be no namespace of the test's own.
fn run(sandbox: &Sandbox, policy: &str, arguments: &[&str]) -> Option<Finished> {
    let etc = sandbox.home().join("etc");
    std::fs::create_dir_all(etc.join("ftpy")).expect("mkdir");
    std::fs::write(etc.join("ftpy/policy.toml"), policy).expect("write");
    let inner = sandbox.command(arguments);
    let script =
        "mount -t overlay overlay -o \"lowerdir=$1:/etc\" /etc || exit 99; shift; exec \"$@\"";
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "sh", "-c", script, "sh"]).arg(&etc);
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.env_clear().current_dir(sandbox.home());
    outer.envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let done = finished(outer.output().ok()?);
    (done.code != Some(99)).then_some(done)
}

#[test]
fn live_a_policy_is_obeyed_named_and_never_passed_over() {
    let name = "live_a_policy";
    if !is_live(name) {
        return;
    }
    let mut sandbox = Sandbox::new();
    let newest = interpreter("3.14.7", "t");
    for archive in [
        &newest,
        &interpreter("3.14.6", "t"),
        &interpreter("3.13.5", "t"),
    ] {
        sandbox.offer(archive);
    }
    if run(&sandbox, "", &["dir"]).is_none() {
        say(&format!(
            "{name}: not run, it needs root, unshare and overlayfs"
        ));
        return;
    }
    let run = |policy: &str, code: i32, arguments: &[&str]| {
        let done = run(&sandbox, policy, arguments).expect("a namespace");
        assert_eq!(done.code, Some(code), "{policy}\n{arguments:?}: {done:#?}");
        done
    };
    let hint = "hint: whoever looks after this machine decides";

    // A build, a source, a host, a digest.
    let done = run("\nforbid = [\"3.13t\"]\n", 10, &["install", "3.13t"]);
    assert!(
        done.stderr
            .contains("pbs: 3.13.5t is forbidden by /etc/ftpy/policy.toml:2"),
        "{done:?}"
    );
    assert!(done.stderr.contains(hint), "{done:?}");
    let done = run(
        "sources = [\"conda\"]",
        10,
        &["install", "--from", "pbs", "3.14t"],
    );
    assert!(
        done.stderr
            .contains("pbs: the source pbs is forbidden by /etc/ftpy/policy.toml:1"),
        "{done:?}"
    );
    let before = sandbox.server.requests().len();
    let done = run("hosts = [\"h.example\"]", 10, &["index", "update"]);
    assert!(done.stderr.contains("127.0.0.1:"), "{done:?}");
    assert!(
        done.stderr
            .contains(" is forbidden by /etc/ftpy/policy.toml:1"),
        "{done:?}"
    );
    assert_eq!(sandbox.server.requests().len(), before, "nobody was asked");
    let file = sandbox.home().join("mine.tar.gz");
    std::fs::write(&file, &newest.bytes).expect("write");
    let unverified = ["install", "--allow-unverified", "./mine.tar.gz"];
    let done = run("require-digests = true", 10, &unverified);
    assert!(
        done.stderr.contains("without a sha256 is forbidden by"),
        "{done:?}"
    );

    // An archive is what its interpreter says, and forbidden as that.
    let done = run("forbid = [\"3.14t\"]", 10, &unverified);
    assert!(done.stderr.contains("3.14.7t is forbidden by"), "{done:?}");
    // A newer patch that is forbidden gives way to one that is not.
    run(
        "forbid = [\"3.14.7t\"]\nhosts = [\"127.0.0.1\"]",
        0,
        &["install", "3.14t"],
    );
    assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
    // What is there stays, and doctor tells.
    let done = run("forbid = [\"3.14.6t\"]", 1, &["doctor"]);
    assert!(
        done.stderr
            .contains("a policy is in force: /etc/ftpy/policy.toml"),
        "{done:?}"
    );
    assert!(done.stdout.contains("[installation-forbidden]"), "{done:?}");

    // What cannot be understood forbids everything, and only that.
    for broken in ["forbid = [", "allow = [\"3.14\"]", "forbid = [\"3.12t\"]"] {
        let done = run(broken, 10, &["install", "3.13t"]);
        assert!(
            done.stderr.contains("error: /etc/ftpy/policy.toml:1: "),
            "{done:?}"
        );
        run(broken, 10, &["index", "update"]);
        run(broken, 0, &["list"]);
        assert!(
            run(broken, 1, &["doctor"])
                .stdout
                .contains("[policy-unusable]")
        );
    }
    assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
    assert!(sandbox.stages().is_empty());
}

#[test]
fn live_a_redirect_to_a_host_that_policy_forbids_is_not_followed() {
    let name = "live_a_redirect_to_a_host_that_policy_forbids";
    if !is_live(name) {
        return;
    }
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let elsewhere = crate::support::server::Server::start();
    let to = crate::support::server::Fault::Redirect(elsewhere.url("/x"));
    sandbox
        .server
        .script(&format!("/{}", archive.name), vec![to]);
    let host = sandbox.server.url("").replace("http://", "");
    let policy = format!("hosts = [\"{host}\"]");
    let Some(done) = run(&sandbox, &policy, &["install", "3.14t"]) else {
        say(&format!(
            "{name}: not run, it needs root, unshare and overlayfs"
        ));
        return;
    };
    assert_eq!(done.code, Some(10), "{done:?}");
    assert!(
        done.stderr
            .contains(&elsewhere.url("").replace("http://", "")),
        "{done:?}"
    );
    assert_eq!(elsewhere.requests().len(), 0);
}

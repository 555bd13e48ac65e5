//! A machine policy, in a mount namespace with a separate /etc. Needs root and overlayfs.

use crate::support::live::require_live;
use crate::support::sandbox::{Finished, Sandbox, copy_variables, finished, interpreter};
use std::process::Command;

/// Runs ftpy with this policy.
fn run(sandbox: &Sandbox, policy: &str, arguments: &[&str]) -> Finished {
    let etc = sandbox.home().join("etc");
    std::fs::create_dir_all(etc.join("ftpy")).expect("mkdir");
    std::fs::write(etc.join("ftpy/policy.toml"), policy).expect("write");
    run_as_it_is(sandbox, arguments)
}

/// Like [`run`], with the sandbox's `etc` as the location of the policy.
pub(crate) fn run_as_it_is(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let etc = sandbox.home().join("etc");
    let inner = sandbox.command(arguments);
    let script =
        "mount -t overlay overlay -o \"lowerdir=$1:/etc\" /etc || exit 99; shift; exec \"$@\"";
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "sh", "-c", script, "sh"]).arg(&etc);
    outer.arg(inner.get_program()).args(inner.get_args());
    copy_variables(&mut outer, &inner).current_dir(sandbox.home());
    let done = finished(outer.output().expect("unshare"));
    let is_refused = done.stderr.contains("unshare failed") || done.code == Some(99);
    assert!(
        !is_refused,
        "a mount namespace with overlays, which needs root: {done:#?}"
    );
    done
}

/// Like [`run`], and it must end with this code.
pub(crate) fn check(sandbox: &Sandbox, policy: &str, code: i32, arguments: &[&str]) -> Finished {
    let done = run(sandbox, policy, arguments);
    assert_eq!(done.code, Some(code), "{policy}\n{arguments:?}: {done:#?}");
    done
}

/// A sandbox that offers three builds.
pub(crate) fn sandbox() -> Sandbox {
    require_live();
    let mut sandbox = Sandbox::new();
    for (version, flags) in [("3.14.7", "t"), ("3.14.6", "t"), ("3.13.5", "t")] {
        sandbox.offer(&interpreter(version, flags));
    }
    sandbox
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_policy_forbids_builds_sources_hosts_and_what_has_no_digest() {
    let sandbox = sandbox();
    let run = |policy: &str, code, arguments: &[&str]| check(&sandbox, policy, code, arguments);
    let done = run("\nforbid = [\"3.13t\"]\n", 10, &["install", "3.13t"]);
    let reason = "pbs: 3.13t is forbidden by /etc/ftpy/policy.toml:2";
    assert!(done.stderr.contains(reason), "{done:?}");
    let hint = "hint: ask the administrator of this machine";
    assert!(done.stderr.contains(hint), "{done:?}");

    let from_pbs = ["install", "--from", "pbs", "3.14t"];
    let done = run("sources = [\"conda\"]", 10, &from_pbs);
    let reason = "pbs: installing from pbs is forbidden by /etc/ftpy/policy.toml:1";
    assert!(done.stderr.contains(reason), "{done:?}");

    let before = sandbox.server.requests().len();
    let done = run("hosts = [\"h.example\"]", 10, &["index", "update"]);
    let host = sandbox.server.url("").replace("http://", "");
    let reason = format!("{host} is forbidden by /etc/ftpy/policy.toml:1");
    assert!(done.stderr.contains(&reason), "{done:?}");
    assert_eq!(sandbox.server.requests().len(), before, "nobody was asked");

    let file = sandbox.home().join("mine.tar.gz");
    std::fs::write(&file, interpreter("3.14.7", "t").bytes).expect("write");
    let unverified = ["install", "--allow-unverified", "./mine.tar.gz"];
    let index = sandbox.server.url("/index.ndjson");
    let digests = format!("require-digests = true\nindex = [\"{index}\"]");
    let done = run(&digests, 10, &unverified);
    assert!(
        done.stderr.contains("without a sha256 is forbidden by"),
        "{done:?}"
    );
    // An archive is checked as the build that its interpreter reports.
    let done = run("forbid = [\"3.14t\"]", 10, &unverified);
    assert!(done.stderr.contains("3.14.7t is forbidden by"), "{done:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_digests_of_ones_own_are_none_and_a_directory_is_a_place() {
    let mut sandbox = sandbox();
    let digests = "hosts = [\"127.0.0.1\"]\nrequire-digests = true\n";
    // The sandbox has its own list of builds, which any user may have.
    let done = check(&sandbox, digests, 10, &["install", "3.14t"]);
    let index = sandbox.server.url("/index.ndjson");
    let reason = format!("the list of builds at {index} is forbidden by /etc/ftpy/policy.toml:2");
    assert!(done.stderr.contains(&reason), "{done:?}");
    assert!(sandbox.installed().is_empty());
    let named = format!("{digests}index = [\"{index}\"]\n");
    check(&sandbox, &named, 0, &["install", "3.14t"]);

    let file = sandbox.home().join("srv/index.ndjson");
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("mkdir");
    let line = "{\"version\":\"x\",\"artifacts\":[]}\n";
    std::fs::write(&file, line).expect("write");
    sandbox.set("FTPY_INDEX_URL", &format!("file://{}", file.display()));
    let done = check(
        &sandbox,
        "hosts = [\"127.0.0.1\"]",
        10,
        &["index", "update"],
    );
    assert!(
        done.stderr.contains("index.ndjson is forbidden by"),
        "{done:?}"
    );
    let below = format!("hosts = [\"file://{}/srv\"]", sandbox.home().display());
    let done = run(&sandbox, &below, &["index", "update"]);
    assert!(!done.stderr.contains("is forbidden by"), "{done:?}");
    // The location of a named archive is checked, too.
    let mine = interpreter("3.14.7", "t");
    let path = sandbox.home().join(&mine.name);
    std::fs::write(&path, &mine.bytes).expect("write");
    let archive = format!("./{}", mine.name);
    let arguments = ["install", "--allow-unverified", archive.as_str()];
    let done = check(&sandbox, "hosts = [\"127.0.0.1\"]", 10, &arguments);
    assert!(done.stderr.contains("is forbidden by"), "{done:?}");
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_git_goes_where_policy_lets_it_and_nowhere_else() {
    let sandbox = sandbox();
    let address = |server: &crate::support::server::Server| server.url("").replace("http://", "");
    let elsewhere = crate::support::server::Server::start();
    let settings = format!(
        "[url \"{}/\"]\n\tinsteadOf = https://git.example/\n",
        elsewhere.url("")
    );
    std::fs::write(sandbox.home().join(".gitconfig"), settings).expect("write");
    let build = |url: &str| {
        let source = format!("{url}@main");
        let policy = format!(
            "hosts = [\"git.example\", \"{}\"]",
            address(&sandbox.server)
        );
        let arguments = ["build", "3.14t", "--source", source.as_str()];
        run(&sandbox, &policy, &arguments)
    };
    let done = build("https://git.example/cpython");
    assert_eq!(done.code, Some(10), "{done:?}");
    let reason = format!("{} is forbidden by", address(&elsewhere));
    assert!(done.stderr.contains(&reason), "{done:?}");

    let to = crate::support::server::Fault::Redirect(elsewhere.url("/x/info/refs"));
    let redirects = vec![to.clone(), to.clone(), to.clone(), to];
    let refs = "/x/info/refs?service=git-upload-pack";
    sandbox.server.script(refs, redirects.clone());
    sandbox.server.script("/x/info/refs", redirects);
    let done = build(&sandbox.server.url("/x"));
    assert_eq!(done.code, Some(4), "{done:?}");
    let asked = sandbox.server.requests();
    assert!(
        asked.iter().any(|one| one.path.starts_with("/x/")),
        "{asked:?}"
    );
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_what_a_policy_allows_is_taken_and_what_is_there_is_told() {
    let sandbox = sandbox();
    let run = |policy: &str, code, arguments: &[&str]| check(&sandbox, policy, code, arguments);
    // If a newer patch is forbidden, an allowed one is chosen.
    let policy = "forbid = [\"3.14.7t\"]\nhosts = [\"127.0.0.1\"]";
    run(policy, 0, &["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
    let done = run("forbid = [\"3.14.6t\"]", 1, &["doctor"]);
    let note = "policy in force: /etc/ftpy/policy.toml";
    assert!(done.stderr.contains(note), "{done:?}");
    assert!(done.stdout.contains("[installation-forbidden]"), "{done:?}");
    // An existing interpreter is registered only if policy allows it.
    let prefix = sandbox.store.join("installs/3.14.6t-pbs-20260901");
    let copy = sandbox.home().join("copy");
    let copied = Command::new("cp").arg("-r").args([&prefix, &copy]).status();
    assert!(copied.expect("cp").success());
    let link = ["link", "mine", "./copy/bin/python3.14t"];
    run("sources = [\"pbs\"]", 10, &link);
    run("forbid = [\"3.14t\"]", 10, &link);
    run("sources = [\"link\"]", 0, &link);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_policy_that_cannot_be_understood_forbids_everything() {
    let sandbox = sandbox();
    for broken in ["forbid = [", "allow = [\"3.14\"]", "forbid = [\"3.12t\"]"] {
        let done = check(&sandbox, broken, 10, &["install", "3.13t"]);
        let place = "error: /etc/ftpy/policy.toml:1: ";
        assert!(done.stderr.contains(place), "{done:?}");
        check(&sandbox, broken, 10, &["index", "update"]);
        check(&sandbox, broken, 0, &["list"]);
        let done = check(&sandbox, broken, 1, &["doctor"]);
        assert!(done.stdout.contains("[policy-unusable]"), "{done:?}");
    }
    assert!(sandbox.installed().is_empty());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_redirect_to_a_host_that_policy_forbids_is_not_followed() {
    require_live();
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
    let done = run(&sandbox, &policy, &["install", "3.14t"]);
    assert_eq!(done.code, Some(10), "{done:?}");
    assert!(
        done.stderr
            .contains(&elsewhere.url("").replace("http://", "")),
        "{done:?}"
    );
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_list_available_shows_only_what_the_policy_allows() {
    let sandbox = sandbox();
    sandbox.ok(&["index", "update"]);
    let list = ["--json", "list", "--available", "--all", "3.14t"];
    let providers = |policy: &str| {
        let text = check(&sandbox, policy, 0, &list).stdout;
        let rows: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let rows = rows.as_array().expect("rows").iter();
        let mut all: Vec<String> = rows.map(|row| row["providers"].to_string()).collect();
        all.sort();
        all.dedup();
        all.join(" ")
    };
    assert!(providers("").contains("pbs"));
    assert_eq!(providers("sources = [\"source\"]"), "[\"source\"]");
    assert_eq!(providers("sources = [\"pbs\"]"), "[\"pbs\"]");
    // A forbidden host offers nothing, and neither does a forbidden version.
    assert_eq!(providers("hosts = [\"mirror.example\"]"), "");
    assert!(!providers("forbid = [\"3.14.7t\", \"3.14.6t\"]").contains("pbs"));
    check(&sandbox, "rubbish", 10, &list);
    // conda is queried if an install would query it first.
    let unasked = "conda builds are not listed";
    let said = check(&sandbox, "sources = [\"conda\", \"source\"]", 0, &list);
    assert!(said.stderr.contains(unasked), "{said:?}");
    let said = check(&sandbox, "sources = [\"pbs\", \"conda\"]", 0, &list);
    assert!(!said.stderr.contains(unasked), "{said:?}");
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_default_of_the_machine_is_below_the_users_own() {
    let sandbox = sandbox();
    sandbox.ok(&["-q", "install", "3.14.7t", "3.13t"]);
    let etc = sandbox.home().join("etc/ftpy");
    std::fs::create_dir_all(&etc).expect("mkdir");
    let write = |text: &str| std::fs::write(etc.join("config"), text).expect("write");
    write("# Python at Example Ltd\ndefault = 3.13t\n");
    let run = |arguments: &[&str]| run_as_it_is(&sandbox, arguments);
    let shown = run(&["show", "--active"]).stdout;
    assert!(shown.starts_with("3.13.5t-"), "{shown}");
    assert!(
        shown.contains("(/etc/ftpy/config:2) asks for 3.13t"),
        "{shown}"
    );
    let explained = run(&["which", "--explain", "python"]).stderr;
    let line = "default: 3.13t, of this machine (/etc/ftpy/config:2)";
    assert!(explained.contains(line), "{explained}");
    let default = run(&["default"]);
    assert_eq!(default.stdout, "3.13t\n");
    assert!(
        default.stderr.contains("/etc/ftpy/config sets it"),
        "{default:?}"
    );
    let listed = run(&["--json", "config", "list"]).stdout;
    assert!(listed.contains("\"machine\""), "{listed}");
    write("default = 3.12t\n");
    let refused = run(&["show"]);
    assert!(refused.stderr.contains("/etc/ftpy/config:1"), "{refused:?}");
    let found = run(&["doctor"]);
    let found = format!("{}{}", found.stdout, found.stderr);
    assert!(found.contains("/etc/ftpy/config:1"), "{found}");
    sandbox.ok(&["default", "3.14t"]);
    let shown = run(&["show", "--active"]).stdout;
    assert!(shown.starts_with("3.14.7t-"), "{shown}");
}

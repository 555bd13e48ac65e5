//! A policy about locations and lists of builds, with every source. Needs root and overlayfs, like
//! `live_policy`.

use crate::live_policy::{check, sandbox};
use crate::support::channel::{Channel, Form};
use crate::support::pythons::fake;
use crate::support::sandbox::Sandbox;
use crate::support::server::Server;

const INSTALL: [&str; 4] = ["install", "--from", "conda", "3.14t"];

fn address(server: &Server) -> String {
    server.url("").replace("http://", "")
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_places_that_a_channel_names_are_judged() {
    let mut sandbox = sandbox();
    sandbox.use_embedded_index();
    let elsewhere = Server::start();
    let here = format!("hosts = [\"{}\"]", address(&sandbox.server));
    let both = format!(
        "hosts = [\"{}\", \"{}\"]",
        address(&sandbox.server),
        address(&elsewhere)
    );
    let serve = |packages: &str, shards: &str| {
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.say_elsewhere(packages, shards);
        for (path, bytes) in channel.all(Form::Sharded) {
            elsewhere.file(&format!("/{path}"), bytes);
        }
        channel.serve(&sandbox, "channel", Form::Sharded)
    };
    let own = sandbox.server.url("/channel");
    // First shards, then packages.
    for (packages, shards) in [
        (own.as_str(), elsewhere.url("")),
        (&elsewhere.url(""), own.clone()),
    ] {
        let url = serve(packages, &shards);
        let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
        let install = ["install", "--from", "conda", "--channel", &url, "3.14t"];
        let done = check(&sandbox, &here, 10, &install);
        let reason = format!("{} is forbidden by", address(&elsewhere));
        assert!(done.stderr.contains(&reason), "{done:?}");
        assert_eq!(elsewhere.requests().len(), 0);
    }
    check(
        &sandbox,
        &both,
        0,
        &["install", "--from", "conda", "--channel", &own, "3.14t"],
    );
    assert!(!elsewhere.requests().is_empty());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_channel_is_a_list_of_builds_and_a_place() {
    let mut sandbox = sandbox();
    sandbox.use_embedded_index();
    let url = Channel::of(&fake("3.14.7")).serve(&sandbox, "channel", Form::Json);
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    let done = check(&sandbox, "require-digests = true", 10, &INSTALL);
    let reason = format!("the list of builds at {url} is forbidden by");
    assert!(done.stderr.contains(&reason), "{done:?}");
    assert_eq!(sandbox.server.requests().len(), 0);
    let named = format!("require-digests = true\nindex = [\"{url}\"]");
    check(&sandbox, &named, 0, &INSTALL);
    check(&sandbox, "", 0, &["uninstall", "--all"]);
    // Data that was cached before the policy is also checked.
    let offline = ["--offline", "install", "--from", "conda", "3.14t"];
    check(&sandbox, "require-digests = true", 10, &offline);
    check(&sandbox, "hosts = [\"h.example\"]", 10, &offline);
    let directory = sandbox.home().join("channel");
    Channel::of(&fake("3.14.7")).write(&directory, Form::Json);
    sandbox.set("FTPY_CONDA_CHANNELS", &directory.display().to_string());
    check(&sandbox, "hosts = [\"h.example\"]", 10, &INSTALL);
    let below = format!("hosts = [\"file://{}\"]", sandbox.home().display());
    check(&sandbox, &below, 0, &INSTALL);
}

/// A lock of the sandbox's builds.
fn lock(sandbox: &Sandbox) {
    std::fs::write(sandbox.home().join(".python-version"), "3.14t\n").expect("write");
    let here = ftpy::host::target::detect().to_string();
    check(sandbox, "", 0, &["lock", "--platform", &here]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_bundle_is_a_place_and_a_list_of_builds() {
    let mut sandbox = sandbox();
    lock(&sandbox);
    check(&sandbox, "", 0, &["bundle", "create", "-o", "b.tar.zst"]);
    sandbox.use_embedded_index();
    std::fs::remove_dir_all(&sandbox.store).expect("remove the store");
    let install = ["bundle", "install", "b.tar.zst"];
    let home = sandbox.home().display().to_string();
    for policy in [
        "sources = [\"conda\"]".to_owned(),
        "forbid = [\"3.14t\"]".to_owned(),
        "hosts = [\"127.0.0.1\"]".to_owned(),
        format!("hosts = [\"file://{home}/other\"]"),
        "require-digests = true".to_owned(),
        "index = [\"https://h.example/i\"]".to_owned(),
        format!("index = [\"file://{home}/other.tar.zst\"]"),
    ] {
        let done = check(&sandbox, &policy, 10, &install);
        assert!(
            done.stderr.contains("is forbidden by"),
            "{policy}: {done:?}"
        );
        assert!(!sandbox.store.join("cache/sha256").exists(), "{policy}");
    }
    assert!(sandbox.installed().is_empty());
    let named = format!(
        "sources = [\"pbs\"]\nhosts = [\"file://{home}\"]\nrequire-digests = true\n\
         index = [\"file://{home}/b.tar.zst\"]"
    );
    check(&sandbox, &named, 0, &install);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_lock_is_a_list_of_builds() {
    let mut sandbox = sandbox();
    lock(&sandbox);
    let index = sandbox.server.url("/index.ndjson");
    let install = ["install", "--locked"];
    let named = format!("require-digests = true\nindex = [\"{index}\"]");
    check(&sandbox, &named, 0, &["install", "--locked", "--dry-run"]);
    // Without that index, these digests are in no other list.
    sandbox.use_embedded_index();
    sandbox.unset("FTPY_PBS_MIRROR");
    for command in [
        &install[..],
        &["bundle", "create", "-o", "b"],
        &["mirror", "m"],
    ] {
        let done = check(&sandbox, "require-digests = true", 10, command);
        assert!(
            done.stderr.contains("ftpy.lock is forbidden by"),
            "{done:?}"
        );
    }
    let done = check(&sandbox, "sources = [\"conda\"]", 10, &["mirror", "m"]);
    assert!(
        done.stderr.contains("installing from pbs is forbidden"),
        "{done:?}"
    );
    check(&sandbox, "", 0, &install);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_an_index_is_compared_by_its_real_url() {
    let mut sandbox = sandbox();
    let good = sandbox.server.url("/index.ndjson");
    let policy = format!("index = [\"{good}\"]");
    let evil = crate::support::archives::sha256_hex(b"evil");
    let line =
        format!("{{\"version\":\"x\",\"artifacts\":[{{\"url\":\"x\",\"sha256\":\"{evil}\"}}]}}\n");
    sandbox.server.file("/t/evil/index.ndjson", line);
    for bad in [
        "/t/evil/index.ndjson",
        "/index.ndjson?evil",
        "/x/../t/evil/index.ndjson",
    ] {
        sandbox.set("FTPY_INDEX_URL", &sandbox.server.url(bad));
        let done = check(&sandbox, &policy, 10, &["install", "3.14t"]);
        assert!(
            done.stderr.contains("the list of builds at"),
            "{bad}: {done:?}"
        );
    }
    assert_eq!(sandbox.server.requests().len(), 0);
    let with_login = good.replace("http://", "http://me:pw@");
    sandbox.set("FTPY_INDEX_URL", &with_login);
    check(&sandbox, &policy, 0, &["install", "3.14t"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_policy_that_cannot_be_read_forbids_everything() {
    let sandbox = sandbox();
    let etc = sandbox.home().join("etc/ftpy");
    std::fs::create_dir_all(&etc).expect("mkdir");
    let policy = etc.join("policy.toml");
    let place = |make: &dyn Fn()| {
        let _ = std::fs::remove_file(&policy);
        let _ = std::fs::remove_dir(&policy);
        make();
        let done = crate::live_policy::run_as_it_is(&sandbox, &["install", "3.14t"]);
        assert_eq!(done.code, Some(10), "{done:?}");
        assert!(done.stderr.contains("cannot read the policy"), "{done:?}");
    };
    place(&|| std::os::unix::fs::symlink("/nonexistent", &policy).expect("link"));
    place(&|| std::fs::create_dir(&policy).expect("mkdir"));
    place(&|| {
        let made = std::process::Command::new("mkfifo").arg(&policy).status();
        assert!(made.expect("mkfifo").success());
    });
    assert!(sandbox.installed().is_empty());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_directory_of_source_is_a_place() {
    let sandbox = sandbox();
    std::fs::create_dir(sandbox.home().join("tree")).expect("mkdir");
    let build = ["build", "3.14t", "--source", "./tree", "--dry-run"];
    for policy in ["hosts = [\"h.example\"]", "sources = [\"pbs\"]"] {
        let done = check(&sandbox, policy, 10, &build);
        assert!(done.stderr.contains("is forbidden by"), "{done:?}");
    }
    let source = format!("file://{}/tree@main", sandbox.home().display());
    let build = ["build", "3.14t", "--source", &source];
    check(&sandbox, "hosts = [\"h.example\"]", 10, &build);
    // An archive is checked before it is hashed for a hint.
    std::fs::write(sandbox.home().join("x.tar.gz"), "x").expect("write");
    let done = check(
        &sandbox,
        "hosts = [\"h.example\"]",
        10,
        &["install", "./x.tar.gz"],
    );
    assert!(!done.stderr.contains("sha256"), "{done:?}");
}

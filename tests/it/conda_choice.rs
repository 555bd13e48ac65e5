//! Builds from conda channels: which one is chosen, and when conda is queried at all.

use crate::support::channel::{Channel, Form, sandbox};
use crate::support::conda::Package;
use crate::support::pythons::{common, fake, fake_python};
use crate::support::sandbox::{Sandbox, interpreter, interrupt};
use serde_json::Value;
use std::time::{Duration, Instant};

fn usual() -> Channel {
    Channel::of(&fake("3.14.7"))
}

/// The default packages, with interpreters of these versions, flags and build numbers.
fn of(pythons: &[(&str, &str, u32)]) -> Channel {
    let mut packages: Vec<Package> = Vec::new();
    for (version, flags, number) in pythons {
        packages.push(fake_python(version, flags, *number));
        for package in common(version) {
            if !packages
                .iter()
                .any(|known| known.file_name() == package.file_name())
            {
                packages.push(package);
            }
        }
    }
    Channel::of(&packages)
}

/// The index that the sandbox serves, instead of the embedded one.
fn use_own_index(sandbox: &mut Sandbox) {
    let index = sandbox.server.url("/index.ndjson");
    sandbox.set("FTPY_INDEX_URL", &index);
    sandbox.unset("FTPY_PBS_MIRROR");
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let all = [&["--json"], arguments].concat();
    serde_json::from_str(&sandbox.ok(&all).stdout).expect("JSON")
}

fn keys(plan: &Value) -> Vec<&str> {
    let attempts = plan["attempts"].as_array().expect("attempts");
    attempts
        .iter()
        .map(|attempt| attempt["key"].as_str().expect("key"))
        .collect()
}

#[test]
fn the_plan_lists_every_package_and_does_nothing() {
    let (sandbox, url) = sandbox(&usual(), Form::Sharded);
    let text = sandbox
        .ok(&["install", "--dry-run", "--from", "conda", "3.14t"])
        .stdout;
    assert!(text.starts_with("3.14t -> 3.14.7t-conda-2\n"), "{text}");
    assert!(text.contains("download and verify 5 packages"), "{text}");
    for line in [
        "python      3.14.7  h002_2_cp314t",
        "python_abi  3.14    8_cp314t",
        "pip         26.2.1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("rewrite the build's prefix"), "{text}");
    let plans = json(&sandbox, &["install", "--dry-run", "conda:3.14"]);
    assert_eq!(keys(&plans[0]), ["3.14.7-conda-102"]);
    let packages = &plans[0]["attempts"][0]["candidate"]["recipe"]["conda"]["packages"];
    let python = packages.as_array().expect("packages").iter();
    let python = python
        .clone()
        .find(|package| package["name"] == "python")
        .expect("python");
    assert_eq!(python["build"], "h00102_102_cp314");
    assert!(python["url"].as_str().expect("url").starts_with(&url));
    assert!(python["size"].as_u64().expect("size") > 100);
    assert_eq!(python["sha256"].as_str().expect("digest").len(), 64);
    assert!(sandbox.installed().is_empty());
    let packages = sandbox.server.requests();
    assert!(
        packages
            .iter()
            .all(|request| !request.path.ends_with(".conda"))
    );
}

#[test]
fn a_variant_is_never_crossed() {
    let (only_t, _) = sandbox(&of(&[("3.14.7", "t", 2)]), Form::Json);
    let finished = only_t.fails(3, &["install", "--from", "conda", "3.14"]);
    let reason = "conda: no GIL build of 3.14, only free-threaded";
    assert!(finished.stderr.contains(reason), "{finished:?}");
    only_t.fails(3, &["install", "--from", "conda", "3.14td"]);
    let (only_gil, _) = sandbox(&of(&[("3.14.7", "", 102)]), Form::Json);
    let finished = only_gil.fails(3, &["install", "--from", "conda", "3.14t"]);
    let reason = "conda: no free-threaded build of 3.14, only GIL";
    assert!(finished.stderr.contains(reason), "{finished:?}");
    // A build string that happens to end in `t` is not free-threaded.
    let mut odd = Package::new("python", "3.14.7", "h1_0_cp314_fast").depends(&[]);
    odd.extra["track_features"] = serde_json::json!("t");
    let packages: Vec<Package> = common("3.14.7").into_iter().chain([odd]).collect();
    let (odd, _) = sandbox(&Channel::of(&packages), Form::Json);
    for request in ["3.14t", "3.14"] {
        odd.fails(3, &["install", "--from", "conda", request]);
    }
}

#[test]
fn a_package_that_needs_the_other_variant_makes_it_unsolvable_and_not_another_variant() {
    for (request, wanted) in [("3.14t", "cp314"), ("3.14", "cp314t")] {
        let mut channel = usual();
        channel.edit("pip-26.2.1-pyh1_0.conda", |record| {
            record["depends"] = serde_json::json!([format!("python_abi 3.14.* *_{wanted}")]);
        });
        let (sandbox, _) = sandbox(&channel, Form::Json);
        let finished = sandbox.fails(3, &["install", "--from", "conda", request]);
        assert!(
            finished.stderr.contains("conda: 3.14.7") && finished.stderr.contains("pip"),
            "{finished:?}"
        );
    }
}

#[test]
fn the_newest_that_can_be_solved_is_taken_and_a_build_can_be_named() {
    let mut channel = of(&[
        ("3.30.6", "t", 0),
        ("3.30.7", "t", 9),
        ("3.30.7", "t", 10),
        ("3.30.8", "t", 0),
    ]);
    channel.edit("python-3.30.8-h000_0_cp330t.conda", |record| {
        record["depends"] = serde_json::json!(["nothing-of-this-name"]);
    });
    let (sandbox, _) = sandbox(&channel, Form::Sharded);
    let plan = |request: &str| {
        json(
            &sandbox,
            &["install", "--dry-run", "--from", "conda", request],
        )
    };
    assert_eq!(keys(&plan("3.30t")[0]), ["3.30.7t-conda-10"]);
    assert_eq!(keys(&plan("3.30.6t")[0]), ["3.30.6t-conda-0"]);
    assert_eq!(keys(&plan("3.30.7t-conda-9")[0]), ["3.30.7t-conda-9"]);
    assert_eq!(keys(&plan(">=3.20t")[0]), ["3.30.7t-conda-10"]);
    let finished = sandbox.fails(3, &["install", "conda:3.30.8t"]);
    assert!(
        finished.stderr.contains("nothing-of-this-name"),
        "{finished:?}"
    );
    // A reinstall requires the key; a newer build is installed next to it.
    sandbox.ok(&["install", "3.30.7t-conda-9"]);
    let outdated = sandbox.ok(&["outdated"]).stdout;
    assert!(
        outdated.contains("3.30.7t-conda-9  ->  3.30.7t-conda-10"),
        "{outdated}"
    );
    sandbox.ok(&["upgrade"]);
    assert_eq!(sandbox.installed(), ["3.30.7t-conda-10", "3.30.7t-conda-9"]);
}

#[test]
fn a_prerelease_is_the_last_resort() {
    let (sandbox, _) = sandbox(
        &of(&[("3.15.0rc1", "t", 0), ("3.14.7", "t", 2)]),
        Form::Json,
    );
    let plan = |request: &str| {
        json(
            &sandbox,
            &["install", "--dry-run", "--from", "conda", request],
        )
    };
    assert_eq!(keys(&plan("3.15t")[0]), ["3.15.0rc1t-conda-0"]);
    assert_eq!(keys(&plan(">=3.14t")[0]), ["3.14.7t-conda-2"]);
    assert_eq!(keys(&plan("3t-dev")[0])[0], "3.15.0rc1t-conda-0");
}

#[test]
fn conda_is_not_asked_where_something_before_it_works() {
    let (mut sandbox, _) = sandbox(&usual(), Form::Json);
    use_own_index(&mut sandbox);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let text = sandbox.ok(&["install", "--dry-run", "3.14t"]).stdout;
    let place = |part: &str| text.find(part).expect(part);
    let conda = place("builds of conda (`--from conda` lists them)");
    assert!(
        place("3.14.6t-pbs") < conda && conda < place("-source"),
        "{text}"
    );
    let asked = sandbox.server.requests();
    assert!(
        asked
            .iter()
            .all(|request| !request.path.starts_with("/channel")),
        "{asked:?}"
    );
}

#[test]
fn what_cannot_be_had_elsewhere_comes_from_conda_and_then_is_not_compiled() {
    let (mut sandbox, _) = sandbox(&usual(), Form::Json);
    use_own_index(&mut sandbox);
    // Listed, but removed from the mirror.
    sandbox.list(&interpreter("3.14.9", "t"), Some(&"a".repeat(64)));
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-conda-2"]);
    assert!(
        finished
            .stderr
            .contains("Unavailable 3.14.9t from pbs: 404"),
        "{finished:?}"
    );
    // Not listed at all: conda is queried immediately, and comes before the source in the plan.
    let plan = json(&sandbox, &["install", "--dry-run", "3.14.7"]);
    assert_eq!(keys(&plan[0]), ["3.14.7-conda-102", "3.14.7-source"]);
}

#[test]
fn a_channel_that_does_not_answer_costs_two_seconds_and_one_line() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let started = Instant::now();
    let finished = sandbox.fails(4, &["install", "--from", "conda", "3.14t"]);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    let lines = |text: &str| {
        finished
            .stderr
            .lines()
            .filter(|line| line.starts_with(text))
            .count()
    };
    assert_eq!(lines("  conda: 127.0.0.1"), 1, "{finished:?}");
    // All of them fail: each is reported with its reason, including conda.
    let output = sandbox
        .command(&["install", "3.14t"])
        .env("PATH", "/nonexistent")
        .output();
    let finished = crate::support::sandbox::finished(output.expect("ftpy"));
    assert_eq!(finished.code, Some(6), "{finished:?}");
    let error = &finished.stderr[finished.stderr.find("error:").expect("error")..];
    for source in [
        "  pbs: 127.0.0.1",
        "  conda: 127.0.0.1",
        "  source: this machine lacks",
    ] {
        assert!(error.contains(source), "{source}: {error}");
    }
    sandbox.set("FTPY_CONDA_CHANNELS", "http://channel.invalid/x");
    let finished = sandbox.fails(4, &["install", "--from", "conda", "3.14t"]);
    let reason = "channel.invalid is unreachable: no DNS";
    assert!(finished.stderr.contains(reason), "{finished:?}");
}

#[test]
fn a_channel_that_takes_the_connection_and_says_nothing_can_be_interrupted() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let hole = crate::support::server::Blackhole::start();
    sandbox.set("FTPY_CONDA_CHANNELS", &hole.url("/x"));
    let child = sandbox.start(&["install", "--from", "conda", "3.14t"]);
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    interrupt(&child);
    let finished = crate::support::sandbox::finished(child.wait_with_output().expect("output"));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(finished.code, Some(130), "{finished:?}");
    sandbox.set("FTPY_HTTP_TIMEOUT", "0.5");
    let finished = sandbox.fails(4, &["install", "--from", "conda", "3.14t"]);
    assert!(finished.stderr.contains("does not answer"), "{finished:?}");
}

#[test]
fn what_a_channel_has_is_listed() {
    let (mut sandbox, url) = sandbox(
        &of(&[("3.14.6", "t", 0), ("3.14.7", "t", 2), ("3.14.7", "", 102)]),
        Form::Sharded,
    );
    sandbox.set("FTPY_CONDA_CHANNELS", "http://channel.invalid/x");
    let from = ["list", "--available", "--from", "conda", "--channel", &url];
    let text = sandbox.ok(&from).stdout;
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["3.14.7t", "free-threaded", "conda"],
            ["3.14.7", "GIL", "conda"]
        ]
    );
    let all = sandbox
        .ok(&[&from[..], &["--all", "3.14t"]].concat())
        .stdout;
    assert_eq!(all.lines().count(), 2, "{all}");
    // No channel is waited for without need.
    let text = sandbox.ok(&["list", "--available", "3.14t"]).stdout;
    assert!(text.contains("pbs") && !text.contains("conda"), "{text}");
    let finished = sandbox.fails(4, &["list", "--available", "--from", "conda"]);
    assert!(
        finished.stderr.contains("channel.invalid is unreachable"),
        "{finished:?}"
    );
}

#[test]
fn three_thousand_records_are_solved_within_a_second() {
    let mut channel = usual();
    for number in 0..3000 {
        let name = format!("filler-{}", number % 50);
        let record = serde_json::json!({
            "name": name, "version": format!("1.{number}"), "build": "0", "build_number": 0,
            "subdir": "noarch", "size": 1, "sha256": "0".repeat(64),
            "depends": [format!("filler-{} >=1", (number + 1) % 50)],
        });
        channel.list("noarch", &format!("{name}-1.{number}-0.conda"), record);
    }
    channel.edit("pip-26.2.1-pyh1_0.conda", |record| {
        record["depends"] = serde_json::json!(["python >=3.9", "filler-7"]);
    });
    let (sandbox, _) = sandbox(&channel, Form::Zst);
    let plan = ["install", "--dry-run", "--from", "conda", "3.14t"];
    let started = Instant::now();
    let text = sandbox.ok(&plan).stdout;
    assert!(text.contains("55 packages"), "{text}");
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_conda_package_by_its_name_is_what_its_interpreter_says() {
    let sandbox = Sandbox::new();
    let (bytes, _) = fake_python("3.14.7", "t", 2).build();
    let digest = crate::support::archives::sha256_hex(&bytes);
    std::fs::write(sandbox.home().join("renamed.conda"), &bytes).expect("write");
    let said = sandbox.fails(5, &["install", "./renamed.conda"]);
    assert!(said.stderr.contains(&digest), "{said:?}");
    let argument = format!("./renamed.conda#sha256={digest}");
    sandbox.ok(&["install", &argument]);
    let key = format!("3.14.7t-archive-{}", &digest[..8]);
    assert_eq!(sandbox.installed(), [key.as_str()]);
    sandbox.ok(&["verify"]);
    let prefix = sandbox.store.join("installs").join(&key);
    let data = std::fs::read_to_string(prefix.join("lib/python3.14t/_sysconfigdata_x.py"));
    let data = data.expect("read");
    assert!(data.contains(prefix.to_str().expect("UTF-8")), "{data}");
    let again = sandbox.ok(&["install", &argument]);
    assert!(again.stderr.contains("already installed"), "{again:?}");
    // Another package, and one whose interpreter does not match its metadata.
    for (package, part) in [
        (
            Package::new("tzdata", "2026a", "h1_0").file("share/x", "y", 0o644),
            "it is not a package of python",
        ),
        (
            fake_python("3.14.7", "t", 3).replaced(
                "bin/python3.14",
                crate::support::sandbox::probe_answer("3.14.7", "", ""),
            ),
            "the interpreter is not as expected",
        ),
    ] {
        let (bytes, _) = package.build();
        let digest = crate::support::archives::sha256_hex(&bytes);
        std::fs::write(sandbox.home().join("x.conda"), &bytes).expect("write");
        let said = sandbox.fails(5, &["install", &format!("./x.conda#sha256={digest}")]);
        assert!(said.stderr.contains(part), "{said:?}");
    }
    assert_eq!(sandbox.installed().len(), 1);
    assert!(sandbox.stages().is_empty());
}

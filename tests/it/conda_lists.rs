//! The lists of conda channels: what is transferred again, what is kept, and what is not believed.

use crate::support::channel::{Channel, Form, install_from, sandbox};
use crate::support::pythons::{fake, fake_python};
use crate::support::sandbox::Sandbox;
use crate::support::server::Fault;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

const PLAN: [&str; 5] = ["install", "--dry-run", "--from", "conda", "3.14t"];
const ZST: &str = "/channel/linux-64/repodata.json.zst";
const SHARDS: &str = "/channel/linux-64/repodata_shards.msgpack.zst";

fn usual() -> Channel {
    Channel::of(&fake("3.14.7"))
}

fn plans(sandbox: &Sandbox, version: &str) {
    let text = sandbox.ok(&PLAN).stdout;
    assert!(text.contains(&format!("3.14t -> {version}")), "{text}");
}

/// The status of a request is not recorded; one with a known ETag is answered by 304.
fn conditions(sandbox: &Sandbox, path: &str) -> Vec<bool> {
    let requests = sandbox.server.requests();
    let own = requests.iter().filter(|request| request.path == path);
    own.map(|request| request.headers.contains_key("if-none-match"))
        .collect()
}

/// The files of the cache, of lists or of shards.
fn cached(sandbox: &Sandbox, below: &str) -> Vec<PathBuf> {
    let directory = sandbox.store.join("cache/repodata").join(below);
    let entries = std::fs::read_dir(directory).expect("read").flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.is_file()).collect()
}

#[test]
fn a_list_is_transferred_again_only_if_it_has_changed() {
    for (form, path) in [(Form::Zst, ZST), (Form::Sharded, SHARDS)] {
        let (sandbox, _) = sandbox(&usual(), form);
        plans(&sandbox, "3.14.7t-conda-2");
        plans(&sandbox, "3.14.7t-conda-2");
        let mut newer = fake("3.14.7");
        newer.push(fake_python("3.14.8", "t", 1));
        Channel::of(&newer).serve(&sandbox, "channel", form);
        plans(&sandbox, "3.14.8t-conda-1");
        plans(&sandbox, "3.14.8t-conda-1");
        assert_eq!(
            conditions(&sandbox, path),
            [false, true, true, true],
            "{form:?}"
        );
        let shards = sandbox.server.requests();
        let shards = shards.iter().filter(|one| one.path.contains("/shards/"));
        let mut shards: Vec<&str> = shards.map(|one| one.path.as_str()).collect();
        let count = shards.len();
        shards.sort_unstable();
        shards.dedup();
        assert_eq!(shards.len(), count, "no shard is fetched twice");
    }
}

#[test]
fn a_transfer_of_a_list_that_breaks_is_tried_again() {
    for (form, path) in [(Form::Zst, ZST), (Form::Sharded, SHARDS)] {
        let (sandbox, _) = sandbox(&usual(), form);
        let broken = vec![Fault::CutAfter(20), Fault::Status(503)];
        sandbox.server.script(path, broken);
        plans(&sandbox, "3.14.7t-conda-2");
        assert_eq!(sandbox.server.hits(path), 3, "{form:?}");
    }
}

#[test]
fn damage_to_the_cache_is_repaired() {
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
        // Only the list itself, not what is known about it.
        |bytes| {
            bytes
                .iter_mut()
                .take(3000)
                .skip(1)
                .for_each(|byte| *byte = b'x')
        },
    ];
    for (form, below) in [
        (Form::Zst, ""),
        (Form::Sharded, ""),
        (Form::Sharded, "shards"),
    ] {
        for damage in damages {
            let (sandbox, _) = sandbox(&usual(), form);
            plans(&sandbox, "3.14.7t-conda-2");
            let files = cached(&sandbox, below);
            assert!(files.len() >= 2, "{form:?} {files:?}");
            for file in &files {
                let mut bytes = std::fs::read(file).expect("read");
                damage(&mut bytes);
                std::fs::write(file, bytes).expect("write");
            }
            plans(&sandbox, "3.14.7t-conda-2");
            plans(&sandbox, "3.14.7t-conda-2");
        }
    }
}

#[test]
fn a_shard_with_other_bytes_than_the_index_says_is_refused() {
    let (sandbox, _) = sandbox(&usual(), Form::Sharded);
    let all = usual().all(Form::Sharded);
    let shards = all.iter().filter(|(path, _)| path.contains("/shards/"));
    for (path, _) in shards {
        sandbox
            .server
            .script(&format!("/channel/{path}"), vec![Fault::WrongBytes]);
    }
    let finished = sandbox.fails(5, &PLAN);
    assert!(finished.stderr.contains("digest mismatch"), "{finished:?}");
    assert!(!sandbox.store.join("cache/repodata/shards").exists());
    // Each shard is damaged once.
    let more = (0..all.len()).map(|_| sandbox.run(&PLAN).code);
    let more: Vec<Option<i32>> = more.take_while(|code| *code != Some(0)).collect();
    assert!(more.iter().all(|code| *code == Some(5)), "{more:?}");
    plans(&sandbox, "3.14.7t-conda-2");
}

#[test]
fn a_list_may_be_compressed_on_the_way_or_lack_its_other_forms() {
    let (sandbox, _) = sandbox(&Channel::default(), Form::Json);
    for (path, bytes) in usual().all(Form::Json) {
        let bytes = match path.ends_with("repodata.json") {
            true => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
                encoder.write_all(&bytes).expect("memory takes all");
                encoder.finish().expect("memory takes all")
            }
            false => bytes,
        };
        sandbox.server.file(&format!("/channel/{path}"), bytes);
    }
    for status in [404, 403, 501] {
        let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
        for path in [SHARDS, ZST] {
            sandbox.server.script(path, vec![Fault::Status(status)]);
        }
        plans(&sandbox, "3.14.7t-conda-2");
    }
    let asked = sandbox.server.requests();
    let accepts = |path: &str| {
        let one = asked.iter().find(|request| request.path.ends_with(path));
        one.expect(path).headers.contains_key("accept-encoding")
    };
    assert!(accepts("/linux-64/repodata.json") && !accepts("/linux-64/repodata.json.zst"));
    // A directory may have the compressed form only.
    let directory = sandbox.home().join("channel");
    usual().write(&directory, Form::Zst);
    install_from(&sandbox, &directory);
}

#[test]
fn a_form_that_the_server_refuses_leads_to_the_next_one() {
    let (sandbox, _) = sandbox(&usual(), Form::Json);
    sandbox.server.script(ZST, vec![Fault::Status(401)]);
    plans(&sandbox, "3.14.7t-conda-2");
    // Without another one, the refusal is the reason.
    let json = ZST.strip_suffix(".zst").expect("a list");
    for (path, status) in [(ZST, 401), (json, 404)] {
        sandbox.server.script(path, vec![Fault::Status(status)]);
    }
    let finished = sandbox.fails(4, &["-v", "install", "--from", "conda", "3.14t"]);
    let words = format!("{ZST} answered 401");
    assert!(finished.stderr.contains(&words), "{finished:?}");
}

#[test]
fn a_login_that_has_expired_does_not_cost_the_cached_list() {
    let (sandbox, _) = sandbox(&usual(), Form::Sharded);
    plans(&sandbox, "3.14.7t-conda-2");
    let noarch = SHARDS.replace("linux-64", "noarch");
    let refused = || Fault::Status(403);
    // The request for existence, too.
    sandbox.server.script(&noarch, vec![refused(), refused()]);
    sandbox.server.script(SHARDS, vec![refused()]);
    let finished = sandbox.fails(4, &PLAN);
    assert!(finished.stderr.contains("404"), "{finished:?}");
    let offline = [&["--offline"], PLAN.as_slice()].concat();
    let text = sandbox.ok(&offline).stdout;
    assert!(text.contains("3.14t -> 3.14.7t-conda-2"), "{text}");
}

#[test]
fn an_answer_that_is_not_a_list_is_an_error_that_names_it() {
    for text in ["<html>sign in</html>", "", "[]", "{\"packages\": {"] {
        let (sandbox, _) = sandbox(&usual(), Form::Json);
        let path = "/channel/noarch/repodata.json";
        sandbox.server.file(path, text);
        let finished = sandbox.fails(4, &["-v", "install", "--from", "conda", "3.14t"]);
        let words = format!("{path} is invalid: ");
        assert!(finished.stderr.contains(&words), "{text}: {finished:?}");
    }
    let (sandbox, url) = sandbox(&Channel::default(), Form::Json);
    let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
    let gone = url.replace("/channel", "/gone");
    let install = [
        "-v",
        "install",
        "--from",
        "conda",
        "--channel",
        &gone,
        "3.14t",
    ];
    let finished = sandbox.fails(4, &install);
    let words = "/gone/noarch/repodata.json answered 404";
    assert!(finished.stderr.contains(words), "{finished:?}");
}

/// Serves a channel that declares a relation to another one.
fn serve_related(sandbox: &Sandbox, name: &str, channel: &Channel, relations: &Value) {
    for (path, bytes) in channel.all(Form::Json) {
        let bytes = match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut list) if path.ends_with("repodata.json") => {
                list["info"]["channel_relations"] = relations.clone();
                list.to_string().into_bytes()
            }
            _ => bytes,
        };
        sandbox.server.file(&format!("/{name}/{path}"), bytes);
    }
}

#[test]
fn channels_that_a_channel_declares_are_asked_before_or_after_it() {
    let newer = Channel::of(&[fake_python("3.14.8", "t", 1)]);
    for (relations, version) in [
        (json!({"base": "../other"}), "3.14.8t-conda-1"),
        (json!({"overrides": "../other"}), "3.14.7t-conda-2"),
        (json!({"base": "other"}), "3.14.7t-conda-2"),
        (json!({"base": "../gone"}), "3.14.7t-conda-2"),
        // In a circle.
        (json!({"base": "../channel"}), "3.14.7t-conda-2"),
    ] {
        let (sandbox, _) = sandbox(&Channel::default(), Form::Json);
        serve_related(&sandbox, "channel", &usual(), &relations);
        serve_related(&sandbox, "other", &newer, &json!({"base": "../channel"}));
        plans(&sandbox, version);
    }
}

/// The length of a chain of dependencies.
const CHAIN: usize = 5_000;

#[test]
fn nested_dependencies_and_long_chains_of_them_do_not_overflow_the_stack() {
    let mut channel = Channel::of(&fake("3.14.7"));
    let nested = format!("pip {}", "(".repeat(100_000));
    channel.edit("libdemo-1.2-h2_0.tar.bz2", |record| {
        record["depends"] = json!([nested]);
    });
    let (first, _) = sandbox(&channel, Form::Json);
    let finished = first.run(&["install", "--dry-run", "--from", "conda", "3.14t"]);
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.stderr.contains("libdemo"), "{finished:?}");

    let mut channel = Channel::of(&fake("3.14.7"));
    channel.edit("libdemo-1.2-h2_0.tar.bz2", |record| {
        record["depends"] = json!(["link-0"]);
    });
    for at in 0..=CHAIN {
        let next = (at < CHAIN).then(|| format!("link-{}", at + 1));
        let record = json!({"name": format!("link-{at}"), "version": "1", "build": "0",
            "build_number": 0, "subdir": "noarch", "noarch": "generic",
            "sha256": "0".repeat(64), "md5": "0".repeat(32), "size": 1,
            "depends": next.into_iter().collect::<Vec<_>>()});
        channel.list("noarch", &format!("link-{at}-1-0.conda"), record);
    }
    let (second, _) = sandbox(&channel, Form::Json);
    let finished = second.run(&["install", "--dry-run", "--from", "conda", "3.14t"]);
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let words = "it needs more than 1000 packages";
    assert!(finished.stderr.contains(words), "{finished:?}");
}

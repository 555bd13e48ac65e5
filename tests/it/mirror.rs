//! `ftpy mirror`: a directory tree that replaces upstream's.

use crate::support::sandbox::{Archive, Finished, Sandbox, archive_name, interpreter};
use serde_json::Value;
use std::path::Path;

/// An index with upstream's URLs, and a mirror of them.
fn upstream(sandbox: &mut Sandbox, archives: &[Archive]) {
    let mut index = String::new();
    for Archive { name, bytes } in archives {
        let file = name.replace('+', "%2B");
        let place = ftpy::manifest::pbs::UPSTREAM;
        let sha256 = crate::support::archives::sha256_hex(bytes);
        index += &format!(
            "{{\"url\":\"{place}/20260901/{file}\",\"sha256\":\"{sha256}\",\"version\":\"x\"}}\n"
        );
        sandbox
            .server
            .file(&format!("/m/20260901/{name}"), bytes.clone());
    }
    sandbox.server.file("/index.ndjson", index);
    let mirror = sandbox.server.url("/m");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
}

fn both() -> [Archive; 2] {
    [interpreter("3.14.7", "t"), interpreter("3.14.7", "")]
}

/// The number of bytes that the server sent for an archive.
fn hits(sandbox: &Sandbox, flags: &str) -> usize {
    let file = archive_name("3.14.7", flags);
    sandbox.server.hits(&format!("/m/20260901/{file}"))
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a list");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_mirror_is_used_by_ftpy_and_a_second_run_fetches_nothing() {
    let mut sandbox = Sandbox::new();
    upstream(&mut sandbox, &both());
    let said = sandbox.ok(&["mirror", "out", "3.14t"]);
    let file = sandbox
        .home()
        .join("out/20260901")
        .join(archive_name("3.14.7", "t"));
    assert_eq!(said.stdout, format!("{}\n", file.display()));
    assert_eq!(hits(&sandbox, "t"), 1);
    // Existing files are not downloaded again; new ones are added.
    sandbox.ok(&["mirror", "out", "3.14t", "3.14"]);
    assert_eq!((hits(&sandbox, "t"), hits(&sandbox, "")), (1, 1));
    let index = std::fs::read_to_string(sandbox.home().join("out/index.ndjson")).expect("index");
    assert_eq!(index.lines().count(), 2, "{index}");
    let uv = json(&sandbox.home().join("out/uv-downloads.json"));
    let keys: Vec<&String> = uv.as_object().expect("keys").keys().collect();
    assert!(
        keys[0].starts_with("cpython-3.14.7+freethreaded-"),
        "{keys:?}"
    );
    // A damaged file is repaired.
    std::fs::write(&file, "damaged").expect("write");
    let said = sandbox.ok(&["mirror", "out", "3.14t"]);
    assert!(said.stderr.contains("downloading it again"), "{said:?}");
    assert_eq!(hits(&sandbox, "t"), 2);

    let out = sandbox.home().join("out").display().to_string();
    let mut other = Sandbox::new();
    other.set("FTPY_PBS_MIRROR", &out);
    other.set("FTPY_INDEX_URL", &format!("{out}/index.ndjson"));
    other.ok(&["install", "3.14t", "3.14"]);
    assert_eq!(other.installed().len(), 2);
    // A mirror of a mirror on a disk.
    other.ok(&["mirror", "again", "3.14t"]);
    let again = other.home().join("again/20260901");
    let copied = std::fs::read(again.join(archive_name("3.14.7", "t"))).expect("a copy");
    assert!(copied == interpreter("3.14.7", "t").bytes);
    assert_eq!(std::fs::read_dir(again).expect("read").count(), 1);
}

#[test]
fn a_mirror_goes_on_where_it_was_stopped_and_keeps_no_wrong_bytes() {
    use crate::support::server::Fault;
    let mut sandbox = Sandbox::new();
    upstream(&mut sandbox, &both());
    let name = archive_name("3.14.7", "t");
    let path = format!("/m/20260901/{name}");
    let size = interpreter("3.14.7", "t").bytes.len();
    sandbox
        .server
        .script(&path, vec![Fault::CutAfter(size / 2)]);
    sandbox.ok(&["mirror", "out", "3.14t"]);
    let asked = sandbox.server.requests();
    let ranges = asked.iter().filter(|one| one.range.is_some());
    assert!(ranges.count() >= 1, "it went on");

    sandbox.server.file(&path, vec![7; size]);
    let finished: Finished = sandbox.fails(5, &["mirror", "other", "3.14t"]);
    assert!(finished.stderr.contains("mismatch"), "{finished:?}");
    let left = std::fs::read_dir(sandbox.home().join("other/20260901"));
    assert_eq!(left.expect("read").count(), 0);
    assert!(!sandbox.home().join("other/index.ndjson").exists());
    sandbox.fails(3, &["mirror", "other"]);
    sandbox.fails(2, &["mirror", "other", "distro:3.14t"]);
}

#[test]
fn a_request_in_the_place_of_the_directory_is_refused() {
    let mut sandbox = Sandbox::new();
    upstream(&mut sandbox, &both());
    let said = sandbox.fails(2, &["mirror", "3.14t"]);
    assert!(said.stderr.contains("`ftpy mirror DIR 3.14t`"), "{said:?}");
    assert!(!sandbox.home().join("3.14t").exists());
    sandbox.ok(&["mirror", "./3.14t", "3.14t"]);
    sandbox.ok(&["mirror", "3.14t", "3.14t"]);
}

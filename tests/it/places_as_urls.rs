//! Locations as users write them: paths with every character, file:// URLs, schemes in upper case.

use crate::support::archives::sha256_hex;
use crate::support::sandbox::{Sandbox, interpreter};

/// Directory names that have a meaning in a URL, or are not ASCII.
const NAMES: [&str; 6] = ["c#", "what?", "100%", "50%41", "a b", "日本é"];

#[test]
fn a_mirror_may_be_in_a_directory_of_any_name() {
    for name in NAMES {
        let mut sandbox = Sandbox::new();
        let archive = interpreter("3.14.7", "t");
        let line = archive.line_at_upstream();
        let mirror = sandbox.home().join(name);
        std::fs::create_dir_all(mirror.join("20260901")).expect("mkdir");
        std::fs::write(mirror.join("20260901").join(&archive.name), archive.bytes).expect("write");
        std::fs::write(mirror.join("index"), line).expect("write");
        let index = mirror.join("index").display().to_string();
        sandbox.set("FTPY_INDEX_URL", &index);
        sandbox.set("FTPY_PBS_MIRROR", &mirror.display().to_string());
        sandbox.ok(&["install", "--no-build", "3.14t"]);
        assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"], "{name}");
    }
}

#[test]
fn an_archive_may_be_in_a_directory_of_any_name() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        let archive = interpreter("3.14.7", "t");
        let place = sandbox.home().join(name);
        std::fs::create_dir_all(&place).expect("mkdir");
        std::fs::write(place.join(&archive.name), &archive.bytes).expect("write");
        let digest = sha256_hex(&archive.bytes);
        for path in [
            format!("{name}/{}", archive.name),
            place.join(&archive.name).display().to_string(),
        ] {
            sandbox.ok(&[
                "install",
                &format!("./{path}").replace(".//", "/"),
                "--allow-unverified",
            ]);
            let named = format!("./{path}#sha256={digest}").replace(".//", "/");
            sandbox.ok(&["install", "--reinstall", &named]);
        }
        assert_eq!(sandbox.installed().len(), 1, "{name}");
    }
}

#[test]
fn this_machine_may_be_named_in_a_file_url_and_no_other_can() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let index = sandbox.home().join("index");
    let line = archive.line_at(&sandbox.server.url(""));
    let digest = sha256_hex(&archive.bytes);
    std::fs::write(&index, line).expect("write");
    for prefix in ["file://localhost", "FILE://", "file://LOCALHOST"] {
        sandbox.set("FTPY_INDEX_URL", &format!("{prefix}{}", index.display()));
        sandbox.ok(&["index", "update"]);
    }
    std::fs::write(sandbox.home().join(&archive.name), &archive.bytes).expect("write");
    let place = sandbox.home().join(&archive.name).display().to_string();
    let escaped = place.replace('+', "%2B");
    for url in [
        format!("file://localhost{escaped}#sha256={digest}"),
        format!("FILE://{escaped}#sha256={digest}"),
    ] {
        sandbox.ok(&["install", "--reinstall", &url]);
    }
    // Read relative to the current directory, this would be an existing file.
    std::fs::create_dir_all(sandbox.home().join("srv")).expect("mkdir");
    std::fs::copy(&index, sandbox.home().join("srv/index")).expect("copy");
    sandbox.set("FTPY_INDEX_URL", "file://srv/index");
    let finished = sandbox.fails(2, &["index", "update"]);
    assert!(
        finished.stderr.contains("names the host `srv`"),
        "{finished:?}"
    );
    sandbox.unset("FTPY_INDEX_URL");
    let relative = format!("file://srv/{}", archive.name);
    sandbox.fails(2, &["install", &relative, "--allow-unverified"]);
}

#[test]
fn schemes_may_be_in_upper_case() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let index = sandbox.server.url("/index.ndjson").replace("http", "HTTP");
    sandbox.set("FTPY_INDEX_URL", &index);
    sandbox.ok(&["install", "--no-build", "3.14t"]);
    let digest = sha256_hex(&archive.bytes);
    let url = sandbox
        .server
        .url(&format!("/{}", archive.name.replace('+', "%2B")));
    let url = format!("{}#sha256={digest}", url.replace("http", "Http"));
    sandbox.ok(&["install", "--reinstall", &url]);
}

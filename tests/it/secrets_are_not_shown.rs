//! Passwords, tokens and signatures in URLs: in no output, and in no file that others can read.

use crate::support::sandbox::{Finished, Sandbox, interpreter};
use crate::support::server::Server;
use std::path::Path;

const SECRET: &str = "s3cret";

fn check(said: &Finished) {
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(!all.contains(SECRET) && !all.contains("cret"), "{said:#?}");
}

/// Files below a directory that contain the secret.
fn holding(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a type"));
        if kind.is_dir() {
            found.extend(holding(&path));
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).expect("read");
            let is_in = bytes
                .windows(SECRET.len())
                .any(|part| part == SECRET.as_bytes());
            found.extend(is_in.then(|| path.display().to_string()));
        }
    }
    found
}

#[test]
fn a_mirror_whose_password_has_no_escapes_is_refused_without_showing_it() {
    for password in [
        "s3/cret",
        "s3#cret",
        "s3?cret",
        "12/s3cret",
        "12#s3cret",
        "s3cret:x",
    ] {
        for variable in [
            "FTPY_PBS_MIRROR",
            "FTPY_INDEX_URL",
            "FTPY_RELEASES",
            "HTTPS_PROXY",
        ] {
            let mut sandbox = Sandbox::new();
            sandbox.use_embedded_index();
            sandbox.set(variable, &format!("https://me:{password}@mirror:1/x"));
            for arguments in [
                &["config", "list"][..],
                &["config", "list", "--json"],
                &["install", "--no-build", "--from", "pbs", "3.14t"],
                &["install", "--dry-run", "3.14t"],
                &["install", "--dry-run", "--json", "3.14t"],
                &["-v", "index", "update"],
                &["self", "update", "--check"],
                &["doctor"],
                &["ci", "matrix", "3.14t"],
            ] {
                check(&sandbox.run(arguments));
            }
        }
    }
}

#[test]
fn a_refused_request_is_shown_without_its_password() {
    let sandbox = Sandbox::new();
    let archives = [
        "https://me:s3cret@h.example/x.tar.gz",
        "https://h.example/x.tar.gz?X-Amz-Signature=s3cret.tar.gz",
        "https://h.example/t/s3cret/x.tar.gz",
        "http://me:s3cret@127.0.0.1:1/x.tar.gz",
    ];
    let others = [
        "https://me:s3cret@h.example/x.zip",
        "https://me:s3#cret@h.example/x.tar.gz",
        "https://me:s3/cret@h.example/x.tar.gz",
        "https://me:s3cret?x@h.example/x.tar.gz",
        "https://me:s3cret#x@h.example/x.tar.gz",
        "file://me:s3cret@h.example/x.tar.gz",
        "ftp://me:s3cret@h.example/x.tar.gz",
        "https://me:s3cret@h.example/x.tar.gz#sha256=0",
        "https://h.example/x.tar.gz?sig=s3cret",
        "https://h.example/x.tar.gz?token=s3cret#sha256=0",
    ];
    for request in archives.into_iter().chain(others) {
        for command in ["install", "pin", "run", "which", "default", "lock"] {
            let said = sandbox.run(&[command, request]);
            // A URL of an archive is a request of `install` only, and here its digest is missing.
            let is_archive = command == "install" && archives.contains(&request);
            let code = if is_archive { 5 } else { 2 };
            assert_eq!(said.code, Some(code), "{command} {request}: {said:?}");
            check(&said);
        }
        check(&sandbox.run(&["install", "--allow-unverified", "--dry-run", request]));
        check(&sandbox.run(&[
            "install",
            "--allow-unverified",
            "--dry-run",
            "--json",
            request,
        ]));
        check(&sandbox.run(&["-v", "install", "--allow-unverified", request]));
        for where_a_path_is_expected in [
            &["link", "x", request][..],
            &["bundle", "install", request],
            &["bundle", "create", "3.14t", "--output", request],
        ] {
            check(&sandbox.run(where_a_path_is_expected));
        }
        let source = format!("{request}@main");
        check(&sandbox.run(&["build", "3.14t", "--source", &source]));
        check(&sandbox.run(&["build", "3.14t", "--source", request]));
        std::fs::write(sandbox.home().join(".python-version"), request).expect("write");
        check(&sandbox.run(&["show"]));
        check(&sandbox.run(&["install"]));
        check(&sandbox.run(&["doctor"]));
        std::fs::remove_file(sandbox.home().join(".python-version")).expect("remove");
    }
}

#[test]
fn an_archive_whose_url_is_signed_is_installed_and_its_signature_is_kept_nowhere() {
    let sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    let name = "x.tar.gz";
    sandbox
        .server
        .file(&format!("/t/s3cret/{name}"), archive.bytes);
    let base = sandbox
        .server
        .url("")
        .replace("http://", "http://me:s3cret@");
    let url = format!("{base}/t/s3cret/{name}?sig=s3cret.tar.gz");
    for arguments in [
        &["install", "--dry-run", "--allow-unverified", &url][..],
        &["install", "--dry-run", "--json", "--allow-unverified", &url],
        &["-v", "install", "--allow-unverified", &url],
        &["list", "--json"],
        &["verify", "--json"],
    ] {
        let said = sandbox.ok(arguments);
        check(&said);
    }
    let asked = sandbox.server.requests();
    assert!(
        asked[0].target.contains("s3cret/x.tar.gz?sig=s3cret"),
        "{asked:?}"
    );
    assert_eq!(holding(&sandbox.store), Vec::<String>::new());
}

#[test]
fn a_lock_with_a_password_in_a_url_is_used_and_never_shows_it() {
    let sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    sandbox
        .server
        .file(&format!("/{}", archive.name), archive.bytes.clone());
    let url = sandbox
        .server
        .url("")
        .replace("http://", "http://me:s3cret@");
    let platform = ftpy::host::target::detect();
    let lock = |url: &str| {
        format!(
            "version = 1\nplatforms = [\"{platform}\"]\nrequests = [\"3.14t\"]\n\n[[build]]\n\
             request = \"3.14t\"\nplatform = \"{platform}\"\nversion = \"3.14.7\"\n\
             provider = \"pbs\"\nbuild = \"20260901\"\nfile = \"{}\"\nsha256 = \"{digest}\"\n\
             urls = [\n  \"{url}\",\n]\n",
            archive.name
        )
    };
    let write = |url: &str| {
        std::fs::write(sandbox.home().join("ftpy.lock"), lock(url)).expect("write");
    };
    for wrong in ["http://me:s3/cret@127.0.0.1:1/x", "ftp://me:s3cret@h/x"] {
        write(wrong);
        let said = sandbox.run(&["install", "--locked"]);
        assert_eq!(said.code, Some(2), "{wrong}: {said:?}");
        check(&said);
    }
    write(&format!("{url}/{}", archive.name.replace('+', "%2B")));
    for arguments in [
        &["install", "--locked", "--dry-run"][..],
        &["install", "--locked", "--dry-run", "--json"],
        &["-v", "install", "--locked"],
        &["list", "--json"],
    ] {
        check(&sandbox.ok(arguments));
    }
    assert!(
        sandbox.server.requests()[0]
            .headers
            .contains_key("authorization")
    );
    sandbox.ok(&["bundle", "create", "-o", "b.tar.zst"]);
    let packed = std::fs::read(sandbox.home().join("b.tar.zst")).expect("read");
    let plain = zstd::decode_all(&packed[..]).expect("zstd");
    let text = String::from_utf8_lossy(&plain);
    assert!(!text.contains(SECRET));
    assert_eq!(holding(&sandbox.store), Vec::<String>::new());
}

#[test]
fn a_password_of_netrc_goes_to_no_proxy_in_clear() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let proxy = Server::start();
    sandbox.set("HTTP_PROXY", &proxy.url(""));
    sandbox.set("FTPY_PBS_MIRROR", "http://127.0.0.1:1/m");
    let netrc = "machine 127.0.0.1 login me password s3cret\n";
    std::fs::write(sandbox.home().join(".netrc"), netrc).expect("write");
    let said = sandbox.fails(4, &["install", "--no-build", "--from", "pbs", "3.14t"]);
    check(&said);
    let asked = proxy.requests();
    assert!(
        asked
            .iter()
            .any(|one| one.target.starts_with("http://127.0.0.1:1/m/")),
        "{asked:?}"
    );
    assert!(
        asked
            .iter()
            .all(|one| !one.headers.contains_key("authorization"))
    );
}

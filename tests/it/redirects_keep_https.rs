//! https never redirects to http, unless a known digest pins the bytes; and a redirect receives no
//! password.

use crate::own::run;
use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::live::say;
use crate::support::sandbox::{Finished, Sandbox, interpreter};
use crate::support::server::{Fault, Server};
use crate::support::tls::{Running, serve};
use std::path::PathBuf;

/// A sandbox, and an https server over `served/` whose authority it trusts.
struct Https {
    sandbox: Sandbox,
    /// The http target of https redirects.
    plain: Server,
    _running: Running,
    base: String,
}

impl Https {
    fn start(test: &str) -> Option<Self> {
        let mut sandbox = Sandbox::new();
        let directory = sandbox.home().join("served");
        std::fs::create_dir_all(&directory).expect("mkdir");
        let Some((running, port)) = serve(&directory) else {
            say(&format!("{test}: not run, it needs openssl and python3"));
            return None;
        };
        let authority = directory.join("ca.pem").display().to_string();
        sandbox.set("SSL_CERT_FILE", &authority);
        Some(Self {
            sandbox,
            plain: Server::start(),
            _running: running,
            base: format!("https://localhost:{port}"),
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.sandbox.home().join("served").join(file)
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
        std::fs::write(path, bytes).expect("write");
    }

    /// A file at http, and at https only as a redirect to it.
    fn lower(&self, file: &str, bytes: &[u8]) {
        let path = format!("/{file}");
        self.plain.file(&path, bytes);
        self.write(
            &format!("{file}.location"),
            self.plain.url(&path).as_bytes(),
        );
    }

    fn raise(&self, file: &str, bytes: &[u8]) {
        let _ = std::fs::remove_file(self.path(&format!("{file}.location")));
        self.write(file, bytes);
    }

    fn refused(&self, said: &Finished) {
        assert!(
            said.stderr.contains("https must not be left for http"),
            "{said:?}"
        );
        assert_eq!(self.plain.requests().len(), 0, "{said:?}");
    }
}

#[test]
fn an_index_is_not_read_from_http_where_it_was_asked_for_at_https() {
    let Some(mut https) = Https::start("an_index_is_not_read_from_http") else {
        return;
    };
    let archive = interpreter("3.14.7", "t");
    let url = format!("{}/index.ndjson", https.base);
    https.sandbox.set("FTPY_INDEX_URL", &url);
    let index = archive.line_at(&https.base);
    https.lower("index.ndjson", index.as_bytes());
    let said = https.sandbox.fails(4, &["index", "update"]);
    https.refused(&said);
    // Through another https host, too.
    let there = format!("{}/there", https.base.replace("localhost", "127.0.0.1"));
    https.write("index.ndjson.location", there.as_bytes());
    https.lower("there", index.as_bytes());
    let said = https.sandbox.fails(4, &["install", "3.14t"]);
    https.refused(&said);
    https.raise("there", index.as_bytes());
    https.sandbox.ok(&["index", "update"]);
    // The index pins the archive, so any server may send it.
    https.lower(&archive.name, &archive.bytes);
    https.sandbox.ok(&["install", "3.14t"]);
    assert_eq!(https.plain.requests().len(), 1);
}

#[test]
fn an_archive_without_a_digest_is_not_read_from_http() {
    let Some(https) = Https::start("an_archive_without_a_digest") else {
        return;
    };
    let archive = interpreter("3.14.7", "t");
    https.lower("mine.tar.gz", &archive.bytes);
    let url = format!("{}/mine.tar.gz", https.base);
    let said = https
        .sandbox
        .fails(4, &["install", "--allow-unverified", &url]);
    https.refused(&said);
    let pinned = format!("{url}#sha256={}", sha256_hex(&archive.bytes));
    https.sandbox.ok(&["install", &pinned]);
}

#[test]
fn git_fetches_no_source_from_http_where_it_was_asked_for_at_https() {
    let Some(mut https) = Https::start("git_fetches_no_source_from_http") else {
        return;
    };
    let authority = https.path("ca.pem").display().to_string();
    https.sandbox.set("GIT_SSL_CAINFO", &authority);
    https.lower("g/info/refs", b"");
    let source = format!("{}/g@main", https.base);
    let said = https
        .sandbox
        .fails(4, &["build", "3.14t", "--source", &source]);
    assert!(said.stderr.contains("git: "), "{said:?}");
    assert_eq!(https.plain.requests().len(), 0, "{said:?}");
}

#[test]
fn self_update_takes_no_version_and_no_digest_from_http() {
    let Some(mut https) = Https::start("self_update_takes_no_version") else {
        return;
    };
    let program = https.sandbox.home().join("bin/ftpy");
    std::fs::create_dir_all(program.parent().expect("a parent")).expect("mkdir");
    std::fs::copy(crate::support::program(), &program).expect("copy");
    let archive = ftpy::own_release::of_host(&ftpy::host::target::detect()).expect("a release");
    let name = archive.trim_end_matches(".tar.gz");
    let bytes = ArchiveBuilder::new()
        .dir(format!("{name}/"))
        .file(
            format!("{name}/ftpy"),
            "#!/bin/sh\necho ftpy 99.0.0\n",
            0o755,
        )
        .tar_gz();
    let sums = format!("{}  {archive}\n", sha256_hex(&bytes));
    let files = [
        ("latest/download/VERSION".to_owned(), b"99.0.0\n".to_vec()),
        ("download/v99.0.0/SHA256SUMS".to_owned(), sums.into_bytes()),
        (format!("download/v99.0.0/{archive}"), bytes),
    ];
    https.sandbox.set("FTPY_RELEASES", &https.base.clone());
    for (file, bytes) in &files {
        https.lower(file, bytes);
    }
    let update = || run(&https.sandbox, &program, &["self", "update"]);
    for (file, bytes) in &files[..2] {
        let said = update();
        assert_eq!(said.code, Some(4), "{file}: {said:?}");
        https.refused(&said);
        https.raise(file, bytes);
    }
    // The list at https pins the archive.
    let said = update();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("-> 99.0.0"), "{said:?}");
}

#[test]
fn a_redirect_takes_no_password_along_and_shows_none() {
    let sandbox = Sandbox::new();
    let elsewhere = Server::start();
    elsewhere.file("/x.tar.gz", b"nothing".to_vec());
    let there = elsewhere
        .url("/x.tar.gz")
        .replace("http://", "http://you:s3cret@");
    sandbox
        .server
        .script("/x.tar.gz", vec![Fault::Redirect(there)]);
    let url = sandbox
        .server
        .url("/x.tar.gz")
        .replace("http://", "http://me:pa55word@");
    let said = sandbox.run(&["-v", "install", "--allow-unverified", &url]);
    assert_eq!(said.code, Some(5), "{said:?}");
    let asked = elsewhere.requests();
    assert_eq!(asked.len(), 1, "{said:?}");
    assert!(!asked[0].headers.contains_key("authorization"));
    assert!(!asked[0].headers.contains_key("referer"));
    assert!(
        sandbox.server.requests()[0]
            .headers
            .contains_key("authorization")
    );
    // A redirect that ends in an answer, and one with an invalid target.
    for to in [
        elsewhere
            .url("/missing")
            .replace("http://", "http://you:s3cret@"),
        "http://you:s3cret@127.0.0.1:1/x".to_owned(),
        "file:///etc/passwd?s3cret".to_owned(),
        "http://you:s3cret@[".to_owned(),
    ] {
        sandbox
            .server
            .script("/x.tar.gz", vec![Fault::Redirect(to)]);
        let said = sandbox.fails(4, &["-v", "install", "--allow-unverified", &url]);
        let all = format!("{said:?}");
        assert!(
            !all.contains("s3cret") && !all.contains("pa55word"),
            "{all}"
        );
    }
    let ring = sandbox.server.url("/x.tar.gz");
    sandbox
        .server
        .script("/x.tar.gz", vec![Fault::Redirect(ring); 20]);
    let said = sandbox.fails(4, &["install", "--allow-unverified", &url]);
    assert!(said.stderr.contains("redirects more than"), "{said:?}");
}

/// conda's client follows the same rules.
#[cfg(all(feature = "conda", unix))]
mod conda {
    use super::Https;
    use crate::support::channel::{Channel, Form};
    use crate::support::pythons::fake;
    use crate::support::sandbox::Sandbox;
    use crate::support::server::Server;

    const INSTALL: [&str; 4] = ["install", "--from", "conda", "3.14t"];

    #[test]
    fn repodata_and_shards_are_not_read_from_http() {
        let Some(mut https) = Https::start("repodata_and_shards_are_not_read_from_http") else {
            return;
        };
        https.sandbox.use_embedded_index();
        https
            .sandbox
            .set("FTPY_CONDA_CHANNELS", &https.base.clone());
        let channel = Channel::of(&fake("3.14.7"));
        for (path, bytes) in channel.all(Form::Json) {
            match path.contains("repodata") {
                true => https.lower(&path, &bytes),
                false => https.write(&path, &bytes),
            }
        }
        let said = https.sandbox.fails(4, &INSTALL);
        https.refused(&said);
        for (path, _) in channel.all(Form::Json) {
            let _ = std::fs::remove_file(https.path(&format!("{path}.location")));
        }
        // The absence of shards was cached.
        let _ = std::fs::remove_dir_all(https.sandbox.store.join("cache"));
        // An https channel whose shards are at http.
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.say_elsewhere(&https.base, &https.plain.url(""));
        for (path, bytes) in channel.all(Form::Sharded) {
            https.raise(&path, &bytes);
            https.plain.file(&format!("/{path}"), bytes);
        }
        let said = https.sandbox.fails(4, &INSTALL);
        assert!(
            said.stderr.contains("is not https, and the channel is"),
            "{said:?}"
        );
        assert_eq!(https.plain.requests().len(), 0);
        let channel = Channel::of(&fake("3.14.7"));
        for (path, bytes) in channel.all(Form::Sharded) {
            https.raise(&path, &bytes);
        }
        https.sandbox.ok(&INSTALL);
    }

    #[test]
    fn places_that_a_channel_names_are_sent_no_password_of_netrc() {
        let mut sandbox = Sandbox::new();
        sandbox.use_embedded_index();
        let elsewhere = Server::start();
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.say_elsewhere(&elsewhere.url(""), &elsewhere.url(""));
        for (path, bytes) in channel.all(Form::Sharded) {
            elsewhere.file(&format!("/{path}"), bytes);
        }
        let url = channel.serve(&sandbox, "channel", Form::Sharded);
        sandbox.set("FTPY_CONDA_CHANNELS", &url);
        let netrc = "machine 127.0.0.1 login me password s3cret\n";
        std::fs::write(sandbox.home().join(".netrc"), netrc).expect("write");
        let has_login = |server: &Server| {
            let requests = server.requests();
            assert!(!requests.is_empty());
            let mut logins = requests
                .iter()
                .map(|one| one.headers.contains_key("authorization"));
            (logins.clone().all(|is| is), logins.any(|is| is))
        };
        // Its http parts are named by the channel, so no request may begin there.
        let said = sandbox.run(&INSTALL);
        assert_eq!(said.code, Some(4), "{said:?}");
        assert_eq!(elsewhere.requests().len(), 0);
        assert_eq!(has_login(&sandbox.server), (true, true));
        // The packages are pinned, and may be there.
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.say_elsewhere(&elsewhere.url(""), &url);
        let url = channel.serve(&sandbox, "channel", Form::Sharded);
        sandbox.set("FTPY_CONDA_CHANNELS", &url);
        let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
        sandbox.ok(&INSTALL);
        assert_eq!(has_login(&elsewhere), (false, false));
    }
}

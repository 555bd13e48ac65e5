//! `shims/shell/install.sh` over https, with curl and with every kind of wget on this machine: the
//! digests never come over http.

use crate::install_script::{NEEDED, has, only};
use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::live::say;
use crate::support::sandbox::{Finished, finished};
use crate::support::server::{Fault, Server};
use crate::support::tls::{Running, serve};
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shims/shell/install.sh");

/// A release 9.8.7 on a server with a private authority.
struct Release {
    home: tempfile::TempDir,
    /// Keeps it running.
    _running: Running,
    port: u16,
    archive: String,
    digest: String,
}

impl Release {
    fn new() -> Option<Self> {
        let home = tempfile::tempdir().expect("a directory");
        let files = home.path().join("files");
        let directory = files.join("download/v9.8.7");
        std::fs::create_dir_all(&directory).expect("mkdir");
        let system = match cfg!(target_os = "macos") {
            true => "apple-darwin",
            false => "unknown-linux-musl",
        };
        let name = format!("ftpy-{}-{system}", std::env::consts::ARCH);
        let bytes = ArchiveBuilder::new()
            .dir(format!("{name}/"))
            .file(
                format!("{name}/ftpy"),
                "#!/bin/sh\necho ftpy 9.8.7\n",
                0o755,
            )
            .tar_gz();
        let archive = format!("{name}.tar.gz");
        let digest = sha256_hex(&bytes);
        std::fs::write(directory.join(&archive), bytes).expect("write");
        let list = format!("{digest}  {archive}\n");
        std::fs::write(directory.join("SHA256SUMS"), list).expect("write");
        let (running, port) = serve(&files)?;
        // As with a company's proxy, each tool knows the authority.
        let authority = files.join("ca.pem").display().to_string();
        let config = format!("ca_certificate = {authority}\n");
        std::fs::write(home.path().join(".wgetrc"), config).expect("write");
        Some(Self {
            home,
            _running: running,
            port,
            archive,
            digest,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("files/download/v9.8.7").join(name)
    }

    /// With one download program, called by a name.
    fn run(&self, tool: &str, arguments: &[&str]) -> Finished {
        let home = self.home.path();
        let name = tool.split(' ').next().expect("a name");
        let path = only(home, &[&NEEDED[..], &[name]].concat());
        if tool == "busybox wget" {
            std::fs::rename(home.join("only/busybox"), home.join("only/wget")).expect("rename");
        }
        let _ = std::fs::remove_dir_all(home.join(".local"));
        let output = Command::new("/bin/sh")
            .args([SCRIPT, "--version", "9.8.7"])
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("CURL_CA_BUNDLE", home.join("files/ca.pem"))
            .env("FTPY_RELEASES", format!("https://localhost:{}", self.port))
            .current_dir(home)
            .output();
        finished(output.expect("sh"))
    }

    fn is_installed(&self) -> bool {
        self.home.path().join(".local/bin/ftpy").is_file()
    }
}

/// The file that the server reads.
fn redirection(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.location", file.display()))
}

fn redirect(file: &Path, to: &str) {
    std::fs::write(redirection(file), to).expect("write");
}

#[test]
fn https_is_not_left_for_http() {
    let Some(release) = Release::new() else {
        say("https_is_not_left_for_http: not run, openssl or python3 is missing");
        return;
    };
    let plain = Server::start();
    let list = format!("{}  {}\n", release.digest, release.archive);
    plain.file("/SHA256SUMS", list.clone());
    for tool in ["curl", "wget"] {
        if !has(tool) {
            say(&format!("install.sh over https with {tool}: not run"));
            continue;
        }
        let sums = release.file("SHA256SUMS");
        let done = release.run(tool, &[]);
        assert_eq!(done.code, Some(0), "{tool}: {done:?}");
        // Redirects like GitHub's, to another host; and to a path.
        for to in [
            format!("https://127.0.0.1:{}/list", release.port),
            "/list".to_owned(),
        ] {
            std::fs::write(release.home.path().join("files/list"), &list).expect("write");
            redirect(&sums, &to);
            let done = release.run(tool, &[]);
            assert_eq!(done.code, Some(0), "{tool} {to}: {done:?}");
        }
        for to in [
            plain.url("/SHA256SUMS"),
            "/download/v9.8.7/SHA256SUMS".into(),
        ] {
            redirect(&sums, &to);
            let done = release.run(tool, &[]);
            assert_eq!(done.code, Some(1), "{tool} {to}: {done:?}");
            assert!(done.stderr.contains("error: cannot download"), "{done:?}");
            assert!(!release.is_installed());
        }
        assert_eq!(plain.requests().len(), 0, "{tool}");
        let _ = std::fs::remove_file(redirection(&sums));
        let done = release.run(tool, &["--version", "1.0.0"]);
        assert!(done.stderr.contains("404"), "{tool}: {done:?}");
    }
}

#[test]
fn a_wget_that_cannot_be_kept_at_https_wants_the_digest() {
    if !has("busybox") {
        say("a_wget_that_cannot_be_kept_at_https: not run, busybox is not here");
        return;
    }
    let Some(release) = Release::new() else {
        say("a_wget_that_cannot_be_kept_at_https: not run, openssl or python3 is missing");
        return;
    };
    let done = release.run("busybox wget", &[]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("may leave https for http"), "{done:?}");
    assert!(done.stderr.contains("hint: install curl"), "{done:?}");
    assert!(!release.is_installed());
    let digest = release.digest.clone();
    // busybox and the server may have no cipher in common.
    let done = release.run("busybox wget", &["--sha256", &digest]);
    assert!(done.stderr.contains("downloading ftpy 9.8.7"), "{done:?}");
    assert!(!done.stderr.contains("may leave"), "{done:?}");
}

#[test]
fn wget_tries_again() {
    for tool in ["wget", "busybox"] {
        if !has(tool) {
            say(&format!("wget_tries_again: not run with {tool}"));
            continue;
        }
        let home = tempfile::tempdir().expect("a directory");
        let path = only(home.path(), &[&NEEDED[..], &[tool]].concat());
        let wget = home.path().join("only/wget");
        let _ = std::fs::rename(home.path().join("only/busybox"), wget);
        let server = Server::start();
        server.file("/latest/download/VERSION", "9.8.7\n");
        let fault = vec![Fault::Status(503), Fault::CutAfter(2)];
        server.script("/latest/download/VERSION", fault);
        let output = Command::new("/bin/sh")
            .arg(SCRIPT)
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.path())
            .env("FTPY_RELEASES", server.url(""))
            .output();
        let done = finished(output.expect("sh"));
        // The list of digests is missing.
        let words = "/download/v9.8.7/SHA256SUMS";
        assert!(done.stderr.contains(words), "{tool}: {done:?}");
        assert_eq!(server.hits("/latest/download/VERSION"), 3, "{tool}");
        assert_eq!(server.hits(words), 3, "{tool}");
    }
}

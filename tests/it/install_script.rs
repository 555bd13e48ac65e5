//! `shims/shell/install.sh`, with every `sh` on this machine, against a release on loopback.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::live::say;
use crate::support::sandbox::{Finished, finished};
use crate::support::server::{Fault, Server};
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shims/shell/install.sh");

/// A release: a server, and the name of this machine's archive.
struct Release {
    server: Server,
    archive: String,
    bytes: Vec<u8>,
    home: tempfile::TempDir,
}

impl Release {
    /// Of version 9.8.7, whose ftpy is a script.
    fn new() -> Self {
        let system = if cfg!(target_os = "macos") {
            "apple-darwin"
        } else {
            "unknown-linux-musl"
        };
        let name = format!("ftpy-{}-{system}", std::env::consts::ARCH);
        let program = "#!/bin/sh\necho ftpy 9.8.7\n";
        let bytes = ArchiveBuilder::new()
            .dir(format!("{name}/"))
            .file(format!("{name}/ftpy"), program, 0o755)
            .tar_gz();
        let archive = format!("{name}.tar.gz");
        let server = Server::start();
        let sums = format!(
            "{}  other.tar.gz\n{}  {archive}\n",
            sha256_hex(b"x"),
            sha256_hex(&bytes)
        );
        server.file("/latest/download/VERSION", "9.8.7\n");
        server.file("/download/v9.8.7/SHA256SUMS", sums);
        server.file(&format!("/download/v9.8.7/{archive}"), bytes.clone());
        Self {
            server,
            archive,
            bytes,
            home: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    fn path(&self) -> String {
        format!("/download/v9.8.7/{}", self.archive)
    }

    fn bin(&self) -> PathBuf {
        self.home.path().join(".local/bin")
    }

    fn run_as(&self, shell: &[&str], script: &Path, path: &str, arguments: &[&str]) -> Finished {
        let mut command = Command::new(shell[0]);
        command
            .args(&shell[1..])
            .arg(script)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            .env(
                "FTPY_RELEASES",
                self.server.url("/").replace("http://", "http://me:s3cret@"),
            )
            .current_dir(self.home.path());
        finished(command.output().expect("a shell"))
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        self.run_as(&["sh"], Path::new(SCRIPT), USUAL, arguments)
    }

    /// Everything in the home directory except what is installed.
    fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.home.path()).expect("home").flatten();
        let bin = std::fs::read_dir(self.bin())
            .into_iter()
            .flatten()
            .flatten();
        let names = entries
            .chain(bin)
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name != ".local" && name != "ftpy")
            .collect()
    }
}

pub(crate) const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

pub(crate) fn has(program: &str) -> bool {
    std::env::split_paths(USUAL).any(|directory| directory.join(program).is_file())
}

/// A PATH with links to these programs only.
pub(crate) fn only(home: &Path, programs: &[&str]) -> String {
    let directory = home.join("only");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir(&directory).expect("mkdir");
    for program in programs {
        let mut places = std::env::split_paths(USUAL).map(|place| place.join(program));
        let real = places
            .find(|path| path.is_file())
            .unwrap_or_else(|| panic!("{program}"));
        std::os::unix::fs::symlink(real, directory.join(program)).expect("link");
    }
    directory.to_string_lossy().into_owned()
}

pub(crate) const NEEDED: [&str; 16] = [
    "sh",
    "tr",
    "sleep",
    "uname",
    "mktemp",
    "rm",
    "cat",
    "sed",
    "cut",
    "tar",
    "gzip",
    "mkdir",
    "cp",
    "chmod",
    "mv",
    "sha256sum",
];

#[test]
fn every_shell_installs_the_newest_release_and_leaves_nothing_else() {
    for shell in [&["dash"][..], &["bash"], &["busybox", "sh"], &["sh"]] {
        if !has(shell[0]) {
            say(&format!(
                "install.sh in {}: not run, it is not here",
                shell[0]
            ));
            continue;
        }
        let release = Release::new();
        let done = release.run_as(shell, Path::new(SCRIPT), USUAL, &[]);
        assert_eq!(done.code, Some(0), "{shell:?}: {done:?}");
        assert_eq!(done.stdout, "");
        let ftpy = release.bin().join("ftpy");
        let says = format!("installed ftpy 9.8.7: {}", ftpy.display());
        assert!(done.stderr.contains(&says), "{done:?}");
        assert!(done.stderr.contains("is not on PATH; next: "), "{done:?}");
        assert!(!done.stderr.contains("s3cret"), "{done:?}");
        assert_eq!(release.left(), Vec::<String>::new());
    }
}

#[test]
fn a_version_a_place_and_a_digest_can_be_named() {
    let release = Release::new();
    let to = release.home.path().join("a b");
    let done = release.run(&["--version", "v9.8.7", "--to", to.to_str().expect("UTF-8")]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(to.join("ftpy").is_file());
    assert_eq!(release.server.hits("/latest/download/VERSION"), 0);
    let wrong = sha256_hex(b"wrong");
    let done = release.run(&["--sha256", &wrong]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.stderr
            .contains(&format!(", not {wrong}; nothing was installed")),
        "{done:?}"
    );
    for (arguments, reason) in [
        (&["--version", "1.0.0"][..], "cannot download"),
        (&["--version", "../x"], "is not a version"),
        (&["--to"], "--to wants a value"),
        (&["--all"], "there is no option --all"),
    ] {
        let done = release.run(arguments);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.stderr.contains(reason), "{done:?}");
    }
    assert!(!release.bin().exists());
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_is_installed() {
    let release = Release::new();
    let ftpy = release.bin().join("ftpy");
    std::fs::create_dir_all(&ftpy).expect("mkdir");
    let done = release.run(&[]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let reason = format!("error: {} is a directory; nothing was", ftpy.display());
    assert!(done.stderr.contains(&reason), "{done:?}");
    assert!(!done.stderr.contains("\ninstalled"), "{done:?}");
    assert_eq!(std::fs::read_dir(&ftpy).expect("read").count(), 0);
    std::fs::remove_dir(&ftpy).expect("rmdir");

    // A release that contains the program of another version.
    let digest = sha256_hex(&release.bytes);
    let path = release.path().replace("9.8.7", "9.9.9");
    release.server.file(&path, release.bytes.clone());
    let done = release.run(&["--version", "9.9.9", "--sha256", &digest]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.stderr
            .contains("the ftpy of release 9.9.9 says that it is 'ftpy 9.8.7'; nothing"),
        "{done:?}"
    );
    assert!(!ftpy.exists());
    assert_eq!(release.left(), Vec::<String>::new());

    // Windows and some sites write digests in upper case.
    let done = release.run(&["--sha256", &digest.to_uppercase()]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn releases_are_at_a_place_of_http() {
    for place in ["file:///srv/releases", "/srv/releases"] {
        let done = Command::new("sh")
            .arg(SCRIPT)
            .env_clear()
            .env("PATH", USUAL)
            .env("HOME", "/nonexistent")
            .env("FTPY_RELEASES", place)
            .output()
            .map(finished)
            .expect("sh");
        assert_eq!(done.code, Some(1), "{done:?}");
        let reason = format!("FTPY_RELEASES is {place}: it must begin with https:// or http://");
        assert!(done.stderr.contains(&reason), "{done:?}");
    }
}

#[test]
fn half_downloads_and_wrong_bytes_install_nothing() {
    for fault in [
        Fault::CutAfter(50),
        Fault::WrongBytes,
        Fault::LieLength(-20),
        Fault::Status(404),
    ] {
        let release = Release::new();
        std::fs::create_dir_all(release.bin()).expect("mkdir");
        std::fs::write(release.bin().join("ftpy"), "the old one").expect("write");
        release
            .server
            .script(&release.path(), vec![fault.clone(); 9]);
        let done = release.run(&[]);
        assert_eq!(done.code, Some(1), "{fault:?}: {done:?}");
        assert!(done.stderr.contains("error: "), "{done:?}");
        let old = std::fs::read_to_string(release.bin().join("ftpy")).expect("read");
        assert_eq!(old, "the old one", "{fault:?}");
        assert_eq!(release.left(), Vec::<String>::new(), "{fault:?}");
    }
}

#[test]
fn either_curl_or_wget_is_enough() {
    let release = Release::new();
    for program in ["curl", "wget"] {
        if !has(program) {
            say(&format!(
                "install.sh with {program} alone: not run, it is not here"
            ));
            continue;
        }
        let path = only(release.home.path(), &[&NEEDED[..], &[program]].concat());
        let done = release.run_as(&["/bin/sh"], Path::new(SCRIPT), &path, &[]);
        assert_eq!(done.code, Some(0), "{program}: {done:?}");
        std::fs::remove_file(release.bin().join("ftpy")).expect("it was installed");
    }
    let path = only(release.home.path(), &NEEDED);
    let done = release.run_as(&["/bin/sh"], Path::new(SCRIPT), &path, &[]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.stderr.contains("there is neither curl nor wget"),
        "{done:?}"
    );
}

#[test]
fn a_script_that_was_cut_off_does_nothing() {
    let release = Release::new();
    let text = std::fs::read(SCRIPT).expect("the script");
    let cut = release.home.path().join("cut.sh");
    let whole = text.len();
    // Every 200 bytes, and every byte of the end, where a truncation would be worst.
    let places = (0..whole).step_by(200).chain(whole - 30..whole - 1);
    for place in places {
        std::fs::write(&cut, &text[..place]).expect("write");
        for shell in ["dash", "bash"].into_iter().filter(|shell| has(shell)) {
            release.run_as(&[shell], &cut, USUAL, &[]);
        }
    }
    assert_eq!(release.server.requests().len(), 0);
    assert!(!release.bin().exists());
}

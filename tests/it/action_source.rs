//! Where action.yml gets ftpy from: an exact version, by a digest known in advance, and never by
//! name alone.

use crate::action::{both, machine, succeeded};
use crate::support::actions::Job;
use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::live::say;
use crate::support::sandbox::{Sandbox, finished};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const OWN: &str = env!("CARGO_PKG_VERSION");

/// This machine's archive; `None` for systems without a release in the tests.
fn archive_name() -> String {
    let system = match cfg!(target_os = "macos") {
        true => "apple-darwin",
        false => "unknown-linux-musl",
    };
    format!("ftpy-{}-{system}.tar.gz", std::env::consts::ARCH)
}

/// A program that prints its version, and otherwise runs ftpy.
fn script(says: &str) -> String {
    let ftpy = crate::support::program();
    format!("#!/bin/sh\n[ \"$1\" = --version ] && exec echo '{says}'\nexec '{ftpy}' \"$@\"\n")
}

/// Puts a release on the sandbox's server, and returns the digest of its archive.
fn offer(sandbox: &Sandbox, version: &str, says: &str) -> String {
    let file = archive_name();
    let name = file.trim_end_matches(".tar.gz");
    let archive = ArchiveBuilder::new()
        .dir(format!("{name}/"))
        .file(format!("{name}/ftpy"), script(says), 0o755)
        .tar_gz();
    let digest = sha256_hex(&archive);
    let path = format!("/download/v{version}/{file}");
    sandbox.server.file(&path, archive);
    digest
}

/// A machine without ftpy whose releases are on the sandbox's server.
fn run(sandbox: &Sandbox, inputs: &[(&str, &str)]) -> Job {
    let mut runner = machine(sandbox, false);
    runner.set("FTPY_RELEASES", &sandbox.server.url(""));
    runner.action(&[&[("python-version", "3.14t")], inputs].concat())
}

fn refused(job: &Job, words: &str) {
    assert!(!job.is_success, "{}", job.log);
    assert!(job.log.contains(words), "{words}\n{}", job.log);
    assert!(!job.ran.iter().any(|step| step == "Set up Python"));
}

#[test]
fn ftpy_is_the_one_that_is_named_and_its_absence_is_an_error() {
    let sandbox = both();
    let job = machine(&sandbox, false).action(&[("python-version", "3.14t")]);
    // Nothing is requested by name alone, because neither this copy nor the name was released.
    let words = format!(
        "::error title=ftpy::ftpy {OWN} could not be had: ftpy on PATH: it is not there; release: \
         no sha256 is known for {OWN} and this machine; PyPI, crates.io: not asked"
    );
    refused(&job, &words);
    let ftpy = crate::support::program();
    let job = machine(&sandbox, false).action(&[("python-version", "3.14t"), ("ftpy-path", ftpy)]);
    succeeded(&job);
    assert_eq!(job.outputs["ftpy-version"], OWN);
}

#[test]
fn a_named_program_must_be_an_ftpy_and_of_the_named_version() {
    let sandbox = both();
    let program = sandbox.home().join("it");
    let path = program.display().to_string();
    for (says, version, words) in [
        ("FTP 1.0", "", "says that it is \"FTP 1.0\", not \"ftpy "),
        ("9.9.9", "", "says that it is \"9.9.9\", not \"ftpy 9.9.9\""),
        ("ftpy 9.9.9", "9.9.8", "\"ftpy 9.9.9\", not \"ftpy 9.9.8\""),
        (
            "ftpy 9.9.9\n::warning::x",
            "9.9.9",
            "\"ftpy 9.9.9 ::warning::x\", not",
        ),
    ] {
        std::fs::write(&program, script(says)).expect("write");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("chmod");
        let job = run(&sandbox, &[("ftpy-path", &path), ("ftpy-version", version)]);
        refused(&job, &format!("::error title=ftpy::ftpy-path: {path} "));
        refused(&job, words);
    }
    std::fs::write(&program, script("ftpy 9.9.9")).expect("write");
    succeeded(&run(&sandbox, &[("ftpy-path", &path)]));
}

#[test]
fn an_ftpy_on_path_of_another_version_is_passed_over() {
    let sandbox = both();
    let digest = offer(&sandbox, "9.9.9", "ftpy 9.9.9");
    let mut runner = machine(&sandbox, true);
    runner.set("FTPY_RELEASES", &sandbox.server.url(""));
    let inputs = [("python-version", "3.14t"), ("ftpy-version", "9.9.9")];
    let job = runner.action(&inputs);
    refused(
        &job,
        &format!("\"ftpy {OWN}\", not \"ftpy 9.9.9\"; release: no sha256"),
    );
    let mut runner = machine(&sandbox, true);
    runner.set("FTPY_RELEASES", &sandbox.server.url(""));
    let job = runner.action(&[&inputs[..], &[("ftpy-sha256", digest.as_str())]].concat());
    succeeded(&job);
    assert!(job.log.contains("/bin/ftpy: ftpy 9.9.9\n"), "{}", job.log);
}

#[test]
fn a_release_is_taken_only_with_the_digest_that_the_workflow_names() {
    let sandbox = both();
    let file = archive_name();
    let digest = offer(&sandbox, "9.9.9", "ftpy 9.9.9");
    let given = |sha256: &str, version: &str| {
        run(
            &sandbox,
            &[("ftpy-version", version), ("ftpy-sha256", sha256)],
        )
    };
    let job = given(&digest, "9.9.9");
    succeeded(&job);
    assert!(job.log.contains("/bin/ftpy: ftpy 9.9.9\n"), "{}", job.log);
    succeeded(&given(
        &format!("0000  other.tar.gz\n{digest}  {file}\n"),
        "v9.9.9",
    ));
    // In the format of `sha256sum -b`.
    succeeded(&given(
        &format!("0000 *other.tar.gz\n{digest} *{file}\n"),
        "9.9.9",
    ));
    succeeded(&given(&digest.to_uppercase(), "9.9.9"));
    let job = given(&"0".repeat(64), "9.9.9");
    refused(
        &job,
        &format!("::error title=ftpy::{file} has sha256 {digest}, not 0000"),
    );
    // Nothing else was requested after the wrong bytes, or if there were none.
    assert!(!job.log.contains("could not be had"), "{}", job.log);
    let job = given(&digest, "9.9.8");
    refused(
        &job,
        &format!("release: {file} of v9.9.8 was not downloaded. "),
    );
    assert!(!job.log.contains("PyPI: "), "{}", job.log);
    refused(
        &given("0000  other.tar.gz", "9.9.9"),
        "ftpy-sha256 names no ftpy-",
    );
    let digest = offer(&sandbox, "9.9.7", "ftpy 9.9.6");
    refused(
        &given(&digest, "9.9.7"),
        "\"ftpy 9.9.6\", not \"ftpy 9.9.7\"",
    );
}

#[test]
fn a_version_is_exact() {
    let sandbox = both();
    for version in ["0.*", "9.9", ">=0.1.0", "9.9.9,>0", "9.9.9 --pre", "latest"] {
        let job = run(&sandbox, &[("ftpy-version", version)]);
        let words = format!("ftpy-version is \"{version}\": it is one exact version");
        refused(&job, &words);
    }
}

/// Makes an index with this file under the name; returns whether this machine can use it.
fn index(sandbox: &Sandbox, file: &str, bytes: &[u8]) -> bool {
    let page = sandbox.home().join("simple/ftpy-installer");
    std::fs::create_dir_all(&page).expect("mkdir");
    std::fs::write(page.join(file), bytes).expect("write");
    let link = format!("<a href='{file}'>{file}</a>");
    std::fs::write(page.join("index.html"), link).expect("write");
    // Debian has these in a separate package.
    let mut python = Command::new("/usr/bin/python3");
    let has_venv = python.args(["-c", "import ensurepip, venv"]).output();
    has_venv.is_ok_and(|output| output.status.success())
}

/// A wheel with these files.
fn wheel(sandbox: &Sandbox, files: &str) -> Vec<u8> {
    let make = format!(
        "import zipfile
info = 'ftpy_installer-9.9.9.dist-info'
with zipfile.ZipFile('wheel', 'w') as wheel:
    wheel.writestr(info + '/METADATA', 'Metadata-Version: 2.1\\nName: ftpy-installer\\nVersion: 9.9.9\\n')
    wheel.writestr(info + '/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + '/RECORD', '')
    for name, text in {files}:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o100755 << 16
        wheel.writestr(entry, text)
"
    );
    let mut python = Command::new("/usr/bin/python3");
    let made = python
        .args(["-c", &make])
        .current_dir(sandbox.home())
        .output();
    let has_made = made.is_ok_and(|output| output.status.success());
    let bytes = has_made.then(|| std::fs::read(sandbox.home().join("wheel")).expect("read"));
    bytes.unwrap_or_default()
}

fn ask_index(sandbox: &Sandbox) -> Job {
    // Not the tests' own server, because pip requires the content type of HTML.
    let mut python = Command::new("/usr/bin/python3");
    python
        .args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"])
        .current_dir(sandbox.home())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let mut server = python.spawn().expect("python3");
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).expect("the port");
    let port = line
        .split(" port ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let index = format!("http://127.0.0.1:{}/simple", port.expect("the port"));
    let mut runner = machine(sandbox, false);
    runner.set("PIP_INDEX_URL", &index);
    let job = runner.action(&[("python-version", "3.14t"), ("ftpy-version", "9.9.9")]);
    server.kill().expect("it runs");
    server.wait().expect("it ended");
    job
}

#[test]
fn a_foreign_package_under_the_name_is_not_accepted() {
    let file = "ftpy_installer-9.9.9-py3-none-any.whl";
    let script = "ftpy_installer-9.9.9.data/scripts/ftpy";
    let other = format!("[('{script}', '#!/bin/sh\\necho ftp client 9.9.9\\n')]");
    for (files, words) in [
        (
            "[('ftpy.py', 'x = 1')]",
            "/venv/bin/ftpy; crates.io: cargo is not here",
        ),
        (
            &other,
            "says that it is \"ftp client 9.9.9\", not \"ftpy 9.9.9\"; crates.io: ",
        ),
    ] {
        let sandbox = both();
        if !index(&sandbox, file, &wheel(&sandbox, files)) {
            say("a_foreign_package_under_the_name: not run, /usr/bin/python3 makes no venv");
            return;
        }
        refused(&ask_index(&sandbox), words);
    }
    // Our file is installed in the same way.
    let sandbox = both();
    let ours = format!("[('{script}', '#!/bin/sh\\necho ftpy 9.9.9\\n')]");
    index(&sandbox, file, &wheel(&sandbox, &ours));
    let job = ask_index(&sandbox);
    let words = "/venv/bin/ftpy: ftpy 9.9.9\n";
    assert!(job.log.contains(words), "{}", job.log);

    // This program would run before the downloaded bytes could be checked.
    let sandbox = both();
    let pwned = sandbox.home().join("pwned");
    let setup = format!("open({:?}, 'w')\n", pwned.display().to_string());
    let source = ArchiveBuilder::new()
        .dir("ftpy-installer-9.9.9/")
        .file("ftpy-installer-9.9.9/setup.py", setup, 0o644)
        .tar_gz();
    index(&sandbox, "ftpy-installer-9.9.9.tar.gz", &source);
    refused(
        &ask_index(&sandbox),
        "PyPI: pip did not install ftpy-installer==9.9.9;",
    );
    assert!(!pwned.exists());
}

/// A copy of action.yml as pinned by the release workflow.
fn pinned(sandbox: &Sandbox, version: &str, sums: &str) -> Result<PathBuf, String> {
    let action = sandbox.home().join("action.yml");
    let list = sandbox.home().join("SHA256SUMS");
    std::fs::copy(Path::new(ROOT).join("action.yml"), &action).expect("copy");
    std::fs::write(&list, sums).expect("write");
    let before = std::fs::read(&action).expect("read");
    let output = Command::new("sh")
        .arg(Path::new(ROOT).join(".github/release/pin-action.sh"))
        .arg(&action)
        .args([version, "https://example.invalid/me/ftpy/releases"])
        .arg(&list)
        .output();
    let done = finished(output.expect("sh"));
    if done.code == Some(0) {
        return Ok(action);
    }
    assert_eq!(std::fs::read(&action).expect("read"), before);
    Err(done.stderr)
}

/// The list of a release with this machine's digest, or with another one.
fn sums(digest: &str) -> String {
    let machines = [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
    ];
    let rows = machines.map(|target| {
        let file = format!("ftpy-{target}.tar.gz");
        let other = sha256_hex(target.as_bytes());
        let digest = if file == archive_name() {
            digest
        } else {
            &other
        };
        format!("{digest} *{file}\n")
    });
    rows.concat() + &format!("{digest}  install.sh\n")
}

#[test]
fn a_released_action_takes_the_bytes_it_was_released_with() {
    let sandbox = both();
    let digest = offer(&sandbox, "9.9.9", "ftpy 9.9.9");
    let action = pinned(&sandbox, "9.9.9", &sums(&digest)).expect("pinned");
    let run = |action: &Path, releases: &str, inputs: &[(&str, &str)]| {
        let mut runner = machine(&sandbox, false);
        runner.set("FTPY_RELEASES", releases);
        runner.action_is(action, "");
        runner.action(&[&[("python-version", "3.14t")], inputs].concat())
    };
    let releases = sandbox.server.url("");
    let job = run(&action, &releases, &[]);
    succeeded(&job);
    assert!(job.log.contains("/bin/ftpy: ftpy 9.9.9\n"), "{}", job.log);
    // It contains digests of its own version only.
    let job = run(&action, &releases, &[("ftpy-version", "9.9.8")]);
    refused(&job, "release: no sha256 is known for 9.9.8");
    refused(
        &run(&action, &sandbox.server.url("/gone"), &[]),
        "was not downloaded. ",
    );
    // The URL that the release wrote is used, not the runner's.
    let job = run(&action, "", &[]);
    refused(&job, "release: ftpy-");
    assert!(job.log.contains("example.invalid"), "{}", job.log);
    // Pinned again for the next release.
    let action = pinned(&sandbox, "9.9.9", &sums(&sha256_hex(b"other"))).expect("pinned");
    refused(&run(&action, &releases, &[]), " has sha256 ");
    // Neither has an origin.
    let action = Path::new(ROOT).join("action.yml");
    let inputs = [("ftpy-version", "9.9.9"), ("ftpy-sha256", digest.as_str())];
    let job = run(&action, "", &inputs);
    refused(
        &job,
        "neither this action nor the runner says which repository it is of",
    );
}

#[test]
fn what_is_no_list_of_digests_pins_nothing() {
    let sandbox = Sandbox::new();
    let good = sums(&sha256_hex(b"x"));
    let short = good.replacen("ftpy-aarch64-apple", "other", 1);
    let cut = good.replacen(&sha256_hex(b"aarch64-apple-darwin"), "abc", 1);
    for (version, list, words) in [
        (
            "9.9.9",
            short.as_str(),
            "no one sha256 of ftpy-aarch64-apple-darwin",
        ),
        (
            "9.9.9",
            &cut,
            "no sha256 of ftpy-aarch64-apple-darwin.tar.gz: abc",
        ),
        ("9.9.9", &format!("{good}{good}"), "no one sha256"),
        ("9'", &good, "is not a version"),
    ] {
        // This machine's row replaces one of them.
        let said = pinned(&sandbox, version, list).expect_err(words);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_action_is_of_the_version_of_the_manifest() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("action.yml")).expect("action.yml");
    let line = format!("        OWN_VERSION: '{OWN}'\n");
    assert!(text.contains(&line), "action.yml is not of {OWN}");
    // The name of another project's package is never installed.
    assert!(!text.contains("\"ftpy=="), "{text}");
}

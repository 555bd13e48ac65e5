//! Builds from conda channels: what is linked, shared and refused.

use crate::support::channel::{Channel, Form, sandbox};
use crate::support::conda::{Package, placeholder};
use crate::support::pythons::{fake, fake_python, library, pip};
use crate::support::sandbox::{Sandbox, finished, interrupt};
use crate::support::server::Fault;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const KEY: &str = "3.14.7t-conda-2";
const PYTHON: &str = "/channel/linux-64/python-3.14.7-h002_2_cp314t.conda";
const TZDATA: &str = "/channel/noarch/tzdata-2026a-h1_0.tar.bz2";

fn prefix(sandbox: &Sandbox) -> PathBuf {
    sandbox.store.join("installs").join(KEY)
}

/// The default packages, with some of them replaced.
fn with(replaced: Vec<Package>) -> Channel {
    let mut packages = fake("3.14.7");
    packages.retain(|package| {
        let is_it = |other: &Package| other.name == package.name && other.build == package.build;
        !replaced.iter().any(is_it)
    });
    packages.extend(replaced);
    Channel::of(&packages)
}

#[test]
fn an_environment_is_solved_linked_and_probed() {
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Zst);
    let finished = sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    assert!(finished.stderr.contains("GIL off"), "{finished:?}");
    assert_eq!(sandbox.installed(), [KEY]);
    assert!(sandbox.stages().is_empty());
    let prefix = prefix(&sandbox);
    let place = prefix.display().to_string();
    // Placeholders in text and in binary files.
    let read = |path: &str| std::fs::read(prefix.join(path)).expect(path);
    let variables = String::from_utf8(read("lib/python3.14t/_sysconfigdata_x.py")).expect("text");
    assert!(variables.contains(&format!("'{place}'")), "{variables}");
    let library = read("lib/libdemo.so.1");
    let start = format!("\u{7f}ELF\0{place}/share\0");
    assert!(library.starts_with(start.as_bytes()), "{library:?}");
    assert!(
        library.ends_with(b"after\0") && library.len() == 255 + 18,
        "{}",
        library.len()
    );
    // noarch Python packages go to this ABI's directory, with a script that starts it.
    assert!(
        prefix
            .join("lib/python3.14t/site-packages/pip/__init__.py")
            .is_file()
    );
    let pip = String::from_utf8(read("bin/pip")).expect("text");
    assert!(pip.contains(&format!("{place}/bin/python3.14")), "{pip}");
    for name in ["python", "python3", "python3.14", "python3.14t"] {
        assert!(prefix.join("bin").join(name).exists(), "{name}");
    }
    assert!(
        prefix
            .join("conda-meta/python-3.14.7-h002_2_cp314t.json")
            .is_file()
    );
    sandbox.ok(&["verify"]);
    sandbox.ok(&["uninstall", "3.14t"]);
    assert!(sandbox.installed().is_empty());
}

#[test]
fn site_packages_of_a_free_threaded_build_are_found_where_the_channel_does_not_say() {
    let mut channel = Channel::of(&fake("3.14.7"));
    channel.edit("python-3.14.7-h002_2_cp314t.conda", |record| {
        record
            .as_object_mut()
            .expect("object")
            .remove("python_site_packages_path");
    });
    let (sandbox, _) = sandbox(&channel, Form::Json);
    sandbox.ok(&["install", "conda:3.14t"]);
    let library = prefix(&sandbox).join("lib");
    assert!(
        library
            .join("python3.14t/site-packages/pip/__init__.py")
            .is_file()
    );
    assert!(!library.join("python3.14").exists());
}

#[test]
fn both_abis_stand_side_by_side_and_share_what_is_the_same() {
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Sharded);
    sandbox.ok(&["install", "conda:3.14t", "conda:3.14"]);
    assert_eq!(sandbox.installed(), ["3.14.7-conda-102", KEY]);
    assert_eq!(sandbox.server.hits(TZDATA), 1, "fetched once for both");
    let says = |request: &str| sandbox.ok(&["which", request]).stdout;
    assert!(
        says("3.14t").contains("3.14.7t-conda-2"),
        "{}",
        says("3.14t")
    );
    assert!(
        says("3.14").contains("3.14.7-conda-102"),
        "{}",
        says("3.14")
    );
    sandbox.ok(&["verify"]);
    // A change to a file of one prefix may affect the other one: it is detected and repaired.
    let shared = prefix(&sandbox).join("share/zoneinfo/UTC");
    std::fs::write(&shared, "else").expect("write");
    sandbox.fails(5, &["verify", "3.14t"]);
    let healed = sandbox.ok(&["install", "--reinstall", "conda:3.14t"]);
    let is_linked = healed
        .stderr
        .contains("tzdata-2026a-h1_0.tar.bz2 was damaged");
    assert_eq!(sandbox.server.hits(TZDATA), 1 + usize::from(is_linked));
    assert_eq!(std::fs::read(&shared).expect("read"), b"TZif2");
    sandbox.ok(&["verify", "3.14t"]);
}

#[test]
fn the_same_receipt_gives_the_same_bytes_and_a_new_one_follows_the_channel() {
    let channel = Channel::of(&fake("3.14.7"));
    let (sandbox, _) = sandbox(&channel, Form::Json);
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    let files = || std::fs::read(prefix(&sandbox).join(".ftpy/files.sha256")).expect("files");
    let before = files();
    // The channel gets a newer tzdata.
    let mut newer = fake("3.14.7");
    newer.push(
        Package::new("tzdata", "2026b", "h1_0")
            .noarch("generic")
            .file("share/new", "", 0o644),
    );
    Channel::of(&newer).serve(&sandbox, "channel", Form::Json);
    std::fs::remove_dir_all(sandbox.store.join("cache")).expect("cache");
    sandbox.ok(&["install", "--reinstall", "--from", "conda", "3.14t"]);
    assert_eq!(files(), before);
    // The channel is removed, but its packages are cached.
    sandbox.ok(&[
        "--offline",
        "install",
        "--reinstall",
        "--from",
        "conda",
        "3.14t",
    ]);
    assert_eq!(files(), before);
    sandbox.ok(&["uninstall", "3.14t"]);
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    assert_ne!(files(), before);
    assert!(prefix(&sandbox).join("share/new").exists());
}

#[test]
fn a_prefix_that_is_too_long_is_refused_before_the_download_with_the_limit() {
    let mut sandbox = Sandbox::at(&["d".repeat(90).as_str(); 3].join("/"));
    sandbox.use_embedded_index();
    let url = Channel::of(&fake("3.14.7")).serve(&sandbox, "channel", Form::Json);
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    let finished = sandbox.fails(7, &["install", "--from", "conda", "3.14t"]);
    assert!(
        finished.stderr.contains("at most 255 bytes"),
        "{finished:?}"
    );
    assert_eq!(sandbox.server.hits(PYTHON), 0);
    // An old package declares its shorter placeholder, before anything is linked.
    let short = placeholder()[..20].to_owned();
    let old = Package::new("libdemo", "1.2", "h2_0").placed(
        "lib/x",
        short.clone() + "\0",
        &short,
        "binary",
    );
    let (sandbox, _) = crate::support::channel::sandbox(&with(vec![old]), Form::Json);
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(finished.stderr.contains("at most 20 bytes"), "{finished:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
}

#[test]
fn a_package_without_a_digest_is_refused_unless_that_is_allowed_by_name() {
    let mut bare = library();
    bare.has_sha256 = false;
    let (sandbox, _) = sandbox(&with(vec![bare]), Form::Json);
    let finished = sandbox.fails(3, &["install", "--from", "conda", "3.14t"]);
    let reason = "no sha256 is known for libdemo-1.2-h2_0.tar.bz2";
    assert!(finished.stderr.contains(reason), "{finished:?}");
    assert_eq!(sandbox.server.hits(PYTHON), 0);
    let finished = sandbox.ok(&["install", "--allow-unverified", "--from", "conda", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("libdemo-1.2-h2_0.tar.bz2 is not verified"),
        "{finished:?}"
    );
}

#[test]
fn wrong_bytes_stop_everything_and_are_not_kept() {
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Json);
    sandbox.server.script(PYTHON, vec![Fault::WrongBytes]);
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(finished.stderr.contains("digest mismatch"), "{finished:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
}

#[test]
fn a_package_that_leads_out_of_the_prefix_is_refused() {
    for path in [
        "../../../evil",
        "/tmp/evil",
        ".ftpy/receipt.json",
        "conda-meta/history",
    ] {
        let evil = library().file(path, "x", 0o644);
        let (sandbox, _) = sandbox(&with(vec![evil]), Form::Json);
        let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
        let words = ["is outside the package", "contains `..`", "absolute path"];
        assert!(
            words.iter().any(|words| finished.stderr.contains(words)),
            "{finished:?}"
        );
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
    let link = library().symlink("lib/out", "/etc/passwd");
    let (sandbox, _) = sandbox(&with(vec![link]), Form::Json);
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(
        finished.stderr.contains("links to an absolute path"),
        "{finished:?}"
    );
}

#[test]
fn a_package_whose_files_are_not_what_it_lists_is_refused() {
    let mut packages = fake("3.14.7");
    let lying = fake_python("3.14.7", "t", 2).lying_about("lib/python3.14t/os.py");
    packages.retain(|package| package.build != lying.build);
    packages.push(lying);
    let (sandbox, _) = sandbox(&Channel::of(&packages), Form::Json);
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("is listed but missing or different"),
        "{finished:?}"
    );
}

#[test]
fn an_interpreter_of_another_variant_than_its_build_string_is_refused() {
    let says = crate::support::sandbox::probe_answer("3.14.7", "", "");
    let lying = fake_python("3.14.7", "t", 2).replaced("bin/python3.14", says);
    let (sandbox, _) = sandbox(&with(vec![lying]), Form::Json);
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("the interpreter is not as expected"),
        "{finished:?}"
    );
}

#[test]
fn a_conda_archive_that_can_only_be_read_from_its_end_is_read() {
    let files = vec![("pip/__init__.py".to_owned(), vec![b'x'; 100_000])];
    let (sandbox, _) = sandbox(&with(vec![pip(files).with_descriptors()]), Form::Json);
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    sandbox.ok(&["verify"]);
}

#[test]
fn scripts_of_packages_are_not_run_and_that_is_said() {
    let script = library().file(
        "bin/.libdemo-post-link.sh",
        "echo more >> $PREFIX/lib/libdemo.so.1; touch $PREFIX/ran\n",
        0o755,
    );
    let (sandbox, _) = sandbox(&with(vec![script]), Form::Json);
    let finished = sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("were not run (--allow-scripts): libdemo"),
        "{finished:?}"
    );
    assert!(!prefix(&sandbox).join("ran").exists());
    let again = ["install", "--reinstall", "--from", "conda", "3.14t"];
    sandbox.ok(&[&again[..], &["--allow-scripts"]].concat());
    assert!(prefix(&sandbox).join("ran").exists());
    sandbox.ok(&["verify"]);
    // A failing script: nothing is installed, and its output is shown.
    let script = library().file("bin/.libdemo-post-link.sh", "echo no >&2\nexit 3\n", 0o755);
    let (sandbox, _) = crate::support::channel::sandbox(&with(vec![script]), Form::Json);
    let failing = ["install", "--allow-scripts", "--from", "conda", "3.14t"];
    let finished = sandbox.fails(6, &failing);
    assert!(
        finished
            .stderr
            .contains("the script of libdemo-1.2-h2_0.tar.bz2 failed"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("\n  no\n"), "{finished:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
}

#[test]
fn of_two_packages_with_the_same_file_the_one_that_needs_the_other_wins_every_time() {
    let more = Package::new("tzdata", "2026a", "h1_0")
        .noarch("generic")
        .tar_bz2()
        .file("share/zoneinfo/UTC", "TZif2", 0o644)
        .file("lib/python3.14t/os.py", "# tzdata\n", 0o644);
    let (sandbox, _) = sandbox(&with(vec![more]), Form::Json);
    let mut seen = Vec::new();
    for _ in 0..3 {
        sandbox.ok(&["install", "--reinstall", "--from", "conda", "3.14t"]);
        sandbox.ok(&["verify"]);
        let file = "lib/python3.14t/os.py";
        let read = |path: &str| std::fs::read_to_string(prefix(&sandbox).join(path)).expect(path);
        assert_ne!(read(file), "# tzdata\n");
        let other = format!("__clobbers__/tzdata/{file}");
        assert_eq!(read(&other), "# tzdata\n");
        let record = read("conda-meta/tzdata-2026a-h1_0.json");
        assert!(record.contains(&other), "{record}");
        seen.push(
            std::fs::read_to_string(prefix(&sandbox).join(".ftpy/files.sha256")).expect("files"),
        );
    }
    assert!(seen.iter().all(|files| *files == seen[0]));
}

#[test]
fn killed_or_interrupted_while_fetching_nothing_is_left_and_the_retry_works() {
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Json);
    let stall = || Fault::Stall(Duration::from_secs(60), 100);
    let stalled = |count: usize| {
        sandbox.server.script(PYTHON, vec![stall()]);
        let child = sandbox.start(&["install", "--from", "conda", "3.14t"]);
        let started = Instant::now();
        while sandbox.server.hits(PYTHON) < count {
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "it never asked"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        child
    };
    let mut child = stalled(1);
    child.kill().expect("kill");
    child.wait().expect("wait");
    assert!(sandbox.installed().is_empty() && !sandbox.stages().is_empty());
    let child = stalled(2);
    let started = Instant::now();
    interrupt(&child);
    let interrupted = finished(child.wait_with_output().expect("output"));
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(interrupted.code, Some(130), "{interrupted:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    sandbox.ok(&["verify"]);
}

#[test]
fn killed_at_any_moment_of_a_reinstall_the_old_or_the_new_one_is_whole() {
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Json);
    let started = Instant::now();
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    let whole = started.elapsed();
    for moment in 0..12 {
        let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
        let mut child = sandbox.start(&["install", "--reinstall", "--from", "conda", "3.14t"]);
        std::thread::sleep(whole * moment / 10);
        child.kill().expect("kill");
        child.wait().expect("wait");
        assert_eq!(sandbox.installed(), [KEY], "moment {moment}");
        sandbox.ok(&["verify"]);
    }
    sandbox.ok(&["install", "--reinstall", "--from", "conda", "3.14t"]);
    assert!(sandbox.stages().is_empty());
}

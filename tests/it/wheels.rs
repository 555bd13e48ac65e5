//! Wheels on the disk: which modules they have, and the cache of what was found.

use crate::support::sandbox::Sandbox;
use crate::support::server::Server;
use crate::support::wheels::{
    MODULE, NAME, Reading, local, members, module, noise, remote, verdicts, wheel,
};
use crate::support::zip::zip;
use ftpy::check::ModuleVerdict;
use ftpy::xray::Abi;
use std::time::{Duration, Instant};

#[test]
fn a_wheel_on_the_disk_shows_its_modules_and_where_to_report_issues() {
    let reading = Reading::new();
    let read = reading.local(&wheel(false, 1000)).expect("readable");
    assert_eq!(verdicts(&read), ["demo.x on"]);
    let module = &read.report.modules[0];
    assert_eq!(module.file, MODULE);
    assert_eq!(module.evidence.symbol, "PyInit_x");
    let decision = "the slot Py_mod_gil is Py_MOD_GIL_USED in the array at 0xb00";
    assert_eq!(module.evidence.decision, decision);
    let tracker = read.report.tracker.as_deref();
    assert_eq!(tracker, Some("https://bugs.example/demo"));
    assert!(!read.report.is_hash_verified, "no digest is listed");
    assert_eq!(reading.cached(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_wheel_names_its_modules_as_they_are_imported_and_leaves_libraries_out() {
    let off = || module(true);
    let files = [
        ("demo/a/x.cpython-314t-x86_64-linux-gnu.so", off()),
        ("demo/x.so", off()),
        ("demo-1.0.data/platlib/x.so", off()),
        ("demo-1.0.data/scripts/x.so", off()),
        ("x/__init__.cpython-314t-x86_64-linux-gnu.so", off()),
        ("demo.libs/x.so", off()),
        // No init function of this name, so that Python cannot import it.
        ("demo/libother.so", off()),
        ("demo/y.so.1", off()),
    ];
    let read = Reading::new()
        .local(&zip(&members(&files)))
        .expect("readable");
    let expected = ["demo.a.x off", "demo.x off", "x off", "x off"];
    assert_eq!(verdicts(&read), expected);
}

#[test]
fn a_module_without_an_abi_in_its_name_has_that_of_the_wheel() {
    let reading = Reading::new();
    let bytes = zip(&members(&[("x.so", module(true))]));
    let path = reading.file(&bytes);
    let with = |abi: Option<Abi>| {
        let mut wheel = local(&path);
        wheel.abi = abi;
        let read = reading.one(wheel).expect("readable");
        read.report.modules[0].verdict.clone()
    };
    assert_eq!(with(Abi::parse("cp314t")), ModuleVerdict::Off);
    let why = "the file name does not say which Python it is for".to_owned();
    assert_eq!(with(None), ModuleVerdict::Undetermined(why));
    // The same bytes in a library that is not a module.
    let bytes = zip(&members(&[("libx_of_c.so", module(true))]));
    let mut wheel = local(&reading.file(&bytes));
    wheel.abi = None;
    assert!(reading.one(wheel).expect("readable").report.is_pure());
}

#[test]
fn a_wheel_of_pure_python_has_no_modules_and_gives_its_sources() {
    let mut reading = Reading::new();
    let source = b"from os import path\n".to_vec();
    let files = [
        ("demo/__init__.py", source),
        ("demo-1.0.data/purelib/other.py", b"x = 1\n".to_vec()),
        ("demo-1.0.data/scripts/run.py", b"x = 1\n".to_vec()),
        ("demo/data.txt", noise(10)),
    ];
    let bytes = zip(&members(&files));
    let read = reading.local(&bytes).expect("readable");
    assert!(read.report.is_pure() && read.sources.is_empty());
    reading.options.reads_sources = true;
    let read = reading.local(&bytes).expect("readable");
    let paths: Vec<&str> = read.sources.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["demo/__init__.py", "other.py"]);
    assert_eq!(read.sources[0].scan.imports[0].module, "os");
}

#[test]
fn a_listed_digest_of_a_file_is_compared() {
    let reading = Reading::new();
    let bytes = wheel(true, 1000);
    let listed = remote("", Some(&bytes)).wheel;
    let mut wanted = local(&reading.file(&bytes));
    wanted.wheel.sha256 = listed.sha256;
    let read = reading.one(wanted.clone()).expect("readable");
    assert!(read.report.is_hash_verified && !read.is_cached);
    assert!(reading.one(wanted.clone()).expect("readable").is_cached);
    let other = Reading::new();
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    other.file(&changed);
    wanted.wheel.place = local(&other.file(&changed)).wheel.place;
    let error = other.one(wanted).expect_err("changed").to_string();
    assert!(error.starts_with("digest mismatch: sha256 is "), "{error}");
}

#[test]
fn what_was_found_is_cached_and_a_damaged_entry_is_written_again() {
    let reading = Reading::new();
    let server = Server::start();
    let bytes = wheel(true, 200_000);
    server.file("/demo.whl", bytes.clone());
    let wanted = || remote(&server.url("/demo.whl"), Some(&bytes));
    let first = reading.one(wanted()).expect("readable");
    assert!(!first.is_cached && first.bytes_read > 0);
    let asked = server.requests().len();
    let again = reading.one(wanted()).expect("readable");
    assert!(again.is_cached && again.bytes_read == 0);
    assert_eq!(again.report, first.report);
    assert_eq!(server.requests().len(), asked, "nothing was requested");
    let entry = reading.cached().pop().expect("an entry");
    let good = std::fs::read(&entry).expect("read");
    let text = String::from_utf8(good.clone()).expect("JSON");
    let other_version = text.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    for damaged in ["", "{}", "rubbish", &text[..text.len() / 2], &other_version] {
        std::fs::write(&entry, damaged).expect("write");
        let read = reading.one(wanted()).expect("readable");
        assert!(!read.is_cached, "{damaged}");
        assert_eq!(std::fs::read(&entry).expect("read"), good);
    }
    let mut other_abi = wanted();
    other_abi.abi = None;
    assert!(!reading.one(other_abi).expect("readable").is_cached);
}

#[test]
fn import_statements_are_cached_apart_from_verdicts() {
    let mut reading = Reading::new();
    let server = Server::start();
    let bytes = wheel(true, 200_000);
    server.file("/demo.whl", bytes.clone());
    let listed = || remote(&server.url("/demo.whl"), Some(&bytes));
    let unlisted = || remote(&server.url("/demo.whl"), None);
    for wanted in [listed(), unlisted()] {
        reading.options.reads_sources = false;
        let first = reading.one(wanted.clone()).expect("readable");
        reading.options.reads_sources = true;
        let read = reading.one(wanted.clone()).expect("readable");
        assert_eq!((read.is_cached, &read.report), (false, &first.report));
        assert_eq!(read.sources[0].path, "demo/__init__.py");
        assert_eq!(read.sources[0].scan.imports[0].names[0].0, "x");
        let again = reading.one(wanted).expect("readable");
        assert!(again.is_cached);
        assert_eq!((again.report, again.sources), (read.report, read.sources));
    }
    reading.options.is_full = true;
    let full = reading.one(listed()).expect("readable");
    assert!(!full.is_cached && full.report.is_hash_verified);
    assert_eq!(full.sources.len(), 1);
}

#[test]
fn a_wheel_without_a_digest_is_cached_by_its_members() {
    let reading = Reading::new();
    let server = Server::start();
    server.file("/demo.whl", wheel(true, 200_000));
    let wanted = || remote(&server.url("/demo.whl"), None);
    let first = reading.one(wanted()).expect("readable");
    assert!(!first.is_cached);
    let asked = server.requests().len();
    let again = reading.one(wanted()).expect("readable");
    assert!(again.is_cached && again.report == first.report);
    assert_eq!(server.requests().len(), asked + 1, "only the directory");
    server.file("/demo.whl", wheel(false, 200_000));
    let other = reading.one(wanted()).expect("readable");
    assert_eq!(
        (other.is_cached, verdicts(&other)),
        (false, vec!["demo.x on".to_owned()])
    );
}

#[test]
fn a_hundred_cached_wheels_are_read_in_no_time() {
    let reading = Reading::new();
    let server = Server::start();
    let wheels: Vec<_> = (0..100)
        .map(|number| {
            let bytes = wheel(number % 2 == 0, 100 + number);
            let path = format!("/{number}.whl");
            server.file(&path, bytes.clone());
            remote(&server.url(&path), Some(&bytes))
        })
        .collect();
    let first = reading.all(&wheels).expect("not interrupted");
    let started = Instant::now();
    let again = reading.all(&wheels).expect("not interrupted");
    let took = started.elapsed();
    for (number, (first, again)) in first.iter().zip(&again).enumerate() {
        let (first, again) = (first.as_ref().expect("read"), again.as_ref().expect("read"));
        assert_eq!(first.report, again.report);
        let word = if number % 2 == 0 { "off" } else { "on" };
        assert_eq!(verdicts(again), [format!("demo.x {word}")], "{number}");
        assert!(again.is_cached);
    }
    // The limit is 0.3 s for the whole command on a machine with nothing else to do.
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn cache_clean_removes_what_was_found_in_wheels() {
    let reading = Reading::new();
    let server = Server::start();
    server.file("/demo.whl", wheel(true, 100));
    reading
        .one(remote(&server.url("/demo.whl"), None))
        .expect("readable");
    assert_eq!(reading.cached().len(), 1);
    let mine = reading.store().join("cache/wheels/mine");
    std::fs::write(&mine, "").expect("write");
    let mut sandbox = Sandbox::new();
    sandbox.store = reading.store();
    let size = sandbox.ok(&["cache", "size"]).stdout;
    assert!(size.contains("in 2 files"), "{size}");
    sandbox.ok(&["cache", "clean"]);
    assert_eq!(reading.cached(), [mine], "a file of someone else is kept");
}

#[test]
fn a_name_is_not_enough_for_a_wheel() {
    let reading = Reading::new();
    let path = reading.file(b"");
    std::fs::remove_file(&path).expect("remove");
    let missing = reading.one(local(&path)).expect_err("missing").to_string();
    assert!(
        missing.contains(NAME) && missing.contains("no such file"),
        "{missing}"
    );
    std::fs::create_dir(&path).expect("mkdir");
    let directory = reading.one(local(&path)).expect_err("a directory");
    assert!(directory.to_string().contains(NAME), "{directory}");
}

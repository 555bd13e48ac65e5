//! Wheels of servers: little is read where ranges work, and everything where they do not.

use crate::support::server::{Blackhole, Fault, Server, free_port_refusing};
use crate::support::wheels::{Reading, members, module, noise, remote, verdicts, wheel};
use crate::support::zip::zip;
use ftpy::error::Kind;
use std::time::{Duration, Instant};

const PATH: &str = "/demo.whl";
const PADDING: usize = 400_000;

fn serving(bytes: &[u8]) -> Server {
    let server = Server::start();
    server.file(PATH, bytes);
    server
}

fn ranges(server: &Server) -> Vec<Option<String>> {
    let requests = server.requests().into_iter();
    requests.map(|request| request.range).collect()
}

#[test]
fn a_wheel_is_read_by_its_end_and_the_members_that_are_needed() {
    let bytes = wheel(false, PADDING);
    let server = serving(&bytes);
    let read = Reading::new()
        .one(remote(&server.url(PATH), Some(&bytes)))
        .expect("readable");
    assert_eq!(verdicts(&read), ["demo.x on"]);
    assert_eq!(
        ranges(&server),
        [Some("bytes=-65633".to_owned())],
        "one request"
    );
    assert!(!read.report.is_hash_verified, "only a part was read");
    assert_eq!(
        (read.bytes_read, read.size),
        (65_633, Some(bytes.len() as u64))
    );

    // The module is at the beginning: one more request, for it alone.
    let mut files = vec![
        ("demo/x.so", module(true)),
        ("demo/data.bin", noise(PADDING)),
    ];
    let bytes = zip(&members(&files));
    let server = serving(&bytes);
    let read = Reading::new()
        .one(remote(&server.url(PATH), Some(&bytes)))
        .expect("readable");
    assert_eq!(verdicts(&read), ["demo.x off"]);
    assert_eq!(ranges(&server).len(), 2, "{:?}", ranges(&server));
    assert!(read.bytes_read < 80_000, "{}", read.bytes_read);
    let second = &server.requests()[1];
    assert!(second.headers.contains_key("if-range"), "{second:?}");

    // Modules that are near one another are requested together, distant ones are not.
    files.insert(0, ("demo/y/x.so", module(true)));
    files.insert(1, ("demo/small.bin", noise(50_000)));
    files.push(("demo/z/x.so", module(true)));
    files.push(("demo/more.bin", noise(PADDING)));
    let bytes = zip(&members(&files));
    let server = serving(&bytes);
    let read = Reading::new()
        .one(remote(&server.url(PATH), Some(&bytes)))
        .expect("readable");
    assert_eq!(
        verdicts(&read),
        ["demo.x off", "demo.y.x off", "demo.z.x off"]
    );
    assert_eq!(ranges(&server).len(), 3, "{:?}", ranges(&server));
}

#[test]
fn a_small_wheel_is_read_by_one_request_and_verified() {
    let bytes = wheel(true, 1000);
    let server = serving(&bytes);
    let wanted = remote(&server.url(PATH), Some(&bytes));
    let read = Reading::new().one(wanted.clone()).expect("readable");
    assert!(read.report.is_hash_verified);
    assert_eq!(server.requests().len(), 1);
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    server.file(PATH, changed);
    let error = Reading::new().one(wanted).expect_err("changed").to_string();
    assert!(error.starts_with("digest mismatch: sha256 is "), "{error}");
}

#[test]
fn a_server_without_ranges_sends_the_whole_wheel_which_is_verified() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    server.script(PATH, vec![Fault::IgnoreRange]);
    let other = wheel(false, PADDING + 1);
    server.file("/other.whl", other.clone());
    let wanted = [
        remote(&server.url(PATH), Some(&bytes)),
        remote(&server.url("/other.whl"), Some(&other)),
    ];
    let reading = Reading::new();
    let read = reading.one(wanted[0].clone()).expect("readable");
    assert_eq!(verdicts(&read), ["demo.x off"]);
    assert!(read.report.is_hash_verified && read.bytes_read == bytes.len() as u64);
    assert_eq!(ranges(&server), [Some("bytes=-65633".to_owned()), None]);
    let stages = std::fs::read_dir(reading.store().join("cache/stage"));
    let left = stages.into_iter().flatten().count();
    assert_eq!(left, 0, "the copy was removed");
    // Without a digest it can only be read.
    server.script("/other.whl", vec![Fault::IgnoreRange]);
    let unlisted = remote(&server.url("/other.whl"), None);
    let read = Reading::new().one(unlisted).expect("readable");
    assert_eq!(verdicts(&read), ["demo.x on"]);
    assert!(!read.report.is_hash_verified);
}

#[test]
fn a_server_that_lies_about_ranges_is_asked_for_the_whole_wheel() {
    let files = [
        ("demo/x.so", module(true)),
        ("demo/data.bin", noise(PADDING)),
    ];
    let bytes = zip(&members(&files));
    // The second request is the one for the module.
    let lies: [&dyn Fn(Fault) -> Vec<Fault>; 2] = [&|lie| vec![lie], &|lie| {
        vec![
            Fault::Slow {
                bytes_per_second: usize::MAX,
            },
            lie,
        ]
    }];
    for lie in [
        Fault::ShiftRange(1),
        Fault::ShortenPart(1),
        Fault::ShortenPart(30),
        Fault::WrongBytes,
        Fault::ChangeEtag,
        Fault::Status(416),
    ] {
        for faults in lies.map(|lies| lies(lie.clone())) {
            let server = serving(&bytes);
            server.script(PATH, faults.clone());
            let wanted = remote(&server.url(PATH), Some(&bytes));
            let read = Reading::new().one(wanted);
            let read = read.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
            assert_eq!(verdicts(&read), ["demo.x off"], "{faults:?}");
            let is_harmless = matches!(lie, Fault::WrongBytes) && server.requests().len() < 3;
            assert!(read.report.is_hash_verified || is_harmless, "{faults:?}");
            let last = ranges(&server).pop().expect("a request");
            assert!(last.is_none() || is_harmless, "{faults:?}: {last:?}");
        }
    }
}

#[test]
fn a_transfer_of_a_part_that_breaks_is_tried_again() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    server.script(PATH, vec![Fault::CutAfter(100), Fault::Status(503)]);
    let read = Reading::new()
        .one(remote(&server.url(PATH), Some(&bytes)))
        .expect("readable");
    assert_eq!(verdicts(&read), ["demo.x off"]);
    assert_eq!(ranges(&server), vec![Some("bytes=-65633".to_owned()); 3]);
}

#[test]
fn full_reads_and_verifies_everything_even_what_is_cached_unverified() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    let mut reading = Reading::new();
    let wanted = remote(&server.url(PATH), Some(&bytes));
    assert!(
        !reading
            .one(wanted.clone())
            .expect("readable")
            .report
            .is_hash_verified
    );
    reading.options.is_full = true;
    let read = reading.one(wanted.clone()).expect("readable");
    assert!(read.report.is_hash_verified && !read.is_cached);
    assert_eq!(ranges(&server).pop(), Some(None));
    assert!(reading.one(wanted.clone()).expect("readable").is_cached);
    // A wheel with other bytes than listed.
    server.file(PATH, wheel(false, PADDING));
    let mut fresh = Reading::new();
    fresh.options.is_full = true;
    let error = fresh.one(wanted).expect_err("another wheel").to_string();
    let is_mismatch = error.contains("size mismatch") || error.contains("digest mismatch");
    assert!(is_mismatch, "{error}");
}

#[test]
fn a_wheel_that_is_mostly_modules_is_downloaded_as_a_whole() {
    let mut large = module(true);
    large.extend(noise(PADDING));
    let bytes = zip(&members(&[("x.so", large)]));
    let server = serving(&bytes);
    let read = Reading::new()
        .one(remote(&server.url(PATH), Some(&bytes)))
        .expect("readable");
    assert!(read.report.is_hash_verified);
    assert_eq!(verdicts(&read), ["x off"]);
}

#[test]
fn offline_reads_what_is_cached_and_says_what_is_not() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    let mut reading = Reading::new();
    let wanted = remote(&server.url(PATH), Some(&bytes));
    reading.is_offline = true;
    let error = reading
        .one(wanted.clone())
        .expect_err("offline")
        .to_string();
    assert_eq!(error, "not cached, and not downloaded (--offline)");
    reading.is_offline = false;
    reading.one(wanted.clone()).expect("readable");
    reading.is_offline = true;
    let asked = server.requests().len();
    assert!(reading.one(wanted).expect("cached").is_cached);
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_wheel_that_cannot_be_read_does_not_stop_the_others() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    server.file("/broken.whl", noise(100_000));
    server.script("/login.whl", vec![Fault::Status(401)]);
    let broken = noise(100_000);
    let dead = free_port_refusing();
    let mut without_url = remote("", None);
    without_url.wheel.place = ftpy::check::WheelPlace::Index;
    let wanted = [
        remote(&server.url("/missing.whl"), Some(&bytes)),
        remote(&server.url("/broken.whl"), Some(&broken)),
        remote(&server.url("/login.whl"), Some(&bytes)),
        remote(&format!("{dead}/x.whl"), Some(&bytes)),
        without_url,
        remote(&server.url(PATH), Some(&bytes)),
    ];
    let results = Reading::new().all(&wanted).expect("not interrupted");
    let texts: Vec<String> = results
        .iter()
        .map(|result| {
            result
                .as_ref()
                .map_or_else(ToString::to_string, |it| verdicts(it).join(" "))
        })
        .collect();
    for (text, expected) in texts.iter().zip([
        "/missing.whl answered 404",
        "not a zip archive, or cut off at its end",
        "requires a password; put it into ~/.netrc or into the URL",
        "is unreachable: connection refused",
        "the URL of the wheel is not known",
        "demo.x off",
    ]) {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_listed_size_is_compared() {
    let bytes = wheel(true, PADDING);
    let server = serving(&bytes);
    let mut wanted = remote(&server.url(PATH), Some(&bytes));
    wanted.wheel.size = Some(7);
    let error = Reading::new()
        .one(wanted)
        .expect_err("another size")
        .to_string();
    let expected = format!("size mismatch: {} bytes, expected 7", bytes.len());
    assert_eq!(error, expected);
}

#[test]
fn ctrl_c_stops_reading_at_once() {
    let hole = Blackhole::start();
    let reading = Reading::new();
    let cancel = reading.cancel.clone();
    let started = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        cancel.cancel();
    });
    let wanted: Vec<_> = (0..20).map(|_| remote(&hole.url(PATH), None)).collect();
    let failure = reading.all(&wanted).expect_err("interrupted");
    assert_eq!(failure.kind, Kind::Interrupted);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

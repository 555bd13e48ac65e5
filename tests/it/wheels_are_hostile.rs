//! Hostile and broken wheels: each is refused with a clear word, without much time or memory.

use crate::support::fuzz::fuzz;
use crate::support::wheels::{MODULE, Reading, members, module, noise, record, verdicts, wheel};
use crate::support::zip::{ZipMember, zip};
use ftpy::wheel::{Directory, EndOfArchive, Limits};
use std::time::{Duration, Instant};

/// The members of a good wheel, changed.
fn changed(change: impl FnOnce(&mut Vec<ZipMember>)) -> Vec<u8> {
    let mut all = members(&[
        (MODULE, module(true)),
        ("demo/__init__.py", b"import demo.x\n".to_vec()),
    ]);
    change(&mut all);
    zip(&all)
}

fn refusal(bytes: &[u8]) -> String {
    match Reading::new().local(bytes) {
        Ok(read) => format!("read: {:?}", verdicts(&read)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_form_of_a_good_archive_is_read() {
    let forms: [fn(&mut ZipMember); 5] = [
        |_| {},
        |member| member.method = 0,
        |member| member.flags = 8,
        |member| member.is_zip64 = true,
        |member| member.flags = 1 << 11,
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let bytes = changed(|all| all.iter_mut().for_each(form));
        let read = Reading::new().local(&bytes);
        let read = read.unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(verdicts(&read), ["demo.x off"], "{number}");
        let mut with_comment = bytes;
        let at = with_comment.len() - 2;
        with_comment[at] = 30;
        // A comment with the signature of an end record in it.
        with_comment.extend(b"PK\x05\x06 a comment that misleads..");
        with_comment.truncate(at + 2 + 30);
        assert_eq!(with_comment.len(), at + 2 + 30);
        assert_eq!(refusal(&with_comment), "read: [\"demo.x off\"]", "{number}");
    }
}

#[test]
fn an_archive_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Vec<ZipMember>);
    let cases: [(Change, &str); 14] = [
        (|all| all[0].crc = Some(7), "its checksum (CRC-32) differs"),
        (
            |all| all[0].size = Some(7),
            "its compressed data has another size",
        ),
        (
            |all| all[0].size = Some(1 << 20),
            "its size differs from the directory's",
        ),
        (|all| all[0].packed = Some(7), "its compressed data"),
        (
            |all| all[0].local_name = MODULE.replace('x', "y"),
            "its header contradicts the directory",
        ),
        (|all| all[0].start = Some(9), "overlaps the next member"),
        (
            |all| all[1].start = Some(0),
            "`demo/x.cpython-314t-x86_64-linux-gnu.so` overlaps the next member",
        ),
        (
            |all| all[0].packed = Some(1 << 20),
            "overlaps the next member",
        ),
        (|all| all.push(all[0].clone()), "appears more than once"),
        (
            |all| all[0].flags = 1,
            "demo/x.cpython-314t-x86_64-linux-gnu.so is encrypted",
        ),
        (
            |all| all[0].method = 14,
            "uses the unsupported compression method 14",
        ),
        (
            |all| all.retain(|it| !it.name.ends_with("RECORD")),
            "demo-1.0.dist-info has no RECORD",
        ),
        (|all| all.truncate(2), "not a wheel: it has no .dist-info"),
        (
            |all| all.push(ZipMember::new("other-1.dist-info/RECORD", "")),
            "it has more than one .dist-info",
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let text = refusal(&changed(change));
        assert!(text.contains(expected), "{number}: {text}");
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, expected) in [
        ("../evil.so", "`../evil.so` contains `..`"),
        ("demo/../../evil.so", "contains `..`"),
        ("/etc/evil.so", "is absolute"),
        ("C:/evil.so", "is absolute"),
        ("demo\\evil.so", "contains a backslash"),
        ("demo//evil.so", "is not a normalized path"),
        ("./evil.so", "is not a normalized path"),
        ("", "is an empty name"),
        ("demo/\0.so", "`demo/\\0.so` contains a null byte"),
    ] {
        let text = refusal(&changed(|all| all.push(ZipMember::new(name, ""))));
        assert!(text.starts_with("unsafe archive: "), "{name}: {text}");
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn a_record_that_lies_is_reported() {
    let of_other = record(&[(MODULE, module(false))]);
    let shorter = record(&[(MODULE, module(true))]).replace(",4096\n", ",4095\n");
    for (text, expected) in [
        (of_other.as_str(), "has another sha256"),
        (shorter.as_str(), "has another"),
        ("", "it does not list demo/x"),
        ("rubbish\n", "line 1 is malformed"),
        ("\u{1}\u{1},,\n", "it does not list"),
    ] {
        let lying = changed(|all| {
            // Only RECORD is changed, and METADATA has no line to lie about.
            all.retain(|member| !member.name.ends_with("METADATA") || text.len() < 20);
            let last = all.last_mut().expect("RECORD");
            last.data = text.as_bytes().to_vec();
        });
        let found = refusal(&lying);
        assert!(
            found.starts_with("its RECORD is wrong: "),
            "{text}: {found}"
        );
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn a_record_without_metadata_is_accepted_as_installers_do() {
    let listed = record(&[(MODULE, module(true))]);
    let bytes = changed(|all| {
        let last = all.last_mut().expect("RECORD");
        last.data = listed.into_bytes();
    });
    let read = Reading::new().local(&bytes).expect("a verdict");
    assert_eq!(verdicts(&read), ["demo.x off"]);
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let started = Instant::now();
    let bomb = changed(|all| {
        all.insert(0, ZipMember::new("demo/x.so", vec![0; 64 << 20]));
        let mut larger = ZipMember::new("demo/y.so", vec![0; 1000]);
        larger.size = Some(600 << 20);
        all.insert(0, larger);
    });
    let read = Reading::new()
        .local(&bomb)
        .expect("the other module is read");
    let expected = ["demo.x undetermined", "demo.x off", "demo.y undetermined"];
    let mut found = verdicts(&read);
    found.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
    // A RECORD cannot be left out.
    let bomb = changed(|all| all.last_mut().expect("RECORD").data = vec![b'\n'; 64 << 20]);
    let text = refusal(&bomb);
    assert!(
        text.contains("RECORD is too large to be examined"),
        "{text}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn rubbish_is_not_a_wheel() {
    let good = wheel(true, 100);
    for bytes in [
        &b""[..],
        b"PK\x05\x06",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        &noise(70_000),
        &good[..good.len() - 1],
        &good[..good.len() / 2],
        &[&good[..], b"x"].concat(),
        &[b"#!/bin/sh\n", &good[..]].concat(),
    ] {
        let text = refusal(bytes);
        let is_clear = ["not a zip archive", "damaged archive", "not a wheel"];
        let is_clear = is_clear.iter().any(|word| text.starts_with(word));
        assert!(is_clear, "{text}");
    }
}

#[test]
fn fuzz_archives_of_wheels() {
    let plain = changed(|_| {});
    let zip64 = changed(|all| all.iter_mut().for_each(|member| member.is_zip64 = true));
    let stored = changed(|all| all.iter_mut().for_each(|member| member.method = 0));
    let words = [
        "PK\x05\x06",
        "PK\x06\x06",
        "PK\x06\x07",
        "PK\x01\x02",
        "PK\x03\x04",
        "../",
    ];
    fuzz(&[&plain, &zip64, &stored], &words, |bytes| {
        let started = Instant::now();
        let size = bytes.len() as u64;
        let read = EndOfArchive::parse(bytes, size).and_then(|end| {
            let at = |range: &std::ops::Range<u64>| range.start as usize..range.end as usize;
            let directory = Directory::parse(&bytes[at(&end.directory)], &end)?;
            for member in &directory.members {
                let contents = member.unpack(&bytes[at(&member.span())], Limits::TEXT);
                if let Ok(contents) = contents {
                    assert_eq!(contents.len() as u64, member.size);
                }
            }
            Ok(directory)
        });
        if let Ok(directory) = read {
            let has_dots = |name: &str| name.split('/').any(|part| part == "..");
            assert!(
                !directory
                    .members
                    .iter()
                    .any(|member| has_dots(&member.name))
            );
        }
        assert!(started.elapsed() < Duration::from_secs(2));
    });
}

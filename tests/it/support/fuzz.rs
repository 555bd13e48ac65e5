//! Fuzzing without nightly: real inputs as seeds, randomly broken, and shrunk after a failure.
//!
//! A target runs a few hundred cases in the suite, the same ones each time, so that an old defect
//! does not fail an unrelated change. With `FTPY_FUZZ_SECONDS=600`, it runs
//! that long with random cases. Failures found by such a run become tests next to the target.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use std::time::{Duration, Instant};

/// Cases of one round; without `FTPY_FUZZ_SECONDS` there is one round.
const CASES: u32 = 400;

/// The seed of the suite's cases; any number does.
const SEED: u64 = 3_141_592_653;

/// One way to break an input. A position is a fraction of the input's length: 0 to `u16::MAX`.
#[derive(Debug, Clone)]
enum Edit {
    Insert(u16, Vec<u8>),
    Overwrite(u16, Vec<u8>),
    Delete(u16, u16),
    Repeat(u16, u16, u16),
    Truncate(u16),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |place: u16| usize::from(place) * bytes.len() / usize::from(u16::MAX);
        match self {
            Self::Insert(place, new) => {
                let start = at(*place);
                bytes.splice(start..start, new.iter().copied());
            }
            Self::Overwrite(place, new) => {
                let start = at(*place);
                let end = bytes.len().min(start + new.len());
                bytes.splice(start..end, new.iter().copied());
            }
            Self::Delete(from, to) => {
                let (from, to) = (at(*from.min(to)), at(*from.max(to)));
                bytes.drain(from..to);
            }
            Self::Repeat(from, to, times) => {
                let (from, to) = (at(*from.min(to)), at(*from.max(to)));
                let part = bytes[from..to].repeat(usize::from(*times));
                bytes.splice(to..to, part);
            }
            Self::Truncate(place) => bytes.truncate(at(*place)),
        }
    }
}

/// The configuration of proptest: the same cases each time, unless `FTPY_FUZZ_SECONDS` is set.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
pub fn config() -> Config {
    let rng_seed = match std::env::var_os("FTPY_FUZZ_SECONDS") {
        None => RngSeed::Fixed(SEED),
        Some(_) => RngSeed::Random,
    };
    Config {
        rng_seed,
        ..Config::default()
    }
}

/// Passes inputs to `check` that are made from `seeds`, with `words` of the format inserted at
/// random. `check` panics on a defect; the smallest such input is printed.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
pub fn fuzz(seeds: &[&[u8]], words: &[&str], check: impl Fn(&[u8])) {
    let pieces: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let piece = match pieces.is_empty() {
        true => vec(any::<u8>(), 0..16).boxed(),
        false => prop_oneof![
            3 => proptest::sample::select(pieces),
            1 => vec(any::<u8>(), 0..16),
        ]
        .boxed(),
    };
    let edit = prop_oneof![
        (any::<u16>(), piece.clone()).prop_map(|(place, new)| Edit::Insert(place, new)),
        (any::<u16>(), piece).prop_map(|(place, new)| Edit::Overwrite(place, new)),
        (any::<u16>(), any::<u16>()).prop_map(|(from, to)| Edit::Delete(from, to)),
        (any::<u16>(), any::<u16>(), 1_u16..40)
            .prop_map(|(from, to, times)| Edit::Repeat(from, to, times)),
        any::<u16>().prop_map(Edit::Truncate),
    ];
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    let input = (proptest::sample::select(seeds), vec(edit, 0..6)).prop_map(|(seed, edits)| {
        let mut bytes = seed;
        for edit in edits {
            edit.apply(&mut bytes);
            bytes.truncate(1 << 20);
        }
        bytes
    });
    let seconds = std::env::var("FTPY_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(0, |text| text.parse().expect("FTPY_FUZZ_SECONDS: seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        let mut runner = TestRunner::new(Config {
            cases: CASES,
            failure_persistence: None,
            ..config()
        });
        let result = runner.run(&input, |bytes| {
            check(&bytes);
            Ok(())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                panic!("{reason}\ninput: {bytes:?}\nas text: {text:?}");
            }
            Err(error) => panic!("{error}"),
        }
        if Instant::now() >= end {
            return;
        }
    }
}

#[test]
fn fuzzing_finds_a_planted_defect() {
    let found = std::panic::catch_unwind(|| {
        fuzz(&[b"name = value\n"], &["..", "/"], |bytes| {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(".."), "planted");
        });
    });
    let message = found.expect_err("a defect");
    let message = message.downcast_ref::<String>().expect("a message");
    assert!(message.contains("planted"), "{message}");
}

//! Explains why a matrix has no free-threaded build, and how to add one.

use crate::ci::matrix::entry::{KnownMinor, MatrixEntry, MatrixInput};
use crate::ci::matrix::format::versions;
use crate::manifest::releases::Support;
use ftpy_core::request::BuildRequest;
use std::collections::BTreeSet;

/// The note for a matrix without a free-threaded build; `always` are the versions it would contain
/// if free-threaded builds were included whenever supported.
pub(super) fn free_note(
    wish: &MatrixInput<'_>,
    known: &[KnownMinor],
    entries: &BTreeSet<MatrixEntry>,
    always: &BTreeSet<MatrixEntry>,
) -> String {
    let is_free = |pin: &BuildRequest| pin.abi.is_free_threaded();
    let asks = match wish.project.is_free_threading {
        true => Some("the classifier `Free Threading` requests one"),
        false if wish.pins.iter().any(is_free) => {
            Some("no free-threaded pin is a version of this matrix")
        }
        false => None,
    };
    let of = |wanted: &dyn Fn(Support) -> bool| {
        let has = |entry: &&MatrixEntry| {
            let mut known = known.iter().filter(|one| one.minor == entry.minor);
            known.any(|one| wanted(one.support))
        };
        let with_t = entries.iter().filter(has).map(|entry| MatrixEntry {
            is_free_threaded: true,
            ..*entry
        });
        versions(&with_t.collect::<Vec<_>>())
    };
    let added: Vec<MatrixEntry> = always
        .iter()
        .filter(|entry| entry.is_free_threaded)
        .copied()
        .collect();
    let supported = of(&|support| support == Support::Supported);
    let experimental = of(&|support| support == Support::Experimental);
    let (what, is_free_to_ask) = if !added.is_empty() {
        let added = versions(&added).join(", ");
        (format!("`--freethreaded always` adds {added}"), true)
    } else if !supported.is_empty() {
        let supported = supported.join(", ");
        (format!("pin {supported} to add it"), true)
    } else if !experimental.is_empty() {
        let experimental = experimental.join(", ");
        (
            format!("{experimental} is experimental and only included if it is pinned"),
            false,
        )
    } else {
        ("none of these versions supports it".to_owned(), false)
    };
    let unrequested = "not requested by the classifier `Free Threading` or a pin";
    match (asks, is_free_to_ask) {
        (Some(asks), true) => format!("no free-threaded build: {asks}; {what}"),
        (Some(asks), false) => format!("no free-threaded build: {asks}, but {what}"),
        (None, true) => format!("no free-threaded build: {unrequested}; {what}"),
        (None, false) => format!("no free-threaded build: {what}"),
    }
}

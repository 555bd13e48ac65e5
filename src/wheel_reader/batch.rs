//! Which ranges of a wheel are requested, and how many at once.

use crate::check::ModuleMember;
use crate::wheel::{ArchiveError, Member};
use bytes::Bytes;
use std::ops::Range;

/// Members with at most this many bytes between them are requested together: a request costs about
/// as much time.
const GAP: u64 = 128 << 10;
/// The maximum size of a batch, except for a single larger member.
const LARGEST: u64 = 16 << 20;

/// A member to read.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// An extension module.
    Module(ModuleMember),
    /// RECORD, METADATA or a Python source.
    Text(Member),
}

impl Wanted {
    pub(super) fn member(&self) -> &Member {
        match self {
            Self::Module(module) => &module.member,
            Self::Text(member) => member,
        }
    }
}

/// Members that are read together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// What is requested, in ascending order.
    pub(super) ranges: Vec<Range<u64>>,
    /// The members in these ranges.
    pub(super) members: Vec<Wanted>,
}

impl Batch {
    /// The number of bytes.
    pub(super) fn size(&self) -> u64 {
        self.ranges
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }
}

/// Divides members into batches.
pub(super) fn batches(mut members: Vec<Wanted>) -> Vec<Batch> {
    members.sort_by_key(|wanted| wanted.member().span().start);
    let mut all: Vec<Batch> = Vec::new();
    for wanted in members {
        let span = wanted.member().span();
        let is_full = |batch: &Batch| batch.size() + (span.end - span.start) > LARGEST;
        if all.last().is_none_or(is_full) {
            all.push(Batch::default());
        }
        let Some(batch) = all.last_mut() else {
            continue;
        };
        match batch.ranges.last_mut() {
            Some(last) if span.start <= last.end.saturating_add(GAP) => last.end = span.end,
            _ => batch.ranges.push(span),
        }
        batch.members.push(wanted);
    }
    all
}

/// The bytes of a batch's ranges.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<(u64, Bytes)>);

impl Pieces {
    pub(super) fn add(&mut self, start: u64, bytes: Bytes) {
        self.0.push((start, bytes));
    }

    /// The bytes of a member.
    pub(super) fn of(&self, member: &Member) -> Result<&[u8], ArchiveError> {
        let Range { start, end } = member.span();
        let piece = self.0.iter().find_map(|(first, bytes)| {
            let from = usize::try_from(start.checked_sub(*first)?).ok()?;
            bytes.get(from..from + usize::try_from(end - start).ok()?)
        });
        let missing = || ArchiveError::Damaged(format!("{} was not read", member.name));
        piece.ok_or_else(missing)
    }
}

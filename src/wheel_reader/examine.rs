//! From the bytes of a wheel to its report.

use crate::check::{ModuleReport, WheelContents, WheelReport, installed_path, tracker};
use crate::digest::Digest;
use crate::net::FetchError;
use crate::python_imports::scan;
use crate::wheel::{ArchiveError, Directory, EndOfArchive, Limits, Member, Record};
use crate::wheel_reader::batch::{Batch, Pieces, Wanted, batches};
use crate::wheel_reader::error::{ReadError, WheelError};
use crate::wheel_reader::request::{SourceScan, WheelRead, WheelToRead};
use crate::wheel_reader::source::Source;
use crate::wheel_reader::tools::Shared;
use crate::wheel_reader::verdicts::{self, Known};
use crate::xray::Abi;
use std::sync::Arc;

/// If at least this many percent of a wheel are needed, it is downloaded as a whole, because it can
/// then be verified.
const NEARLY_ALL: u64 = 90;

/// What members contained.
#[derive(Debug, Default)]
struct Found {
    modules: Vec<ModuleReport>,
    tracker: Option<String>,
    sources: Vec<SourceScan>,
}

/// Which members are read.
#[derive(Debug, Clone, Copy)]
struct Needs {
    modules: bool,
    sources: bool,
}

/// Reads a wheel from an open source, except for what is cached, and adds it to the cache.
/// `is_verified` says that the whole wheel had its listed sha256.
pub(super) async fn examine(
    shared: &Shared<'_>,
    source: &mut Source<'_>,
    wheel: &WheelToRead,
    is_verified: bool,
) -> Result<WheelRead, ReadError> {
    let is_hash_verified = is_verified || is_short_and_verified(source, wheel)?;
    let directory = read_directory(source).await?;
    let (store, options) = (shared.tools.store, shared.options);
    let key = cache_key(source, wheel, &directory);
    let known = key.map_or_else(Known::default, |key| Known::read(store, &key, options));
    let needs = Needs {
        modules: known.report.is_none(),
        sources: options.reads_sources && known.sources.is_none(),
    };
    let mut found = Found::default();
    if needs.modules || needs.sources {
        let contents = WheelContents::of(directory)?;
        found = read_members(shared, source, wheel, (contents, needs)).await?;
    }
    let read = WheelRead {
        report: known.report.unwrap_or(WheelReport {
            modules: found.modules,
            tracker: found.tracker,
            is_hash_verified,
        }),
        sources: known.sources.unwrap_or(found.sources),
        bytes_read: source.bytes_read,
        size: Some(source.size),
        is_cached: !needs.modules && !needs.sources,
    };
    if let Some(key) = key {
        if needs.modules {
            verdicts::write_report(store, &key, &read.report);
        }
        if needs.sources {
            verdicts::write_sources(store, &key, is_hash_verified, &read.sources);
        }
    }
    Ok(read)
}

async fn read_members(
    shared: &Shared<'_>,
    source: &mut Source<'_>,
    wheel: &WheelToRead,
    (contents, needs): (WheelContents, Needs),
) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let wanted = wanted(&contents, needs, &mut found)?;
    if !wanted.is_empty() {
        if wheel.wheel.sha256.is_some() && is_nearly_all(source, &wanted) {
            return Err(ReadError::WholeOnly(
                "nearly all of it is needed".to_owned(),
            ));
        }
        let (record, tracker) = read_texts(shared, source, &contents).await?;
        found.tracker = tracker;
        let record = Arc::new(record);
        for batch in batches(wanted) {
            let part = read_batch(shared, source, batch, (Arc::clone(&record), wheel.abi));
            let part = part.await?;
            found.modules.extend(part.modules);
            found.sources.extend(part.sources);
        }
    }
    found.modules.sort_by(|a, b| a.module.cmp(&b.module));
    Ok(found)
}

/// A short wheel is in the tail, and can be verified.
fn is_short_and_verified(source: &Source<'_>, wheel: &WheelToRead) -> Result<bool, ReadError> {
    let Some(expected) = wheel.wheel.sha256.filter(|_| source.is_whole_in_tail()) else {
        return Ok(false);
    };
    let found = Digest::of(&source.tail);
    match found == expected {
        true => Ok(true),
        false => Err(WheelError::Digest { found, expected }.into()),
    }
}

async fn read_directory(source: &mut Source<'_>) -> Result<Directory, ReadError> {
    let end = EndOfArchive::parse(&source.tail, source.size)?;
    let bytes = source.read(end.directory.clone()).await?;
    Ok(Directory::parse(&bytes, &end)?)
}

/// The key of a wheel in the cache. Files on this machine without a listed sha256 have none: they
/// may be changed.
fn cache_key(source: &Source<'_>, wheel: &WheelToRead, directory: &Directory) -> Option<Digest> {
    match &wheel.wheel.sha256 {
        Some(sha256) => Some(verdicts::key_of_digest(sha256, wheel.abi)),
        None if source.is_remote() => Some(verdicts::key_of_members(directory, wheel.abi)),
        None => None,
    }
}

/// Chooses the members to read. Modules beyond the limits are not read.
fn wanted(
    contents: &WheelContents,
    needs: Needs,
    found: &mut Found,
) -> Result<Vec<Wanted>, ArchiveError> {
    let mut wanted = Vec::new();
    let modules = contents.modules.iter().filter(|_| needs.modules);
    for module in modules {
        match module.member.check(Limits::MODULE) {
            Ok(()) => wanted.push(Wanted::Module(module.clone())),
            Err(error @ ArchiveError::TooLarge { .. }) => {
                found
                    .modules
                    .push(ModuleReport::undetermined(module, error));
            }
            Err(error) => return Err(error),
        }
    }
    if needs.sources {
        let texts = contents.sources.iter();
        let texts = texts.filter(|source| source.check(Limits::TEXT).is_ok());
        wanted.extend(texts.cloned().map(Wanted::Text));
    }
    Ok(wanted)
}

fn is_nearly_all(source: &Source<'_>, wanted: &[Wanted]) -> bool {
    let packed: u64 = wanted.iter().map(|wanted| wanted.member().packed).sum();
    let is_more = packed.saturating_mul(100) / NEARLY_ALL >= source.size;
    source.is_remote() && !source.is_whole_in_tail() && is_more
}

/// Reads RECORD, and the tracker's address from METADATA, which is compared with it.
async fn read_texts(
    shared: &Shared<'_>,
    source: &mut Source<'_>,
    contents: &WheelContents,
) -> Result<(Record, Option<String>), ReadError> {
    let (record, metadata) = (contents.record.clone(), contents.metadata.clone());
    let texts = [Some(record.clone()), metadata.clone()];
    let texts: Vec<Wanted> = texts.into_iter().flatten().map(Wanted::Text).collect();
    for text in &texts {
        text.member().check(Limits::TEXT)?;
    }
    let mut pieces = Pieces::default();
    for batch in batches(texts) {
        pieces = with_pieces(source, &batch, pieces).await?;
    }
    let read = move || {
        let unpack = |member: &Member| member.unpack(pieces.of(member)?, Limits::TEXT);
        let parsed = Record::parse(&unpack(&record)?)?;
        let Some(metadata) = metadata else {
            return Ok((parsed, None));
        };
        let contents = unpack(&metadata)?;
        // Installers take such wheels, too. METADATA decides about nothing.
        if parsed.lists(&metadata.name) {
            parsed.check(&metadata.name, &contents)?;
        }
        Ok((parsed, tracker(&contents)))
    };
    let read: Result<_, ArchiveError> = shared.compute(read).await?;
    Ok(read?)
}

async fn with_pieces(
    source: &mut Source<'_>,
    batch: &Batch,
    mut pieces: Pieces,
) -> Result<Pieces, ReadError> {
    for range in &batch.ranges {
        pieces.add(range.start, source.read(range.clone()).await?);
    }
    Ok(pieces)
}

/// Reads and examines the members of a batch.
async fn read_batch(
    shared: &Shared<'_>,
    source: &mut Source<'_>,
    batch: Batch,
    (record, abi): (Arc<Record>, Option<Abi>),
) -> Result<Found, ReadError> {
    let _memory = shared.memory(batch.size()).await;
    if shared.tools.net.cancel().is_cancelled() {
        return Err(FetchError::Interrupted.into());
    }
    let pieces = with_pieces(source, &batch, Pieces::default()).await?;
    let cancel = shared.tools.net.cancel().clone();
    let examine = move || {
        let mut found = Found::default();
        for wanted in &batch.members {
            if cancel.is_cancelled() {
                break;
            }
            add(wanted, &pieces, (&record, abi), &mut found)?;
        }
        Ok(found)
    };
    let found: Result<Found, ArchiveError> = shared.compute(examine).await?;
    match shared.tools.net.cancel().is_cancelled() {
        true => Err(FetchError::Interrupted.into()),
        false => Ok(found?),
    }
}

/// Unpacks a member, compares it with RECORD, and examines it.
fn add(
    wanted: &Wanted,
    pieces: &Pieces,
    (record, abi): (&Record, Option<Abi>),
    found: &mut Found,
) -> Result<(), ArchiveError> {
    let member = wanted.member();
    let limits = match wanted {
        Wanted::Module(_) => Limits::MODULE,
        Wanted::Text(_) => Limits::TEXT,
    };
    let contents = member.unpack(pieces.of(member)?, limits)?;
    record.check(&member.name, &contents)?;
    match wanted {
        Wanted::Module(module) => {
            found
                .modules
                .extend(ModuleReport::of(module, &contents, abi));
        }
        Wanted::Text(member) => {
            let path = installed_path(&member.name).unwrap_or(&member.name);
            found.sources.push(SourceScan {
                path: path.to_owned(),
                scan: scan(&contents),
            });
        }
    }
    Ok(())
}

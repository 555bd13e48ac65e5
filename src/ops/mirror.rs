//! Writes a mirror of upstream's archives, for ftpy and uv.
//!
//! ```text
//! <build date>/<file>                 python-build-standalone: FTPY_PBS_MIRROR, and uv's mirror
//! <version>/Python-<version>.tar.xz   source tarballs: FTPY_SOURCE_MIRROR
//! index.ndjson                        the list of these builds: FTPY_INDEX_URL
//! uv-downloads.json                   the same for uv: UV_PYTHON_DOWNLOADS_JSON_URL
//! ```

use crate::bundle::{merged, ndjson, uv};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, obtain};
use crate::host::person_file;
use crate::lock::archives;
use crate::ops::context::Context;
use crate::ops::install::locked::{mirrors, source_archives};
use crate::ops::lock::policy::{self, List};
use crate::ops::lock::select::{LockSelection, builds, select};
use crate::ops::session::with_session;
use crate::provider::{Archive, Candidate};
use ftpy_core::provider_name::ProviderName;
use std::path::{Path, PathBuf};

/// The files of a mirror that are complete.
pub(crate) struct Mirrored {
    /// The paths, and what they contain.
    pub(crate) files: Vec<(PathBuf, Archive)>,
    /// The sum of their sizes.
    pub(crate) bytes: u64,
    /// Whether the mirror has an index.
    pub(crate) has_index: bool,
}

/// Downloads the archives of the selected builds into a directory, and indexes them.
pub(crate) fn mirror(
    context: &Context,
    directory: &Path,
    selection: &LockSelection<'_>,
) -> Result<Mirrored> {
    let lock = select(context, selection)?;
    policy::check(context, builds(&lock), &List::Lock)?;
    let mut files = Vec::new();
    let here = source_archives(&context.env);
    let mirrors = mirrors(&context.env, &here);
    for build in builds(&lock) {
        let place = directory.join(place(build)?);
        for archive in archives(build, &mirrors) {
            files.push((place.join(&archive.file), archive));
        }
    }
    let bytes = with_session(context, Options::default(), async |session| {
        let mut bytes = 0;
        for (place, archive) in &files {
            session.cancel().check()?;
            bytes += obtain(session, &session.net, archive, place).await?;
        }
        Ok(bytes)
    })?;
    // After the downloads, so that the index lists only existing files.
    write_indexes(directory, &ndjson(builds(&lock))).map_err(IoFailure::outside_store)?;
    Ok(Mirrored {
        files,
        bytes,
        has_index: directory.join("index.ndjson").is_file(),
    })
}

/// Returns the directory of a build's archives.
fn place(build: &Candidate) -> Result<String> {
    match (build.provider, &build.build_id) {
        (ProviderName::Pbs, Some(date)) => Ok(date.to_string()),
        (ProviderName::Source, _) => Ok(build.build.version.release().to_string()),
        (other, _) => {
            let name = build.build.name();
            let message = format!("{name} is a {other} build, which ftpy cannot mirror");
            Err(Failure::new(Kind::Usage, message).hint(
                "`--from pbs,source` uses other sources; mirror conda channels with conda's own tools",
            ))
        }
    }
}

/// Adds the new builds to the existing indexes.
fn write_indexes(directory: &Path, new: &str) -> Result<(), IoFailure> {
    let path = directory.join("index.ndjson");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let index = merged(&old, new);
    if index.is_empty() {
        return Ok(());
    }
    for (path, text) in [
        (directory.join("uv-downloads.json"), uv(&index)),
        (path, index),
    ] {
        let is_same = std::fs::read(&path).is_ok_and(|there| there == text.as_bytes());
        if !is_same {
            person_file::write(&path, text.as_bytes())?;
        }
    }
    Ok(())
}

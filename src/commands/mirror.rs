//! `ftpy mirror`: writes a mirror of upstream's archives, for ftpy and uv.
//!
//! ```text
//! <build date>/<file>                 python-build-standalone: FTPY_PBS_MIRROR, and uv's mirror
//! <version>/Python-<version>.tar.xz   source tarballs: FTPY_SOURCE_MIRROR
//! index.ndjson                        the list of these builds: FTPY_INDEX_URL
//! uv-downloads.json                   the same for uv: UV_PYTHON_DOWNLOADS_JSON_URL
//! ```

use crate::bundle::{merged, ndjson, uv};
use crate::cli::lock::Mirror;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, obtain};
use crate::file_url;
use crate::host::person_file;
use crate::lock::archives;
use crate::ops::context::Context;
use crate::ops::install::locked::{mirrors, source_archives};
use crate::ops::lock::policy::{self, List};
use crate::ops::lock::select::{LockSelection, builds, select};
use crate::ops::session::with_session;
use crate::provider::{Archive, Candidate};
use crate::report::text;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `ftpy mirror`
pub(super) fn mirror(context: &Context, arguments: &Mirror) -> Result<()> {
    let directory = context.env.current_dir.join(&arguments.directory);
    check_directory(&arguments.directory, &directory)?;
    let lock = select(
        context,
        &LockSelection {
            requests: &arguments.requests,
            platforms: &arguments.platform,
            from: &arguments.from,
            is_newest: true,
        },
    )?;
    policy::check(context, builds(&lock), &List::Lock)?;
    let mut wanted = Vec::new();
    let here = source_archives(&context.env);
    let mirrors = mirrors(&context.env, &here);
    for build in builds(&lock) {
        let place = directory.join(place(build)?);
        for archive in archives(build, &mirrors) {
            wanted.push((place.join(&archive.file), archive));
        }
    }
    let bytes = with_session(context, Options::default(), async |session| {
        let mut bytes = 0;
        for (place, archive) in &wanted {
            session.cancel().check()?;
            bytes += obtain(session, &session.net, archive, place).await?;
        }
        Ok(bytes)
    })?;
    // After the downloads, so that the index lists only existing files.
    write_indexes(&directory, &ndjson(builds(&lock))).map_err(IoFailure::outside_store)?;
    report(context, &directory, &wanted, bytes);
    Ok(())
}

/// Refuses `ftpy mirror 3.14t`, where the directory was forgotten.
fn check_directory(named: &Path, directory: &Path) -> Result<()> {
    let text = named.to_string_lossy();
    let is_request = matches!(parse(&text), Ok(Request::Build(_)));
    if !is_request || directory.exists() {
        return Ok(());
    }
    let message = format!("{text} is a request, but the first argument is the mirror's directory");
    Err(Failure::new(Kind::Usage, message).hint(format!(
        "run `{}`, or write `{}` for a new directory of that name",
        paste!["ftpy", "mirror", "DIR", text],
        paste![format!("./{text}")]
    )))
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

fn report(context: &Context, directory: &Path, files: &[(PathBuf, Archive)], bytes: u64) {
    let reporter = &context.reporter;
    let shown = directory.display();
    if reporter.is_json() {
        let files: Vec<_> = files
            .iter()
            .map(|(place, archive)| {
                let place = place.display().to_string();
                json!({ "file": place, "sha256": archive.sha256 })
            })
            .collect();
        reporter.json(&json!({ "directory": shown.to_string(), "files": files }));
        return;
    }
    for (place, _) in files {
        reporter.data(place.display().to_string());
    }
    let count = text::count(files.len(), "file");
    reporter.say(format!(
        "{count}, {}, verified: {shown}",
        text::bytes(bytes)
    ));
    let is_pbs = directory.join("index.ndjson").is_file();
    if is_pbs {
        let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let url = file_url::of(&absolute);
        reporter.say(format!(
            "set FTPY_PBS_MIRROR or UV_PYTHON_INSTALL_MIRROR to {url}, or to the URL that serves it"
        ));
    }
}

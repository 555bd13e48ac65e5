//! `ftpy bundle`: writes locked builds into one file, verifies it, or installs from it.

use crate::bundle::{BundleError, Contents, Manifest, Piece, ndjson, read, write};
use crate::cancel::{Cancel, interrupted};
use crate::cli::lock::{Bundle, BundleCreate, BundleInstall, BundleVerify};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, Session, obtain};
use crate::host::person_file::PersonFile;
use crate::host::plain_file;
use crate::lock::{Lock, archives};
use crate::ops::conda;
use crate::ops::context::Context;
use crate::ops::install::locked::{self, mirrors, source_archives};
use crate::ops::install::next_step::suggest_next_step;
use crate::ops::install::result::report;
use crate::ops::lock::policy::{self, List};
use crate::ops::lock::select::{LockSelection, builds, has_conda, select};
use crate::ops::lookup_installed;
use crate::ops::session::{jobs, with_session};
use crate::provider::Archive;
use crate::report::{Task, Verb, text};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::secret::place_shown;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// `ftpy bundle`
pub(super) fn bundle(context: &Context, command: &Bundle) -> Result<()> {
    match command {
        Bundle::Create(arguments) => create(context, arguments),
        Bundle::Install(arguments) => install(context, arguments),
        Bundle::Verify(arguments) => verify(context, arguments),
    }
}

fn create(context: &Context, arguments: &BundleCreate) -> Result<()> {
    let lock = select(
        context,
        &LockSelection {
            requests: &arguments.requests,
            platforms: &arguments.platform,
            from: &[],
            is_newest: false,
        },
    )?;
    policy::check(context, builds(&lock), &List::Lock)?;
    let path = context.env.current_dir.join(&arguments.output);
    if path.is_dir() {
        let message = format!("{} is a directory", path.display());
        return Err(Failure::new(Kind::Usage, message).hint("`--output` names the file to write"));
    }
    let manifest = with_session(context, Options::default(), async |session| {
        let mut pieces = vec![Piece::lock(lock.to_string())];
        let index = ndjson(builds(&lock));
        if !index.is_empty() {
            pieces.push(Piece::index(index));
        }
        if arguments.with_ftpy {
            let own = std::env::current_exe();
            let own = own.map_err(IoFailure::at("find", "the running ftpy"))?;
            pieces.push(Piece::program(own, &session.host.to_string())?);
        }
        pieces.extend(artifacts(session, &lock).await?);
        tokio::task::block_in_place(|| write_file(session, &path, pieces))
    })?;
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    if context.reporter.is_json() {
        let file = path.display().to_string();
        context
            .reporter
            .json(&json!({ "file": file, "size": size, "manifest": manifest }));
        return Ok(());
    }
    let files = text::count(manifest.artifacts().count(), "artifact");
    let (size, path) = (text::bytes(size), path.display());
    context
        .reporter
        .say(format!("bundled {files}, {size}: {path}"));
    Ok(())
}

/// Downloads the lock's archives into the cache, and returns them sorted by digest.
async fn artifacts(session: &Session, lock: &Lock) -> Result<Vec<Piece>> {
    let builds = builds(lock);
    if has_conda(&builds) {
        conda::ensure_connected(session)?;
    }
    let mut wanted: BTreeMap<Digest, (ProviderName, Archive)> = BTreeMap::new();
    let here = source_archives(&session.env);
    let mirrors = mirrors(&session.env, &here);
    for build in builds {
        let mut build = build.clone();
        conda::ensure_own_channels(&session.env, &mut build)?;
        for archive in archives(&build, &mirrors) {
            if let Some(sha256) = archive.sha256 {
                wanted.insert(sha256, (build.provider, archive));
            }
        }
    }
    let mut pieces = Vec::new();
    for (sha256, (provider, archive)) in wanted {
        session.cancel().check()?;
        let net = match provider {
            ProviderName::Conda => session.conda.get().unwrap_or(&session.net),
            _ => &session.net,
        };
        let place = session.store.cached(&sha256);
        let size = obtain(session, net, &archive, &place).await?;
        pieces.push(Piece::artifact(sha256, size, &archive.file, place));
    }
    Ok(pieces)
}

fn write_file(session: &Session, path: &Path, pieces: Vec<Piece>) -> Result<Manifest> {
    let task = session.reporter.task("bundle");
    let total = pieces.iter().map(Piece::size).sum();
    task.bytes(Verb::Writing, "the bundle", Some(total));
    let is_cancelled = || session.cancel().is_cancelled();
    let file = PersonFile::begin(path, &is_cancelled);
    session.cancel().check()?;
    let mut file = file.map_err(IoFailure::outside_store)?;
    let manifest = write(&mut file, path, pieces, |bytes| {
        task.advance(bytes);
        !session.cancel().is_cancelled()
    });
    let manifest = manifest.map_err(|error| match error {
        BundleError::Disk(error) => error.outside_store(),
        other => other.at(path),
    })?;
    file.finish().map_err(IoFailure::outside_store)?;
    Ok(manifest)
}

fn verify(context: &Context, arguments: &BundleVerify) -> Result<()> {
    let path = context.env.current_dir.join(&arguments.file);
    let contents = with_session(context, Options::default(), async |session| {
        let nowhere = &session.env.temporary;
        let nothing = |_: &Lock| Ok(BTreeSet::new());
        tokio::task::block_in_place(|| read_file(session, &path, nowhere, nothing))
    })?;
    if context.reporter.is_json() {
        let file = path.display().to_string();
        let builds = builds(&contents.lock);
        let builds: Vec<String> = builds.iter().map(|one| one.build.name()).collect();
        context
            .reporter
            .json(&json!({ "file": file, "manifest": contents.manifest, "builds": builds }));
        return Ok(());
    }
    let rows = contents.lock.entries.iter().filter_map(|entry| {
        let crate::lock::LockedBuild::Build(one) = &entry.found else {
            return None;
        };
        let names = [entry.request.to_string(), entry.platform.to_string()];
        Some(
            names
                .into_iter()
                .chain([one.build.name(), one.provider.to_string()])
                .collect(),
        )
    });
    let rows: Vec<Vec<String>> = rows.collect();
    context
        .reporter
        .table(&["REQUEST", "PLATFORM", "BUILD", "SOURCE"], &rows);
    let manifest = &contents.manifest;
    let program = manifest.members.iter().find(|member| member.name == "ftpy");
    if let Some(platform) = program.and_then(|member| member.is.as_deref()) {
        context
            .reporter
            .data(format!("ftpy {} for {platform}", manifest.ftpy));
    }
    let files = text::count(manifest.artifacts().count(), "artifact");
    context
        .reporter
        .say(format!("verified {files}: {}", path.display()));
    Ok(())
}

fn install(context: &Context, arguments: &BundleInstall) -> Result<()> {
    let path = context.env.current_dir.join(&arguments.file);
    let named = arguments
        .requests
        .iter()
        .map(|text| lookup_installed::read(text));
    let named: Vec<BuildRequest> = named.collect::<Result<_>>()?;
    let list = List::bundle(&path);
    // Policy is checked before the first byte is read.
    policy::check(context, [], &list)?;
    // Until everything is installed, because archives unpacked into the cache cannot be downloaded
    // again.
    let waiting = || {
        let text = "waiting for another ftpy that empties the cache";
        context.reporter.say(text);
    };
    let _cache = context.store.share_cache(waiting, || false)?;
    let contents = with_session(context, Options::default(), async |session| {
        session.store.sweep()?;
        tokio::task::block_in_place(|| unpack(context, session, (&path, &list), &named))
    })?;
    let requests = match named.as_slice() {
        [] => contents.lock.requests(),
        named => named.iter().collect(),
    };
    // Everything is in the cache now, and no source is queried.
    let offline = Context {
        env: context.env.clone(),
        store: context.store.clone(),
        reporter: context.reporter.clone(),
        is_offline: true,
    };
    let options = Options {
        jobs: jobs(),
        reinstalls: arguments.reinstall,
        ..Options::default()
    };
    let outcomes = locked::install(&offline, &contents.lock, &requests, options, &list)?;
    report(&context.reporter, &outcomes);
    suggest_next_step(context, &outcomes);
    Ok(())
}

/// Puts the archives that this machine needs into the cache, after reading the whole bundle.
fn unpack(
    context: &Context,
    session: &Session,
    (path, list): (&Path, &List),
    named: &[BuildRequest],
) -> Result<Contents> {
    let stage = session.store.cache_stage()?;
    let choose = |lock: &Lock| {
        let requests = match named {
            [] => lock.requests(),
            named => named.iter().collect(),
        };
        let mut wanted = BTreeSet::new();
        for request in requests {
            let candidate = locked::locked(lock, request, &session.host)?;
            policy::check(context, [&candidate], list)?;
            let files = archives(&candidate, &mirrors(&session.env, &[]));
            wanted.extend(files.iter().filter_map(|file| file.sha256));
        }
        // A cached file is verified whenever it is read.
        Ok(wanted)
    };
    let contents = read_file(session, path, stage.path(), choose)?;
    for member in contents.manifest.artifacts() {
        let made = stage.path().join(member.sha256.to_string());
        let place = session.store.cached(&member.sha256);
        if !made.is_file() {
            continue;
        }
        let directory = place.parent().unwrap_or(&place);
        std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        std::fs::rename(&made, &place).map_err(IoFailure::at("create", &place))?;
    }
    Ok(contents)
}

fn read_file(
    session: &Session,
    path: &Path,
    directory: &Path,
    choose: impl FnOnce(&Lock) -> Result<BTreeSet<Digest>>,
) -> Result<Contents> {
    let cannot = |error| IoFailure::at("read", path)(error).outside_store();
    let file = plain_file::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let message = format!("{} does not exist", place_shown(path));
            Failure::new(Kind::NotFound, message).hint("`ftpy bundle create` writes a bundle")
        }
        std::io::ErrorKind::InvalidInput => {
            let message = format!("{} is not a file", path.display());
            Failure::new(Kind::Usage, message)
        }
        _ => cannot(error),
    })?;
    let metadata = file.metadata().map_err(cannot)?;
    let task = session.reporter.task("bundle");
    task.bytes(Verb::Reading, "the bundle", Some(metadata.len()));
    let packed = Watched {
        file,
        cancel: session.cancel().clone(),
        task,
    };
    let contents = read(packed, directory, choose);
    session.cancel().check()?;
    contents.map_err(|error| error.at(path))
}

/// A file that reports how far it was read, and stops reading when cancelled.
struct Watched {
    file: File,
    cancel: Cancel,
    task: Task,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other(interrupted().to_string()));
        }
        let read = self.file.read(buffer)?;
        self.task.advance(read as u64);
        Ok(read)
    }
}

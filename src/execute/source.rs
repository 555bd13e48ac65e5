//! A build from source, up to an installed tree in a stage.

use crate::compile::{BuildDir, Ended, Preflight, arguments, source_tree};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Result};
use crate::execute::archive::fetch_and_unpack;
use crate::execute::attempt::AttemptError;
use crate::execute::build_artifacts;
use crate::execute::compile::{DESTINATION, Work, compile};
use crate::execute::dependencies;
use crate::execute::session::Session;
use crate::execute::staged::RequiredModule;
use crate::execute::staged::StagedInstall;
use crate::execute::staged::milliseconds;
use crate::host::aslr;
use crate::manifest::preflight::needs;
use crate::net::Fetched;
use crate::provider::BUILD_PREFIX;
use crate::report::{Task, Verb};
use crate::resolve::Attempt;
use crate::store::{BuildOptions, Compilation, Inventory, Stage};
use ftpy_core::paste;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Compiles a candidate.
pub(super) async fn make(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    task: &Task,
) -> Result<StagedInstall, AttemptError> {
    lift_limits(session, attempt);
    session.store.check_builds_start()?;
    let stage = tokio::task::block_in_place(|| session.store.stage())?;
    task.step_on(Verb::Checking, "compiler and libraries");
    let scratch = stage.path().join("preflight");
    std::fs::create_dir(&scratch).map_err(IoFailure::at("create", &scratch))?;
    // Before anything is downloaded.
    let found = tokio::task::block_in_place(|| dependencies::look(session, attempt, how, &scratch));
    // An interrupt ends the test compilations, too, and their findings are worthless then.
    session.cancel().check()?;
    let (found, build_notes) = found?;
    let mut timings = BTreeMap::new();

    let directory = session.store.build_tree(&attempt.key);
    let flags = flags(session, how, &found);
    if let Some(repeated) = &session.options.repeats {
        repeated.check_flags(&flags)?;
    }
    let recipe = recipe(attempt, how, &flags);
    let mut tree = BuildDir::open(&directory, recipe, session.options.resumes)?;
    say_where_it_begins(session, attempt, &tree);
    let started = Instant::now();
    let fetched = match source(session, attempt, how, &mut tree, task).await {
        Ok(fetched) => fetched,
        Err(stopped) => {
            tree.discard();
            return Err(stopped);
        }
    };
    timings.insert("fetch_and_unpack", milliseconds(started));

    session.say_unavailable();
    let started = Instant::now();
    let work = Work {
        session,
        attempt,
        how,
        found: &found,
        task,
    };
    let built = compile(work, &mut tree, &stage).await;
    if let Err(failure) = built {
        return Err(leave(failure, attempt, how, tree).into());
    }
    timings.insert("compile", milliseconds(started));

    let (root, inventory) = tokio::task::block_in_place(|| collect(&work, &tree, &stage))?;
    if session.options.keeps_tree {
        say_where_it_is_kept(session, &tree);
    } else {
        tokio::task::block_in_place(|| tree.discard());
    }
    Ok(StagedInstall {
        stage,
        root,
        inventory,
        fetched,
        python_json: None,
        flags,
        modules: wanted(session, attempt),
        notes: build_notes,
        timings,
    })
}

fn say_where_it_is_kept(session: &Session, tree: &BuildDir) {
    let place = tree.source().display().to_string();
    let text = format!("the source tree is kept in {place}");
    session.reporter.note(text);
}

fn say_where_it_begins(session: &Session, attempt: &Attempt, tree: &BuildDir) {
    let text = match (tree.ended() > Ended::Nothing, session.options.resumes) {
        (true, _) => "continuing an earlier build",
        (false, true) => {
            "no earlier build with these arguments and this compiler is left; starting over"
        }
        (false, false) => return,
    };
    session.reporter.note(format!("{}: {text}", attempt.key));
}

/// Preflight and the build itself start programs with sanitizers. Where what they need is
/// forbidden, it may still go well, depending on the compiler and on the kernel.
pub(super) fn lift_limits(session: &Session, attempt: &Attempt) {
    if !attempt.candidate.build.flavours.have_sanitizer() {
        return;
    }
    for refused in [aslr::ensure_fixed(), aslr::ensure_unlimited()] {
        if let Err(reason) = refused {
            let text = format!("{}: {reason}", attempt.key);
            session.reporter.warn(text);
        }
    }
}

/// What configure was given, by its arguments and by the environment.
pub(super) fn flags(session: &Session, how: &Compilation, found: &Preflight) -> Vec<String> {
    let build = &session.env.build;
    let mut flags = arguments::configure(how, found, build.cc.is_some());
    let environment = build.flags.iter();
    flags.extend(environment.map(|(name, value)| format!("{name}={}", value.to_string_lossy())));
    flags
}

/// The tree that was installed below the stage, and its files.
fn collect(work: &Work<'_>, tree: &BuildDir, stage: &Stage) -> Result<(PathBuf, Inventory)> {
    let below = BUILD_PREFIX.trim_start_matches('/');
    let root = stage.path().join(DESTINATION).join(below);
    remove_bytecode(&root)?;
    build_artifacts::keep(&tree.source(), &root, work.attempt, work.how)?;
    let inventory = Inventory::of_tree(&root)?;
    Ok((root, inventory))
}

/// What a tree must have been made by to be gone on with. `flags` hold the compiler: half a tree
/// by each of two would link, and be neither.
fn recipe(attempt: &Attempt, how: &Compilation, flags: &[String]) -> Digest {
    let how = serde_json::to_string(how).unwrap_or_default();
    let archive = attempt.candidate.sha256();
    Digest::of(format!("{} {how} {archive:?} {flags:?}", attempt.key).as_bytes())
}

/// Lays the source out, unless an earlier build did.
async fn source(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    tree: &mut BuildDir,
    task: &Task,
) -> Result<Fetched, AttemptError> {
    let candidate = &attempt.candidate;
    let is_there = tree.ended() > Ended::Nothing;
    let fetched = match (&how.wish.tree, is_there) {
        (Some(own), is_there) => {
            if !is_there {
                task.step_on(Verb::Copying, "the source tree");
                tokio::task::block_in_place(|| {
                    let path = &session.env.path;
                    let files = source_tree::files(&own.directory, path, &session.env.temporary)?;
                    source_tree::copy(&own.directory, &files, &tree.source())
                })?;
                task.done();
            }
            Fetched {
                url: own.origin.clone(),
                sha256: own.sha256,
                size: 0,
                passed_over: Vec::new(),
            }
        }
        (None, true) => Fetched {
            url: candidate
                .urls()
                .first()
                .map_or(String::new(), ToString::to_string),
            sha256: candidate.sha256().unwrap_or(Digest::of(b"")),
            size: candidate
                .archive
                .as_ref()
                .and_then(|archive| archive.size)
                .unwrap_or(0),
            passed_over: Vec::new(),
        },
        (None, false) => {
            let name = format!("Python-{}", candidate.build.version);
            let source = tree.source();
            fetch_and_unpack(session, attempt, Some(&name), &source, task)
                .await?
                .0
        }
    };
    if !is_there {
        let (patches, path) = (&how.wish.patches, &session.env.path);
        tokio::task::block_in_place(|| source_tree::patch(&tree.source(), patches, path))?;
        tree.reach(Ended::Unpacked)?;
    }
    Ok(fetched)
}

/// What failed or was interrupted can be gone on with, unless it fills the disk.
fn leave(failure: Failure, attempt: &Attempt, how: &Compilation, tree: BuildDir) -> Failure {
    if is_disk_full(&tree.source()) {
        tree.discard();
        return failure;
    }
    let build = attempt.candidate.build.name();
    let again = match how.wish == BuildOptions::default() {
        true => format!(
            "`{}` continues the build",
            paste!["ftpy", "install", "--resume", format!("source:{build}")]
        ),
        false => "`ftpy build --resume` with the same arguments continues the build".to_owned(),
    };
    failure.hint(again)
}

/// Whether what is left of the disk is too little for anything.
fn is_disk_full(path: &Path) -> bool {
    const LITTLE: u64 = 64 << 20;
    #[cfg(unix)]
    return rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < LITTLE);
    #[cfg(not(unix))]
    {
        let _ = (path, LITTLE);
        false
    }
}

/// The modules that the new interpreter is asked for.
fn wanted(session: &Session, attempt: &Attempt) -> Vec<RequiredModule> {
    let allowed = &session.options.allowed_missing;
    let version = &attempt.candidate.build.version;
    let modules = needs()
        .modules
        .iter()
        .filter(|module| module.is_in(version));
    let mut wanted: Vec<RequiredModule> = modules
        .flat_map(|module| {
            module.extensions.iter().map(|extension| RequiredModule {
                extension: extension.clone(),
                name: module.name.clone(),
                is_required: module.required && !allowed.contains(&module.name),
            })
        })
        .collect();
    wanted.push(RequiredModule {
        extension: "_socket".to_owned(),
        name: "socket".to_owned(),
        is_required: true,
    });
    wanted
}

/// pip's own byte code, which names the stage it was compiled in.
fn remove_bytecode(directory: &Path) -> Result<(), IoFailure> {
    let entries = std::fs::read_dir(directory).map_err(IoFailure::at("read", directory))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name() == "__pycache__" {
            std::fs::remove_dir_all(&path).map_err(IoFailure::at("remove", &path))?;
        } else {
            remove_bytecode(&path)?;
        }
    }
    Ok(())
}

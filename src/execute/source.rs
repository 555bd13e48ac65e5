//! A build from source, up to an installed tree in a stage.

use crate::compile::{Build, Ended, History, Job, Preflight, Tree, arguments, source_tree};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::archive::{Made, Wanted, fetch_and_unpack, milliseconds};
use crate::execute::{Session, Stopped, dependencies, kept_source};
use crate::host::addresses;
use crate::manifest::flavours::rows;
use crate::manifest::preflight::needs;
use crate::net::Fetched;
use crate::provider::BUILD_PREFIX;
use crate::report::{Phase, Task};
use crate::resolve::Attempt;
use crate::store::{Compilation, Inventory, Stage, Wish};
use ftpy_shims::flavour::Flavour;
use ftpy_shims::path::find_program;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is made is put below this directory of the stage.
const DESTINATION: &str = "destination";

/// Compiles a candidate.
pub(super) async fn make(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    task: &Task,
) -> Result<Made, Stopped> {
    let stage = tokio::task::block_in_place(|| session.store.stage())?;
    task.phase(Phase::Open("looking for compiler and libraries".to_owned()));
    let scratch = stage.path().join("preflight");
    std::fs::create_dir(&scratch).map_err(IoFailure::at("create", &scratch))?;
    // Before anything is downloaded.
    let found =
        tokio::task::block_in_place(|| dependencies::look(session, attempt, how, &scratch));
    // An interrupt ends the compilers that look, too: what they did not find means nothing.
    session.cancel().check()?;
    let found = found?;
    let mut timings = BTreeMap::new();

    let directory = session.store.build_tree(&attempt.key);
    let mut tree = Tree::open(&directory, recipe(attempt, how), session.options.resumes)?;
    let is_resumed = tree.ended() > Ended::Nothing;
    if is_resumed {
        let text = format!("{}: going on with an earlier build", attempt.key);
        session.reporter.say(text);
    }
    let started = Instant::now();
    let fetched = source(session, attempt, how, &mut tree, task).await?;
    timings.insert("fetch_and_unpack", milliseconds(started));

    let started = Instant::now();
    let built = compile(session, attempt, how, &found, (&mut tree, &stage), task).await;
    if let Err(failure) = built {
        return Err(leave(failure, attempt, how, tree).into());
    }
    timings.insert("compile", milliseconds(started));

    let root = stage
        .path()
        .join(DESTINATION)
        .join(BUILD_PREFIX.trim_start_matches('/'));
    let inventory = tokio::task::block_in_place(|| -> Result<_> {
        remove_bytecode(&root)?;
        kept_source::keep(&tree.source(), &root, attempt, how)?;
        Ok(Inventory::of_tree(&root)?)
    })?;
    if session.options.keeps_tree {
        let place = tree.source();
        session
            .reporter
            .say(format!("{}: kept in {}", attempt.key, place.display()));
    } else {
        tokio::task::block_in_place(|| tree.discard());
    }
    Ok(Made {
        stage,
        root,
        inventory,
        fetched,
        python_json: None,
        flags: arguments::configure(how, &found),
        modules: wanted(session, attempt),
        timings,
    })
}

/// What a tree must have been made by to be gone on with.
fn recipe(attempt: &Attempt, how: &Compilation) -> Digest {
    let how = serde_json::to_string(how).unwrap_or_default();
    let archive = attempt.candidate.sha256();
    Digest::of(format!("{} {how} {archive:?}", attempt.key).as_bytes())
}

/// Lays the source out, unless an earlier build did.
async fn source(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    tree: &mut Tree,
    task: &Task,
) -> Result<Fetched, Stopped> {
    let candidate = &attempt.candidate;
    let is_there = tree.ended() > Ended::Nothing;
    let fetched = match (&how.wish.tree, is_there) {
        (Some(own), is_there) => {
            if !is_there {
                task.phase(Phase::Open("copying the source".to_owned()));
                tokio::task::block_in_place(|| {
                    let files = source_tree::files(&own.directory, &session.env.path)?;
                    source_tree::copy(&own.directory, &files, &tree.source())
                })?;
            }
            Fetched {
                url: own.origin.clone(),
                sha256: own.sha256,
                size: 0,
                passed_over: Vec::new(),
            }
        }
        (None, true) => Fetched {
            url: candidate.urls().first().cloned().unwrap_or_default(),
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
        tokio::task::block_in_place(|| source_tree::patch(&tree.source(), &how.wish.patches))?;
        tree.reach(Ended::Unpacked)?;
    }
    Ok(fetched)
}

/// configure, make, make install, as far as they were not done before.
async fn compile(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    found: &Preflight,
    (tree, stage): (&mut Tree, &Stage),
    task: &Task,
) -> Result<()> {
    let source = tree.source();
    let log = session.store.log(&attempt.key);
    let launcher = launcher(session, attempt);
    let configure = arguments::configure(how, found);
    let mut environment = environment(session, attempt, launcher, &source);
    let cache = configure_cache(session, attempt, &configure, found);
    let site = source.with_file_name("config.site");
    std::fs::write(&site, arguments::site_file(&cache)).map_err(IoFailure::at("write", &site))?;
    environment.push(("CONFIG_SITE".to_owned(), site.into()));
    let destination = destination(session, stage);
    let job = Job {
        source: &source,
        destination: &destination,
        configure: &configure,
        make: found.make.as_deref().unwrap_or(Path::new("make")),
        jobs: session.options.jobs,
        opt: how.opt.as_deref(),
        launcher,
        environment: &environment,
        log: &log,
        is_resumed: tree.ended() > Ended::Unpacked,
    };
    let detail = format!("{}: log: {}", attempt.key, log.display());
    session.reporter.detail(detail);
    let build = &attempt.candidate.build;
    let name = format!("3.{}{}{}", build.version.minor, build.abi, build.flavours);
    let mut history = History::read(&session.store.build_times(&name));
    let say = |line: &str| session.reporter.say(line);
    let follow: Option<&(dyn Fn(&str) + Sync)> = session.options.follows.then_some(&say);
    let mut build = Build::new(&job, session.cancel(), task, &mut history, follow)?;
    if tree.ended() < Ended::Configured {
        tokio::task::block_in_place(|| configure_once(&mut build, &cache))?;
        tree.reach(Ended::Configured)?;
    }
    // Two builds at once: one configures, on one core, while the other one compiles.
    let permit = match session.build.try_acquire() {
        Ok(permit) => Ok(permit),
        Err(_) => {
            task.phase(Phase::Open("waiting for another build's compilers".to_owned()));
            session.build.acquire().await
        }
    };
    if tree.ended() < Ended::Compiled {
        tokio::task::block_in_place(|| build.compile())?;
        tree.reach(Ended::Compiled)?;
    }
    drop(permit);
    tokio::task::block_in_place(|| build.install())
}

/// Configures with the answers of an earlier build, and without them where those will not do.
fn configure_once(build: &mut Build<'_>, cache: &Path) -> Result<()> {
    let directory = cache.parent().unwrap_or(cache);
    std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
    let had_answers = cache.exists();
    let first = build.configure();
    match first {
        Err(failure) if had_answers && failure.kind == Kind::Build => {
            std::fs::remove_file(cache).map_err(IoFailure::at("remove", cache))?;
            build.configure()
        }
        Err(failure) => {
            // What a configure that failed believed is not believed again.
            let _ = std::fs::remove_file(cache);
            Err(failure)
        }
        Ok(()) => Ok(()),
    }
}

/// Where make puts what it installs, seen from the source.
fn destination(session: &Session, stage: &Stage) -> String {
    let root = session.store.root();
    let from_root = |path: &Path| path.strip_prefix(root).map_or(PathBuf::new(), Path::to_owned);
    let depth = from_root(&session.store.build_tree("key")).components().count() + 1;
    let up = "../".repeat(depth);
    format!("{up}{}/{DESTINATION}", from_root(stage.path()).display())
}

/// A compiler cache, if there is one. A profile is made of objects that nobody has.
fn launcher(session: &Session, attempt: &Attempt) -> Option<&'static str> {
    let flavours = &attempt.candidate.build.flavours.0;
    if flavours.contains(&Flavour::Pgo) || flavours.contains(&Flavour::Bolt) {
        return None;
    }
    let cc = session.env.build.cc.as_deref().unwrap_or("");
    let mut known = ["ccache", "sccache"].into_iter();
    known.find(|name| !cc.contains(name) && find_program(&session.env.path, name).is_some())
}

fn environment(
    session: &Session,
    attempt: &Attempt,
    launcher: Option<&str>,
    source: &Path,
) -> Vec<(String, OsString)> {
    let flavours = &attempt.candidate.build.flavours;
    let mut environment: Vec<_> = arguments::runtime_options(rows(flavours)).collect();
    if let Some(launcher) = launcher {
        let own = session.store.compiler_cache();
        let own = (!session.env.build.has_compiler_cache).then_some(own.as_path());
        environment.extend(arguments::compiler_cache(launcher, own, source));
    }
    if flavours.have_sanitizer() {
        // The build starts its own interpreter. Where this is forbidden, it may still go well.
        for refused in [addresses::ensure_fixed(), addresses::ensure_unlimited()] {
            if let Err(reason) = refused {
                session.reporter.detail(format!("{}: {reason}", attempt.key));
            }
        }
    }
    environment
}

fn configure_cache(
    session: &Session,
    attempt: &Attempt,
    configure: &[String],
    found: &Preflight,
) -> PathBuf {
    let compiler = found.chosen.as_ref().map(|chosen| chosen.program.clone());
    let compiler = compiler.or_else(|| found.compiler.clone());
    let compiler = compiler.map_or_else(String::new, |program| {
        // An upgrade of the compiler replaces its file.
        let time = program.metadata().and_then(|metadata| metadata.modified());
        format!("{} {time:?}", program.display())
    });
    let digest = arguments::configure_digest(
        attempt.candidate.build.version.series(),
        configure,
        &session.env.build.flags,
        &compiler,
        found,
    );
    session.store.configure_cache(&digest)
}

/// What failed or was interrupted can be gone on with, unless it fills the disk.
fn leave(failure: Failure, attempt: &Attempt, how: &Compilation, tree: Tree) -> Failure {
    if is_disk_full(&tree.source()) {
        tree.discard();
        return failure;
    }
    let build = attempt.candidate.build.name();
    let again = match how.wish == Wish::default() {
        true => format!("`ftpy install --resume source:{build}` goes on with it"),
        false => "`ftpy build --resume`, with the same arguments, goes on with it".to_owned(),
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
fn wanted(session: &Session, attempt: &Attempt) -> Vec<Wanted> {
    let allowed = &session.options.allowed_missing;
    let version = &attempt.candidate.build.version;
    let modules = needs()
        .modules
        .iter()
        .filter(|module| module.is_in(version));
    let mut wanted: Vec<Wanted> = modules
        .flat_map(|module| {
            module.extensions.iter().map(|extension| Wanted {
                extension: extension.clone(),
                name: module.name.clone(),
                is_required: module.required && !allowed.contains(&module.name),
            })
        })
        .collect();
    wanted.push(Wanted {
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

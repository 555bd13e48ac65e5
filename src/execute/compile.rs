//! Runs configure, make and make install for one attempt: their arguments, environment and caches,
//! and how concurrent builds take turns.

use crate::compile::{Build, BuildDir, BuildTimings, Ended, Job, Preflight, arguments};
use crate::error::{IoFailure, Kind, Result};
use crate::execute::session::Follow;
use crate::execute::session::Session;
use crate::manifest::flavours::rows;
use crate::report::{Task, Verb};
use crate::resolve::Attempt;
use crate::store::{Compilation, Stage};
use ftpy_core::flavour::Flavour;
use ftpy_core::path::find_program;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The directory in the stage below which `make install` writes.
pub(super) const DESTINATION: &str = "destination";

/// The build and its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) session: &'a Session,
    pub(super) attempt: &'a Attempt,
    pub(super) how: &'a Compilation,
    pub(super) found: &'a Preflight,
    pub(super) task: &'a Task,
}

/// Receives the lines of a build.
type LineSink<'a> = Box<dyn Fn(&str) + Sync + Send + 'a>;

/// Runs configure, make and make install, except for finished phases.
pub(super) async fn compile(work: Work<'_>, tree: &mut BuildDir, stage: &Stage) -> Result<()> {
    let Work {
        session,
        attempt,
        how,
        found,
        task,
    } = work;
    let source = tree.source();
    let log = session.store.log(&attempt.key);
    let launcher = launcher(&work);
    let configure = arguments::configure(how, found, session.env.build.cc.is_some());
    let mut environment = environment(&work, launcher, &source);
    let cache = configure_cache(session, attempt, &configure, found);
    let site = source.with_file_name("config.site");
    std::fs::write(&site, arguments::site_file(&cache)).map_err(IoFailure::at("write", &site))?;
    // configure splits the value at blanks, which the store's path may contain.
    environment.push(("CONFIG_SITE".to_owned(), "../config.site".into()));
    let destination = destination(&source, stage)?;
    let flavours = &attempt.candidate.build.flavours;
    let job = Job {
        source: &source,
        destination: &destination,
        configure: &configure,
        make: found.make.as_deref().unwrap_or(Path::new("make")),
        jobs: session.options.jobs(),
        opt: how.opt.as_deref(),
        launcher,
        // A shared library does not export the functions that the hook needs.
        has_report_hook: flavours.have_sanitizer() && !flavours.0.contains(&Flavour::Shared),
        environment: &environment,
        log: &log,
        is_resumed: tree.ended() > Ended::Unpacked,
    };
    let detail = format!("{}: log: {}", attempt.key, log.display());
    session.reporter.detail(detail);
    let build = &attempt.candidate.build;
    let mut history = BuildTimings::read(&session.store.build_times(build));
    let follow = follow(session);
    let follow = follow.as_deref();
    let mut build = Build::new(&job, session.cancel(), task, &mut history, follow)?;
    if tree.ended() < Ended::Configured {
        tokio::task::block_in_place(|| configure_once(&mut build, &cache))?;
        tree.reach(Ended::Configured)?;
    }
    // Of two builds, one configures on one core while the other one compiles.
    let permit = match session.build.try_acquire() {
        Ok(permit) => Ok(permit),
        Err(_) => {
            task.step_on(Verb::Waiting, "for the compilers of another build");
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

/// Returns the sink for a build's lines: stderr, or the user's file.
fn follow(session: &Session) -> Option<LineSink<'_>> {
    match &session.options.follow {
        None => None,
        Some(Follow::Shown) => Some(Box::new(|line: &str| session.reporter.relay(line))),
        Some(Follow::File(file)) => Some(Box::new(|line: &str| {
            // The log contains the line, too.
            if let Ok(mut file) = file.lock() {
                let _ = writeln!(file, "{line}");
            }
        })),
    }
}

/// Configures with cached results of an earlier build, and again without them if that fails.
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
            // Results of a failed configure are not reused.
            let _ = std::fs::remove_file(cache);
            Err(failure)
        }
        Ok(()) => Ok(()),
    }
}

/// Returns the directory of `make install`, relative to the source because the store's path may
/// contain blanks. Both paths are resolved, because a part of the store may be a link to another
/// disk.
fn destination(source: &Path, stage: &Stage) -> Result<String> {
    let real = |path: &Path| path.canonicalize().map_err(IoFailure::at("read", path));
    let (from, to) = (real(source)?, real(stage.path())?);
    let common = from.components().zip(to.components());
    let common = common.take_while(|(from, to)| from == to).count();
    let up = "../".repeat(from.components().count() - common);
    let down: PathBuf = to.components().skip(common).collect();
    Ok(format!("{up}{}/{DESTINATION}", down.display()))
}

/// Returns the compiler cache, if one is installed. It is useless for builds with a profile.
fn launcher(work: &Work<'_>) -> Option<&'static str> {
    let session = work.session;
    let flavours = &work.attempt.candidate.build.flavours.0;
    if flavours.contains(&Flavour::Pgo) || flavours.contains(&Flavour::Bolt) {
        return None;
    }
    let cc = work.how.wish.cc.as_deref();
    let cc = cc.or(session.env.build.cc.as_deref()).unwrap_or("");
    let mut known = ["ccache", "sccache"].into_iter();
    known.find(|name| !cc.contains(name) && find_program(&session.env.path, name).is_some())
}

fn environment(work: &Work<'_>, launcher: Option<&str>, source: &Path) -> Vec<(String, OsString)> {
    let Work {
        session, attempt, ..
    } = work;
    let flavours = &attempt.candidate.build.flavours;
    let mut environment: Vec<_> = arguments::runtime_options(rows(flavours)).collect();
    if let Some(launcher) = launcher {
        let own = session.store.compiler_cache();
        let own = (!session.env.build.has_compiler_cache).then_some(own.as_path());
        let chosen = work.found.chosen.as_ref();
        let is_mac = attempt.candidate.build.target.os == "macos";
        let is_clang = chosen.map_or(is_mac, |compiler| compiler.clang.is_some());
        environment.extend(arguments::compiler_cache(launcher, own, source, is_clang));
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
        // An upgrade of the compiler changes the modification time.
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

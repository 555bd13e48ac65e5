//! `ftpy install`: requests to plans, plans to installations, several at once.

use crate::cancel::Cancel;
use crate::cli::Install;
use crate::commands::choose::choose;
use crate::commands::start::{Context, runtime};
use crate::commands::{dry_run, request};
use crate::error::{Failure, Kind, Result};
use crate::execute::{Done, Options, Session, execute};
use crate::host::target;
use crate::index;
use crate::net::Net;
use crate::report::Reporter;
use crate::resolve::{Plan, Preferences};
use crate::store::{Installed, Receipt};
use ftpy_shims::request::{BuildRequest, ProviderName};
use ftpy_shims::target::Target;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is there already, and what has to be made.
enum Resolution {
    Installed(Box<Receipt>, PathBuf),
    Plan(Plan),
}

/// `ftpy install`
pub(super) fn install(context: &Context, arguments: &Install) -> Result<()> {
    // All of them are read before anything is done: one bad request installs nothing.
    let requests: Vec<BuildRequest> = arguments
        .requests
        .iter()
        .map(|text| request::read(text))
        .collect::<Result<_>>()?;
    let preferences = preferences(arguments)?;
    let host = target::detect();
    let mut seen = HashSet::new();
    let requests: Vec<BuildRequest> = requests
        .into_iter()
        .filter(|request| seen.insert(request.clone()))
        .collect();
    if !arguments.dry_run {
        check_targets(&requests, &host)?;
    }
    let resolutions: Vec<Option<Resolution>> = requests
        .iter()
        .map(|request| there_already(context, arguments, request, &preferences, &host))
        .collect();
    if resolutions.iter().all(Option::is_some) {
        // Nothing to do: no runtime, no index, a few milliseconds.
        return report(
            context,
            resolutions
                .into_iter()
                .flatten()
                .map(Outcome::from)
                .collect(),
        );
    }
    let runtime = runtime()?;
    let cancel = Cancel::default();
    let session = Arc::new(session(context, arguments, &host, cancel.clone()));
    runtime.spawn(stop_on_signal(cancel.clone()));
    let outcomes = runtime.block_on(async {
        let index = index_in_use(&session).await?;
        let resolutions: Vec<Resolution> = requests
            .into_iter()
            .zip(resolutions)
            .map(|(request, there)| {
                there.unwrap_or_else(|| {
                    Resolution::Plan(choose(&session, &index.text, request, &preferences))
                })
            })
            .collect();
        if arguments.dry_run {
            return show(&session.reporter, &resolutions).map(|()| Vec::new());
        }
        check_plans(&resolutions)?;
        session.store.sweep()?;
        execute_all(&session, resolutions).await
    });
    // Threads that wait for a stalled server must not hold up a Ctrl-C.
    runtime.shutdown_background();
    let outcomes = outcomes?;
    if arguments.dry_run {
        return Ok(());
    }
    report(context, outcomes)
}

fn preferences(arguments: &Install) -> Result<Preferences> {
    let unknown = |name: &str| {
        Failure::new(
            Kind::Usage,
            format!("--from {name}: there is no such source"),
        )
        .hint("the sources are pbs and source")
    };
    let from = arguments.from.iter().map(|name| {
        let provider = ProviderName::from_name(name).ok_or_else(|| unknown(name))?;
        if arguments.no_build && provider == ProviderName::Source {
            let message = "--no-build forbids what --from source asks for";
            return Err(Failure::new(Kind::Usage, message));
        }
        Ok(provider)
    });
    Ok(Preferences {
        from: from.collect::<Result<_>>()?,
        allows_unverified: arguments.allow_unverified,
    })
}

/// What cannot be started here cannot be probed here, and so not be installed.
fn check_targets(requests: &[BuildRequest], host: &Target) -> Result<()> {
    for request in requests {
        let target = request.target.or_host(host);
        if !target::can_run(host, &target) {
            let message = format!("a build for {target} does not run on this machine ({host})");
            return Err(Failure::new(Kind::NotFound, message)
                .hint("`--dry-run` shows where it would come from"));
        }
    }
    Ok(())
}

/// An installation that meets the request, unless it is to be made again.
fn there_already(
    context: &Context,
    arguments: &Install,
    request: &BuildRequest,
    preferences: &Preferences,
    host: &Target,
) -> Option<Resolution> {
    if arguments.reinstall || arguments.dry_run {
        return None;
    }
    let is_wanted = |installed: &Installed| {
        // A pre-release stands in only until there is a release.
        let is_last_resort =
            installed.key.build.version.is_prerelease() && !request.wants_prereleases();
        let is_from =
            preferences.from.is_empty() || preferences.from.contains(&installed.key.provider);
        is_from && !is_last_resort
    };
    let installed = request::installed(context, request, host);
    installed
        .into_iter()
        .filter(is_wanted)
        .find_map(|installed| {
            let receipt = installed.if_whole()?;
            Some(Resolution::Installed(Box::new(receipt), installed.prefix))
        })
}

fn session(context: &Context, arguments: &Install, host: &Target, cancel: Cancel) -> Session {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        allowed_missing: arguments.allow_missing.clone(),
        installs_dependencies: arguments.install_deps,
        is_sure: arguments.yes,
        compiles_bytecode: arguments.compile_bytecode,
        // One more than cores: a compiler that waits for the disk leaves none idle.
        jobs: arguments.jobs.map_or(cores + 1, usize::from),
        forbids_building: arguments.no_build,
        reinstalls: arguments.reinstall,
    };
    let net = Net::new(&context.env, context.is_offline, cancel);
    let reporter = Arc::clone(&context.reporter);
    Session::new(context.env.clone(), host.clone(), net, reporter, options)
}

/// The index; fetched first where FTPY_INDEX_URL names one that was never fetched. If that
/// cannot be had, another list is not what the person asked for.
async fn index_in_use(session: &Session) -> Result<index::Index> {
    let Session {
        env, store, net, ..
    } = session;
    let found = index::in_use(env, store);
    if !found.wants_update {
        return Ok(found);
    }
    let hint = "unset FTPY_INDEX_URL to use the list inside ftpy";
    let updated = index::update(env, store, net).await;
    updated.map_err(|failure| failure.hint(hint))?;
    Ok(index::in_use(env, store))
}

/// Before anything is done, every request must have something to try.
fn check_plans(resolutions: &[Resolution]) -> Result<()> {
    for resolution in resolutions {
        if let Resolution::Plan(plan) = resolution
            && plan.attempts.is_empty()
        {
            let message = format!("no source has {}", plan.request);
            return Err(Failure::new(Kind::NotFound, message)
                .details(plan.rejections.clone())
                .hint("`ftpy list --available` shows what there is"));
        }
    }
    Ok(())
}

/// Executes all plans at once. Every one is brought to its end, also if another one fails:
/// hours of compiling are not thrown away for a 404 elsewhere.
async fn execute_all(session: &Arc<Session>, resolutions: Vec<Resolution>) -> Result<Vec<Outcome>> {
    let mut running = Vec::new();
    for resolution in resolutions {
        let session = Arc::clone(session);
        running.push(tokio::spawn(async move {
            match resolution {
                Resolution::Installed(receipt, prefix) => {
                    Ok(Outcome::from(Resolution::Installed(receipt, prefix)))
                }
                Resolution::Plan(plan) => {
                    for note in &plan.notes {
                        session.reporter.say(format!("note: {note}"));
                    }
                    let done = execute(&session, &plan).await;
                    done.map(|done| Outcome::Done(Box::new(done)))
                }
            }
        }));
    }
    let mut outcomes = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for task in running {
        match task.await {
            Ok(Ok(outcome)) => outcomes.push(outcome),
            Ok(Err(failure)) => failures.push(failure),
            Err(panic) => failures.push(Failure::new(Kind::Internal, panic.to_string())),
        }
    }
    if failures.is_empty() {
        return Ok(outcomes);
    }
    if session.reporter.is_json() {
        let installed: Vec<Row<'_>> = outcomes.iter().map(row).collect();
        let document = serde_json::json!({
            "error": failures[0], "errors": failures, "installed": installed,
        });
        session.reporter.json(&document);
    }
    let first = failures.remove(0);
    for outcome in &outcomes {
        say(&session.reporter, outcome);
    }
    for failure in failures
        .iter()
        .filter(|failure| failure.kind != Kind::Interrupted)
    {
        session.reporter.say_failure(failure);
    }
    Err(first)
}

async fn stop_on_signal(cancel: Cancel) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
            return;
        };
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            if cancel.is_cancelled() {
                // Twice means now. The next run sweeps what is left.
                std::process::exit(i32::from(Kind::Interrupted.exit_code()));
            }
            cancel.cancel();
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        cancel.cancel();
    }
}

/// What came of one request.
enum Outcome {
    Done(Box<Done>),
    Installed(Box<Receipt>, PathBuf),
}

impl From<Resolution> for Outcome {
    fn from(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Installed(receipt, prefix) => Self::Installed(receipt, prefix),
            Resolution::Plan(_) => unreachable!("plans are executed, not reported"),
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    prefix: &'a Path,
    is_new: bool,
    passed_over: &'a [crate::execute::PassedOver],
    timings_ms: Option<&'a std::collections::BTreeMap<&'static str, f64>>,
    receipt: &'a Receipt,
}

fn report(context: &Context, outcomes: Vec<Outcome>) -> Result<()> {
    let reporter = &context.reporter;
    if reporter.is_json() {
        let rows: Vec<Row<'_>> = outcomes.iter().map(row).collect();
        reporter.json(&rows);
        return Ok(());
    }
    for outcome in &outcomes {
        say(reporter, outcome);
    }
    Ok(())
}

fn row(outcome: &Outcome) -> Row<'_> {
    match outcome {
        Outcome::Done(done) => Row {
            key: &done.key,
            prefix: &done.prefix,
            is_new: done.is_new,
            passed_over: &done.passed_over,
            timings_ms: Some(&done.timings_ms),
            receipt: &done.receipt,
        },
        Outcome::Installed(receipt, prefix) => Row {
            key: &receipt.key,
            prefix,
            is_new: false,
            passed_over: &[],
            timings_ms: None,
            receipt,
        },
    }
}

fn say(reporter: &Reporter, outcome: &Outcome) {
    let Row {
        key,
        prefix,
        receipt,
        is_new,
        ..
    } = row(outcome);
    if let Outcome::Done(done) = outcome {
        if let Some(note) = done.newer_note() {
            reporter.say(note);
        }
        for (step, milliseconds) in &done.timings_ms {
            reporter.detail(format!("{key}: {step}: {milliseconds:.0} ms"));
        }
    }
    let gil = if receipt.probe.gil_enabled {
        "GIL on"
    } else {
        "GIL off"
    };
    let what = format!(
        "{}{}, {}, {gil}",
        receipt.version, receipt.abi, receipt.variant
    );
    let prefix = prefix.display();
    if is_new {
        reporter.say(format!("installed {what}: {prefix}"));
    } else {
        reporter.say(format!("already installed: {what}: {prefix}"));
    }
}

/// `--dry-run`
fn show(reporter: &Reporter, resolutions: &[Resolution]) -> Result<()> {
    let plans: Vec<Plan> = resolutions
        .iter()
        .filter_map(|resolution| match resolution {
            Resolution::Plan(plan) => Some(dry_run::without_passwords(plan)),
            Resolution::Installed(..) => None,
        })
        .collect();
    if reporter.is_json() {
        reporter.json(&plans);
        return check_plans(resolutions);
    }
    for plan in &plans {
        dry_run::show(reporter, plan);
    }
    check_plans(resolutions)
}

//! `ftpy ci setup`: installs builds, verifies them, and exports them to the CI system.

use crate::ci::{self, Exports, Facts, System};
use crate::cli::ci::{Setup, SystemName};
use crate::commands::ci::gil;
use crate::commands::ci::log::Log;
use crate::commands::init::writable;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::examine::{Examined, examine};
use crate::host::{person_file, target};
use crate::ops::ci::cache_contents::CacheContents;
use crate::ops::ci::env_files;
use crate::ops::ci::install::obtain;
use crate::ops::ci::install::obtain_again;
use crate::ops::ci::order::SetupOrder;
use crate::ops::ci::requests::{self, Stopped};
use crate::ops::context::Context;
use crate::ops::install::result::InstallResult;
use crate::ops::install::result::row;
use crate::ops::install::result::say;
use crate::report::Verb;
use crate::shim_links;
use crate::store::{Difference, Installed, Receipt};
use ftpy_core::key::Key;
use ftpy_core::request::Request;
use ftpy_core::target::Target;
use serde_json::json;
use std::path::Path;

/// `ftpy ci setup`
pub(super) fn setup(context: &Context, arguments: &Setup) -> Result<()> {
    let system = match arguments.system {
        Some(name) => named(name),
        None => System::detect(&context.env.ci),
    };
    let log = Log { context, system };
    log.mask_secrets();
    set_up(&log, arguments).map_err(|stopped| {
        let stopped = stopped.of(&arguments.wanted);
        log.failure(&stopped);
        stopped.failure
    })
}

fn set_up(log: &Log<'_>, arguments: &Setup) -> Result<(), Stopped> {
    let (context, system) = (log.context, log.system);
    let asked = requests::read(context, &arguments.wanted)?;
    let preferences = requests::preferences(&arguments.wanted)?;
    // What would fail at the end fails before the installation.
    writable(&context.store.shims())?;
    let env_file = arguments.env_file.as_ref();
    let env_file = env_file.map(|file| context.env.current_dir.join(file));
    env_files::check(context, system, env_file.as_deref())?;
    let order = SetupOrder {
        requests: &asked.requests,
        has_twins: arguments.wanted.twin,
        preferences: &preferences,
        lock: asked.lock.as_ref(),
    };
    let names: Vec<String> = asked
        .requests
        .iter()
        .map(|request| Request::Build(request.clone()).to_string())
        .collect();
    let title = format!("ftpy: setting up {}", names.join(", "));
    let made = log.group(&title, || {
        let made = obtained(context, &order)?;
        if arguments.check_gil {
            for (active, one) in made.all.iter().enumerate() {
                let exports = Exports::of(&facts(context, &made, active));
                gil::check(context, &one.installed, &exports)?;
            }
        }
        Ok(made)
    });
    let made = made.map_err(|failure: Failure| Stopped::from(failure).at(asked.place.as_ref()))?;
    hand_over(log, &made, asked.active, env_file.as_deref())?;
    Ok(())
}

/// The installations that were set up.
struct Made {
    /// In the order of the requests.
    all: Vec<One>,
    cached: CacheContents,
}

/// One verified installation.
struct One {
    installed: Installed,
    receipt: Receipt,
}

/// Installs, writes the shims, and verifies every installation, because a cache may have brought
/// anything.
fn obtained(context: &Context, order: &SetupOrder<'_>) -> Result<Made> {
    let host = target::detect();
    let (outcomes, cached) = obtain(context, order)?;
    shim_links::ensure(&context.store, &host)?;
    let mut all = Vec::new();
    for outcome in &outcomes {
        say(&context.reporter, outcome);
        let (one, examined) = looked_at(outcome, &host)?;
        if examined.is_sound {
            all.push(one);
            continue;
        }
        if row(outcome).is_new || one.installed.key.provider.is_external() {
            return Err(unsound(&examined));
        }
        // Caches of CI systems often cannot be changed, so every later job would fail here, too.
        let key = &examined.key;
        context.reporter.warn(format!(
            "reinstalling {key}, which is damaged ({}); if it came from a cache, remove the cache \
             entry {}",
            about(&examined).next().unwrap_or_default(),
            cached.key
        ));
        let again = obtain_again(context, order, key).map_err(|failure| {
            let details = failure.details.clone();
            unsound(&examined)
                .details([format!("reinstalling failed: {failure}")])
                .details(details)
        })?;
        shim_links::ensure(&context.store, &host)?;
        say(&context.reporter, &again);
        let (one, examined) = looked_at(&again, &host)?;
        if !examined.is_sound {
            return Err(unsound(&examined));
        }
        all.push(one);
    }
    let made = Made { all, cached };
    if !cache_paths(&made).is_empty() {
        let pairs = made.all.iter().zip(&made.cached.installations);
        for (one, first) in pairs {
            let key = one.installed.key.to_string();
            if key != *first {
                context.reporter.note(format!(
                    "this cache contains {key} instead of {first}: {}",
                    made.cached.key
                ));
            }
        }
    }
    Ok(made)
}

/// Verifies one installation.
fn looked_at(outcome: &InstallResult, host: &Target) -> Result<(One, Examined)> {
    let row = row(outcome);
    let key = Key::from_name(row.key, host).ok_or_else(|| {
        let message = format!("`{}` is not a valid key of an installation", row.key);
        Failure::new(Kind::Internal, message)
    })?;
    let installed = Installed {
        key,
        prefix: row.prefix.to_owned(),
    };
    let examined = examine(&installed, host)
        .unwrap_or_else(|failure| Examined::unusable(&installed, &failure));
    let receipt = row.receipt.clone();
    Ok((One { installed, receipt }, examined))
}

/// Returns one line for each problem.
fn about(examined: &Examined) -> impl Iterator<Item = String> {
    let differences = examined.differences.iter().take(10);
    let differences = differences.map(Difference::line);
    examined.complaints.iter().cloned().chain(differences)
}

fn unsound(examined: &Examined) -> Failure {
    let message = format!("{} is damaged or not the requested build", examined.key);
    Failure::new(Kind::Integrity, message)
        .details(about(examined))
        .hint(format!(
            "remove the cache if it came from one, then run `{}`",
            examined.fix
        ))
}

fn hand_over(log: &Log<'_>, made: &Made, active: usize, env_file: Option<&Path>) -> Result<()> {
    let (context, system) = (log.context, log.system);
    let exports = Exports::of(&facts(context, made, active));
    if let Some(file) = env_file {
        let path = context.env.path.to_string_lossy();
        let text = ci::env_file(system, &exports, &path)
            .map_err(|error| Failure::new(Kind::System, error.to_string()))?;
        let written = person_file::write(file, text.as_bytes());
        written.map_err(IoFailure::outside_store)?;
    }
    // A random line, so that no value can contain the delimiter.
    let delimiter = format!("ftpy_{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let handover = ci::hand_over(system, &context.env.ci, &exports, &delimiter);
    env_files::append(&handover.appends)?;
    if context.reporter.is_json() {
        let keys = made.all.iter().map(|one| one.installed.key.to_string());
        context.reporter.json(&json!({
            "system": system.name(),
            "installations": keys.collect::<Vec<_>>(),
            "variables": table(&exports.variables),
            "path": exports.path,
            "outputs": table(&exports.outputs),
        }));
    } else {
        handover
            .lines
            .iter()
            .for_each(|line| context.reporter.document(line));
    }
    let active = &made.all[active].installed.key;
    let files: Vec<&str> = handover.appends.iter().map(|one| one.variable).collect();
    let is_unsaid = context.reporter.is_json() && !handover.lines.is_empty();
    let how = match (files.as_slice(), env_file) {
        ([], Some(file)) if is_unsaid => format!("written to {}", file.display()),
        ([], _) if is_unsaid => "printed as data".to_owned(),
        ([], _) => "printed".to_owned(),
        (files, _) => format!("written to {}", files.join(", ")),
    };
    // A person may read the data in a shell; a CI system does not.
    if is_unsaid && env_file.is_none() && system != System::Shell {
        context.reporter.warn(format!(
            "--json prints data instead of the commands that {system} reads, so the next step gets \
             no variables and no PATH; leave out --json, or add --env-file FILE"
        ));
    }
    context.reporter.status(
        Verb::Ready,
        format!("`python` is {active}; {how}, for {system}"),
    );
    Ok(())
}

fn table(values: &[(&'static str, String)]) -> serde_json::Map<String, serde_json::Value> {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// Returns the directories to cache if they contain what was set up. conda builds are unknown
/// before channels are queried, and external interpreters are never cached.
fn cache_paths(made: &Made) -> Vec<String> {
    let kept = made.all.iter().map(|one| &one.installed);
    let mut kept = kept
        .filter(|one| !one.key.provider.is_external())
        .peekable();
    let paths = &made.cached.paths;
    let is_any = kept.peek().is_some();
    if !is_any || !kept.all(|one| paths.contains(&one.prefix)) {
        return Vec::new();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

fn facts(context: &Context, made: &Made, active: usize) -> Facts {
    let text = |path: &Path| path.display().to_string();
    let One { installed, receipt } = &made.all[active];
    let build = &installed.key.build;
    let is_external = installed.key.provider.is_external();
    Facts {
        key: installed.key.to_string(),
        version: build.name(),
        abi_tag: format!(
            "cp{}{}{}",
            build.version.major, build.version.minor, build.abi
        ),
        is_free_threaded: build.abi.is_free_threaded(),
        location: match is_external {
            true => receipt.probe.prefix.clone(),
            false => text(&installed.prefix),
        },
        python: text(&installed.prefix.join(&receipt.executable)),
        shims: text(&context.store.shims()),
        installs: text(&context.store.installs()),
        // /usr/bin is already on PATH and should keep its place.
        bin: (!is_external).then(|| text(&installed.prefix.join("bin"))),
        own_store: context
            .env
            .has_own_store
            .then(|| text(context.store.root())),
        pkg_config_path: context
            .env
            .ci
            .pkg_config_path
            .as_ref()
            .map(|list| list.to_string_lossy().into_owned()),
        cache_key: made.cached.key.clone(),
        cache_paths: cache_paths(made),
    }
}

fn named(name: SystemName) -> System {
    match name {
        SystemName::Github => System::GitHub,
        SystemName::Gitlab => System::GitLab,
        SystemName::Azure => System::Azure,
        SystemName::Circleci => System::CircleCi,
        SystemName::Buildkite => System::Buildkite,
        SystemName::Jenkins => System::Jenkins,
        SystemName::Shell => System::Shell,
    }
}

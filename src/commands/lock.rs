//! `ftpy lock`: the project's requests, and the bytes that they mean.

use crate::cli::lock::Lock as Arguments;
use crate::commands::lock_report::{Summary, of_many_versions, report};
use crate::commands::project::Project;
use crate::commands::request;
use crate::commands::resolve_lock::{Wanted, resolve};
use crate::commands::session::{index_in_use, newest_index, with_session};
use crate::commands::start::Context;
use crate::commands::used::remember_lock;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::person_file;
use crate::lock::{DEFAULT_PLATFORMS, Entry, Found, Lock, applies, platform, stands};
use crate::report::Phase;
use crate::secret_url::SecretUrl;
use crate::version_file::nearest_range;
use ftpy_core::abi::Abi;
use ftpy_core::paste;
use ftpy_core::request::{BuildRequest, ProviderName, Versions};
use ftpy_core::target::Target;
use std::collections::BTreeSet;
use std::path::Path;

/// `ftpy lock`
pub(super) fn lock(context: &Context, arguments: &Arguments) -> Result<()> {
    let project = Project::find(context)?;
    if arguments.check {
        let lock = project.fitting_lock(Kind::Findings)?;
        let file = project.lock_file.display().to_string();
        if context.reporter.is_json() {
            context
                .reporter
                .json(&Summary::of(file, lock, Some(lock), false));
        } else {
            context
                .reporter
                .say(format!("{file} says what the project asks for"));
        }
        return Ok(());
    }
    let asked = asked(context, &project, arguments)?;
    let old = project.lock.as_ref();
    let made = with_session(&upstream(context), Options::default(), async |session| {
        make(session, context, old, &asked).await
    })?;
    let text = made.to_string();
    let is_changed = std::fs::read(&project.lock_file).ok().as_deref() != Some(text.as_bytes());
    if is_changed && !arguments.dry_run {
        let written = person_file::write(&project.lock_file, text.as_bytes());
        written.map_err(IoFailure::outside_store)?;
    }
    if !arguments.dry_run {
        remember_lock(context, &project.lock_file, &made);
    }
    report(context, &project, &made, is_changed, arguments.dry_run);
    Ok(())
}

/// What a lock is to be made of.
struct Asked {
    /// The requests that were named, now or when the lock was made.
    named: Option<Vec<BuildRequest>>,
    /// These and the version file's.
    requests: Vec<BuildRequest>,
    platforms: Vec<Target>,
    /// Whether somebody chose the platforms: then none may lack a build.
    is_chosen: bool,
    wanted: Wanted,
    /// What is looked for again; all of it if that is empty.
    upgrade: Option<Vec<BuildRequest>>,
}

fn asked(context: &Context, project: &Project, arguments: &Arguments) -> Result<Asked> {
    let old = project.lock.as_ref();
    let named = match arguments.requests.as_slice() {
        [] => old.and_then(|lock| lock.requests.clone()),
        texts => {
            let read = texts.iter().map(|text| request::read(text));
            Some(read.collect::<Result<Vec<BuildRequest>>>()?)
        }
    };
    let requests = requests(context, project, named.as_deref())?;
    let machines: Result<Vec<Target>> = arguments
        .platform
        .iter()
        .map(|text| platform(text).map_err(|reason| usage(format!("--platform: {reason}"))))
        .collect();
    let common: Vec<Target> = DEFAULT_PLATFORMS
        .iter()
        .filter_map(|name| platform(name).ok())
        .collect();
    let platforms = match (machines?, old) {
        (machines, _) if !machines.is_empty() => machines,
        (_, Some(old)) if !old.platforms.is_empty() => old.platforms.clone(),
        _ => common.clone(),
    };
    let wanted = Wanted {
        sources: match (request::providers(&arguments.from)?, old) {
            (from, Some(old)) if from.is_empty() => old.sources.clone(),
            (from, _) => from,
        },
        channels: match (&arguments.channel, old) {
            (named, Some(old)) if named.is_empty() => old.channels.clone(),
            (named, _) => named.clone(),
        },
    };
    let upgrade = arguments.upgrade.as_ref();
    let upgrade = upgrade
        .map(|texts| upgraded(texts, &requests))
        .transpose()?;
    Ok(Asked {
        named,
        is_chosen: !arguments.platform.is_empty() || platforms != common,
        requests,
        platforms,
        wanted,
        upgrade,
    })
}

fn usage(message: String) -> Failure {
    Failure::new(Kind::Usage, message)
}

/// What was named, and what the version file names.
fn requests(
    context: &Context,
    project: &Project,
    named: Option<&[BuildRequest]>,
) -> Result<Vec<BuildRequest>> {
    let mut requests = named.unwrap_or_default().to_vec();
    for pinned in project.pinned().unwrap_or_default() {
        if !requests.contains(&pinned) {
            requests.push(pinned);
        }
    }
    if requests.is_empty() {
        let message = match &project.pins {
            Some(file) => format!("{} names no build that can be locked", file.path.display()),
            None => "nothing is named, and no version file is here or above".to_owned(),
        };
        let failure = usage(message)
            .hint("`ftpy lock 3.14t` locks a request, `ftpy pin 3.14t` writes a version file");
        return Err(match range_hint(&context.env.current_dir) {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    Ok(requests)
}

/// A range is no version: which of the builds that it admits is wanted, the project does not say.
fn range_hint(directory: &Path) -> Option<String> {
    let (file, _, range) = nearest_range(directory)?;
    let lock = |abi| {
        let request = BuildRequest::of(Versions::Range(range.clone()), abi);
        paste!["ftpy", "lock", request]
    };
    Some(format!(
        "{} admits {range}: `{}` locks the newest free-threaded build of that, `{}` the newest \
         with the GIL",
        file.display(),
        lock(Abi::FREE_THREADED),
        lock(Abi::GIL),
    ))
}

/// The requests that are looked for again, each of which has to be one of the project's.
fn upgraded(texts: &[String], requests: &[BuildRequest]) -> Result<Vec<BuildRequest>> {
    let one = |text: &String| {
        let request = request::read(text)?;
        if requests.contains(&request) {
            return Ok(request);
        }
        let names: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let message = format!("--upgrade {request}: the project does not ask for that");
        Err(usage(message).details([format!("it asks for {}", names.join(", "))]))
    };
    texts.iter().map(one).collect()
}

/// A lock of requests that are named, for platforms that all must have them; no file is touched.
///
/// # Errors
/// As [`lock`].
pub(super) fn in_memory(
    context: &Context,
    requests: Vec<BuildRequest>,
    platforms: Vec<Target>,
    sources: Vec<ProviderName>,
) -> Result<Lock> {
    let asked = Asked {
        named: Some(requests.clone()),
        requests,
        platforms,
        is_chosen: true,
        wanted: Wanted {
            sources,
            channels: Vec::new(),
        },
        upgrade: None,
    };
    with_session(&upstream(context), Options::default(), async |session| {
        make(session, context, None, &asked).await
    })
}

/// The same context without this machine's mirrors: a lock names upstream's own places.
fn upstream(context: &Context) -> Context {
    let mut env = context.env.clone();
    env.pbs_mirror = None;
    env.source_mirror = None;
    Context {
        env,
        store: context.store.clone(),
        reporter: context.reporter.clone(),
        is_offline: context.is_offline,
    }
}

/// Makes the lock: what is locked stays, unless it is to be upgraded; the rest is looked for.
async fn make(
    session: &Session,
    context: &Context,
    old: Option<&Lock>,
    asked: &Asked,
) -> Result<Lock> {
    let index = match asked.upgrade {
        Some(_) => newest_index(session, context.is_offline).await?,
        None => index_in_use(session).await?,
    };
    let is_upgraded = |request: &BuildRequest| {
        let upgrade = asked.upgrade.as_ref();
        upgrade.is_some_and(|some| some.is_empty() || some.contains(request))
    };
    let task = session.reporter.task("lock");
    let mut lock = empty(asked);
    let mut notes = BTreeSet::new();
    let mut is_any_kept = false;
    for request in &asked.requests {
        for platform in asked.platforms.iter().filter(|one| applies(request, one)) {
            let known = old.and_then(|old| {
                let known = old.entry(request, platform)?;
                stands(known, old, &lock).then_some(known)
            });
            if let Some(known) = known.filter(|_| !is_upgraded(request)) {
                is_any_kept = true;
                lock.entries.push(known.clone());
                continue;
            }
            task.phase(Phase::Open(format!("looking for {request} on {platform}")));
            session.cancel().check()?;
            let (found, said) =
                resolve(session, &index.text, request, platform, &asked.wanted).await?;
            notes.extend(said);
            lock.entries.push(Entry {
                request: request.clone(),
                platform: platform.clone(),
                found,
            });
        }
    }
    for note in notes {
        session.reporter.say(format!("note: {note}"));
    }
    lock.sort();
    check_complete(&lock, asked)?;
    for line in of_many_versions(&lock) {
        session.reporter.warn(line);
    }
    let is_other = |old: &Lock| (&old.sources, &old.channels) != (&lock.sources, &lock.channels);
    if is_any_kept && old.is_some_and(is_other) {
        let text = "what is locked stays where the sources still have it";
        session
            .reporter
            .say(format!("note: {text}; `ftpy lock --upgrade` looks again"));
    }
    Ok(lock)
}

/// The lock without its entries.
fn empty(asked: &Asked) -> Lock {
    let channels = asked.wanted.channels.iter();
    Lock {
        requests: asked.named.clone(),
        platforms: asked.platforms.clone(),
        sources: asked.wanted.sources.clone(),
        channels: channels
            .map(|name| SecretUrl::from(name.as_str()).to_string())
            .collect(),
        entries: Vec::new(),
    }
}

/// A platform that was chosen has everything; a request is for something.
fn check_complete(lock: &Lock, asked: &Asked) -> Result<()> {
    for request in &asked.requests {
        let entries = lock
            .entries
            .iter()
            .filter(|entry| entry.request == *request);
        let reasons: Vec<String> = entries
            .clone()
            .filter_map(|entry| match &entry.found {
                Found::Nothing(reason) => Some(format!("{}: {reason}", entry.platform)),
                Found::Build(_) => None,
            })
            .collect();
        let is_nowhere = reasons.len() == entries.count();
        if is_nowhere || (asked.is_chosen && !reasons.is_empty()) {
            let message = match is_nowhere {
                true => format!("{request} cannot be locked: no source has it"),
                false => format!("{request} cannot be locked for every platform"),
            };
            return Err(Failure::new(Kind::NotFound, message)
                .details(reasons)
                .hint("`ftpy list --available` shows what there is; --platform names machines"));
        }
    }
    Ok(())
}

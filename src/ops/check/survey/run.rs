//! A run of a survey: which packages are left, several at once, and what it cost.

use crate::cancel::Cancel;
use crate::check::survey::{Names, Point, RunState, Shard};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::plain_file;
use crate::net::Pace;
use crate::ops::check::resolve::{Pins, indexes};
use crate::ops::check::survey::one::Asker;
use crate::ops::check::survey::site::Site;
use crate::ops::check::targets::USUAL;
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::report::{self, Reporter, Verb, text};
use crate::secret_url::SecretUrl;
use crate::wheel::{WheelTags, WheelTarget};
use crate::wheel_reader::{ENGINE, ReaderTools};
use futures_util::{StreamExt, stream};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How many packages are surveyed at once.
const AT_ONCE: usize = 6;
/// A run that began earlier is not continued.
const LONGEST_RUN: Duration = Duration::from_secs(24 * 3600);
/// How many packages are looked up to find the index.
const TRIES: usize = 3;
/// How many refused lines are shown.
const SHOWN: usize = 5;

/// What to survey, and where to write it.
pub(crate) struct SurveyRequest<'a> {
    /// The list of names.
    pub(crate) names: &'a Path,
    /// The directory of the site.
    pub(crate) site: &'a Path,
    /// The index, if the person named one.
    pub(crate) index: Option<SecretUrl>,
    /// What to check for; not empty.
    pub(crate) targets: Vec<WheelTarget>,
    /// The part of the list.
    pub(crate) shard: Option<Shard>,
    /// The most requests a second to each server.
    pub(crate) rate: NonZeroU32,
}

/// What a run did.
#[derive(Debug, Default)]
pub(crate) struct Surveyed {
    /// The totals; `None` for a part.
    pub(crate) point: Option<Point>,
    /// How many packages are in the directory.
    pub(crate) packages: usize,
    /// The packages that the index could not be asked about, and why.
    pub(crate) failed: Vec<(String, String)>,
    /// What is missing in other ways.
    pub(crate) incomplete: Vec<String>,
}

/// Surveys packages.
///
/// # Errors
/// Returns an error if the list or the directory cannot be used, the index is not known, or the
/// user presses Ctrl-C. What was found until then is kept.
pub(crate) fn survey(context: &Context, wanted: &SurveyRequest<'_>) -> Result<Surveyed> {
    let names = names(context, wanted)?;
    let site = Site::open(&context.env.current_dir.join(wanted.site))?;
    with_session(context, Options::default(), async |session| {
        let index = match &wanted.index {
            Some(index) => index.clone(),
            None => index_in_use(context, session.net.cancel(), &names)?,
        };
        run(session, wanted, (&site, index), &names).await
    })
}

/// The names of the list that belong to the part.
fn names(context: &Context, wanted: &SurveyRequest<'_>) -> Result<BTreeSet<String>> {
    let path = context.env.current_dir.join(wanted.names);
    let text = plain_file::read_text(&path).map_err(IoFailure::at("read", &path))?;
    let list = Names::parse(&text);
    let shown = wanted.names.display();
    for (line, text) in list.refused.iter().take(SHOWN) {
        let reporter = &context.reporter;
        reporter.warn(format!(
            "{shown}:{line}: `{text}` is not a name of a package"
        ));
    }
    let more = list.refused.len().saturating_sub(SHOWN);
    if more > 0 {
        let lines = text::count(more, "further line");
        context.reporter.warn(format!("{lines} of {shown} refused"));
    }
    let mut names = list.names;
    if names.is_empty() {
        let message = format!("{shown} names no package");
        return Err(Failure::new(Kind::Usage, message)
            .hint("write one name a line: numpy, then lxml on the next"));
    }
    names.retain(|name| wanted.shard.is_none_or(|shard| shard.takes(name)));
    Ok(names)
}

/// The index of the person's installer, by its answer for the first packages: one may not exist.
fn index_in_use(context: &Context, cancel: &Cancel, names: &BTreeSet<String>) -> Result<SecretUrl> {
    let hint = "name the index: `ftpy check --survey names.txt --site site --index URL`";
    for name in names.iter().take(TRIES) {
        let pins = Pins {
            cancel,
            minor: USUAL,
            deadline: None,
            pip: None,
        };
        let found = indexes(context, pins, &[(name.clone(), String::new())]);
        let found = found.map_err(|failure| match failure.kind {
            Kind::NotFound => failure.hint(hint),
            _ => failure,
        })?;
        if let Some(index) = found.into_iter().flatten().next() {
            return Ok(index);
        }
    }
    let message = "uv and pip do not tell which index they use";
    Err(Failure::new(Kind::NotFound, message).hint(hint))
}

async fn run(
    session: &Arc<Session>,
    wanted: &SurveyRequest<'_>,
    (site, index): (&Site, SecretUrl),
    names: &BTreeSet<String>,
) -> Result<Surveyed> {
    let started = Instant::now();
    let mut state = begin(session, wanted, site, names.len());
    site.write_state(&state)?;
    let pace = Arc::new(Pace::per_second(wanted.rate));
    let net = session.net.at_pace(Arc::clone(&pace));
    // The lines about single wheels would hide the progress of the whole.
    let quiet = Reporter::plain(report::Options {
        verbosity: -1,
        ..report::Options::default()
    });
    let asker = Asker {
        tools: ReaderTools {
            net: &net,
            store: &session.store,
            reporter: &quiet,
        },
        index,
        tags: wanted.targets.iter().copied().map(WheelTags::of).collect(),
        targets: wanted.targets.clone(),
        run: state.began.clone(),
        date: today(),
    };
    let failed = ask_all(session, &asker, site, names).await?;
    site.retain(names);
    let point = match wanted.shard {
        Some(_) => None,
        None => Some(site.render(&asker.date, &state.targets)?),
    };
    state.finished = failed.is_empty().then(now);
    state.requests = pace.requests();
    state.bytes = pace.bytes();
    state.seconds = started.elapsed().as_secs();
    site.write_state(&state)?;
    let cost = format!(
        "{} in {}, {} received",
        text::count(
            usize::try_from(state.requests).unwrap_or(usize::MAX),
            "request"
        ),
        text::elapsed(started.elapsed()),
        text::bytes(state.bytes)
    );
    session.reporter.say(cost);
    Ok(Surveyed {
        point,
        packages: site.names().len(),
        failed,
        incomplete: Vec::new(),
    })
}

/// Continues a run of the last day that was killed, or begins a new one.
fn begin(session: &Session, wanted: &SurveyRequest<'_>, site: &Site, packages: usize) -> RunState {
    let targets = wanted.targets.iter();
    let mut state = RunState {
        began: now(),
        engine: ENGINE.to_owned(),
        targets: targets
            .map(|target| format!("{}-{}", target.python(), target.platform))
            .collect(),
        shard: wanted.shard.map(|shard| shard.to_string()),
        packages,
        ..RunState::default()
    };
    let old = site.state().filter(|old| state.continues(old));
    if let Some(old) = old.filter(|old| is_recent(&old.began)) {
        let text = format!("the run of {} is continued", old.began);
        session.reporter.note(text);
        state.began = old.began;
    }
    state
}

fn is_recent(began: &str) -> bool {
    let began = humantime::parse_rfc3339(began).ok();
    let age = began.and_then(|began| SystemTime::now().duration_since(began).ok());
    age.is_some_and(|age| age < LONGEST_RUN)
}

/// Asks about all packages that this run has not asked about yet. Returns those that failed.
async fn ask_all(
    session: &Session,
    asker: &Asker<'_>,
    site: &Site,
    names: &BTreeSet<String>,
) -> Result<Vec<(String, String)>> {
    let is_left = |name: &&String| site.package(name).is_none_or(|it| it.run != asker.run);
    let left: Vec<&String> = names.iter().filter(is_left).collect();
    let task = session.reporter.task(&text::count(names.len(), "package"));
    task.parts(Verb::Reading, names.len() as u64, None);
    task.advance((names.len() - left.len()) as u64);
    let asking = left.into_iter().map(|name| async move {
        let asked = asker.ask(name, site.package(name)).await;
        (name, asked)
    });
    // Futures made by a closure that borrows are collected first, as the compiler demands.
    let asking: Vec<_> = asking.collect();
    let mut asking = stream::iter(asking).buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((name, asked)) = asking.next().await {
        match asked {
            Ok(package) => site.write_package(&package)?,
            Err(failure) if failure.kind == Kind::Interrupted => return Err(failure),
            Err(failure) => failed.push((name.clone(), failure.to_string())),
        }
        session.net.cancel().check()?;
        task.advance(1);
    }
    task.done();
    failed.sort();
    Ok(failed)
}

/// `2026-11-29T14:26:17.123456Z`: two runs never begin at the same time.
pub(super) fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

/// `2026-11-29`
pub(super) fn today() -> String {
    now()[..10].to_owned()
}

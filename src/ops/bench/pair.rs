//! The two builds of a comparison: the free-threaded one, and its GIL twin.

use crate::cli::bench::Bench;
use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::active_python::ACTIVE;
use crate::ops::context::Context;
use crate::ops::install::{missing, twin};
use crate::ops::lookup_installed;
use crate::ops::requires_python::decided;
use crate::report::Verb;
use crate::store::Installed;
use ftpy_core::abi::Threading;
use ftpy_core::paste;
use ftpy_core::request::{BuildRequest, Request};

/// The two builds.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The GIL build.
    pub(crate) gil: Installed,
    /// The free-threaded build.
    pub(crate) free_threaded: Installed,
    /// Whether they differ by more than the GIL: the person chose the GIL build.
    pub(crate) is_unequal: bool,
}

/// Finds the builds, and installs what is missing.
pub(crate) fn find(context: &Context, asked: &Bench) -> Result<Pair> {
    // Wrong requests are refused before anything is installed, which may take minutes.
    let chosen = asked.workload.gil.as_deref();
    let chosen = chosen.map(|text| gil_request(context, text)).transpose()?;
    let free_threaded = free_threaded(context, asked.request.as_deref())?;
    let gil = match &chosen {
        Some(request) => ready(context, request)?,
        None => {
            let request = twin::request(&free_threaded.key).map_err(|failure| {
                let hint = "name the GIL build to compare with: `--gil 3.14`";
                failure.hint(hint)
            })?;
            ready(context, &request)?
        }
    };
    let (a, b) = (&gil.key, &free_threaded.key);
    let is_same = a.build.version == b.build.version
        && a.provider == b.provider
        && a.build.flavours == b.build.flavours;
    Ok(Pair {
        is_unequal: !is_same,
        gil,
        free_threaded,
    })
}

fn gil_request(context: &Context, text: &str) -> Result<BuildRequest> {
    let request = lookup_installed::read_here(context, text, &target::detect())?;
    if request.abi.is_free_threaded() {
        let message = format!("--gil {text}: this is a free-threaded build");
        return Err(Failure::new(Kind::Usage, message));
    }
    Ok(request)
}

fn free_threaded(context: &Context, text: Option<&str>) -> Result<Installed> {
    let Some(text) = text else {
        return active(context);
    };
    let request = lookup_installed::read_here(context, text, &target::detect())?;
    if request.abi.is_free_threaded() {
        return ready(context, &request);
    }
    let message = format!("{text} is a GIL build; name the free-threaded one");
    let failure = Failure::new(Kind::Usage, message);
    Err(
        match lookup_installed::with_threading(request, Threading::FreeThreaded) {
            Ok(wanted) => {
                let command = paste!["ftpy", "bench", Request::Build(wanted)];
                failure.hint(format!("`{command}`; its GIL twin is found by itself"))
            }
            Err(_) => failure,
        },
    )
}

/// The active Python if it is free-threaded, else the newest free-threaded installation.
fn active(context: &Context) -> Result<Installed> {
    let is_free = |one: &Installed| one.key.build.abi.is_free_threaded();
    let decided = decided(context)
        .ok()
        .and_then(|decision| decision.installed);
    if let Some(active) = decided.filter(is_free) {
        return Ok(active);
    }
    let all = context.store.usable(&target::detect());
    let own = all.into_iter().filter(is_free);
    let newest = own.max_by(|a, b| a.key.build.version.cmp(&b.key.build.version));
    newest.ok_or_else(|| {
        let message = format!("{ACTIVE} is not free-threaded, and no such build is installed");
        Failure::new(Kind::NotFound, message).hint("name one: `ftpy bench 3.14t -- COMMAND`")
    })
}

/// Returns the best installation of a request; it is installed if it is missing.
fn ready(context: &Context, request: &BuildRequest) -> Result<Installed> {
    let host = target::detect();
    if let Some(found) = lookup_installed::installed(context, request, &host)
        .into_iter()
        .next()
    {
        return Ok(found);
    }
    let shown = Request::Build(request.clone());
    context.reporter.status(
        Verb::Resolving,
        format!("{shown}, which is not installed yet"),
    );
    missing::installed(context, request)?;
    let found = lookup_installed::installed(context, request, &host);
    let found = found.into_iter().next();
    found.ok_or_else(|| lookup_installed::not_installed(context, request, &host))
}

//! Requests on the command line, and the installations that match them.

use crate::error::{Failure, Kind, Result};
use crate::examine::advice;
use crate::ops::context::Context;
use crate::store::{Installed, Receipt};
use ftpy_core::abi::{Abi, Threading};
use ftpy_core::installed::{matching, named};
use ftpy_core::link_name::LinkName;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request};
use ftpy_core::target::Target;

/// The text of a command that has nothing to report on.
pub(crate) const NOTHING: &str = "nothing is installed; run `ftpy install 3.14t` to start";

/// Parses a request for builds. Names of `ftpy link` are refused, because sources and other
/// machines do not know them.
pub(crate) fn read(text: &str) -> Result<BuildRequest> {
    build(parse(text)?)
}

fn build(request: Request) -> Result<BuildRequest> {
    match request {
        Request::Build(request) => Ok(request),
        Request::Name(name) => {
            let message = format!(
                "`{name}` can only name an interpreter that was linked on this machine; \
                 a version is needed here"
            );
            Err(Failure::new(Kind::Usage, message).hint("name a version, such as `3.14t`"))
        }
        Request::System => Err(Failure::new(
            Kind::Usage,
            "`system` is the next Python on PATH, which ftpy does not manage",
        )),
        Request::Archive(archive) => Err(Failure::new(
            Kind::Usage,
            format!("{archive} is an archive, but a version is required here"),
        )
        .hint("install it with `ftpy install`, then use it as `3.14t`")),
    }
}

/// Like [`read`], but accepts a name of `ftpy link`.
pub(crate) fn read_here(context: &Context, text: &str, host: &Target) -> Result<BuildRequest> {
    match parse(text)? {
        Request::Name(name) => linked(context, &name, host),
        request => build(request),
    }
}

/// Returns the request that means exactly the interpreter of a name.
///
/// # Errors
/// Returns an error if no interpreter is linked under this name.
pub(crate) fn linked(context: &Context, name: &LinkName, host: &Target) -> Result<BuildRequest> {
    let all = context.store.usable(host);
    match named(&all, name) {
        Some(linked) => read(&linked.key.to_string()),
        None => Err(Refusal::not_linked(name, None).into()),
    }
}

/// Returns the same request for the other variant.
///
/// # Errors
/// Returns an error if it does not exist: free-threading requires 3.13 or newer.
pub(crate) fn with_threading(request: BuildRequest, threading: Threading) -> Result<BuildRequest> {
    let changed = BuildRequest {
        abi: Abi {
            threading,
            ..request.abi
        },
        ..request
    };
    // The parser knows the versions without such builds, and what to report for them.
    read(&Request::Build(changed).to_string())
}

/// Parses the names of `--from`.
pub(crate) fn providers(names: &[String]) -> Result<Vec<ProviderName>> {
    let known = |name: &String| {
        ProviderName::from_name(name).ok_or_else(|| {
            let message = format!("--from {name}: unknown source");
            Failure::new(Kind::Usage, message).hint("the sources are pbs, conda, distro and source")
        })
    };
    names.iter().map(known).collect()
}

/// Returns the installations that match a request, the best first: releases before pre-releases.
pub(crate) fn installed(
    context: &Context,
    request: &BuildRequest,
    host: &Target,
) -> Vec<Installed> {
    matching(&context.store.usable(host), request, host)
}

/// Leaves out what is in a shared store, which no command changes. A note names each.
///
/// # Errors
/// Returns an error if nothing is left.
pub(crate) fn own_only(context: &Context, found: Vec<Installed>) -> Result<Vec<Installed>> {
    let (shared, own): (Vec<Installed>, Vec<Installed>) = found
        .into_iter()
        .partition(|one| context.store.shared_store_of(one).is_some());
    let sentence = |one: &Installed| {
        let store = context.store.shared_store_of(one).unwrap_or(&one.prefix);
        format!("{} is in the shared store {}", one.key, store.display())
    };
    match (own.as_slice(), shared.first()) {
        ([], Some(first)) => {
            let message = format!("{}, which ftpy does not change", sentence(first));
            Err(Failure::new(Kind::Usage, message)
                .hint("ask its owner, or remove the store from FTPY_SHARED"))
        }
        _ => {
            for one in &shared {
                let line = format!("{}, and stays as it is", sentence(one));
                context.reporter.note(line);
            }
            Ok(own)
        }
    }
}

/// Refuses `self` and `ftpy`, which name this program in the commands of other tools.
///
/// # Errors
/// Returns an error with the command for ftpy itself.
pub(crate) fn not_itself(texts: &[String], command: &str) -> Result<()> {
    match texts
        .iter()
        .find(|text| ["self", "ftpy"].contains(&text.as_str()))
    {
        None => Ok(()),
        Some(text) => {
            let message = format!("`{text}` is not an installation");
            let line = paste!["ftpy", "self", command];
            Err(Failure::new(Kind::Usage, message).hint(format!("`{line}` {command}s ftpy itself")))
        }
    }
}

/// Returns the installations that match one of the requests, each once. Every request must match
/// one.
pub(crate) fn each(context: &Context, texts: &[String], host: &Target) -> Result<Vec<Installed>> {
    let requests = texts.iter().map(|text| read_here(context, text, host));
    let requests: Vec<BuildRequest> = requests.collect::<Result<_>>()?;
    let mut all: Vec<Installed> = Vec::new();
    for request in &requests {
        let found = installed(context, request, host);
        if found.is_empty() {
            let failure = nothing_matches(context, request, host);
            return Err(failure.hint("`ftpy list` lists the installations"));
        }
        for one in found {
            if all.iter().all(|known| known.prefix != one.prefix) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Returns the best installation that matches a request.
pub(crate) fn best(context: &Context, text: &str, host: &Target) -> Result<Installed> {
    let request = read_here(context, text, host)?;
    let found = installed(context, &request, host).into_iter().next();
    let found = found.ok_or_else(|| not_installed(context, &request, host))?;
    if Receipt::if_whole(&found).is_none() {
        // A receipt that this user may not read is not damaged.
        if let Err(failure) = Receipt::of(&found)
            && failure.kind == Kind::System
        {
            return Err(failure);
        }
        let key = found.key.to_string();
        let message = match found.gone() {
            Some(place) => format!("the interpreter of {key} is gone: {}", place.display()),
            None => format!("{key} is damaged: its receipt or interpreter is missing"),
        };
        return Err(Failure::new(Kind::Integrity, message).hint(advice(&found)));
    }
    Ok(found)
}

/// The failure if no installation matches a request.
pub(crate) fn not_installed(context: &Context, request: &BuildRequest, host: &Target) -> Failure {
    let install = paste!["ftpy", "install", Request::Build(request.clone())];
    let failure = nothing_matches(context, request, host);
    failure.hint(format!("install it with `{install}`"))
}

/// Like [`not_installed`], for commands that need not have it installed.
fn nothing_matches(context: &Context, request: &BuildRequest, host: &Target) -> Failure {
    let canonical = Request::Build(request.clone());
    let failure = Failure::new(Kind::NotFound, format!("{canonical} is not installed"));
    let others: Vec<String> = context
        .store
        .usable(host)
        .iter()
        .map(|installed| installed.key.to_string())
        .collect();
    match others.as_slice() {
        [] => failure,
        others => failure.details([format!("installed: {}", others.join(", "))]),
    }
}

//! Writes the version file of the current directory.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{person_file, target};
use crate::ops::context::Context;
use crate::ops::install::missing;
use crate::ops::lookup_installed;
use crate::ops::requires_python;
use crate::store::ReferenceKind;
use crate::version_file::{Readers, readers, with_pin, with_pins};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::pin::{self, PinFile, WRITTEN as FILE};
use ftpy_core::pin_link;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request, Versions};
use ftpy_core::version::Partial;
use std::path::{Path, PathBuf};

/// What to pin.
pub(crate) struct PinRequest<'a> {
    /// One request replaces the active one of the file, several replace all. Without any, the active
    /// one is pinned again.
    pub(crate) requests: &'a [String],
    /// Pin the installed patch release.
    pub(crate) is_exact: bool,
    /// Install it first.
    pub(crate) installs: bool,
    /// Replace a line that is not valid, and pin what other tools cannot read.
    pub(crate) is_forced: bool,
}

/// What was pinned.
pub(crate) struct Pinned {
    /// The active one first.
    pub(crate) requests: Vec<Request>,
    pub(crate) file: PathBuf,
}

/// Pins requests in the current directory.
pub(crate) fn pin(context: &Context, wanted: &PinRequest<'_>) -> Result<Pinned> {
    let mut asked: Vec<Request> = Vec::new();
    for text in wanted.requests {
        let request = pinnable(context, text, wanted.is_forced)?;
        if !asked.contains(&request) {
            asked.push(request);
        }
    }
    if asked.is_empty() {
        asked.push(pinned(context)?);
    }
    let mut requests: Vec<Request> = Vec::new();
    for request in asked {
        let request = match request {
            Request::Build(build) => Request::Build(prepared(context, build, wanted)?),
            other => other,
        };
        if !requests.contains(&request) {
            requests.push(request);
        }
    }
    check_readers(context, &requests, wanted.is_forced)?;
    let file = write(context, &requests, wanted)?;
    Ok(Pinned { requests, file })
}

/// Installs a build and finds its patch release, where that is wanted.
fn prepared(
    context: &Context,
    request: BuildRequest,
    wanted: &PinRequest<'_>,
) -> Result<BuildRequest> {
    if wanted.installs {
        missing::installed(context, &request)?;
    }
    match wanted.is_exact {
        true => exact(context, &request),
        false => Ok(request),
    }
}

/// Reads a request that a version file may contain.
fn pinnable(context: &Context, text: &str, is_forced: bool) -> Result<Request> {
    match parse(text)? {
        Request::Archive(archive) => {
            let message = format!("cannot pin the archive {archive}: a pin must be a version");
            Err(Failure::new(Kind::Usage, message).hint("try `ftpy pin 3.14t`"))
        }
        Request::Name(name) => {
            match lookup_installed::linked(context, &name, &target::detect()) {
                Ok(_) => {}
                // The name may be linked later, or on another machine.
                Err(_) if is_forced => {
                    let link = paste!["ftpy", "link", name, "PATH"];
                    context.reporter.warn(format!(
                        "{name} is not linked on this machine; run `{link}` to link it"
                    ));
                }
                Err(failure) => {
                    let force = paste!["ftpy", "pin", "--force", name];
                    return Err(failure.hint(format!("`{force}` pins the name anyway")));
                }
            }
            Ok(Request::Name(name))
        }
        request => Ok(request),
    }
}

/// Returns the active request of the nearest version file.
fn pinned(context: &Context) -> Result<Request> {
    let file = nearest(context)?;
    let first = file.pins.into_iter().next().map(|pin| pin.request);
    first.ok_or_else(|| nothing_pinned(context))
}

/// Returns the nearest version file.
pub(crate) fn nearest(context: &Context) -> Result<PinFile> {
    let file = pin::nearest(&context.env.current_dir).map_err(Refusal::from)?;
    file.ok_or_else(|| nothing_pinned(context))
}

fn nothing_pinned(context: &Context) -> Failure {
    let here = context.env.current_dir.display();
    let message = format!("no version file in {here} or its parent directories");
    Failure::new(Kind::NotFound, message).hint("`ftpy pin 3.14t` writes one here")
}

/// Returns the request with the patch that is installed for it.
fn exact(context: &Context, request: &BuildRequest) -> Result<BuildRequest> {
    let host = target::detect();
    let installed = lookup_installed::installed(context, request, &host);
    let best = installed.first().ok_or_else(|| {
        lookup_installed::not_installed(context, request, &host)
            .hint("`--exact` pins an installed patch; add `--install` to install it first")
    })?;
    let version = best.key.build.version;
    let partial = Partial {
        major: version.major,
        minor: Some(version.minor),
        patch: Some(version.patch),
        stage: version.is_prerelease().then_some(version.stage),
    };
    Ok(BuildRequest {
        versions: Versions::Partial(partial),
        prereleases: false,
        ..request.clone()
    })
}

/// Warns of requests that some tools do not read, and refuses those that only ftpy reads.
fn check_readers(context: &Context, requests: &[Request], is_forced: bool) -> Result<()> {
    for request in requests {
        match readers(request) {
            Readers::All => {}
            Readers::Some(who) => context
                .reporter
                .warn(format!("{who} not read `{request}` in a version file")),
            Readers::Ftpy if is_forced => {}
            Readers::Ftpy => {
                let message = format!("no other tool understands `{request}` in a version file");
                let force = forced(requests);
                return Err(
                    Failure::new(Kind::Usage, message).hint(format!("`{force}` pins it anyway"))
                );
            }
        }
    }
    Ok(())
}

/// `ftpy pin --force 3.14t 3.13`
fn forced(requests: &[Request]) -> String {
    let words = ["ftpy", "pin", "--force"].map(str::to_owned);
    let requests = requests.iter().map(ToString::to_string);
    paste::line(&words.into_iter().chain(requests).collect::<Vec<_>>())
}

/// Writes the file, following a symbolic link.
fn write(context: &Context, requests: &[Request], wanted: &PinRequest<'_>) -> Result<PathBuf> {
    let path = context.env.current_dir.join(FILE);
    // A pin written to a device or a pipe could not be read later.
    if path.exists() && !path.is_file() {
        let message = format!("{} is not a file", path.display());
        return Err(Failure::new(Kind::Usage, message));
    }
    check_link(&path)?;
    let old = match pin::read(&path) {
        Ok(old) => old.unwrap_or_default(),
        // The target of a dangling link is created.
        Err(_) if !path.exists() => String::new(),
        Err(_) if wanted.is_forced => String::new(),
        Err(error) => return Err(forceable(error.into(), requests)),
    };
    let replaces_all = wanted.requests.len() > 1;
    if let Err(bad) = pin::pins(FILE, &old)
        && !wanted.is_forced
        // The pin is inserted before a foreign first line, which stays.
        && !(bad.is_first && bad.is_foreign)
    {
        // With one request, `--force` replaces only the first line, so another invalid line would
        // remain.
        let is_replaced = bad.is_first || replaces_all;
        let refusal = Refusal::from(pin::PinError::BadLine {
            path: path.clone(),
            bad,
            is_here: true,
        });
        return Err(match is_replaced {
            true => forceable(refusal, requests),
            false => refusal.into(),
        });
    }
    let texts: Vec<String> = requests.iter().map(ToString::to_string).collect();
    let text = match (replaces_all, texts.as_slice()) {
        (false, [one]) => with_pin(&old, one),
        _ => with_pins(&old, &texts),
    };
    person_file::write(&path, text.as_bytes()).map_err(IoFailure::outside_store)?;
    if let Err(failure) = context.store.remember(ReferenceKind::Pins, &path, &texts) {
        context
            .reporter
            .detail(format!("`ftpy prune` will not see this pin: {failure}"));
    }
    Ok(path)
}

/// Refuses a link to a file other than a version file, which would be overwritten.
pub(crate) fn check_link(path: &Path) -> Result<()> {
    if !pin::is_link_to_another(path).map_err(Refusal::from)? {
        return Ok(());
    }
    let message = format!(
        "{} is a link to a file that is not a version file",
        path.display()
    );
    let remove = pin_link::without_link(path);
    Err(Failure::new(Kind::Usage, message).hint(format!("`{remove}` removes the link")))
}

fn forceable(refusal: Refusal, requests: &[Request]) -> Failure {
    let failure = Failure::from(refusal);
    let force = forced(requests);
    Failure {
        hints: vec![format!("`{force}` replaces it")],
        ..failure
    }
}

/// Warns of what makes the pins ineffective.
pub(crate) fn warn(context: &Context, requests: &[Request]) {
    let builds = requests.iter().filter_map(|request| match request {
        Request::Build(build) => Some(build),
        _ => None,
    });
    let host = target::detect();
    for request in builds.clone() {
        if lookup_installed::installed(context, request, &host).is_empty() {
            let install = paste!["ftpy", "install", request];
            context.reporter.warn(format!(
                "{request} is not installed; run `{install}` to install it"
            ));
        }
    }
    builds.for_each(|one| requires_python::warn(context, one));
    for name in [".python-versions", ".tool-versions"] {
        let other = context.env.current_dir.join(name);
        let pins = pin::read(&other).ok().flatten();
        let pins = pins.and_then(|text| pin::pins(name, &text).ok());
        if pins.is_some_and(|pins| !pins.is_empty()) {
            context.reporter.warn(format!(
                "{} also names versions, but {FILE} takes precedence",
                other.display()
            ));
        }
    }
}

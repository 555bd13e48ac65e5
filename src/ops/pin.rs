//! Writes the version file of the current directory.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{person_file, target};
use crate::ops::context::Context;
use crate::ops::install::missing;
use crate::ops::lookup_installed;
use crate::store::ReferenceKind;
use crate::version_file::{Readers, contradiction, readers, with_pin};
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
    /// The request; `None` for what is pinned already.
    pub(crate) request: Option<&'a str>,
    /// Pin the installed patch release.
    pub(crate) is_exact: bool,
    /// Install it first.
    pub(crate) installs: bool,
    /// Replace a line that is not valid, and pin what other tools cannot read.
    pub(crate) is_forced: bool,
}

/// What was pinned.
pub(crate) struct Pinned {
    pub(crate) request: Request,
    pub(crate) file: PathBuf,
}

/// Pins a request in the current directory.
pub(crate) fn pin(context: &Context, wanted: &PinRequest<'_>) -> Result<Pinned> {
    let asked = match wanted.request {
        Some(text) => pinnable(context, text, wanted.is_forced)?,
        None => pinned(context)?,
    };
    if wanted.installs
        && let Request::Build(request) = &asked
    {
        missing::installed(context, request)?;
    }
    let request = match (&asked, wanted.is_exact) {
        (Request::Build(request), true) => Request::Build(exact(context, request)?),
        _ => asked,
    };
    check_readers(context, &request, wanted.is_forced)?;
    let file = write(context, &request.to_string(), wanted.is_forced)?;
    Ok(Pinned { request, file })
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

fn check_readers(context: &Context, request: &Request, is_forced: bool) -> Result<()> {
    match readers(request) {
        Readers::All => {}
        Readers::Some(who) => context
            .reporter
            .warn(format!("{who} not read `{request}` in a version file")),
        Readers::Ftpy if is_forced => {}
        Readers::Ftpy => {
            let message = format!("no other tool understands `{request}` in a version file");
            let force = paste!["ftpy", "pin", "--force", request];
            return Err(
                Failure::new(Kind::Usage, message).hint(format!("`{force}` pins it anyway"))
            );
        }
    }
    Ok(())
}

/// Writes the file, following a symbolic link.
fn write(context: &Context, text: &str, is_forced: bool) -> Result<PathBuf> {
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
        Err(_) if is_forced => String::new(),
        Err(error) => return Err(forceable(error.into(), text)),
    };
    if let Err(bad) = pin::pins(FILE, &old)
        && !is_forced
        // The pin is inserted before a foreign first line, which stays.
        && !(bad.is_first && bad.is_foreign)
    {
        let is_first = bad.is_first;
        let error = pin::PinError::BadLine {
            path: path.clone(),
            bad,
            is_here: true,
        };
        let refusal = Refusal::from(error);
        // `--force` replaces only the first line, so another invalid line would remain.
        return Err(match is_first {
            true => forceable(refusal, text),
            false => refusal.into(),
        });
    }
    let written = person_file::write(&path, with_pin(&old, text).as_bytes());
    written.map_err(IoFailure::outside_store)?;
    if let Err(failure) = context
        .store
        .remember(ReferenceKind::Pins, &path, &[text.to_owned()])
    {
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

fn forceable(refusal: Refusal, text: &str) -> Failure {
    let failure = Failure::from(refusal);
    let force = paste!["ftpy", "pin", "--force", text];
    Failure {
        hints: vec![format!("`{force}` replaces it")],
        ..failure
    }
}

/// Warns of what makes the pin ineffective.
pub(crate) fn warn(context: &Context, request: &BuildRequest) {
    let host = target::detect();
    if lookup_installed::installed(context, request, &host).is_empty() {
        let text = Request::Build(request.clone()).to_string();
        let install = paste!["ftpy", "install", text];
        context.reporter.warn(format!(
            "{text} is not installed; run `{install}` to install it"
        ));
    }
    if let Some(line) = contradiction(&context.env.current_dir, request) {
        context.reporter.warn(line);
    }
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

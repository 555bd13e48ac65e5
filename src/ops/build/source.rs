//! What to build, and the custom source tree to build it from.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{LaidOut, OwnSource, Repeated, Session};
use crate::host::plain_file;
use crate::manifest::flavours::refusals;
use crate::ops::context::Context;
use crate::ops::install::local_archive::named;
use crate::provider::{Candidate, Recipe, can_build, compilation};
use crate::resolve::{Attempt, Plan};
use crate::secret_url::SecretUrl;
use crate::store::{BuildOptions, Patch};
use ftpy_core::parse::parse;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest, Request};
use std::path::{Path, PathBuf};

/// What to build.
pub(crate) struct BuildOrder {
    pub(crate) request: BuildRequest,
    pub(crate) wish: BuildOptions,
    pub(crate) source: Option<OwnSource>,
    /// The build to repeat.
    pub(crate) repeated: Option<Repeated>,
}

/// Returns the request unless it names another source.
pub(crate) fn from_source(request: BuildRequest) -> Result<BuildRequest> {
    if (request.provider).is_none_or(|name| name == ProviderName::Source) {
        return Ok(request);
    }
    let message = format!("{} is not a build from source", Request::Build(request));
    Err(Failure::new(Kind::Usage, message).hint("use `ftpy install` for other sources"))
}

/// Returns a compiler and its arguments with an absolute path. A relative path is relative to the
/// current directory, not to the source.
pub(crate) fn compiler(directory: &Path, cc: &str) -> String {
    let (program, rest) = cc.split_once(' ').unwrap_or((cc, ""));
    if !program.contains('/') || program.starts_with('/') {
        return cc.to_owned();
    }
    let program = directory.join(program);
    format!("{} {rest}", program.display())
        .trim_end()
        .to_owned()
}

/// Reads a patch, which the receipt identifies by its digest.
pub(crate) fn patch(path: PathBuf) -> Result<Patch> {
    let bytes = plain_file::read(&path)
        .map_err(|error| IoFailure::at("read", &path)(error).outside_store())?;
    Ok(Patch {
        sha256: Digest::of(&bytes),
        path,
    })
}

/// Parses a source: a directory, an archive, or a revision in a repository.
pub(crate) fn own_source(
    context: &Context,
    text: &str,
    accepts_unverified: bool,
) -> Result<OwnSource> {
    let path = context.env.current_dir.join(text);
    if path.is_dir() {
        return Ok(OwnSource::Directory(path));
    }
    if let Ok(Request::Archive(mut archive)) = parse(text) {
        if path.is_file() {
            // The receipt must lead to it from any directory.
            archive.location = path.display().to_string();
        }
        let is_own = path.is_file() && archive.sha256.is_none();
        // A local file needs no digest.
        let named = named(context, &archive, "", accepts_unverified || is_own)?;
        return Ok(OwnSource::Archive(Box::new(named)));
    }
    match repository(&context.env.current_dir, text) {
        Some((url, revision)) => {
            let url = url.into();
            Ok(OwnSource::Git { url, revision })
        }
        None => {
            let text = SecretUrl::from(text);
            let message = text
                .misread()
                .unwrap_or_else(|| format!("--source {text}: no such directory or archive"));
            Err(Failure::new(Kind::Usage, message)
                .hint("a git repository needs a revision: URL@REVISION"))
        }
    }
}

/// Splits `URL@REVISION`. Only the `@` after the host separates them, and a revision may contain a
/// slash.
fn repository(directory: &Path, text: &str) -> Option<(String, String)> {
    let text = text.strip_prefix("git+").unwrap_or(text);
    if SecretUrl::from(text).misread().is_some() {
        return None;
    }
    let whole = |(url, revision): (&str, &str)| {
        let is_one = !revision.is_empty() && !revision.starts_with('-');
        is_one.then(|| (url.to_owned(), revision.to_owned()))
    };
    if let Some((scheme, rest)) = text.split_once("://") {
        let path = rest.find('/')?;
        let at = path + rest[path..].find('@')?;
        let url = format!("{scheme}://{}", &rest[..at]);
        return whole((&url, &rest[at + 1..]));
    }
    // A local path, relative or absolute.
    let mut places = text.match_indices('@').map(|(at, _)| text.split_at(at));
    if let Some((path, revision)) =
        places.find(|(path, _)| !path.is_empty() && directory.join(path).is_dir())
    {
        let path = directory.join(path).display().to_string();
        return whole((&path, &revision[1..]));
    }
    // `git@host:path@revision`
    let (_, path) = text.split_once(':')?;
    let at = text.len() - path.len() + path.find('@')?;
    whole((&text[..at], &text[at + 1..]))
}

/// Returns the plan for a source tree, which is its only candidate.
pub(crate) fn plan_of(asked: &BuildOrder, own: &LaidOut, session: &Session) -> Result<Plan> {
    let request = &asked.request;
    let build = Build {
        version: own.version,
        abi: request.abi,
        flavours: request.flavours.clone(),
        target: session.host.clone(),
    };
    let text = Request::Build(request.clone()).to_string();
    if !request.versions.cover(&own.version) {
        let message = format!("{} is {}, not {text}", own.tree.origin, own.version);
        return Err(Failure::new(Kind::Usage, message));
    }
    let mut refused = refusals(&build);
    if !can_build(&build.version, build.abi) {
        refused.push(format!("{} cannot be built without a GIL", build.version));
    }
    if !refused.is_empty() {
        let message = format!("{} cannot be built", build.name());
        return Err(Failure::new(Kind::Usage, message).details(refused));
    }
    let wish = BuildOptions {
        tree: Some(own.tree.clone()),
        ..asked.wish.clone()
    };
    let compilation = compilation(&build, wish);
    let candidate = Candidate {
        provider: ProviderName::Source,
        build_id: compilation.build_id(),
        build,
        archive: None,
        recipe: Recipe::Compile(compilation),
    };
    Ok(Plan::of(text, vec![Attempt::new(candidate, true)?]))
}

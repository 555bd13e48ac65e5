//! `ftpy build`: from source, with what a request alone cannot say.

use crate::cli::build::Build as Arguments;
use crate::commands::build_env;
use crate::commands::choose::choose;
use crate::commands::compiling;
use crate::commands::named::named;
use crate::commands::outcome::{Resolution, check_plans, execute_all, report, show};
use crate::commands::request;
use crate::commands::same_as;
use crate::commands::session::with_session;
use crate::commands::start::Context;
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{LaidOut, Options, OwnSource, Repeated, Session, lay_out};
use crate::host::plain_file;
use crate::manifest::flavours::refusals;
use crate::provider::{Candidate, Recipe, can_build, compilation};
use crate::resolve::{Attempt, Plan, Preferences};
use crate::secret_url::SecretUrl;
use crate::store::{Patch, Wish};
use ftpy_core::parse::parse;
use ftpy_core::request::{Build, BuildRequest, ProviderName, Request};
use std::path::{Path, PathBuf};

/// `ftpy build`
pub(super) fn build(context: &Context, arguments: &Arguments) -> Result<()> {
    if arguments.env {
        return build_env::print(context, arguments);
    }
    let asked = match &arguments.same_as {
        Some(key) => same_as::again(context, key)?,
        None => asked(context, arguments)?,
    };
    let mut options = options(context, arguments)?;
    if let Some(repeated) = &asked.repeated {
        // What may be missing belongs to what is done again.
        options
            .allowed_missing
            .extend(repeated.missing_modules.clone());
        options.repeats = Some(repeated.clone());
    }
    let outcomes = with_session(context, options, async |session| {
        // What it lies in must be there until it was copied.
        let mut own = None;
        if let Some(source) = &asked.source {
            let laid_out = lay_out(session, source).await?;
            if let Some(repeated) = &asked.repeated {
                repeated.check_source(&laid_out.tree)?;
            }
            own = Some(laid_out);
        }
        let plan = match &own {
            Some(own) => plan_of(&asked, own, session)?,
            None => {
                let preferences = Preferences {
                    from: vec![ProviderName::Source],
                    wish: asked.wish.clone(),
                    ..Preferences::default()
                };
                choose(session, "", asked.request.clone(), &preferences).await?
            }
        };
        if let (Some(repeated), Some(attempt)) = (&asked.repeated, plan.attempts.first())
            && let Recipe::Compile(how) = &attempt.candidate.recipe
        {
            repeated.check_recipe(how)?;
        }
        let key = plan.attempts.first().map(|attempt| attempt.key.clone());
        let there = key.and_then(|key| {
            let is_wanted = !arguments.reinstall && !arguments.dry_run;
            let receipt = session.store.if_whole(&key).filter(|_| is_wanted)?;
            Some(Resolution::Installed(
                Box::new(receipt),
                session.store.prefix(&key),
            ))
        });
        let all = vec![there.unwrap_or(Resolution::Plan(plan))];
        if arguments.dry_run {
            return show(&session.reporter, &all).map(|()| Vec::new());
        }
        check_plans(&all)?;
        session.store.sweep()?;
        execute_all(session, all).await
    })?;
    if !arguments.dry_run {
        report(&context.reporter, &outcomes);
    }
    Ok(())
}

/// What is to be built.
pub(super) struct Asked {
    pub(super) request: BuildRequest,
    pub(super) wish: Wish,
    pub(super) source: Option<OwnSource>,
    /// The build that is to be repeated.
    pub(super) repeated: Option<Repeated>,
}

fn asked(context: &Context, arguments: &Arguments) -> Result<Asked> {
    let request = match (&arguments.request, &arguments.source) {
        (Some(text), _) => request::read(text)?,
        // A tree says its version itself.
        (None, Some(_)) => request::read("3t")?,
        (None, None) => {
            let message = "nothing is named to be built";
            return Err(Failure::new(Kind::Usage, message)
                .hint("`ftpy build 3.14t+tsan`, or `ftpy build --source DIRECTORY`"));
        }
    };
    if request
        .provider
        .is_some_and(|name| name != ProviderName::Source)
    {
        let message = format!("{} does not come from source", Request::Build(request));
        return Err(Failure::new(Kind::Usage, message).hint("`ftpy install` takes it"));
    }
    let directory = &context.env.current_dir;
    let patches = arguments.patch.iter().map(|path| directory.join(path));
    Ok(Asked {
        request,
        wish: Wish {
            configure: arguments.configure_arg.clone(),
            cflags: arguments.cflags.clone(),
            ldflags: arguments.ldflags.clone(),
            cc: arguments.cc.as_deref().map(|cc| absolute(directory, cc)),
            with_tests: arguments.with_tests,
            patches: patches.map(patch).collect::<Result<_>>()?,
            tree: None,
        },
        source: arguments
            .source
            .as_ref()
            .map(|text| own_source(context, text, arguments.allow_unverified))
            .transpose()?,
        repeated: None,
    })
}

/// A compiler with its arguments; a relative path of it is one from here, not from the source.
fn absolute(directory: &Path, cc: &str) -> String {
    let (program, rest) = cc.split_once(' ').unwrap_or((cc, ""));
    if !program.contains('/') || program.starts_with('/') {
        return cc.to_owned();
    }
    let program = directory.join(program);
    format!("{} {rest}", program.display())
        .trim_end()
        .to_owned()
}

fn patch(path: PathBuf) -> Result<Patch> {
    let bytes = plain_file::read(&path)
        .map_err(|error| IoFailure::at("read", &path)(error).outside_store())?;
    Ok(Patch {
        sha256: Digest::of(&bytes),
        path,
    })
}

/// A directory, an archive, or a revision in a repository.
pub(super) fn own_source(
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
            // The receipt must find it again from anywhere.
            archive.location = path.display().to_string();
        }
        let is_own = path.is_file() && archive.sha256.is_none();
        // A file that the person has is what the person says it is.
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
            let message = text.misread().unwrap_or_else(|| {
                format!("--source {text}: there is no such directory or archive")
            });
            Err(Failure::new(Kind::Usage, message)
                .hint("a git repository is named with a revision: URL@REVISION"))
        }
    }
}

/// `URL@REVISION`: the `@` behind the host is the one that counts, and a revision may have a slash.
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
    // A path of this machine, relative or not.
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

/// The plan for a tree, which is the one thing that there is to choose from.
fn plan_of(asked: &Asked, own: &LaidOut, session: &Session) -> Result<Plan> {
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
    let wish = Wish {
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

fn options(context: &Context, arguments: &Arguments) -> Result<Options> {
    Ok(Options {
        reinstalls: arguments.reinstall,
        resumes: arguments.resume,
        keeps_tree: arguments.keep,
        ..compiling::options(context, &arguments.compiling)?
    })
}

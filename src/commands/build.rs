//! `ftpy build`: builds from source, with options that a request cannot express.

use crate::cli::build::Build as Arguments;
use crate::commands::build_env;
use crate::commands::render::plan::show_all;
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, lay_out};
use crate::host::plain_file;
use crate::ops::build::options;
use crate::ops::build::rebuild;
use crate::ops::build::source::{BuildOrder, own_source, plan_of};
use crate::ops::context::Context;
use crate::ops::install::existing;
use crate::ops::install::pipeline;
use crate::ops::install::result::report;
use crate::ops::install::target::InstallTarget;
use crate::ops::lookup_installed;
use crate::ops::query_providers::choose;
use crate::ops::session::with_session;
use crate::provider::Recipe;
use crate::resolve::Preferences;
use crate::store::{BuildOptions, Patch};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// `ftpy build`
pub(super) fn build(context: &Context, arguments: &Arguments) -> Result<()> {
    if arguments.env {
        return build_env::print(context, arguments);
    }
    let asked = match &arguments.same_as {
        Some(key) => rebuild::again(context, key)?,
        None => asked(context, arguments)?,
    };
    let mut options = options(context, arguments)?;
    if let Some(repeated) = &asked.repeated {
        // The repeated build may lack the same modules.
        options
            .allowed_missing
            .extend(repeated.missing_modules.clone());
        options.repeats = Some(repeated.clone());
    }
    let outcomes = with_session(context, options, async |session| {
        // Keeps the unpacked source until it was copied.
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
        let is_reused = !arguments.reinstall && !arguments.dry_run;
        let first = plan.attempts.first().filter(|_| is_reused);
        let there = first.and_then(|first| existing::of_key(&session.store, &first.key));
        let target = match there {
            Some(there) => InstallTarget::Installed(there),
            None => InstallTarget::Plan(plan),
        };
        let all = vec![target];
        if arguments.dry_run {
            return show_all(session, &all).map(|()| Vec::new());
        }
        pipeline::install(session, all).await
    })?;
    if !arguments.dry_run {
        report(&context.reporter, &outcomes);
    }
    Ok(())
}

fn asked(context: &Context, arguments: &Arguments) -> Result<BuildOrder> {
    let request = match (&arguments.request, &arguments.source) {
        (Some(text), _) => lookup_installed::read(text)?,
        // The source tree contains its version.
        (None, Some(_)) => lookup_installed::read("3t")?,
        (None, None) => {
            let message = "no request and no source given";
            return Err(Failure::new(Kind::Usage, message)
                .hint("for example `ftpy build 3.14t+tsan` or `ftpy build --source DIRECTORY`"));
        }
    };
    if request
        .provider
        .is_some_and(|name| name != ProviderName::Source)
    {
        let message = format!("{} is not a build from source", Request::Build(request));
        return Err(Failure::new(Kind::Usage, message).hint("use `ftpy install` for other sources"));
    }
    let directory = &context.env.current_dir;
    let patches = arguments.patch.iter().map(|path| directory.join(path));
    Ok(BuildOrder {
        request,
        wish: BuildOptions {
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

/// Returns a compiler and its arguments with an absolute path. A relative path is relative to the
/// current directory, not to the source.
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

fn options(context: &Context, arguments: &Arguments) -> Result<Options> {
    Ok(Options {
        reinstalls: arguments.reinstall,
        resumes: arguments.resume,
        keeps_tree: arguments.keep,
        ..options::options(context, &arguments.compiling)?
    })
}

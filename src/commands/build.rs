//! `ftpy build`: builds from source, with options that a request cannot express.

use crate::cli::build::Build as Arguments;
use crate::commands::render::plan::show_all;
use crate::error::{Failure, Kind, Result};
use crate::execute::Options;
use crate::host::shell::quoted;
use crate::ops::build::environment::{BuildForm, environment};
use crate::ops::build::source::{BuildOrder, compiler, from_source, own_source, patch};
use crate::ops::build::{options, rebuild, target};
use crate::ops::context::Context;
use crate::ops::install::pipeline;
use crate::ops::install::result::report;
use crate::ops::lookup_installed;
use crate::ops::session::with_session;
use crate::store::BuildOptions;
use serde_json::json;
use std::collections::BTreeMap;

/// `ftpy build`
pub(super) fn build(context: &Context, arguments: &Arguments) -> Result<()> {
    if arguments.env {
        return env(context, arguments);
    }
    let order = match &arguments.same_as {
        Some(key) => rebuild::again(context, key)?,
        None => order(context, arguments)?,
    };
    let mut options = Options {
        reinstalls: arguments.reinstall,
        resumes: arguments.resume,
        keeps_tree: arguments.keep,
        ..options::options(context, &arguments.compiling)?
    };
    if let Some(repeated) = &order.repeated {
        // The repeated build may lack the same modules.
        options
            .allowed_missing
            .extend(repeated.missing_modules.clone());
        options.repeats = Some(repeated.clone());
    }
    let is_reused = !arguments.reinstall && !arguments.dry_run;
    let outcomes = with_session(context, options, async |session| {
        let found = target::resolve(session, &order, is_reused).await?;
        let all = vec![found.target];
        if arguments.dry_run {
            return show_all(session, &all).map(|()| Vec::new());
        }
        let outcomes = pipeline::install(session, all).await;
        drop(found.source);
        outcomes
    })?;
    if !arguments.dry_run {
        report(&context.reporter, &outcomes);
    }
    Ok(())
}

fn order(context: &Context, arguments: &Arguments) -> Result<BuildOrder> {
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
    let directory = &context.env.current_dir;
    let patches = arguments.patch.iter().map(|path| directory.join(path));
    Ok(BuildOrder {
        request: from_source(request)?,
        wish: BuildOptions {
            configure: arguments.configure_arg.clone(),
            cflags: arguments.cflags.clone(),
            ldflags: arguments.ldflags.clone(),
            cc: arguments.cc.as_deref().map(|cc| compiler(directory, cc)),
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

/// `ftpy build --env REQUEST [--for TOOL]`
fn env(context: &Context, arguments: &Arguments) -> Result<()> {
    let request = arguments.request.as_deref().ok_or_else(|| {
        Failure::new(Kind::Usage, "--env: no installation named")
            .hint("name one: `ftpy build --env 3.14t --for cmake`")
    })?;
    let environment = environment(context, request, arguments.tool)?;
    let reporter = &context.reporter;
    if let Some(note) = environment.note {
        reporter.note(note);
    }
    match (environment.form, reporter.is_json()) {
        (BuildForm::NativeFile(file), true) => reporter.json(&json!({ "native_file": file })),
        (BuildForm::NativeFile(file), false) => reporter.document(file.trim_end()),
        (BuildForm::Variables(all), true) => {
            reporter.json(&all.into_iter().collect::<BTreeMap<_, _>>());
        }
        (BuildForm::Variables(all), false) => {
            for (name, value) in all {
                reporter.document(format!("export {name}={}", quoted(&value)));
            }
        }
    }
    Ok(())
}

//! `ftpy kernel`: installs, lists and removes kernels of Jupyter.

use crate::cli::kernel::{Install, Kernel as Command, Uninstall};
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::kernel::{self, InstalledKernel, KernelPython, KernelRequest};
use crate::report::Verb;
use serde_json::json;

/// `ftpy kernel`
pub(super) fn kernel(context: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Install(arguments) => install(context, arguments),
        Command::List => list(context),
        Command::Uninstall(arguments) => uninstall(context, arguments),
    }
}

fn install(context: &Context, arguments: &Install) -> Result<()> {
    let python = match (&arguments.request, &arguments.venv) {
        (Some(text), _) => KernelPython::Request(text),
        (None, Some(path)) => KernelPython::Venv(path),
        (None, None) => KernelPython::Active,
    };
    let done = kernel::install(
        context,
        &KernelRequest {
            python,
            name: arguments.name.as_deref(),
            display_name: arguments.display_name.as_deref(),
            is_forced: arguments.force,
        },
    )?;
    report(context, &done);
    Ok(())
}

fn report(context: &Context, done: &InstalledKernel) {
    let reporter = &context.reporter;
    let kernel = &done.kernel;
    if reporter.is_json() {
        reporter.json(&json!({
            "name": kernel.name,
            "display_name": kernel.display_name(),
            "path": kernel.directory,
            "interpreter": kernel.interpreter(),
            "ipykernel": done.ipykernel,
            "gil_enabled": done.gil_enabled,
        }));
    }
    let gil = match done.gil_enabled {
        true => "GIL on",
        false => "GIL off",
    };
    reporter.status(
        Verb::Installed,
        format!(
            "the kernel {}, {gil}: {}",
            kernel.name,
            kernel.display_name()
        ),
    );
    reporter.status_more(kernel.directory.display().to_string());
    if done.is_free_threaded && done.gil_enabled {
        reporter.warn("importing ipykernel turns the GIL on; newer packages may not");
    }
    if let Some(other) = &done.hidden_by {
        reporter.warn(format!(
            "Jupyter uses the kernel in {} instead, because of JUPYTER_PATH",
            other.display()
        ));
    }
}

fn list(context: &Context) -> Result<()> {
    let reporter = &context.reporter;
    let all = kernel::list(context)?;
    if reporter.is_json() {
        let rows = all.iter().map(|one| {
            json!({
                "name": one.kernel.name,
                "display_name": one.kernel.display_name(),
                "path": one.kernel.directory,
                "interpreter": one.kernel.interpreter(),
                "problem": one.problem,
            })
        });
        reporter.json(&rows.collect::<Vec<_>>());
        return Ok(());
    }
    if all.is_empty() {
        reporter.say("no kernels; `ftpy kernel install 3.14t` installs one");
    }
    let rows = all.iter().map(|one| {
        let interpreter = one.kernel.interpreter().display().to_string();
        let names = [&*one.kernel.name, one.kernel.display_name()].map(str::to_owned);
        names.into_iter().chain([interpreter]).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    reporter.table(&["KERNEL", "DISPLAY NAME", "INTERPRETER"], &rows);
    for one in all {
        if let Some(problem) = one.problem {
            reporter.warn(format!("{} does not start: {problem}", one.kernel.name));
        }
    }
    Ok(())
}

fn uninstall(context: &Context, arguments: &Uninstall) -> Result<()> {
    let reporter = &context.reporter;
    let removed = kernel::uninstall(context, &arguments.names)?;
    if reporter.is_json() {
        let rows = removed
            .iter()
            .map(|(kernel, _)| json!({ "name": kernel.name, "path": kernel.directory }));
        reporter.json(&rows.collect::<Vec<_>>());
    }
    for (kernel, stays) in removed {
        reporter.say(format!("removed the kernel {}", kernel.name));
        if stays {
            reporter.warn(format!(
                "kept {}, which contains other files",
                kernel.directory.display()
            ));
        }
    }
    Ok(())
}

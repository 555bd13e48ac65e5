//! `ftpy uninstall --purge`: has the package manager remove its packages, after showing what else
//! it would remove.

use crate::distro::commands::{elevated, elevator, filled, shown};
use crate::distro::run::{Surroundings, run};
use crate::error::{Failure, Kind, Result};
use crate::execute::Options;
use crate::host::packages::is_root;
use crate::manifest::distro::{Family, table};
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::report::Question;
use crate::store::{DistroPackage, Installed, Receipt};
use ftpy_core::provider_name::ProviderName;
use std::process::Stdio;

/// Removes the packages of these installations. All are shown before one is removed.
pub(crate) fn purge(context: &Context, doomed: &[Installed], is_sure: bool) -> Result<()> {
    let is_package = |one: &&Installed| one.key.provider == ProviderName::Distro;
    let mut jobs: Vec<(DistroPackage, &Family)> = Vec::new();
    for installed in doomed.iter().filter(is_package) {
        let key = &installed.key;
        let package = Receipt::of(installed)?.package;
        let package = package.ok_or_else(|| {
            let message = format!("the package of {key} is not recorded");
            Failure::new(Kind::NotFound, message)
        })?;
        let family = table().families.get(&package.family).ok_or_else(|| {
            let message = format!("unknown package manager {}", package.family);
            Failure::new(Kind::Integrity, message)
        })?;
        jobs.push((package, family));
    }
    if jobs.is_empty() {
        context
            .reporter
            .say("--purge: none of these is a distribution package");
        return Ok(());
    }
    let is_root = is_root();
    let elevator = elevator(&context.env.path).filter(|_| !is_root);
    let mut commands = Vec::new();
    for (package, family) in &jobs {
        show(context, package, family, elevator)?;
        let command = filled(&family.remove, &package.name);
        let elevator = elevator.filter(|_| family.needs_root);
        commands.push((elevated(command, elevator), *family));
    }
    agree(context, &commands, is_sure)?;
    let is_terminal = context.env.stdin_is_terminal || context.env.stderr_is_terminal;
    if is_terminal && commands.iter().any(|(command, _)| command[0] == "sudo") {
        // sudo prompts before the progress is drawn. If it fails, the next command reports it.
        let _ = crate::env::command("sudo").arg("-v").status();
    }
    with_session(context, Options::default(), async |session| {
        for (command, family) in &commands {
            let task = session.reporter.task("uninstall");
            let around = Surroundings {
                reporter: &session.reporter,
                task: &task,
                cancel: session.net.cancel(),
            };
            tokio::task::block_in_place(|| run(command, &family.lock, &around)).map_err(
                |failure| {
                    failure.hint(
                        "nothing was removed; without --purge ftpy only forgets the installation",
                    )
                },
            )?;
        }
        Ok(())
    })
}

/// Shows what the package manager would remove.
fn show(
    context: &Context,
    package: &DistroPackage,
    family: &Family,
    elevator: Option<&str>,
) -> Result<()> {
    let name = &package.name;
    if family.preview.is_empty() {
        let program = &family.program;
        context.reporter.say(format!(
            "{program} cannot preview what it removes with {name}"
        ));
        return Ok(());
    }
    let elevator = elevator.filter(|_| family.preview_needs_root);
    let command = elevated(filled(&family.preview, name), elevator);
    let text = shown(&command);
    let output = crate::env::command(&command[0])
        .args(&command[1..])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    let output = output
        .map_err(|error| Failure::new(Kind::System, format!("cannot start `{text}`: {error}")))?;
    context.reporter.say(format!("{text}:"));
    let both = [output.stdout, output.stderr].concat();
    for line in String::from_utf8_lossy(&both).lines() {
        if !line.trim().is_empty() {
            context.reporter.say(format!("  {line}"));
        }
    }
    Ok(())
}

fn agree(context: &Context, commands: &[(Vec<String>, &Family)], is_sure: bool) -> Result<()> {
    let commands: Vec<String> = commands.iter().map(|(command, _)| shown(command)).collect();
    let question = Question {
        why: "",
        commands: &commands,
        text: "remove?",
        unchanged: "nothing was removed",
        hint: "`--yes` lets it run; nothing was removed",
    };
    confirm(&context.env, &context.reporter, is_sure, &question)
}

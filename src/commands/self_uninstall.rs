//! `ftpy self`, and `ftpy self uninstall`.

use crate::cli::daily::ShellName;
use crate::cli::self_cmd::{SelfCommand, Uninstall};
use crate::commands::self_update::update;
use crate::delivery::{InstallMethod, owner};
use crate::error::{IoFailure, Result};
use crate::host::target;
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::profiles::{Edit, apply, to_undo};
use crate::ops::zsh_profile;
use crate::report::Question;
use crate::report::text::count;
use crate::shim_links;
use crate::store::Installed;
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

/// `ftpy self`
pub(super) fn own(context: &Context, command: &SelfCommand) -> Result<()> {
    match command {
        SelfCommand::Update(arguments) => update(context, arguments),
        SelfCommand::Uninstall(arguments) => uninstall(context, arguments),
    }
}

/// What is removed.
struct Going {
    profiles: Vec<Edit>,
    /// The existing entries of the store.
    store: Vec<PathBuf>,
    /// The program, unless a package manager installed it.
    program: Option<PathBuf>,
    /// The command that removes the program otherwise.
    by_hand: Option<String>,
}

fn uninstall(context: &Context, arguments: &Uninstall) -> Result<()> {
    let place = context.env.program()?;
    let (program, by_hand) = match owner(&place) {
        InstallMethod::Own => (Some(place), None),
        InstallMethod::Manager { remove, .. } => (None, Some(remove)),
    };
    let going = Going {
        profiles: profiles(context)?,
        store: context.store.entries(),
        program,
        by_hand,
    };
    show(context, &going);
    if arguments.dry_run {
        context.reporter.say("--dry-run: nothing was removed");
    } else {
        agree(context, arguments)?;
        remove(context, &going)?;
    }
    if context.reporter.is_json() {
        let paths = going.profiles.iter().map(|edit| &edit.path);
        context.reporter.json(&json!({
            "dry_run": arguments.dry_run,
            "profiles": paths.collect::<Vec<_>>(),
            "store": going.store,
            "program": going.program,
            "by_hand": going.by_hand,
        }));
    }
    Ok(())
}

/// Returns the profiles of every shell that contain setup's lines.
fn profiles(context: &Context) -> Result<Vec<Edit>> {
    let os = target::detect().os;
    let mut edits: Vec<Edit> = Vec::new();
    for shell in ShellName::value_variants() {
        let own = match shell {
            ShellName::Zsh => zsh_profile::surroundings(context),
            _ => context.env.shell.clone(),
        };
        let Ok(paths) = to_undo(*shell, &own, &os) else {
            continue;
        };
        for path in paths {
            let edit = Edit::without(path)?;
            if edit.is_change() && !edits.iter().any(|other| other.is_same_file(&edit)) {
                edits.push(edit);
            }
        }
    }
    Ok(edits)
}

fn show(context: &Context, going: &Going) {
    let say = |line: String| context.reporter.say(line);
    for edit in &going.profiles {
        say(format!("setup's lines in {}", edit.path.display()));
    }
    let names = going.store.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    if !names.is_empty() {
        let root = context.store.root().display();
        say(format!("the store {root}: {}", names.join(", ")));
    }
    let installed = context.store.installed(&target::detect());
    let is_external = |one: &&Installed| one.key.provider.is_external();
    let external = installed.iter().filter(is_external).count();
    if external > 0 {
        let verb = if external == 1 { "is" } else { "are" };
        let external = count(external, "interpreter");
        say(format!("{external} not managed by ftpy {verb} kept"));
    }
    match (&going.program, &going.by_hand) {
        (Some(program), _) => say(format!("the program {}", program.display())),
        (None, Some(command)) => say(format!("not ftpy itself, which `{command}` removes")),
        (None, None) => {}
    }
}

fn agree(context: &Context, arguments: &Uninstall) -> Result<()> {
    let question = Question {
        why: "",
        commands: &[],
        text: "remove all of this?",
        unchanged: "nothing was removed",
        hint: "`ftpy self uninstall --yes` removes everything without asking",
    };
    confirm(&context.env, &context.reporter, arguments.yes, &question)
}

/// Removes everything, the program last so that an interrupted removal can be repeated.
fn remove(context: &Context, going: &Going) -> Result<()> {
    apply(&going.profiles)?;
    if context.store.is_there() {
        shim_links::remove(&context.store)?;
        let home = context.env.shell.home.as_deref();
        let left = context.store.remove_all(home, || {
            context
                .reporter
                .say("waiting for another ftpy process that uses the cache");
        })?;
        let names = left.iter().filter_map(|path| path.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        if !names.is_empty() {
            let root = context.store.root().display();
            let names = names.join(", ");
            context.reporter.say(format!(
                "{root} stays, because it contains files that ftpy did not create: {names}"
            ));
        }
    }
    if let Some(program) = &going.program {
        std::fs::remove_file(program)
            .map_err(|error| IoFailure::at("remove", program)(error).outside_store())?;
    }
    context.reporter.say(match &going.by_hand {
        None => "removed ftpy; running shells keep their PATH".to_owned(),
        Some(command) => {
            format!("removed all files of ftpy; run `{command}` to remove ftpy itself")
        }
    });
    Ok(())
}

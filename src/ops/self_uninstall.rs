//! Removes ftpy: its lines in profiles, its store and its program.

use crate::cli::daily::ShellName;
use crate::delivery::{InstallMethod, owner};
use crate::error::{IoFailure, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::profiles::{Edit, apply, to_undo};
use crate::ops::zsh_profile;
use crate::shim_links;
use clap::ValueEnum;
use std::path::PathBuf;

/// What is removed.
pub(crate) struct Going {
    pub(crate) profiles: Vec<Edit>,
    /// The existing entries of the store.
    pub(crate) store: Vec<PathBuf>,
    /// The program, unless a package manager installed it.
    pub(crate) program: Option<PathBuf>,
    /// The command that removes the program otherwise.
    pub(crate) by_hand: Option<String>,
}

/// Returns what would be removed.
pub(crate) fn going(context: &Context) -> Result<Going> {
    let place = context.env.program()?;
    let (program, by_hand) = match owner(&place) {
        InstallMethod::Own => (Some(place), None),
        InstallMethod::Manager { remove, .. } => (None, Some(remove)),
    };
    Ok(Going {
        profiles: profiles(context)?,
        store: context.store.entries(),
        program,
        by_hand,
    })
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

/// Removes everything, the program last so that an interrupted removal can be repeated.
pub(crate) fn remove(context: &Context, going: &Going) -> Result<()> {
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

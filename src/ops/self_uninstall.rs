//! Removes ftpy: its lines in profiles, its store and its program.

use crate::cli::daily::ShellName;
use crate::error::{IoFailure, Result};
use crate::host::fs::is_writable;
use crate::host::target;
use crate::jupyter;
use crate::ops::context::Context;
use crate::ops::profiles::{Edit, apply, to_undo};
use crate::ops::zsh_profile;
use crate::own_release::{InstallMethod, owner};
use crate::shim_links;
use crate::store::Receipt;
use crate::venv;
use clap::ValueEnum;
use ftpy_core::paste;
use serde::Serialize;
use std::path::PathBuf;

/// What is removed.
pub(crate) struct Going {
    pub(crate) profiles: Vec<Edit>,
    /// The existing entries of the store.
    pub(crate) store: Vec<PathBuf>,
    /// The program, unless a package manager installed it or this user cannot remove it.
    pub(crate) program: Option<PathBuf>,
    /// The command that removes the program otherwise.
    pub(crate) by_hand: Option<String>,
    /// What ftpy knows and leaves alone.
    pub(crate) kept: Vec<Kept>,
}

/// Something that stays.
#[derive(Serialize)]
pub(crate) struct Kept {
    /// `interpreter`, `package`, `environment`, `kernel` or `file`.
    kind: &'static str,
    /// Its path, or the name of a package.
    name: String,
    /// What becomes of it, or how to remove it.
    note: String,
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, name, note } = self;
        write!(
            f,
            "the {kind} {name}{}{note}",
            if note.is_empty() { "" } else { ", " }
        )
    }
}

/// Returns what would be removed.
pub(crate) fn going(context: &Context) -> Result<Going> {
    let place = context.env.program()?;
    let (program, by_hand) = match owner(&place) {
        InstallMethod::Own if place.parent().is_some_and(|it| is_writable(it).is_ok()) => {
            (Some(place), None)
        }
        // An administrator installed it for all users.
        InstallMethod::Own => (None, Some(paste!["sudo", "rm", place.display()])),
        InstallMethod::Manager { remove, .. } => (None, Some(remove)),
    };
    Ok(Going {
        profiles: profiles(context)?,
        store: context.store.entries(),
        program,
        by_hand,
        kept: kept(context),
    })
}

/// Returns what stays: what others own, and what loses its Python.
fn kept(context: &Context) -> Vec<Kept> {
    let store = &context.store;
    let one = |kind, name: String, note: &str| Kept {
        kind,
        name,
        note: note.to_owned(),
    };
    let loses = "which loses its Python";
    let mut found = Vec::new();
    for installed in store.installed(&target::detect()) {
        let package = Receipt::of(&installed)
            .ok()
            .and_then(|receipt| receipt.package);
        let interpreter = installed
            .interpreter()
            .filter(|_| installed.key.provider.is_external());
        if let Some(package) = package {
            let purge = paste!["ftpy", "uninstall", "--purge", installed.key];
            let note = format!("which `{purge}` removes");
            found.push(one("package", package.name, &note));
        } else if let Some(path) = interpreter {
            let note = "which ftpy does not manage";
            found.push(one("interpreter", path.display().to_string(), note));
        }
    }
    for venv in venv::known(store, &context.env) {
        if venv::base_name(store, &venv).is_some() {
            found.push(one("environment", venv.display().to_string(), loses));
        }
    }
    let kernels = jupyter::directory(&context.env).map(|kernels| jupyter::own(&kernels));
    for kernel in kernels.unwrap_or_default() {
        if kernel.interpreter().starts_with(store.root()) {
            let uninstall = paste!["ftpy", "kernel", "uninstall", kernel.name];
            let note = format!("{loses}; `{uninstall}` removes it");
            found.push(one("kernel", kernel.directory.display().to_string(), &note));
        }
    }
    let foreign = store.foreign().into_iter();
    let not_ours = "which ftpy did not create";
    found.extend(foreign.map(|path| one("file", path.display().to_string(), not_ours)));
    found
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

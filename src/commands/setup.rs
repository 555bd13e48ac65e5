//! `ftpy setup`: puts the shims on PATH in every new shell, or undoes that.

use crate::cli::daily::{Setup, ShellName};
use crate::error::Result;
use crate::host::target;
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::profiles::Edit;
use crate::ops::setup::{edits, login_shell, written};
use crate::report::Question;
use crate::report::text::count;
use crate::shim_links;
use serde_json::json;

/// `ftpy setup`
pub(super) fn setup(context: &Context, arguments: &Setup) -> Result<()> {
    let shell = match arguments.shell {
        Some(shell) => shell,
        None => login_shell(context)?,
    };
    let all = edits(context, shell, arguments.undo)?;
    let (mut changes, same): (Vec<Edit>, Vec<Edit>) = all.into_iter().partition(Edit::is_change);
    for edit in &changes {
        context.reporter.relay(diff(edit));
    }
    if !changes.is_empty() && !arguments.dry_run {
        agree(context, arguments, changes.len())?;
        changes = written(context, shell, changes, !same.is_empty())?;
    }
    if !arguments.undo && !arguments.dry_run {
        shim_links::establish(&context.store, &target::detect())?;
    }
    if context.reporter.is_json() {
        let files = changes.iter().chain(&same).filter_map(|edit| {
            let file = edit.path.display().to_string();
            Some(json!({ "file": file, "done": done(edit)? }))
        });
        context.reporter.json(&json!({
            "shell": shell.name(),
            "dry_run": arguments.dry_run,
            "files": files.collect::<Vec<_>>(),
        }));
    }
    say(context, arguments, shell, &changes);
    Ok(())
}

/// Returns the file's name and its added and removed lines.
fn diff(edit: &Edit) -> String {
    let text = |bytes: &Option<Vec<u8>>| {
        String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned()
    };
    let (old, new) = (text(&edit.old), text(&edit.new));
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    // Setup changes one block of lines. With a second block, the lines between are shown too.
    let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    old.drain(..first);
    new.drain(..first);
    while old.last().is_some() && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    let mut lines = vec![match (&edit.old, &edit.new) {
        (None, _) => format!("{} (new file)", edit.path.display()),
        (_, None) => format!("{} (removed)", edit.path.display()),
        _ => edit.path.display().to_string(),
    }];
    lines.extend(old.iter().map(|line| format!("- {line}")));
    lines.extend(new.iter().map(|line| format!("+ {line}")));
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// Asks for consent to the changes that were shown.
fn agree(context: &Context, arguments: &Setup, files: usize) -> Result<()> {
    let text = format!("change {} as shown?", count(files, "file"));
    let question = Question {
        why: "",
        commands: &[],
        text: &text,
        unchanged: "nothing was changed",
        hint: "`ftpy setup --yes` changes the profiles without asking",
    };
    confirm(&context.env, &context.reporter, arguments.yes, &question)
}

/// Returns what happened to a file, or `None` if it did and does not exist.
fn done(edit: &Edit) -> Option<&'static str> {
    Some(match (&edit.old, &edit.new) {
        (None, None) => return None,
        (None, Some(_)) => "created",
        (Some(_), None) => "removed",
        (Some(old), Some(new)) if old == new => "unchanged",
        (Some(_), Some(_)) => "changed",
    })
}

fn say(context: &Context, arguments: &Setup, shell: ShellName, changes: &[Edit]) {
    let name = shell.name();
    let reporter = &context.reporter;
    match (changes.is_empty(), arguments.undo) {
        (true, true) => return reporter.say(format!("{name} is not set up; nothing to undo")),
        (true, false) => return reporter.say(format!("{name} is already set up")),
        _ if arguments.dry_run => return reporter.say("--dry-run: nothing was changed"),
        _ => {}
    }
    for edit in changes {
        let path = edit.path.display();
        reporter.say(format!("{} {path}", done(edit).unwrap_or_default()));
    }
    reporter.say(match (arguments.undo, shell) {
        (true, _) => {
            "new shells start without the shims; running shells keep their PATH".to_owned()
        }
        (false, ShellName::Pwsh) => {
            "open a new terminal, or run `. $PROFILE.CurrentUserAllHosts`".to_owned()
        }
        // Terminals rarely start login shells, and other shells read no profile.
        (false, ShellName::Sh) => "log in again, or run `. ~/.profile`".to_owned(),
        // A login shell reads every profile that was written.
        (false, _) => format!("open a new terminal, or run `exec {name} -l`"),
    });
}

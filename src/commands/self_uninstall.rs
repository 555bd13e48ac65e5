//! `ftpy self`, and `ftpy self uninstall`.

use crate::cli::self_cmd::{SelfCommand, Uninstall};
use crate::commands::self_update::update;
use crate::error::Result;
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::self_uninstall::{Going, going, remove};
use crate::report::Question;
use serde_json::json;

/// `ftpy self`
pub(super) fn own(context: &Context, command: &SelfCommand) -> Result<()> {
    match command {
        SelfCommand::Update(arguments) => update(context, arguments),
        SelfCommand::Uninstall(arguments) => uninstall(context, arguments),
    }
}

fn uninstall(context: &Context, arguments: &Uninstall) -> Result<()> {
    let going = going(context)?;
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
            "kept": going.kept,
        }));
    }
    Ok(())
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
    match (&going.program, &going.by_hand) {
        (Some(program), _) => say(format!("the program {}", program.display())),
        (None, Some(command)) => say(format!("not ftpy itself, which `{command}` removes")),
        (None, None) => {}
    }
    for kept in &going.kept {
        say(format!("kept: {kept}"));
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

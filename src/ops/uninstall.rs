//! Warnings and questions before installations are removed.

use crate::error::Result;
use crate::host::target;
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::lost_pins::losses;
use crate::report::Question;
use crate::shim_links;
use crate::store::Installed;
use crate::venv::{self, Base};

/// Warns of virtual environments that will stop working, and of a default and pins that will
/// have no installation. On a terminal it then asks whether to go on.
///
/// # Errors
/// Returns an error if the person does not agree.
pub(crate) fn confirm_losses(context: &Context, doomed: &[Installed], is_sure: bool) -> Result<()> {
    let mut lost = 0;
    let all = context.store.usable(&target::detect());
    let is_doomed = |one: &Installed| doomed.iter().any(|other| other.prefix == one.prefix);
    let left: Vec<Installed> = all.into_iter().filter(|one| !is_doomed(one)).collect();
    for loss in losses(context, doomed, &left) {
        lost += 1;
        context.reporter.warn(format!(
            "{} asks for {}, which is removed",
            loss.reason, loss.request
        ));
    }
    let own = left
        .iter()
        .filter(|one| context.store.shared_store_of(one).is_none());
    let own: Vec<Installed> = own.cloned().collect();
    let aliases = shim_links::wanted(&own, false).aliases;
    for venv in venv::known(&context.store, &context.env) {
        let Some(home) = venv::home_of(&venv) else {
            continue;
        };
        let is_lost = match venv::base(&context.store, &home) {
            Base::Exact(key) => doomed.iter().any(|one| one.key.to_string() == key),
            // The alias may fall back to an older patch.
            Base::Alias(alias) => !aliases.contains_key(&alias),
            Base::Other => false,
        };
        if is_lost {
            lost += 1;
            let venv = venv.display();
            context
                .reporter
                .warn(format!("the virtual environment {venv} loses its Python"));
        }
    }
    let env = &context.env;
    if is_sure || lost == 0 || !(env.stdin_is_terminal && env.stderr_is_terminal) {
        return Ok(());
    }
    let question = Question {
        why: "something here still uses it",
        commands: &[],
        text: "remove it nevertheless?",
        unchanged: "nothing was removed",
        hint: "`--yes` removes without asking",
    };
    confirm(env, &context.reporter, false, &question)
}

/// Names the installations if there are more than requests, and asks on a terminal.
///
/// # Errors
/// Returns an error if the person does not agree.
pub(crate) fn confirm_several(
    context: &Context,
    requests: &[String],
    doomed: &[Installed],
) -> Result<()> {
    if doomed.len() <= requests.len() {
        return Ok(());
    }
    let keys: Vec<String> = doomed.iter().map(|one| one.key.to_string()).collect();
    let requests = requests.join(", ");
    let matches = format!(
        "{requests} matches {} installations: {}",
        keys.len(),
        keys.join(", ")
    );
    let env = &context.env;
    if !(env.stdin_is_terminal && env.stderr_is_terminal) {
        context.reporter.say(matches);
        return Ok(());
    }
    let question = Question {
        why: &matches,
        commands: &[],
        text: "remove all of them?",
        unchanged: "nothing was removed",
        hint: "name one installation, as `ftpy list` prints it",
    };
    confirm(env, &context.reporter, false, &question)
}

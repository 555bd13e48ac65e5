//! `ftpy verify`: checks that the installed files are unchanged, and that the interpreters still
//! give the same answers.

use crate::cli::Verify;
use crate::error::{Failure, Kind, Result};
use crate::examine::{Examined, examine};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::report::{Verb, text};

/// `ftpy verify`
pub(super) fn verify(context: &Context, arguments: &Verify) -> Result<()> {
    let host = target::detect();
    let installed = match arguments.requests.as_slice() {
        [] => context.store.installed(&host),
        requests => lookup_installed::each(context, requests, &host)?,
    };
    if installed.iter().any(|one| !one.key.provider.is_external()) {
        context.store.check_programs_start()?;
    }
    let (mut all, mut unverified) = (Vec::new(), Vec::new());
    for installed in &installed {
        let key = installed.key.to_string();
        let task = context.reporter.task(&key);
        task.step(Verb::Verifying);
        match examine(installed, &host) {
            Ok(examined) => all.push(examined),
            // It may be as it was: a file is unreadable, no program starts, a newer ftpy made it.
            Err(failure) if failure.kind == Kind::System => {
                let message = format!("cannot verify {key}: {failure}");
                unverified.push(Failure { message, ..failure });
            }
            Err(failure) => all.push(Examined::unusable(installed, &failure)),
        }
    }
    if installed.is_empty() {
        context.reporter.say(lookup_installed::NOTHING);
    }
    if context.reporter.is_json() {
        context.reporter.json(&all);
    } else {
        for examined in &all {
            show(context, examined);
        }
    }
    let broken: Vec<&Examined> = all.iter().filter(|examined| !examined.is_sound).collect();
    let Some(first) = broken.first() else {
        return last_of(context, unverified).map_or(Ok(()), Err);
    };
    for failure in &unverified {
        context.reporter.say_failure(failure);
    }
    let message = match broken.len() {
        1 => format!("{} has changed since it was installed", first.key),
        count => format!("{count} installations have changed since they were installed"),
    };
    Err(Failure::new(Kind::Integrity, message).hint(&first.advice))
}

/// Prints all failures but the last, which is that of the command.
fn last_of(context: &Context, mut failures: Vec<Failure>) -> Option<Failure> {
    let last = failures.pop()?;
    for failure in &failures {
        context.reporter.say_failure(failure);
    }
    Some(last)
}

fn show(context: &Context, examined: &Examined) {
    let verdict = if examined.is_sound { "ok" } else { "CHANGED" };
    let counts = [
        (examined.added_by_packages, "added"),
        (examined.changed_by_packages, "changed"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what} by packages", text::count(*count, "file")))
        .collect();
    let packages = match counts.is_empty() {
        true => String::new(),
        false => format!(" ({})", counts.join(", ")),
    };
    context
        .reporter
        .data(format!("{}: {verdict}{packages}", examined.key));
    for difference in &examined.differences {
        context.reporter.data(format!("  {}", difference.line()));
    }
    for path in &examined.unclaimed {
        context
            .reporter
            .data(format!("  added, not listed by any package: {path}"));
    }
    for complaint in &examined.complaints {
        context.reporter.data(format!("  {complaint}"));
    }
}

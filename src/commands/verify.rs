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
            Err(failure) => {
                let message = format!("cannot verify {key}: {failure}");
                unverified.push(Failure { message, ..failure });
            }
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
    let failure = match broken.first() {
        Some(first) => Some(changed(first, broken.len())),
        None => unverified.pop(),
    };
    for other in &unverified {
        context.reporter.say_failure(other);
    }
    failure.map_or(Ok(()), Err)
}

/// The failure for installations that have changed.
fn changed(first: &Examined, count: usize) -> Failure {
    let message = match count {
        1 => format!("{} has changed since it was installed", first.key),
        _ => format!("{count} installations have changed since they were installed"),
    };
    Failure::new(Kind::Integrity, message).hint(&first.advice)
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

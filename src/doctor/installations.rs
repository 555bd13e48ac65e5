//! Checks installations against their receipts.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use crate::examine::{Examined, examine};
use crate::parallel;
use crate::report::text;
use crate::store::{Difference, Installed};
use ftpy_core::paste;

/// How many changed files are shown; `ftpy verify` shows all.
const SHOWN: usize = 5;

/// Examines every installation: its files and its interpreter.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let found = parallel::on_all_cores(&subject.installed, |installed| {
        (!subject.cancel.is_cancelled()).then(|| look(subject, installed))
    });
    found.into_iter().flatten().flatten().collect()
}

fn look(subject: &Subject, installed: &Installed) -> Option<Finding> {
    let key = installed.key.to_string();
    let can_start = match installed.key.provider.is_external() {
        true => Ok(()),
        false => subject.store.check_programs_start(),
    };
    let examined = match can_start.and_then(|()| examine(installed, &subject.host)) {
        Ok(examined) => examined,
        // An installation made by a newer ftpy is not broken.
        Err(failure) => {
            let message = format!("cannot verify {key}: {failure}");
            let finding = Finding::new(Code::InstallationBroken, message);
            return Some(match failure.hints.into_iter().next() {
                Some(hint) => finding.advice(hint),
                None => finding,
            });
        }
    };
    let Examined {
        differences,
        complaints,
        fix,
        ..
    } = examined;
    let finding = match (complaints.first(), differences.len()) {
        (None, 0) => return None,
        (None, count) => {
            let is_plain =
                |one: &Difference| matches!(one, Difference::Missing(_) | Difference::Changed(_));
            let message = match differences.iter().all(is_plain) {
                true => {
                    let files = text::count(count, "file");
                    format!("{key} was modified: {files} changed or missing")
                }
                false => format!("{key} was modified: {}", text::count(count, "difference")),
            };
            Finding::new(Code::InstallationAltered, message)
        }
        // The message is complete already.
        (Some(first), _) if installed.key.provider.is_external() => {
            Finding::new(Code::ExternalChanged, first)
        }
        (Some(first), _) => {
            let message = format!("{key} is broken: {first}");
            let others = complaints.iter().skip(1).cloned();
            Finding::new(Code::InstallationBroken, message).details(others)
        }
    };
    let lines = differences.iter().take(SHOWN).map(Difference::line);
    let rest = match differences.len().saturating_sub(SHOWN) {
        0 => None,
        count => Some(format!(
            "and {count} more; run `{}` to list them",
            paste!["ftpy", "verify", key]
        )),
    };
    Some(finding.details(lines).details(rest).fix(fix))
}

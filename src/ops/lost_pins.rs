//! Finds the default and the pins that lose their Python when installations are removed.

use crate::host::target;
use crate::ops::context::Context;
use crate::store::{Installed, ReferenceKind};
use ftpy_core::decide::{self, Choice};
use ftpy_core::installed::{matching, named};
use ftpy_core::pin;
use ftpy_core::reason::Reason;
use ftpy_core::request::Request;
use std::path::PathBuf;

/// Returns the choices that only the doomed installations satisfy, and none of those that are left:
/// the default, `FTPY_PYTHON`, and the pins of this directory and of every known version file.
pub(crate) fn losses(context: &Context, doomed: &[Installed], left: &[Installed]) -> Vec<Choice> {
    let host = target::detect();
    let meets = |all: &[Installed], request: &Request| match request {
        Request::Build(request) => !matching(all, request, &host).is_empty(),
        Request::Name(name) => named(all, name).is_some(),
        Request::System | Request::Archive(_) => false,
    };
    let mut choices = choices(context);
    choices.retain(|one| meets(doomed, &one.request) && !meets(left, &one.request));
    choices
}

/// Returns every choice that is known. What cannot be read is left out.
fn choices(context: &Context) -> Vec<Choice> {
    let around = context.env.surroundings();
    let mut found: Vec<Choice> = decide::default(&around)
        .ok()
        .flatten()
        .into_iter()
        .collect();
    // A variable takes the place of the pin, which is read below.
    let active = decide::active(None, &around).ok().flatten();
    found.extend(active.filter(|one| one.reason == Reason::Variable));
    for path in version_files(context) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = pin::read(&path).ok().flatten().unwrap_or_default();
        for pin in pin::pins(&name, &text).unwrap_or_default() {
            found.push(Choice {
                request: pin.request,
                reason: Reason::Pin {
                    file: path.clone(),
                    line: pin.line,
                },
            });
        }
    }
    found
}

fn version_files(context: &Context) -> Vec<PathBuf> {
    let mut files = context.store.known(ReferenceKind::Pins);
    if let Ok(Some(nearest)) = pin::nearest(&context.env.current_dir)
        && !files.contains(&nearest.path)
    {
        files.push(nearest.path);
    }
    files
}

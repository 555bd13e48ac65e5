//! `ftpy ci matrix`: prints the project's versions for one tool.

use crate::ci::matrix::{Choice, MatrixEntry, gha, gitlab, hatch, nox, tox, versions};
use crate::cli::ci::{Format, FreeThreaded, Matrix};
use crate::error::Result;
use crate::ops::ci::matrix;
use crate::ops::context::Context;
use serde_json::json;

/// `ftpy ci matrix`
pub(super) fn matrix(context: &Context, arguments: &Matrix) -> Result<()> {
    let free_threaded = match arguments.freethreaded {
        FreeThreaded::Auto => Choice::Auto,
        FreeThreaded::Always => Choice::Always,
        FreeThreaded::Never => Choice::Never,
    };
    let chosen = matrix::matrix(context, arguments.project.as_deref(), free_threaded)?;
    let (entries, mut notes) = (chosen.matrix.entries, chosen.matrix.notes);
    let is_tox = arguments.format == Format::Tox && !context.reporter.is_json();
    if is_tox && entries.iter().any(|entry| entry.patch.is_some()) {
        let note = "tox cannot select a patch release: it uses any of the same minor version";
        notes.push(note.to_owned());
    }
    for note in &notes {
        context.reporter.note(note);
    }
    if context.reporter.is_json() {
        let version = |entry: &MatrixEntry| {
            json!({
                "version": versions(std::slice::from_ref(entry)).concat(),
                "freethreaded": entry.is_free_threaded,
                "tox": tox(std::slice::from_ref(entry)),
            })
        };
        context.reporter.json(&json!({
            "versions": entries.iter().map(version).collect::<Vec<_>>(),
            "requires_python": chosen.requires_python,
            "notes": notes,
        }));
        return Ok(());
    }
    context.reporter.document(match arguments.format {
        Format::Gha => gha(&entries),
        Format::Tox => tox(&entries),
        Format::Nox => nox(&entries),
        Format::Hatch => hatch(&entries),
        Format::Gitlab => gitlab(&entries),
    });
    Ok(())
}

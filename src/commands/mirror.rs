//! `ftpy mirror`: writes a mirror of upstream's archives, for ftpy and uv.

use crate::cli::lock::Mirror;
use crate::error::{Failure, Kind, Result};
use crate::file_url;
use crate::ops::context::Context;
use crate::ops::lock::select::LockSelection;
use crate::ops::mirror::{self, Mirrored};
use crate::report::text;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use serde_json::json;
use std::path::Path;

/// `ftpy mirror`
pub(super) fn mirror(context: &Context, arguments: &Mirror) -> Result<()> {
    let directory = context.env.current_dir.join(&arguments.directory);
    check_directory(&arguments.directory, &directory)?;
    let selection = LockSelection {
        requests: &arguments.requests,
        platforms: &arguments.platform,
        from: &arguments.from,
        is_newest: true,
    };
    let done = mirror::mirror(context, &directory, &selection)?;
    report(context, &directory, &done);
    Ok(())
}

/// Refuses `ftpy mirror 3.14t`, where the directory was forgotten.
fn check_directory(named: &Path, directory: &Path) -> Result<()> {
    let text = named.to_string_lossy();
    let is_request = matches!(parse(&text), Ok(Request::Build(_)));
    if !is_request || directory.exists() {
        return Ok(());
    }
    let message = format!("{text} is a request, but the first argument is the mirror's directory");
    Err(Failure::new(Kind::Usage, message).hint(format!(
        "run `{}`, or write `{}` for a new directory of that name",
        paste!["ftpy", "mirror", "DIR", text],
        paste![format!("./{text}")]
    )))
}

fn report(context: &Context, directory: &Path, done: &Mirrored) {
    let reporter = &context.reporter;
    let shown = directory.display();
    if reporter.is_json() {
        let files: Vec<_> = done
            .files
            .iter()
            .map(|(place, archive)| {
                let place = place.display().to_string();
                json!({ "file": place, "sha256": archive.sha256 })
            })
            .collect();
        reporter.json(&json!({ "directory": shown.to_string(), "files": files }));
        return;
    }
    for (place, _) in &done.files {
        reporter.data(place.display().to_string());
    }
    let count = text::count(done.files.len(), "file");
    reporter.say(format!(
        "{count}, {}, verified: {shown}",
        text::bytes(done.bytes)
    ));
    if done.has_index {
        let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let url = file_url::of(&absolute);
        reporter.say(format!(
            "set FTPY_PBS_MIRROR or UV_PYTHON_INSTALL_MIRROR to {url}, or to the URL that serves it"
        ));
    }
}

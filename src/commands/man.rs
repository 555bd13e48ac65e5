//! `ftpy man`: the manual pages, made of the command line's own types.

use crate::cli::Cli;
use crate::cli::daily::Man;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::report::text::count;
use clap::CommandFactory;
use serde_json::json;

/// `ftpy man`
pub(super) fn man(context: &Context, arguments: &Man) -> Result<()> {
    let mut command = Cli::command();
    command.build();
    let Some(directory) = &arguments.directory else {
        let page = text(&clap_mangen::Man::new(command))?;
        if context.reporter.is_json() {
            context.reporter.json(&json!({ "page": page }));
        } else {
            context.reporter.document(page.trim_end());
        }
        return Ok(());
    };
    let directory = context.env.current_dir.join(directory);
    let mut files = Vec::new();
    for page in pages(&command) {
        let file = directory.join(page.get_filename());
        let written = person_file::write(&file, text(&page)?.as_bytes());
        written.map_err(IoFailure::outside_store)?;
        files.push(file.display().to_string());
    }
    context.reporter.say(format!(
        "wrote {} into {}",
        count(files.len(), "page"),
        directory.display()
    ));
    if context.reporter.is_json() {
        context.reporter.json(&json!({ "files": files }));
    }
    Ok(())
}

/// The command's own page and those of all below it: each names the next ones.
fn pages(command: &clap::Command) -> Vec<clap_mangen::Man> {
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    let mut all = vec![clap_mangen::Man::new(command.clone())];
    all.extend(below.flat_map(pages));
    all
}

fn text(page: &clap_mangen::Man) -> Result<String> {
    let mut bytes = Vec::new();
    let rendered = page.render(&mut bytes).map_err(|error| error.to_string());
    let text = rendered.and_then(|()| String::from_utf8(bytes).map_err(|error| error.to_string()));
    text.map_err(|reason| Failure::new(Kind::Internal, format!("a page cannot be made: {reason}")))
}

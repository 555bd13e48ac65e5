//! `ftpy man`: prints or writes manual pages, generated from the command line's types and from the
//! manual in `docs/manual`.

use crate::cli::Cli;
use crate::cli::daily::Man;
use crate::commands::render::topics::{TOPICS, Topic};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::report::markdown::{Block, parse};
use crate::report::text::count;
use clap::CommandFactory;
use clap_mangen::roff::{Roff, bold, roman};
use ftpy_core::paste;
use serde_json::json;

/// `ftpy man`
pub(super) fn man(context: &Context, arguments: &Man) -> Result<()> {
    let mut command = Cli::command();
    command.build();
    let Some(place) = &arguments.place else {
        print(context, &text(&clap_mangen::Man::new(command))?);
        return Ok(());
    };
    let directory = context.env.current_dir.join(place);
    // As in `man NAME`. A directory of that name is meant with a path: `ftpy man ./list`.
    if let Some(name) = place.to_str().filter(|name| !name.contains(['/', '\\'])) {
        if let Some(page) = named(&command, name)? {
            print(context, &page);
            return Ok(());
        }
        if !directory.is_dir() {
            let message = format!("`{name}` is neither a command nor a topic nor a directory");
            let write = paste!["ftpy", "man", format!("./{name}")];
            return Err(Failure::new(Kind::Usage, message)
                .hint(format!("`{write}` writes the pages to that directory")));
        }
    }
    let mut files = Vec::new();
    let mut write = |name: String, text: &str| {
        let file = directory.join(name);
        let written = person_file::write(&file, text.as_bytes());
        written.map_err(IoFailure::outside_store)?;
        files.push(file.display().to_string());
        Ok::<(), Failure>(())
    };
    for page in pages(&command) {
        write(page.get_filename(), &text(&page)?)?;
    }
    for topic in &TOPICS {
        write(format!("ftpy-{}.7", topic.name), &of_topic(topic))?;
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

fn print(context: &Context, page: &str) {
    if context.reporter.is_json() {
        context.reporter.json(&json!({ "page": page }));
    } else {
        context.reporter.document(page.trim_end());
    }
}

/// Returns the page of a command or a topic.
fn named(command: &clap::Command, name: &str) -> Result<Option<String>> {
    let file = |prefix: &str| format!("ftpy-{}.{prefix}", name.trim_start_matches("ftpy-"));
    let found = pages(command)
        .into_iter()
        .find(|page| page.get_filename() == file("1"));
    if let Some(page) = found {
        return text(&page).map(Some);
    }
    let topic = TOPICS.iter().find(|topic| topic.name == name);
    Ok(topic.map(of_topic))
}

/// Returns the page of a command and those of its subcommands.
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
    text.map_err(|reason| {
        let message = format!("cannot render a manual page: {reason}");
        Failure::new(Kind::Internal, message)
    })
}

/// Returns a page of the manual for section 7.
fn of_topic(topic: &Topic) -> String {
    let mut page = Roff::new();
    let title = format!("ftpy-{}", topic.name);
    page.control("TH", [title.as_str(), "7"]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{title} - {}", topic.about))]);
    let preformatted = |page: &mut Roff, lines: &[String]| {
        page.control("RS", ["4"]).control("nf", []);
        for line in lines {
            page.text([roman(line.as_str())]);
        }
        page.control("fi", []).control("RE", []);
    };
    for block in parse(&topic.page()) {
        match block {
            Block::Heading(1, _) => {
                page.control("SH", ["DESCRIPTION"]);
            }
            Block::Heading(_, title) => {
                page.control("SH", [title.to_uppercase().as_str()]);
            }
            Block::Paragraph(paragraph) => {
                page.control("PP", []).text([roman(paragraph)]);
            }
            Block::Item(item) => {
                page.control("IP", ["\\(bu", "2"]).text([roman(item)]);
            }
            Block::Code(lines) => preformatted(&mut page, &lines),
            Block::Table(rows) => {
                for row in rows.iter().skip(1) {
                    let mut cells = row.iter();
                    page.control("TP", []);
                    page.text([bold(cells.next().map_or("", String::as_str))]);
                    let rest: Vec<&str> = cells.map(String::as_str).collect();
                    page.text([roman(rest.join("; "))]);
                }
            }
        }
    }
    page.to_roff()
}

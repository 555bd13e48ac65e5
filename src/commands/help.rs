//! `ftpy help`: the help of a command, or a page of the manual.

use crate::cli::Cli;
use crate::cli::daily::Help;
use crate::commands::render::topics::{TOPICS, Topic, topic};
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::report::markdown;
use crate::report::text::table;
use clap::CommandFactory;
use serde_json::{Value, json};

/// Lines are at most this long, as in clap's own help.
const WIDEST: usize = 100;

/// `ftpy help`
pub(super) fn help(context: &Context, arguments: &Help) -> Result<()> {
    let mut command = Cli::command();
    command.build();
    let names: Vec<&str> = arguments.names.iter().map(String::as_str).collect();
    let text = match names.as_slice() {
        [] if context.reporter.is_json() => {
            context.reporter.json(&overview(&command));
            return Ok(());
        }
        [] => format!("{}\n{}", command.render_long_help(), list_of_topics()),
        [name] if is_topic(&command, name) => page(context, name),
        names => of_command(&command, names)?,
    };
    match context.reporter.is_json() {
        true => context.reporter.json(&json!({ "text": text })),
        false => context.reporter.document(text.trim_end()),
    }
    Ok(())
}

/// Returns whether a name is that of a topic and not of a command.
fn is_topic(command: &clap::Command, name: &str) -> bool {
    command.find_subcommand(name).is_none() && topic(name).is_some()
}

fn overview(command: &clap::Command) -> Value {
    let shown = command.get_subcommands().filter(|one| !one.is_hide_set());
    let commands = shown.map(|one| {
        let about = one.get_about().map(ToString::to_string);
        json!({ "name": one.get_name(), "about": about })
    });
    let topics = TOPICS
        .iter()
        .map(|topic| json!({ "name": topic.name, "about": topic.about }));
    json!({
        "commands": commands.collect::<Vec<_>>(),
        "topics": topics.collect::<Vec<_>>(),
    })
}

fn list_of_topics() -> String {
    let rows = TOPICS.iter().map(|topic| {
        let name = format!("  {}", topic.name);
        vec![name, topic.about.to_owned()]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    format!(
        "Topics of `ftpy help TOPIC`:\n{}\n",
        table(&rows).join("\n")
    )
}

fn page(context: &Context, name: &str) -> String {
    let width = context
        .reporter
        .columns()
        .map_or(80, |columns| columns.min(WIDEST));
    let page = topic(name).map(Topic::page).unwrap_or_default();
    markdown::plain(&markdown::parse(&page), width)
}

/// Returns the help of a command, as its `--help` prints it.
fn of_command(command: &clap::Command, names: &[&str]) -> Result<String> {
    let mut command = command;
    for name in names {
        command = command.find_subcommand(name).ok_or_else(|| {
            let message = format!("no command or topic `{}`", names.join(" "));
            Failure::new(Kind::Usage, message).hint("`ftpy help` lists commands and topics")
        })?;
    }
    Ok(command.clone().render_long_help().to_string())
}

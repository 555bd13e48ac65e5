//! Reads this process's command line; clap's errors are shown like all others.

use crate::cli::Cli;
use crate::error::{Failure, Kind};
use crate::report::{Options, Reporter, escape};
use clap::Parser;
use std::io::ErrorKind;
use std::process::ExitCode;

impl Cli {
    /// Reads this process's command line. Where that asks for help, or cannot be used, clap says
    /// so, and the error is the exit code.
    ///
    /// # Errors
    /// Where there is no command to run.
    pub fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            let error = harmless(error);
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            if code != 0 && wants_json() {
                let options = Options {
                    json: true,
                    verbosity: 0,
                };
                Reporter::plain(options).failure(&usage_failure(&error));
                return code.into();
            }
            match error.print() {
                // Help that nobody can read, because the disk is full.
                Err(lost) if code == 0 && lost.kind() != ErrorKind::BrokenPipe => {
                    Kind::System.exit_code().into()
                }
                _ => code.into(),
            }
        })
    }
}

/// clap quotes arguments as they are: the same error about escaped ones.
fn harmless(error: clap::Error) -> clap::Error {
    let texts: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let escaped: Vec<_> = texts.iter().map(|text| escape::line(text)).collect();
    if escaped
        .iter()
        .zip(&texts)
        .all(|(escaped, text)| escaped == text)
    {
        return error;
    }
    let escaped = escaped.iter().map(|text| text.as_ref());
    Cli::try_parse_from(escaped).err().unwrap_or(error)
}

/// Whether `--json` is among ftpy's own arguments, as far as they can be told from those of a
/// command that `ftpy run` starts.
fn wants_json() -> bool {
    let arguments = std::env::args_os().skip(1);
    let mut own = arguments.take_while(|argument| argument != "--");
    own.any(|argument| argument == "--json")
}

/// clap's error as a failure like any other. Its text is a sentence, perhaps with a list below it,
/// then tips and the usage, each after an empty line.
fn usage_failure(error: &clap::Error) -> Failure {
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let failure = Failure::new(Kind::Usage, "the command line names no command");
        return failure.hint("`ftpy help` lists the commands");
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let mut paragraphs = text.split("\n\n");
    let mut sentence = paragraphs.next().unwrap_or_default().lines();
    let message = sentence.next().unwrap_or_default();
    let failure = Failure::new(Kind::Usage, message.trim_end_matches(':'));
    let failure = failure.details(sentence.map(|line| line.trim().to_owned()));
    let lines = paragraphs.flat_map(str::lines).map(str::trim);
    lines.fold(failure, |failure, line| {
        match (line.strip_prefix("tip: "), line.starts_with("Usage: ")) {
            (Some(tip), _) => failure.hint(tip),
            (None, true) => failure.details([line.to_owned()]),
            (None, false) => failure,
        }
    })
}

//! The only prompt of ftpy: y or N, on a terminal. Otherwise `--yes` is needed.

use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::report::{Question, Reporter};
use std::io::BufRead;

/// Explains why consent is needed, shows the command, and prompts unless `--yes` is given.
///
/// # Errors
/// Returns an error if the answer is not yes, or stdin or stderr is not a terminal.
pub(crate) fn confirm(
    env: &Env,
    reporter: &Reporter,
    is_sure: bool,
    question: &Question<'_>,
) -> Result<()> {
    let Question {
        why,
        commands,
        text,
        unchanged,
        hint,
    } = *question;
    let run = |verb: &'static str| {
        let lines = commands.iter();
        lines.map(move |command| format!("this {verb} run: {command}"))
    };
    let can_ask = env.stdin_is_terminal && env.stderr_is_terminal;
    if !is_sure && !can_ask {
        let needed = "confirmation needed, but stdin is not a terminal";
        let message = match why {
            "" => needed.to_owned(),
            why => format!("{why}: {needed}"),
        };
        return Err(Failure::new(Kind::Usage, message)
            .details(run("would").collect::<Vec<_>>())
            .hint(hint));
    }
    let why = (!why.is_empty()).then(|| why.to_owned());
    for line in why.into_iter().chain(run("will")) {
        // -q must not hide what the user is about to agree to.
        match is_sure {
            true => reporter.say(line),
            false => reporter.say_anyway(line),
        }
    }
    if is_sure {
        return Ok(());
    }
    reporter.ask(&format!("{text} [y/N] "));
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    let answer = answer.trim();
    if answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    Err(Failure::new(Kind::Usage, format!("cancelled: {unchanged}")))
}

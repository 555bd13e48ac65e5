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
    if is_sure {
        if !why.is_empty() {
            reporter.say(why);
        }
        run("will").for_each(|line| reporter.say(line));
        return Ok(());
    }
    // Under -q, too: nobody can agree to what is not shown.
    if !why.is_empty() {
        reporter.say_anyway(why);
    }
    run("will").for_each(|line| reporter.say_anyway(line));
    reporter.ask(&format!("{text} [y/N] "));
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    let answer = answer.trim();
    if answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    Err(Failure::new(Kind::Usage, format!("cancelled: {unchanged}")))
}

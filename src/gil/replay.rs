//! Loads modules again, each in its own process, to see which turn the GIL on. See `replay.py`.

use crate::gil::ask::said;
use crate::gil::verdict::{Answers, ReplayAnswer, Suspects};
use crate::probe::unhex;
use std::process::{Command, Stdio};
use std::time::Duration;

const SCRIPT: &str = include_str!("replay.py");

/// A module without an answer by then is unclear. One module may take ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Queries the interpreter of the run about its modules. It runs in the same process group, so
/// Ctrl-C ends it; its answers up to then count.
#[must_use]
pub fn replay(suspects: &Suspects) -> Answers {
    let mut command = Command::new(&suspects.executable);
    command
        .args(["-I", "-S", "-B", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // An empty entry in sys.path means that directory.
    if std::path::Path::new(&suspects.directory).is_dir() {
        command.current_dir(&suspects.directory);
    }
    let output = said(&mut command, &questions(suspects), PATIENCE);
    output.map_or_else(Answers::new, |text| parse(&text))
}

fn questions(suspects: &Suspects) -> String {
    let mut text = format!("path {}\n", hex(&suspects.path.join("\0")));
    for (module, file) in &suspects.modules {
        text += &format!("load {} {}\n", hex(module), hex(file));
    }
    text
}

fn hex(text: &str) -> String {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    if hex.is_empty() { "-".to_owned() } else { hex }
}

fn parse(text: &str) -> Answers {
    let answers = text.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let answer = match fields.next()? {
            "on" => ReplayAnswer::TurnsOn,
            "off" => ReplayAnswer::LeavesOff,
            _ => ReplayAnswer::Unclear,
        };
        Some(((unhex(fields.next()?)?, unhex(fields.next()?)?), answer))
    });
    answers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_matched_by_module_and_file() {
        let line = |answer: &str, name: &str| format!("{answer} {} {}\n", hex(name), hex("/é.so"));
        let text = line("on", "a") + &line("off", "b") + &line("unclear", "c") + "on zz\non 61";
        let key = |name: &str| (name.to_owned(), "/é.so".to_owned());
        let expected = [
            (key("a"), ReplayAnswer::TurnsOn),
            (key("b"), ReplayAnswer::LeavesOff),
            (key("c"), ReplayAnswer::Unclear),
        ];
        assert_eq!(parse(&text), expected.into_iter().collect());
    }
}

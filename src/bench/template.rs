//! The command of an arm: what the person gave, with the numbers of the arm in it.

use crate::bench::arm::{Arm, Workers};
use std::ffi::{OsStr, OsString};

/// Where the number of threads goes.
const THREADS: &str = "{threads}";
/// Where the number of processes goes.
const PROCESSES: &str = "{processes}";
/// Where the input goes.
const INPUT: &str = "{input}";

/// A command with places for the numbers of workers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// The variable that has the number of threads.
    pub threads_variable: Option<String>,
    /// The variable that has the number of processes.
    pub processes_variable: Option<String>,
    /// The input.
    pub input: Option<OsString>,
}

/// The command of an arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmCommand {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Variables to set.
    pub variables: Vec<(String, String)>,
}

impl Template {
    /// Whether the number of threads reaches the command.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.threads_variable.is_some() || self.has(THREADS)
    }

    /// Whether the number of processes reaches the command.
    #[must_use]
    pub fn has_processes(&self) -> bool {
        self.processes_variable.is_some() || self.has(PROCESSES)
    }

    /// Whether the input has a place.
    #[must_use]
    pub fn has_input(&self) -> bool {
        self.has(INPUT)
    }

    fn has(&self, place: &str) -> bool {
        let mut words = self.words.iter();
        words.any(|word| word.to_str().is_some_and(|word| word.contains(place)))
    }

    /// The command of an arm. An arm of threads has one process, one of processes has one thread each.
    #[must_use]
    pub fn command(&self, arm: Arm) -> ArmCommand {
        let (threads, processes) = match arm.workers {
            Workers::Threads(count) => (count, 1),
            Workers::Processes(count) => (1, count),
        };
        let places = [(THREADS, threads), (PROCESSES, processes)];
        let words = self.words.iter().map(|word| self.filled(word, places));
        let variables = [
            (&self.threads_variable, threads),
            (&self.processes_variable, processes),
        ];
        let variables = variables.into_iter().filter_map(|(name, count)| {
            let name = name.as_ref()?;
            Some((name.clone(), count.to_string()))
        });
        ArmCommand {
            words: words.collect(),
            variables: variables.collect(),
        }
    }

    fn filled(&self, word: &OsStr, places: [(&str, u32); 2]) -> OsString {
        let Some(text) = word.to_str() else {
            return word.to_owned();
        };
        if let (INPUT, Some(input)) = (text, &self.input) {
            return input.clone();
        }
        let mut text = text.to_owned();
        for (place, count) in places {
            text = text.replace(place, &count.to_string());
        }
        if let Some(input) = self.input.as_ref().and_then(|input| input.to_str()) {
            text = text.replace(INPUT, input);
        }
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &ArmCommand) -> Vec<&str> {
        let words = command.words.iter();
        words.map(|word| word.to_str().expect("text")).collect()
    }

    #[test]
    fn numbers_reach_arguments_and_variables() {
        let template = Template {
            words: [
                "python",
                "app.py",
                "--threads={threads}",
                "-p",
                "{processes}",
                "{input}",
            ]
            .map(OsString::from)
            .to_vec(),
            threads_variable: Some("N".to_owned()),
            processes_variable: None,
            input: Some("a {threads}".into()),
        };
        assert!(template.has_threads() && template.has_processes() && template.has_input());
        let command = template.command(Arm::free_threaded(4));
        // What the person wrote as input is not a template.
        assert_eq!(
            words(&command),
            ["python", "app.py", "--threads=4", "-p", "1", "a {threads}"]
        );
        assert_eq!(command.variables, [("N".to_owned(), "4".to_owned())]);
        let command = template.command(Arm::processes(8));
        assert_eq!(words(&command)[2..5], ["--threads=1", "-p", "8"]);
        assert!(!Template::default().has_threads());
    }
}

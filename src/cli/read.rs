//! Parses this process's command line, and reports clap's errors like all others.

use crate::cli::daily::Run;
use crate::cli::other_tools;
use crate::cli::{Cli, Global};
use crate::error::{Failure, Kind};
use crate::report::{Options, Reporter, escape};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser};
use ftpy_core::name::Name;
use ftpy_core::parse::parse;
use ftpy_core::request::Request;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

impl Cli {
    /// Reads this process's command line. Help and usage errors are printed here, and the error
    /// is the exit code.
    ///
    /// # Errors
    /// Returns an error if there is no command to run.
    pub fn read() -> Result<Self, ExitCode> {
        parse_line(&arguments()).map_err(|error| {
            let error = other_tools::advise(harmless(error), &arguments());
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            if code != 0 && wants_json() {
                let options = Options {
                    json: true,
                    verbosity: 0,
                };
                Reporter::plain(options).failure(&Failure::from(&error));
                return code.into();
            }
            match error.print() {
                // The help could not be written: the disk is full.
                Err(lost) if code == 0 && lost.kind() != io::ErrorKind::BrokenPipe => {
                    Kind::System.exit_code().into()
                }
                _ => code.into(),
            }
        })
    }
}

/// Parses a command line with a parser that knows only the command that the line names. That of
/// all commands takes longer to build, because clap copies the options of [`Global`] into each. What
/// the small one accepts, the whole one accepts too, because `ftpy` itself has no positional
/// arguments; what it refuses, the whole one explains.
fn parse_line(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let all = Cli::command();
    let mut own = arguments.iter().skip(1);
    let named = own.find_map(|argument| all.find_subcommand(argument));
    let root = clap::Command::new("ftpy")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .subcommands(named.cloned());
    let matches = Global::augment_args(root).try_get_matches_from(arguments);
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Err(error) if error.kind() != ErrorKind::DisplayVersion => Cli::try_parse_from(arguments),
        read => read,
    }
}

/// Returns this process's arguments. clap cannot tell `run -- COMMAND` and `run SCRIPT.py` from
/// `run REQUEST`, and people write `run python`, so the missing request is filled in.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some((at, request)) = missing_request(&arguments) {
        arguments.insert(at, request.into());
    }
    arguments
}

/// Returns the request that `ftpy run [OPTIONS] -- COMMAND` lacks, or a script or a program of
/// Python that comes first, and its place.
/// `ftpy run python3.14t -V` names the request in the name of the program.
fn missing_request(arguments: &[OsString]) -> Option<(usize, String)> {
    let active = |at| Some((at, Run::ACTIVE.to_owned()));
    const WITH_VALUE: [&str; 4] = ["-C", "--directory", "--report", "--suppressions"];
    let (mut is_run, mut is_script) = (false, false);
    let mut rest = arguments.iter().enumerate().skip(1);
    while let Some((at, argument)) = rest.next() {
        let text = argument.to_str()?;
        match text {
            "--" => return active(at).filter(|_| is_run),
            "run" if !is_run => is_run = true,
            "-s" | "--script" => is_script = true,
            _ if is_run && Run::is_script_name(text) => return active(at),
            _ if is_run && let Some(name) = Name::parse(text) => {
                let of_name = name.request().map(|it| Request::Build(it).to_string());
                let Some(request) = of_name else {
                    return active(at);
                };
                // Before a program, the name of another one is a request, as uv writes them.
                let next = rest.next().and_then(|(_, next)| next.to_str());
                let is_request = next.is_none_or(|it| it == "--" || Name::parse(it).is_some());
                return (!is_request).then_some((at, request));
            }
            _ if WITH_VALUE.contains(&text) => _ = rest.next(),
            _ if !text.starts_with('-') => {
                let is_build = matches!(parse(text), Ok(Request::Build(_)));
                return active(at).filter(|_| is_run && is_script && !is_build);
            }
            _ => {}
        }
    }
    None
}

/// Escapes the arguments that an error quotes: clap quotes them unchanged.
fn harmless(error: clap::Error) -> clap::Error {
    let texts: Vec<String> = arguments()
        .iter()
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

/// Returns whether `--json` is among ftpy's own arguments: those before `--`.
fn wants_json() -> bool {
    let arguments = std::env::args_os().skip(1);
    let mut own = arguments.take_while(|argument| argument != "--");
    own.any(|argument| argument == "--json")
}

impl From<&clap::Error> for Failure {
    /// Converts an error of clap. Its text is a sentence, perhaps followed by a list, then tips and
    /// the usage, each after an empty line.
    fn from(error: &clap::Error) -> Self {
        use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let mut paragraphs = text.split("\n\n");
        let sentence = paragraphs.next().unwrap_or_default();
        let lines = paragraphs.flat_map(str::lines).map(str::trim);
        let usage = lines.clone().find(|line| line.starts_with("Usage: "));
        let usage = usage.map(str::to_owned);
        if [DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand].contains(&error.kind()) {
            let failure = Self::new(Kind::Usage, "the command line names no command");
            return failure
                .details(usage)
                .hint("`ftpy help` lists the commands");
        }
        let mut sentence = sentence.lines();
        let message = sentence.next().unwrap_or_default().trim_end_matches(':');
        let failure = Self::new(Kind::Usage, message)
            .details(sentence.map(|line| line.trim().to_owned()))
            .details(usage);
        let tips = lines.filter_map(|line| line.strip_prefix("tip: "));
        failure.hints(tips)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_of_one_command_reads_what_the_parser_of_all_reads() {
        let lines = [
            "ftpy",
            "ftpy --version",
            "ftpy -V list",
            "ftpy install --version",
            "ftpy list",
            "ftpy ls --json",
            "ftpy -qC show list --offline",
            "ftpy -C install -v run 3.14t -- install -q",
            "ftpy -C list show",
            "ftpy --json bundle create -C d -o list 3.14t",
            "ftpy help install",
            "ftpy install help",
            "ftpy --help",
            "ftpy pin --help",
            "ftpy -q list -v",
            "ftpy -q list -q",
            "ftpy lists",
            "ftpy -- list",
        ];
        for line in lines {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let (small, all) = (parse_line(&words), Cli::try_parse_from(&words));
            let text = |read: Result<Cli, clap::Error>| match read {
                Ok(cli) => format!("{cli:?}"),
                Err(error) => format!("{:?} {}", error.kind(), error.render()),
            };
            assert_eq!(text(small), text(all), "{line}");
        }
    }

    #[test]
    fn only_a_run_without_a_request_is_completed() {
        let place = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let (at, request) = missing_request(&words)?;
            assert!(request == Run::ACTIVE || request == "3.14t", "{line}");
            Some(at)
        };
        assert_eq!(place("ftpy run -- python"), Some(2));
        assert_eq!(place("ftpy -q -C run run --install -- run"), Some(6));
        assert_eq!(place("ftpy run --report r.json -C d -- python"), Some(6));
        assert_eq!(place("ftpy run --report=r.json -- python"), Some(3));
        assert_eq!(place("ftpy run 3.14t -- python"), None);
        assert_eq!(place("ftpy run --require-nogil 3.14t -- python"), None);
        assert_eq!(place("ftpy run x.py 3.14t"), Some(2));
        assert_eq!(place("ftpy run --install dir/X.PY --script"), Some(3));
        assert_eq!(place("ftpy run -q -"), Some(3));
        assert_eq!(place("ftpy run --script tool a"), Some(3));
        assert_eq!(place("ftpy run -s 3.14t tool"), None);
        assert_eq!(place("ftpy run 3.14t x.py"), None);
        assert_eq!(place("ftpy run tool x.py"), None);
        assert_eq!(place("ftpy run python -VV"), Some(2));
        assert_eq!(place("ftpy run --install pip3 list"), Some(3));
        assert_eq!(place("ftpy run python3 x.py"), Some(2));
        assert_eq!(place("ftpy run python3.14t -V"), Some(2));
        assert_eq!(place("ftpy run python3.14t python -V"), None);
        assert_eq!(place("ftpy run python3.14t -- x"), None);
        assert_eq!(place("ftpy run 3.14t python -VV"), None);
        assert_eq!(place("ftpy run pytest -x"), None);
        assert_eq!(place("ftpy which x.py"), None);
        assert_eq!(place("ftpy install -- run"), None);
        assert_eq!(place("ftpy -- run"), None);
        assert_eq!(place("ftpy run"), None);
    }
}

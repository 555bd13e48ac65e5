//! Shell completion, generated from the command line's types.
//!
//! The scripts are static, and therefore fast. Only for a request, which has [`ValueHint::Other`],
//! do those of bash, zsh and fish call `ftpy list --requests`.

use crate::cli::Cli;
use crate::cli::daily::ShellName;
use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::Shell;

/// Returns the completion script for a shell. sh has none, and `ftpy completions` does not offer it.
#[must_use]
pub fn script(shell: ShellName) -> String {
    let mut command = Cli::command();
    command.build();
    match shell {
        ShellName::Bash | ShellName::Sh => bash(&command, &generated(Shell::Bash, &command)),
        ShellName::Zsh => zsh(&generated(Shell::Zsh, &command)),
        ShellName::Fish => fish(&command, &generated(Shell::Fish, &command)),
        ShellName::Nu => generated(clap_complete_nushell::Nushell, &command),
        ShellName::Pwsh => generated(Shell::PowerShell, &command),
    }
}

fn generated(shell: impl clap_complete::Generator, command: &Command) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), "ftpy", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A command with arguments that are requests.
struct Taker {
    /// Its name and its aliases.
    names: Vec<String>,
    /// Which words are requests: all, the first, or none.
    words: Words,
    /// The options whose value is a request.
    options: Vec<Arg>,
    /// The options with another value.
    other_options: Vec<Arg>,
}

#[derive(PartialEq, Eq)]
enum Words {
    All,
    First,
    Others,
}

fn takers(command: &Command) -> Vec<Taker> {
    let is_request = |argument: &&Arg| argument.get_value_hint() == ValueHint::Other;
    let taker = |command: &Command| {
        let positional = command.get_positionals().find(is_request);
        let several = |argument: &Arg| {
            let values = argument.get_num_args();
            values.is_some_and(|values| values.max_values() > 1)
        };
        let aliases = command.get_visible_aliases();
        let options = command.get_opts().cloned();
        let (options, other_options) = options.partition(|option| is_request(&option));
        Taker {
            names: std::iter::once(command.get_name())
                .chain(aliases)
                .map(str::to_owned)
                .collect(),
            words: match positional {
                Some(argument) if several(argument) => Words::All,
                Some(_) => Words::First,
                None => Words::Others,
            },
            options,
            other_options,
        }
    };
    let takers = command.get_subcommands().map(taker);
    let takes = |taker: &Taker| taker.words != Words::Others || !taker.options.is_empty();
    takers.filter(takes).collect()
}

/// `-p`, `--python`
fn spellings(option: &Arg) -> Vec<String> {
    let short = option.get_short().map(|short| format!("-{short}"));
    let long = option.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect()
}

const BASH: &str = r#"# Completes requests from what is installed; everything else uses the function above.
_ftpy_with_requests() {
    _ftpy "$@"
    local current="${COMP_WORDS[COMP_CWORD]}" command="" place=0 word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $word == -* ]]; then
            continue
        elif [[ -z $command ]]; then
            command=$word
        else
            place=$((place + 1))
        fi
    done
    case "$command $place ${COMP_WORDS[COMP_CWORD-1]}" in
        @values@) return 0 ;;
        @expected@) ;;
        *) return 0 ;;
    esac
    if [[ $current != -* ]]; then
        compopt +o nospace 2>/dev/null
        COMPREPLY=( $(compgen -W "$("$1" list --requests 2>/dev/null)" -- "$current") )
    fi
}

"#;

/// Registers a function that completes requests and calls the generated one for the rest.
fn bash(command: &Command, generated: &str) -> String {
    let (mut expected, mut values) = (Vec::new(), Vec::new());
    for taker in takers(command) {
        for name in &taker.names {
            match taker.words {
                Words::All => expected.push(format!("\"{name} \"*")),
                Words::First => expected.push(format!("\"{name} 0 \"*")),
                Words::Others => {}
            }
            let behind = |option: &Arg| {
                let patterns = spellings(option).into_iter();
                patterns.map(|spelling| format!("\"{name} \"*\" {spelling}\""))
            };
            expected.extend(taker.options.iter().flat_map(behind));
            // Any other option with a value is followed by that value.
            values.extend(taker.other_options.iter().flat_map(behind));
        }
    }
    let own = BASH.replace("@values@", &values.join("|"));
    let own = own.replace("@expected@", &expected.join("|"));
    let generated = generated.replace("complete -F _ftpy ", "complete -F _ftpy_with_requests ");
    match generated.rfind("\nif [[ \"${BASH_VERSINFO[0]}\"") {
        Some(place) => format!("{}\n{own}{}", &generated[..place], &generated[place + 1..]),
        None => generated + &own,
    }
}

const ZSH: &str = r#"
# The requests that are installed.
_ftpy_requests() {
    local -a requests
    requests=(${(f)"$(_call_program requests ftpy list --requests 2>/dev/null)"})
    compadd -a requests
}
"#;

/// Completes arguments without an action, which are requests. The first line must stay first: it
/// makes a file on fpath a function.
fn zsh(generated: &str) -> String {
    let generated = generated.replace(":' \\\n", ":_ftpy_requests' \\\n");
    match generated.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{ZSH}{rest}"),
        None => generated,
    }
}

const FISH: &str = r#"
# The requests that are installed, where one is expected.
function __ftpy_requests
    ftpy list --requests 2>/dev/null
end
# Only options follow the command so far.
function __ftpy_at_first_word
    test (count (string match --invert -- '-*' (commandline -opc))) -eq 2
end
"#;

fn fish(command: &Command, generated: &str) -> String {
    let mut script = format!("{}\n{FISH}", generated.trim_end());
    for taker in takers(command) {
        for name in &taker.names {
            let using = format!("complete -c ftpy -n \"__fish_ftpy_using_subcommand {name}");
            let requests = "-f -a \"(__ftpy_requests)\"\n";
            match taker.words {
                Words::All => script += &format!("{using}\" {requests}"),
                Words::First => {
                    script += &format!("{using}; and __ftpy_at_first_word\" {requests}")
                }
                Words::Others => {}
            }
            for option in &taker.options {
                let short = option.get_short().map(|short| format!(" -s {short}"));
                let long = option.get_long().map(|long| format!(" -l {long}"));
                let (short, long) = (short.unwrap_or_default(), long.unwrap_or_default());
                script += &format!("{using}\"{short}{long} -r {requests}");
            }
        }
    }
    script
}

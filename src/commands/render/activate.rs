//! The command that activates a virtual environment, in the syntax of the user's shell.

use crate::cli::daily::ShellName;
use crate::host::shell::quoted;
use crate::ops::shell_code::{is_plain, quote};
use std::path::Path;

/// Returns the command to activate the environment at `path`, spelled as the user typed it. `login`
/// is the login shell; the default is a POSIX shell.
pub(crate) fn command(login: Option<&Path>, path: &Path) -> String {
    let name = login.and_then(|login| login.file_name()?.to_str());
    // A path that begins with a dash would be read as an option.
    let path = match path.to_string_lossy().starts_with('-') {
        true => Path::new(".").join(path),
        false => path.to_owned(),
    };
    let file = |name: &str| path.join("bin").join(name).display().to_string();
    match name.unwrap_or_default() {
        "fish" => format!("source {}", plain(&file("activate.fish"), ShellName::Fish)),
        "nu" => {
            // CPython has no activation script for nushell.
            let bin = path.join("bin").display().to_string();
            let bin = quote(ShellName::Nu, &bin);
            format!("$env.PATH = ($env.PATH | prepend ({bin} | path expand))")
        }
        "pwsh" => format!("& {}", quote(ShellName::Pwsh, &file("Activate.ps1"))),
        "csh" | "tcsh" => {
            let file = file("activate.csh");
            // `!` means an earlier command, also inside quotes.
            format!(
                "source {}",
                plain(&file, ShellName::Bash).replace('!', r"\!")
            )
        }
        "bash" | "zsh" => format!("source {}", plain(&file("activate"), ShellName::Bash)),
        _ => format!(". {}", plain(&file("activate"), ShellName::Bash)),
    }
}

/// Quotes a path if necessary.
fn plain(text: &str, shell: ShellName) -> String {
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false if shell == ShellName::Bash => quoted(text),
        false => quote(shell, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn the_command_is_in_the_syntax_of_the_login_shell() {
        let check = |shell: &str, path: &str, expected: &str| {
            let login = PathBuf::from("/usr/bin").join(shell);
            assert_eq!(command(Some(&login), Path::new(path)), expected);
        };
        check("bash", ".venv", "source .venv/bin/activate");
        check("zsh", "my env", "source 'my env/bin/activate'");
        check("dash", ".venv", ". .venv/bin/activate");
        check("sh", "it's", r". 'it'\''s/bin/activate'");
        check("fish", "it's", r"source 'it\'s/bin/activate.fish'");
        check("tcsh", "a b!", r"source 'a b\!/bin/activate.csh'");
        check("pwsh", "it's", "& 'it''s/bin/Activate.ps1'");
        check("bash", "-x", "source ./-x/bin/activate");
        check("bash", "$(id)", "source '$(id)/bin/activate'");
        check(
            "nu",
            "a b",
            r#"$env.PATH = ($env.PATH | prepend ("a b/bin" | path expand))"#,
        );
        assert_eq!(command(None, Path::new(".venv")), ". .venv/bin/activate");
    }
}

//! The shell code that puts the shims on PATH, and the quoting of each shell.

use crate::cli::daily::ShellName;
use crate::error::{Failure, Kind, Result};
use crate::host::shell::quoted;
use crate::ops::context::Context;
use ftpy_core::shell::{FISH, NU, POSIX, PWSH, SHIMS, STORE};
use std::path::Path;

/// Returns the lines that put the shims on PATH.
///
/// They contain the path instead of a call of ftpy: a shell should start without waiting for ftpy,
/// and also after ftpy was removed.
pub(crate) fn code(context: &Context, shell: ShellName) -> Result<String> {
    let home = context.env.shell.home.as_deref();
    let word = |path: &Path| -> Result<String> {
        let text = writable(path)?;
        let below = home.and_then(|home| below(home, path));
        Ok(below.map_or_else(|| quote(shell, &text), |rest| below_home(shell, &rest)))
    };
    let shims = word(&context.store.shims())?;
    let store = word(context.store.root())?;
    let mut code = String::new();
    for line in template(shell).split_inclusive('\n') {
        match line.contains(STORE) {
            true if !context.env.has_own_store => {}
            true => code += &line.replace(STORE, &store),
            false => code += &line.replace(SHIMS, &shims),
        }
    }
    Ok(code)
}

fn template(shell: ShellName) -> &'static str {
    match shell {
        ShellName::Bash | ShellName::Sh | ShellName::Zsh => POSIX,
        ShellName::Fish => FISH,
        ShellName::Nu => NU,
        ShellName::Pwsh => PWSH,
    }
}

/// Returns the path as text if it can be on PATH and in a line of a profile.
pub(crate) fn writable(path: &Path) -> Result<String> {
    let text = path.to_str();
    let text = text.filter(|text| !text.contains([':', '\n', '\r']));
    text.map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "{} cannot be on PATH: it contains a colon, a line break or invalid UTF-8",
            path.display()
        );
        Failure::new(Kind::Usage, message).hint("set FTPY_HOME to another directory")
    })
}

/// Returns the part of a path behind the home directory, with its slash: `/.local/share/ftpy`. A
/// home that ends in a slash would make another text of it in the shell.
fn below(home: &Path, path: &Path) -> Option<String> {
    let rest = path.to_str()?.strip_prefix(home.to_str()?)?;
    let is_below = rest.len() > 1 && rest.starts_with('/');
    is_below.then(|| rest.to_owned())
}

/// Returns the word of a shell for a path below the home directory. It contains the variable, so
/// that a profile also works on a machine whose home directory has another name.
fn below_home(shell: ShellName, rest: &str) -> String {
    let is_plain = rest.chars().all(is_plain);
    match shell {
        ShellName::Nu => format!("($env.HOME + {})", quote(shell, rest)),
        _ if is_plain => format!("\"$HOME{rest}\""),
        ShellName::Pwsh => format!("($HOME + {})", quote(shell, rest)),
        _ => format!("\"$HOME\"{}", quote(shell, rest)),
    }
}

/// Returns whether a character needs no quotes in any shell.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c)
}

/// Quotes a text for a shell.
pub(crate) fn quote(shell: ShellName, text: &str) -> String {
    match shell {
        ShellName::Bash | ShellName::Sh | ShellName::Zsh => quoted(text),
        ShellName::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
        // nushell's single quotes have no escapes.
        ShellName::Nu => format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
        ShellName::Pwsh => {
            // PowerShell treats typographic quotes like plain ones.
            let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
            let doubled = text.chars().flat_map(|c| match is_quote(c) {
                true => vec![c, c],
                false => vec![c],
            });
            format!("'{}'", doubled.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_a_variable() {
        let rest = |home: &str, path: &str| below(Path::new(home), Path::new(path));
        assert_eq!(rest("/h/me", "/h/me/x"), Some("/x".to_owned()));
        for (home, path) in [
            ("/h/me", "/h/me2/x"),
            ("/h/me", "/opt/x"),
            ("/h/me", "/h/me"),
            ("/h/me/", "/h/me/x"),
            ("/", "/x"),
        ] {
            assert_eq!(rest(home, path), None, "{home} {path}");
        }
        let check = |shell, rest: &str, expected: &str| {
            assert_eq!(below_home(shell, rest), expected);
        };
        for shell in [ShellName::Bash, ShellName::Fish, ShellName::Pwsh] {
            check(shell, "/a-b/.c", "\"$HOME/a-b/.c\"");
        }
        check(ShellName::Zsh, "/it's", r#""$HOME"'/it'\''s'"#);
        check(ShellName::Fish, "/it's", r#""$HOME"'/it\'s'"#);
        check(ShellName::Pwsh, "/it's", "($HOME + '/it''s')");
        check(ShellName::Nu, "/a b", r#"($env.HOME + "/a b")"#);
    }

    #[test]
    fn text_is_quoted_for_each_shell() {
        let check = |shell, text: &str, expected: &str| assert_eq!(quote(shell, text), expected);
        for shell in [ShellName::Bash, ShellName::Zsh] {
            check(shell, "/a b/$c", "'/a b/$c'");
            check(shell, "/it's", r"'/it'\''s'");
            check(shell, r"/a\b", r"'/a\b'");
        }
        check(ShellName::Fish, "/a b/$c", "'/a b/$c'");
        check(ShellName::Fish, r"/it's\", r"'/it\'s\\'");
        check(ShellName::Nu, "/it's $c", "\"/it's $c\"");
        check(ShellName::Nu, r#"/a"\b"#, r#""/a\"\\b""#);
        check(ShellName::Pwsh, "/it's $c", "'/it''s $c'");
        check(
            ShellName::Pwsh,
            "/it\u{2019}s`\"",
            "'/it\u{2019}\u{2019}s`\"'",
        );
    }
}

//! `ftpy init`: prints shell code that puts the shims on PATH. `setup` writes it into profiles.

use crate::cli::daily::{Init, ShellName};
use crate::error::{Failure, Kind, Result};
use crate::host::shell::quoted;
use crate::ops::context::Context;
use ftpy_core::shell::{FISH, NU, POSIX, PWSH, SHIMS, STORE};
use serde_json::json;
use std::path::Path;

/// `ftpy init`
pub(super) fn init(context: &Context, arguments: &Init) -> Result<()> {
    let code = code(context, arguments.shell)?;
    if context.reporter.is_json() {
        let shell = arguments.shell.name();
        context
            .reporter
            .json(&json!({ "shell": shell, "code": code }));
    } else {
        context.reporter.document(code.trim_end());
    }
    Ok(())
}

/// Returns the lines that put the shims on PATH.
///
/// They contain the path instead of a call of ftpy: a shell should start without waiting for ftpy,
/// and also after ftpy was removed.
pub(super) fn code(context: &Context, shell: ShellName) -> Result<String> {
    let shims = writable(&context.store.shims())?;
    let store = writable(context.store.root())?;
    let mut code = String::new();
    for line in template(shell).split_inclusive('\n') {
        match line.contains(STORE) {
            true if !context.env.has_own_store => {}
            true => code += &line.replace(STORE, &quote(shell, &store)),
            false => code += &line.replace(SHIMS, &quote(shell, &shims)),
        }
    }
    Ok(code)
}

fn template(shell: ShellName) -> &'static str {
    match shell {
        ShellName::Bash | ShellName::Zsh => POSIX,
        ShellName::Fish => FISH,
        ShellName::Nu => NU,
        ShellName::Pwsh => PWSH,
    }
}

/// Returns the path as text if it can be on PATH and in a line of a profile.
pub(super) fn writable(path: &Path) -> Result<String> {
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

/// Quotes a text for a shell.
pub(super) fn quote(shell: ShellName, text: &str) -> String {
    match shell {
        ShellName::Bash | ShellName::Zsh => quoted(text),
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

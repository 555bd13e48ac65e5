//! Lines that a POSIX shell evaluates.

use crate::ci::exports::Exports;

/// Lines for `eval`, or for a file that is sourced once.
pub(super) fn lines(exports: &Exports) -> Vec<String> {
    let mut lines = assignments(exports);
    let directories = quoted(&exports.path.join(":"));
    lines.push(format!("export PATH={directories}\"${{PATH:+:$PATH}}\""));
    lines
}

/// Text for a file that every shell of a job reads, so also one that a virtual environment's
/// program starts: what is on PATH already stays where it is.
pub(super) fn for_every_shell(exports: &Exports) -> String {
    let mut lines = assignments(exports);
    lines.extend(exports.path.iter().rev().map(|directory| {
        let directory = quoted(directory);
        format!(
            "case \":${{PATH-}}:\" in *:{directory}:*) ;; \
             *) export PATH={directory}\"${{PATH:+:$PATH}}\" ;; esac"
        )
    }));
    lines.join("\n") + "\n"
}

/// What a shell evaluates after a failure: `eval "$(...)"` alone would not notice it.
#[must_use]
pub fn failed(exit_code: u8) -> String {
    format!("(exit {exit_code})")
}

fn assignments(exports: &Exports) -> Vec<String> {
    let variables = exports.variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), value.as_str()));
    let all = variables.chain(exports.output_variables());
    all.map(|(name, value)| format!("export {name}={}", quoted(value)))
        .collect()
}

/// One word that means nothing but itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::exports::example;

    #[test]
    fn lines_are_quoted() {
        assert_eq!(
            lines(&example()),
            [
                "export pythonLocation='/s/installs/k'",
                "export ODD='it'\\''s $x;\n50%]'",
                "export FTPY_PYTHON_VERSION='3.14.7t'",
                "export FTPY_VERSION='0.1.0'",
                "export PATH='/s/shims:/s/installs/k/bin'\"${PATH:+:$PATH}\"",
            ]
        );
    }
}

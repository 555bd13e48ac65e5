//! Lines to be evaluated by a POSIX shell.

use crate::ci::exports::Exports;
use crate::host::shell::quoted;

/// Lines for `eval`, or for a file that is sourced once.
pub(super) fn lines(exports: &Exports) -> Vec<String> {
    let mut lines = assignments(exports);
    let directories = quoted(&exports.path.join(":"));
    lines.push(format!("export PATH={directories}\"${{PATH:+:$PATH}}\""));
    lines
}

/// A file that every shell of a job sources.
///
/// The shims are put first, followed by the active `bin`, whatever was on PATH or added by an
/// earlier set-up in the same file. This happens once per step: a shell started by a program of a
/// virtual environment sources the file again, and there the environment stays in front. `mark`
/// identifies this block in the file.
pub(super) fn for_every_shell(exports: &Exports, mark: &str) -> String {
    let lines = assignments(exports).join("\n");
    let ours = quoted(&exports.path.join(":"));
    let first = exports.path.first().map(String::as_str).unwrap_or_default();
    let own = exports.path.iter().map(|directory| quoted(directory));
    let installs = std::iter::once(format!("{}/*", quoted(&exports.installs)));
    let own: Vec<String> = own.chain(installs).collect();
    let (first, own) = (quoted(first), own.join("|"));
    format!(
        r#"{lines}
case ":${{PATH-}}:" in *:{first}:*) ;; *) FTPY_PATH_MARKS= ;; esac
case ":${{FTPY_PATH_MARKS-}}:" in
*:{mark}:*) ;;
*)
  ftpy_rest="${{PATH:+$PATH:}}" ftpy_path=
  while [ -n "$ftpy_rest" ]; do
    ftpy_one="${{ftpy_rest%%:*}}"; ftpy_rest="${{ftpy_rest#*:}}"
    case "$ftpy_one" in {own}) ;; *) ftpy_path="$ftpy_path:$ftpy_one" ;; esac
  done
  export PATH={ours}"$ftpy_path" FTPY_PATH_MARKS="${{FTPY_PATH_MARKS-}}:{mark}"
  unset ftpy_one ftpy_rest ftpy_path
  ;;
esac
"#
    )
}

/// What a shell evaluates after a failure, which `eval "$(...)"` alone would not notice.
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

//! Log commands: foldable groups, error annotations, and masked secrets.

use crate::ci::system::System;
use crate::ci::{azure, github};
use crate::report::escape;

/// The name of the section that ftpy opens in GitLab's log.
const SECTION: &str = "ftpy_ci_setup";

/// An error and the file that it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotation {
    /// The message, then details and hints, one per line.
    pub lines: Vec<String>,
    /// The file, relative to the project.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<usize>,
}

/// The line that opens a group; `None` if the log has no groups. `now` is in seconds since 1970.
#[must_use]
pub fn group_start(system: System, title: &str, now: u64) -> Option<String> {
    let title = escape::line(title);
    match system {
        System::GitHub => Some(github::command("group", &[], &title)),
        System::Azure => Some(format!("##[group]{title}")),
        System::GitLab => Some(format!(
            "\u{1b}[0Ksection_start:{now}:{SECTION}\r\u{1b}[0K{title}"
        )),
        System::Buildkite => Some(format!("--- {title}")),
        System::CircleCi | System::Jenkins | System::Shell => None,
    }
}

/// The line that closes a group.
#[must_use]
pub fn group_end(system: System, now: u64) -> Option<String> {
    match system {
        System::GitHub => Some(github::command("endgroup", &[], "")),
        System::Azure => Some("##[endgroup]".to_owned()),
        System::GitLab => Some(format!("\u{1b}[0Ksection_end:{now}:{SECTION}\r\u{1b}[0K")),
        // The next heading ends it.
        System::Buildkite | System::CircleCi | System::Jenkins | System::Shell => None,
    }
}

/// The line that reopens the last group, if folding it would hide the reason for a failure.
#[must_use]
pub fn reveal(system: System) -> Option<String> {
    (system == System::Buildkite).then(|| "^^^ +++".to_owned())
}

/// The command by which the system shows an error outside the log.
#[must_use]
pub fn error(system: System, annotation: &Annotation) -> Option<String> {
    let place = |file: &'static str, line: &'static str| {
        let name = annotation.file.as_deref().map(escape::line);
        let file = name.map(|name| (file, name.into_owned()));
        let line = annotation.line.map(|value| (line, value.to_string()));
        file.into_iter().chain(line)
    };
    let lines = annotation.lines.iter().map(|line| escape::relayed(line));
    let message = &lines.collect::<Vec<_>>().join("\n");
    match system {
        System::GitHub => {
            let title = ("title", "ftpy".to_owned());
            let properties: Vec<_> = place("file", "line").chain([title]).collect();
            Some(github::command("error", &properties, message))
        }
        System::Azure => {
            let kind = ("type", "error".to_owned());
            let place = place("sourcepath", "linenumber");
            let properties: Vec<_> = std::iter::once(kind).chain(place).collect();
            Some(azure::command("task.logissue", &properties, message))
        }
        System::GitLab | System::CircleCi | System::Buildkite | System::Jenkins | System::Shell => {
            None
        }
    }
}

/// The command that masks a secret in the rest of the log.
#[must_use]
pub fn mask(system: System, secret: &str) -> Option<String> {
    match system {
        System::GitHub => Some(github::command("add-mask", &[], secret)),
        System::Azure => Some(azure::command("task.setsecret", &[], secret)),
        System::GitLab | System::CircleCi | System::Buildkite | System::Jenkins | System::Shell => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_annotated_at_its_line() {
        let annotation = Annotation {
            lines: vec![
                "no build of 3.99t".to_owned(),
                "hint: \u{1b}[2Jlook\n##[x]".to_owned(),
            ],
            file: Some(".python-version".to_owned()),
            line: Some(2),
        };
        let shown = |system| error(system, &annotation);
        assert_eq!(
            shown(System::GitHub).as_deref(),
            Some(
                "::error file=.python-version,line=2,title=ftpy::no build of 3.99t%0A\
                hint: \\u{1b}[2Jlook\\n#\\u{23}[x]"
            )
        );
        assert_eq!(
            shown(System::Azure).as_deref(),
            Some(
                "##vso[task.logissue type=error;sourcepath=.python-version;linenumber=2;]no build \
                 of 3.99t%0Ahint: \\u{1b}[2Jlook\\n#\\u{23}[x]"
            )
        );
        assert_eq!(shown(System::GitLab), None);
    }

    #[test]
    fn groups_use_the_systems_syntax() {
        let start = |system| group_start(system, "ftpy", 7);
        assert_eq!(start(System::GitHub).as_deref(), Some("::group::ftpy"));
        assert_eq!(
            start(System::GitLab).as_deref(),
            Some("\u{1b}[0Ksection_start:7:ftpy_ci_setup\r\u{1b}[0Kftpy")
        );
        assert_eq!(start(System::Buildkite).as_deref(), Some("--- ftpy"));
        assert_eq!(start(System::Shell), None);
        assert_eq!(
            group_end(System::GitHub, 8).as_deref(),
            Some("::endgroup::")
        );
        assert_eq!(
            mask(System::GitHub, "a%b").as_deref(),
            Some("::add-mask::a%25b")
        );
    }
}

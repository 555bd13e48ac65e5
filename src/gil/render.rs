//! Converts a judgement to a [`Failure`]. Pure.
//!
//! A [`Judgement`] is the error type of this stage, unless the GIL was off. Its conversion also
//! needs the command that was watched, so it is [`tell`] and not a `From`.

use crate::error::{Failure, Kind};
use crate::gil::options::keeping_out;
use crate::gil::report::Step;
use crate::gil::seen::Why;
use crate::gil::verdict::{Interpreter, Judgement, Offender, Unseen, Verdict};
use std::path::Path;

/// The hint if no version is known that keeps the GIL off.
pub const NEWER_RELEASE: &str =
    "look for a newer release that supports free threading (Py_MOD_GIL_NOT_USED)";

/// The command that was watched.
#[derive(Debug, Clone, Copy)]
pub struct WatchedCommand<'a> {
    /// The command's name as it was typed.
    pub program: &'a str,
    /// Whether that is Python itself.
    pub is_python: bool,
    /// Its arguments.
    pub arguments: &'a [String],
    /// The working directory; files below it are shown relative to it.
    pub directory: &'a Path,
    /// How the command ended, if it failed: `exit code 3`, `signal 15`.
    pub own_end: Option<&'a str>,
}

/// Renders a judgement as a failure; `None` if the GIL was off.
#[must_use]
pub fn tell(judged: &Judgement, asked: &WatchedCommand<'_>) -> Option<Failure> {
    let mut failure = match judged.verdict {
        Verdict::GilOff => return None,
        Verdict::GilOn => was_on(judged, asked),
        Verdict::Unchecked => unchecked(judged, asked),
    };
    if let Some(end) = asked.own_end {
        failure.message += &format!("; the command itself ended with {end}");
    }
    Some(failure)
}

fn was_on(judged: &Judgement, asked: &WatchedCommand<'_>) -> Failure {
    let on: Vec<&Interpreter> = judged
        .interpreters
        .iter()
        .filter(|one| one.counts && one.gil_enabled_at_exit == Some(true))
        .collect();
    let Some(one) = on.first() else {
        return Failure::new(Kind::GilEnabled, "the GIL was on");
    };
    let place = format!("{} (pid {})", one.executable, one.pid);
    let more = match on.len() - 1 {
        0 => String::new(),
        1 => " and in 1 more process".to_owned(),
        more => format!(" and in {more} more processes"),
    };
    if !one.gil_disabled_build {
        let version = match one.version.as_str() {
            "" => String::new(),
            version => format!(" {version}"),
        };
        let message = format!("the command ran Python{version} with a GIL: {place}{more}");
        return Failure::new(Kind::GilEnabled, message).hint(
            "the command used another Python than the requested one; check its first \
             line (#!) or its virtual environment",
        );
    }
    if one.asked_on == Some(true) {
        let message = format!("the GIL was on from the start in {place}{more}");
        return Failure::new(Kind::GilEnabled, message)
            .hint("remove `-X gil=1` from the command, or run `unset PYTHON_GIL`");
    }
    let mut lines = Vec::new();
    let is_alone = judged.offenders.len() == 1;
    for offender in &judged.offenders {
        let first = if offender.first && !is_alone {
            ", the first"
        } else {
            ""
        };
        lines.extend(shown(offender, first, one.pid, asked));
    }
    if !judged.unclear.is_empty() {
        lines.push("these modules may have turned it on:".to_owned());
        for offender in &judged.unclear {
            lines.extend(shown(offender, "", one.pid, asked).map(|line| format!("  {line}")));
        }
    } else if judged.offenders.is_empty() {
        lines.push("no extension module turned it on".to_owned());
    }
    Failure::new(
        Kind::GilEnabled,
        format!("the GIL was on at exit in {place}{more}"),
    )
    .details(lines)
    .hint(NEWER_RELEASE)
    .hint("`python -X gil=0` keeps the GIL off at your own risk")
}

fn shown(offender: &Offender, first: &str, pid: u32, asked: &WatchedCommand<'_>) -> [String; 2] {
    let process = match offender.pid == pid {
        true => String::new(),
        false => format!(", pid {}", offender.pid),
    };
    let (module, file) = (&offender.module, &offender.file);
    let chain = match offender.chain.as_slice() {
        [] => "loaded at startup by a .pth file".to_owned(),
        chain => {
            let steps = chain.iter().map(|step| place(step, asked.directory));
            let steps: Vec<String> = steps.chain([module.clone()]).collect();
            steps.join(" -> ")
        }
    };
    [
        format!("{module} ({file}){first}{process}"),
        format!("  {chain}"),
    ]
}

fn place(step: &Step, directory: &Path) -> String {
    if step.line == 0 {
        return step.module.clone();
    }
    let file = short(&step.file, directory);
    format!("{file}:{} {}", step.line, step.function)
}

/// A file as the user knows it: relative to the working directory, or as a module.
fn short<'a>(file: &'a str, directory: &Path) -> &'a str {
    for mark in ["/site-packages/", "/dist-packages/"] {
        if let Some((_, rest)) = file.rsplit_once(mark) {
            return rest;
        }
    }
    let below = Path::new(file).strip_prefix(directory).ok();
    if let Some(below) = below.and_then(Path::to_str) {
        return below;
    }
    // The standard library: .../lib/python3.14t/json/__init__.py
    let library = file.split_once("/lib/python3.");
    library
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(file, |(_, rest)| rest)
}

fn unchecked(judged: &Judgement, asked: &WatchedCommand<'_>) -> Failure {
    let open = "cannot check the GIL";
    let killed = judged
        .interpreters
        .iter()
        .find(|one| one.counts && one.gil_enabled_at_exit.is_none());
    if let Some(one) = killed {
        let place = format!("{} (pid {})", one.executable, one.pid);
        let message = format!("{open}: {place} exited without reporting its GIL state");
        let shown = judged.unclear.iter();
        let shown = shown.flat_map(|offender| shown_unclear(offender, one.pid, asked));
        return Failure::new(Kind::Unchecked, message)
            .details(["these modules may have turned it on:".to_owned()])
            .details(shown);
    }
    let program = asked.program;
    let option = keeping_out(asked.arguments).filter(|_| asked.is_python);
    if let Some(option) = option.filter(|_| judged.interpreters.is_empty()) {
        let message =
            format!("{open}: {program} was started with {option}, so ftpy could not watch it");
        return Failure::new(Kind::Unchecked, message).hint(OPTIONS);
    }
    let mut unseen = judged.unwatched.iter().filter(|one| one.counts);
    if let Some(one) = unseen.next() {
        let failure = Failure::new(Kind::Unchecked, format!("{open}: {}", story(one)));
        return failure.details(unseen.map(story)).hint(match &one.why {
            Why::Option(_) => OPTIONS,
            Why::Environment => {
                "ftpy's hook needs PYTHONPATH: `subprocess`, `os.execv` and `os.spawnv` pass \
                     it on, `env -i` and `os.execve` with other variables do not"
            }
            Why::Silent => {
                "it exited too early, or could not write to TMPDIR: as another user, or in \
                     a sandbox"
            }
            Why::Running => "make the command wait for the processes that it starts",
        });
    }
    Failure::new(
        Kind::Unchecked,
        format!("{open}: no Python reported from `{program}`"),
    )
    .hint(
        "it started no Python program, or started one with -I, -E or -S or without PYTHONPATH, \
         which disables ftpy's hook",
    )
}

/// Explains the options that disable the hook.
const OPTIONS: &str = "remove the option: -I, -E and -S disable PYTHONPATH and `sitecustomize`, which ftpy's hook needs";

/// Why a Python could not be watched.
fn story(one: &Unseen) -> String {
    let place = match one.is_child_of {
        true => format!("{}, a child of pid {},", one.executable, one.pid),
        false => format!("{} (pid {})", one.executable, one.pid),
    };
    match &one.why {
        Why::Option(option) => {
            format!("{place} was started with {option}, so ftpy could not watch it")
        }
        Why::Environment => {
            format!("{place} was started without PYTHONPATH, so ftpy could not watch it")
        }
        Why::Silent => format!("{place} did not report to ftpy"),
        Why::Running => format!("{place} was still running when the command had ended"),
    }
}

fn shown_unclear(offender: &Offender, pid: u32, asked: &WatchedCommand<'_>) -> [String; 2] {
    shown(offender, "", pid, asked).map(|line| format!("  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gil::report::tests::report;
    use crate::gil::verdict::{Answers, ReplayAnswer, judge};

    fn check(text: &str, own_end: Option<&str>, expected: &str) {
        let key = |name: &str| (name.to_owned(), format!("/home/{name}.so"));
        let answers: Answers = [key("a"), key("p.b")]
            .map(|key| (key, ReplayAnswer::TurnsOn))
            .into_iter()
            .collect();
        let asked = WatchedCommand {
            program: "python",
            is_python: true,
            arguments: &["app.py".to_owned()],
            directory: Path::new("/home"),
            own_end,
        };
        let told = tell(&judge(&report(text), 7, &answers), &asked);
        let told = told.map_or("nothing".to_owned(), |failure| {
            let code = failure.kind.exit_code();
            format!("{code} {failure}\n{}", failure.details.join("\n"))
        });
        assert_eq!(told.trim_end(), expected);
    }

    const FREE: &str = "start 7 1 0 - '/t' '3.14.7' '/home'\n";

    #[test]
    fn every_offender_is_named_with_its_file_and_its_chain() {
        check(&format!("{FREE}end 7 0"), Some("exit code 3"), "nothing");
        check(
            &format!(
                "{FREE}load 7 0 'a' '/home/a.so' '__main__|/home/app.py|3|<module>||p|/v/lib/python3.14t/site-packages/p/__init__.py|1|<module>|'
                 load 7 1 'p.b' '/home/p.b.so' 'json|/v/lib/python3.14t/json/__init__.py|20|load||c|/c.so|0||exec'
                 load 7 1 'x' '/x.so' ''\nend 7 1"
            ),
            Some("exit code 3"),
            "8 the GIL was on at exit in /t (pid 7); the command itself ended with exit code 3
a (/home/a.so), the first
  app.py:3 <module> -> p/__init__.py:1 <module> -> a
p.b (/home/p.b.so)
  json/__init__.py:20 load -> c -> p.b
these modules may have turned it on:
  x (/x.so)
    loaded at startup by a .pth file",
        );
        check(
            &format!(
                "{FREE}start 8 1 0 - '/t' '3.14.7' '/'\nload 8 0 'a' '/home/a.so' ''\nend 8 1\nend 7 1"
            ),
            None,
            "8 the GIL was on at exit in /t (pid 7) and in 1 more process
a (/home/a.so), pid 8
  loaded at startup by a .pth file",
        );
    }

    #[test]
    fn other_causes_are_reported() {
        check(
            "start 7 1 1 1 '/t' '3.14.7' '/'\nend 7 1",
            None,
            "8 the GIL was on from the start in /t (pid 7)",
        );
        check(
            "start 7 0 1 - '/usr/bin/python3' '3.9.1' '/'",
            None,
            "8 the command ran Python 3.9.1 with a GIL: /usr/bin/python3 (pid 7)",
        );
        check(
            &format!("{FREE}end 7 1"),
            None,
            "8 the GIL was on at exit in /t (pid 7)\nno extension module turned it on",
        );
        check(
            &format!("{FREE}load 7 0 'x' '/x.so' ''"),
            Some("signal 9"),
            "9 cannot check the GIL: /t (pid 7) exited without reporting its GIL state; \
             the command itself ended with signal 9
these modules may have turned it on:
  x (/x.so)
    loaded at startup by a .pth file",
        );
        check(
            "",
            None,
            "9 cannot check the GIL: no Python reported from `python`",
        );
    }
}

//! Renders findings. Pure.

use crate::report::text::count;
use crate::sanitizer::report::{Finding, Frame, SanitizerReport};
use ftpy_core::paste;
use std::path::PathBuf;

/// How many lines of a Python stack are shown.
const PYTHON: usize = 6;

/// Summarises a run: the findings, how often and where.
#[must_use]
pub fn summary(names: &str, findings: &[Finding], processes: usize) -> Vec<String> {
    if findings.is_empty() {
        return vec![format!("{names}: no findings in this run")];
    }
    let times: usize = findings.iter().map(|finding| finding.times).sum();
    let (different, all) = (count(findings.len(), "finding"), count(times, "report"));
    let processes = match processes {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    };
    let mut lines = vec![format!("{names}: {different}, {all} in {processes}")];
    for Finding { report, times } in findings {
        let places: Vec<String> = telling(report).into_iter().map(shown).collect();
        let mut line = format!("  {}: {}", report.kind, joined(&places));
        if *times > 1 {
            line += &format!(" ({times} times)");
        }
        lines.push(line);
        for frame in of_the_program(&report.python).iter().take(PYTHON) {
            lines.push(format!("    Python: {}", shown(frame)));
        }
    }
    lines
}

/// The places of a report. If Python aborts because of an error, the caller is shown instead of the
/// abort.
fn telling(report: &SanitizerReport) -> Vec<&Frame> {
    match own_place(report) {
        Some(own) if report.kind.starts_with("ABRT") => vec![own],
        _ => report.places(),
    }
}

/// The line of the user's own code that leads to the report.
pub(super) fn own_place(report: &SanitizerReport) -> Option<&Frame> {
    let mut frames = report.accesses().flat_map(|stack| &stack.frames);
    frames.find(|frame| frame.is_telling() && is_of_the_program(frame))
}

/// Whether a call is outside CPython, the C library and the runtime.
fn is_of_the_program(frame: &Frame) -> bool {
    let file = frame.file.as_deref().unwrap_or("");
    // `signal/../sysdeps/posix/raise.c`, `nptl/./nptl/pthread_kill.c`
    let is_libc = !file.starts_with('/') && (file.contains("/../") || file.contains("/./"));
    in_cpython(file).is_none() && !is_libc && !file.contains("/compiler-rt/")
}

/// The path within CPython's own source, if the file is there: `Objects/list.c`.
pub(super) fn in_cpython(file: &str) -> Option<&str> {
    const DIRECTORIES: [&str; 6] = [
        "Include", "Modules", "Objects", "Parser", "Programs", "Python",
    ];
    let inside = short(file);
    let first = inside.split('/').next().unwrap_or(inside);
    let is_inside = inside != file || DIRECTORIES.contains(&first);
    is_inside.then_some(inside)
}

/// The message after a run without an instrumented process. `program` is what was started, and
/// `first_line` its first line if it is a script.
#[must_use]
pub fn no_instrumented_process(
    names: &str,
    key: &str,
    program: &str,
    first_line: Option<&str>,
) -> String {
    let sentence = format!("no process with {names} ran: `{program}`");
    let starts = first_line.and_then(|line| line.strip_prefix("#!"));
    match starts.map(str::trim).filter(|line| line.contains("python")) {
        Some(python) => format!(
            "{sentence} uses {python} instead of {key}; reinstall it with that Python, or try \
             `{}`",
            paste![
                "python",
                "-m",
                program.rsplit('/').next().unwrap_or(program)
            ]
        ),
        None => format!("{sentence} did not start {key}"),
    }
}

/// How many modules are listed.
const MODULES: usize = 8;

/// The note about uninstrumented libraries; empty if there are none.
#[must_use]
pub fn not_seen(names: &str, modules: &[PathBuf]) -> Vec<String> {
    if modules.is_empty() {
        return Vec::new();
    }
    let (count, it) = match modules.len() {
        1 => ("1 library of this run was".to_owned(), "it"),
        many => (format!("{many} libraries of this run were"), "them"),
    };
    let mut lines = vec![format!(
        "note: {count} compiled without {names}; errors in {it} are not detected:"
    )];
    let shown = modules.iter().take(MODULES);
    lines.extend(shown.map(|path| format!("  {}", path.display())));
    if modules.len() > MODULES {
        lines.push(format!("  and {} more", modules.len() - MODULES));
    }
    lines.push(format!(
        "  build {it} from source with this Python: `python -m pip install \
            --force-reinstall --no-binary :all: ...`"
    ));
    lines
}

/// The frames without those in which every thread starts.
fn of_the_program(frames: &[Frame]) -> &[Frame] {
    let is_beginning = |frame: &Frame| {
        let file = frame.file.as_deref().unwrap_or("");
        file.ends_with("/threading.py")
            && ["_bootstrap", "_bootstrap_inner", "run"].contains(&frame.function.as_str())
    };
    let end = frames.iter().rposition(|frame| !is_beginning(frame));
    &frames[..end.map_or(0, |last| last + 1)]
}

fn joined(places: &[String]) -> String {
    match places {
        [one, two] if one == two => format!("{one}, in two threads"),
        places => places.join(" and "),
    }
}

fn shown(frame: &Frame) -> String {
    let place = match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{}:{line}", short(file)),
        (Some(file), None) => short(file).to_owned(),
        (None, _) if frame.is_telling() => frame.module.clone().unwrap_or_default(),
        (None, _) => String::new(),
    };
    let function = frame.function.as_str();
    match (function.is_empty(), place.is_empty()) {
        (true, _) => place,
        (false, true) => function.to_owned(),
        (false, false) => format!("{function} ({place})"),
    }
}

/// The report in the runtime's words, with short paths for CPython's own files.
#[must_use]
pub fn text(report: &SanitizerReport) -> String {
    let lines = report.text.lines().map(|line| {
        let words = line.split(' ').map(short);
        let words: Vec<&str> = words.collect();
        words.join(" ")
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Shortens `.../cache/builds/3.14.7t+tsan-source/source/Objects/call.c` to `Objects/call.c`.
pub(super) fn short(path: &str) -> &str {
    let Some((_, below)) = path.split_once("/cache/builds/") else {
        return path;
    };
    let inside = below.split_once("/source/").map(|(_, inside)| inside);
    inside.map_or(path, |inside| inside.trim_start_matches("./"))
}

/// Parses the Python stacks that the interpreter wrote next to its reports, one per report and in
/// order; empty if they cannot be matched. Threads unknown to Python have an empty stack.
///
/// ```text
/// report
/// Stack (most recent call first):
///   File "/app/race.py", line 3 in inner
/// death
/// ...
/// ```
///
/// A death is caused by a signal, which is reported itself or follows a report.
#[must_use]
pub(super) fn python_stacks(text: &str, reports: usize) -> Vec<Vec<Frame>> {
    let mut stacks: Vec<(bool, Vec<Frame>)> = Vec::new();
    for line in text.lines() {
        if line == "report" || line == "death" {
            stacks.push((line == "death", Vec::new()));
        } else if let (Some((_, stack)), Some(frame)) = (stacks.last_mut(), python_frame(line)) {
            stack.push(frame);
        }
    }
    if stacks.len() > reports {
        stacks.retain(|(is_death, _)| !is_death);
    }
    match stacks.len() == reports {
        true => stacks.into_iter().map(|(_, stack)| stack).collect(),
        false => Vec::new(),
    }
}

fn python_frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let (line, function) = rest.split_once(" in ")?;
    Some(Frame {
        function: function.to_owned(),
        file: Some(file.to_owned()),
        line: line.parse().ok(),
        module: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitizer::report::{fold, parse};

    const RACE: &str = "WARNING: ThreadSanitizer: data race (pid=1)\n  Write by thread T2:\n    \
        #0 put /x/a.c:12:30 (a.so+0x1)\n\n  Previous write by thread T1:\n    \
        #0 put /x/a.c:12:30 (a.so+0x1)\n    \
        #1 f /h/cache/builds/3.14.7t+tsan-source/source/./Include/b.h:3:1 (p+0x2)\n\nSUMMARY: x\n";

    #[test]
    fn a_summary_lists_each_finding_once() {
        let mut reports = parse(RACE);
        reports[0].python =
            python_stacks("report\n  File \"/x/race.py\", line 3 in inner\n  File \"/l/threading.py\", line 9 in run\n", 1).remove(0);
        reports.push(reports[0].clone());
        let findings = fold(reports);
        assert_eq!(
            summary("ThreadSanitizer", &findings, 2),
            [
                "ThreadSanitizer: 1 finding, 2 reports in 2 processes",
                "  data race: put (/x/a.c:12), in two threads (2 times)",
                "    Python: inner (/x/race.py:3)",
            ]
        );
        assert!(summary("AddressSanitizer", &[], 0)[0].contains("no findings"));
        assert!(text(&findings[0].report).contains("#1 f Include/b.h:3:1 (p+0x2)"));
    }

    #[test]
    fn a_thread_unknown_to_python_keeps_the_stacks_aligned() {
        let stacks = python_stacks(
            "report\nreport\nStack (most recent call first):\n  File \"a\", line 1 in <module>\n",
            2,
        );
        assert_eq!(stacks.len(), 2);
        assert!(stacks[0].is_empty());
        assert_eq!(stacks[1][0].function, "<module>");
    }

    #[test]
    fn a_death_counts_as_a_report_only_after_a_signal() {
        let race = "report\n  File \"a\", line 1 in f\n";
        let death = "death\n  File \"a\", line 2 in g\n";
        let lines = |text: &str, reports: usize| -> Vec<Option<u32>> {
            let stacks = python_stacks(text, reports);
            stacks.iter().map(|stack| stack[0].line).collect()
        };
        assert_eq!(lines(&format!("{race}{death}"), 2), [Some(1), Some(2)]);
        assert_eq!(lines(&format!("{race}{death}"), 1), [Some(1)]);
        assert_eq!(lines(death, 1), [Some(2)]);
        assert_eq!(lines(&format!("{race}{race}{death}"), 1), []);
    }

    #[test]
    fn a_script_of_another_python_is_reported() {
        let told = no_instrumented_process(
            "T",
            "3.14.7t+tsan-source",
            "meson",
            Some("#!/usr/bin/python3"),
        );
        assert!(
            told.contains("`meson` uses /usr/bin/python3 instead of"),
            "{told}"
        );
        assert!(told.contains("`python -m meson`"), "{told}");
        for line in [None, Some("#!/bin/sh")] {
            let told = no_instrumented_process("T", "3.14.7t+tsan-source", "make", line);
            assert!(
                told.ends_with("`make` did not start 3.14.7t+tsan-source"),
                "{told}"
            );
        }
    }

    #[test]
    fn uninstrumented_modules_are_listed_up_to_a_limit() {
        assert!(not_seen("T", &[]).is_empty());
        let modules: Vec<PathBuf> = (0..10).map(|n| PathBuf::from(format!("/{n}.so"))).collect();
        let one = not_seen("T", &modules[..1]);
        assert_eq!((one.len(), one[1].as_str()), (3, "  /0.so"));
        let ten = not_seen("T", &modules);
        assert_eq!((ten.len(), ten[9].as_str()), (11, "  and 2 more"));
    }
}

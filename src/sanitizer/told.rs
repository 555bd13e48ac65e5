//! What was found, in words. Pure.

use crate::report::text::count;
use crate::sanitizer::report::{Finding, Frame, Report};

/// How many lines of a Python stack are shown.
const PYTHON: usize = 6;

/// The lines after a run: what was found, how often, where.
#[must_use]
pub fn summary(names: &str, findings: &[Finding], processes: usize) -> Vec<String> {
    if findings.is_empty() {
        return vec![format!(
            "{names}: nothing was reported in what this run did"
        )];
    }
    let times: usize = findings.iter().map(|finding| finding.times).sum();
    let (different, all) = (count(findings.len(), "finding"), count(times, "report"));
    let processes = match processes {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    };
    let mut lines = vec![format!("{names}: {different}, {all} in {processes}")];
    for Finding { report, times } in findings {
        let places: Vec<String> = report.places().into_iter().map(shown).collect();
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

/// The frames without those in which every thread begins.
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
        (None, _) => String::new(),
    };
    let function = frame.function.as_str();
    match (function.is_empty(), place.is_empty()) {
        (true, _) => place,
        (false, true) => function.to_owned(),
        (false, false) => format!("{function} ({place})"),
    }
}

/// A report as the runtime wrote it, with CPython's own files named as in its source.
#[must_use]
pub fn text(report: &Report) -> String {
    let lines = report.text.lines().map(|line| {
        let words = line.split(' ').map(short);
        let words: Vec<&str> = words.collect();
        words.join(" ")
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// `.../cache/builds/3.14.7t+tsan-source/source/Objects/call.c` is `Objects/call.c`.
fn short(path: &str) -> &str {
    let Some((_, below)) = path.split_once("/cache/builds/") else {
        return path;
    };
    let inside = below.split_once("/source/").map(|(_, inside)| inside);
    inside.map_or(path, |inside| inside.trim_start_matches("./"))
}

/// The Python stacks that the interpreter wrote beside its reports, one for each, in their order.
/// A thread that Python does not know has an empty one.
///
/// ```text
/// report
/// Stack (most recent call first):
///   File "/app/race.py", line 3 in inner
/// ```
#[must_use]
pub(super) fn python_stacks(text: &str) -> Vec<Vec<Frame>> {
    let mut stacks: Vec<Vec<Frame>> = Vec::new();
    for line in text.lines() {
        if line == "report" {
            stacks.push(Vec::new());
        } else if let (Some(stack), Some(frame)) = (stacks.last_mut(), python_frame(line)) {
            stack.push(frame);
        }
    }
    stacks
}

fn python_frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let (line, function) = rest.split_once(" in ")?;
    Some(Frame {
        function: function.to_owned(),
        file: Some(file.to_owned()),
        line: line.parse().ok(),
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
    fn a_summary_names_each_finding_once() {
        let mut reports = parse(RACE);
        reports[0].python =
            python_stacks("report\n  File \"/x/race.py\", line 3 in inner\n  File \"/l/threading.py\", line 9 in run\n").remove(0);
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
        assert!(summary("AddressSanitizer", &[], 0)[0].contains("nothing was reported"));
        assert!(text(&findings[0].report).contains("#1 f Include/b.h:3:1 (p+0x2)"));
    }

    #[test]
    fn a_thread_that_python_does_not_know_keeps_the_count() {
        let stacks = python_stacks(
            "report\nreport\nStack (most recent call first):\n  File \"a\", line 1 in <module>\n",
        );
        assert_eq!(stacks.len(), 2);
        assert!(stacks[0].is_empty());
        assert_eq!(stacks[1][0].function, "<module>");
    }
}

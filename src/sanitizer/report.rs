//! What a sanitizer's runtime writes, as data. Text in, values out.

use serde::Serialize;

/// One report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `ThreadSanitizer`
    pub tool: String,
    /// `data race`, `heap-buffer-overflow`, `signed integer overflow: ...`
    pub kind: String,
    /// Where it says itself that it is, for one without stacks.
    pub place: Option<Frame>,
    /// The stacks, in its own order: of a race, the two accesses come first.
    pub stacks: Vec<Stack>,
    /// What Python was doing in the thread that noticed, the innermost call first.
    pub python: Vec<Frame>,
    /// All of it, as it was written.
    pub text: String,
}

/// One stack of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stack {
    /// `Write of size 4 at 0x7f09d6d0e1a4 by thread T2`
    pub heading: String,
    /// The innermost call first.
    pub frames: Vec<Frame>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// `write_it`
    pub function: String,
    /// `/src/canary.c`, where it is known.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u32>,
}

/// Reports that are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The first of them.
    #[serde(flatten)]
    pub report: Report,
    /// How many there were.
    pub times: usize,
}

/// What a runtime says that is no report: that it cannot work, and why.
#[must_use]
pub fn complaints(text: &str) -> Vec<String> {
    const BEGINNINGS: [&str; 6] = [
        "FATAL: ",
        "CHECK failed",
        "failed to ",
        "unexpected memory mapping",
        "ERROR: expected",
        "failed to parse",
    ];
    let is_one = |line: &&str| {
        let is_named =
            line.contains("Sanitizer") && BEGINNINGS.iter().any(|one| line.contains(one));
        // Suppressions and options that cannot be read.
        is_named || BEGINNINGS.iter().any(|one| line.starts_with(one))
    };
    let lines = text.lines().map(str::trim).filter(is_one);
    lines.map(str::to_owned).collect()
}

/// Reads the reports of one process.
#[must_use]
pub fn parse(text: &str) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let mut is_open = false;
    let mut heading = "";
    let mut is_in_stack = false;
    for line in text.lines() {
        if let Some(report) = begins(line) {
            reports.push(report);
            is_open = true;
            (heading, is_in_stack) = ("", false);
            continue;
        }
        let Some(report) = reports.last_mut().filter(|_| is_open) else {
            continue;
        };
        if line.starts_with("====") {
            is_open = false;
            continue;
        }
        report.text += &format!("{line}\n");
        if let Some(frame) = frame(line) {
            if !is_in_stack {
                let heading = heading.trim().trim_end_matches(':').to_owned();
                let frames = Vec::new();
                report.stacks.push(Stack { heading, frames });
            }
            is_in_stack = true;
            if let Some(stack) = report.stacks.last_mut() {
                stack.frames.push(frame);
            }
            continue;
        }
        is_in_stack = false;
        if !line.trim().is_empty() {
            heading = line;
        }
        // After its summary a report is over; what the program prints is not of it.
        if line.starts_with("SUMMARY: ") {
            is_open = false;
        }
    }
    reports
}

/// Whether a line begins a report.
fn begins(line: &str) -> Option<Report> {
    let report = |tool: &str, kind: &str, place| Report {
        tool: tool.to_owned(),
        kind: kind.to_owned(),
        place,
        stacks: Vec::new(),
        python: Vec::new(),
        text: format!("{line}\n"),
    };
    for mark in ["WARNING: ", "ERROR: "] {
        let Some((_, rest)) = line.split_once(mark) else {
            continue;
        };
        let Some((tool, kind)) = rest.split_once(": ") else {
            continue;
        };
        if tool.ends_with("Sanitizer") {
            // `heap-buffer-overflow on address 0x...`, `data race (pid=12)`
            let end = kind.find(" on ").or_else(|| kind.find(" (pid="));
            return Some(report(tool, &kind[..end.unwrap_or(kind.len())], None));
        }
    }
    let (place, kind) = line.split_once(": runtime error: ")?;
    let place = located(place);
    let place = Some(Frame {
        function: String::new(),
        ..place
    });
    Some(report("UndefinedBehaviorSanitizer", kind, place))
}

/// `    #0 write_it /src/canary.c:12:30 (module.so+0x13a6) (BuildId: 62c3)`, and with an address
/// and `in` before the function.
fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let rest = match rest.strip_prefix("0x") {
        Some(rest) => rest.split_once(" in ").map_or(rest, |(_, rest)| rest),
        None => rest,
    };
    // The function may hold blanks (C++), the module is in the last brackets.
    let rest = rest.split(" (BuildId:").next().unwrap_or(rest);
    let rest = match rest.rfind(" (") {
        Some(end) if rest.ends_with(')') && rest[end..].contains("+0x") => &rest[..end],
        _ => rest,
    };
    let (function, place) = match rest.rfind(" /").or_else(|| rest.rfind(" <null>")) {
        Some(end) => (&rest[..end], rest[end..].trim()),
        // `call Objects/call.c:3`, and not `operator new(unsigned long)`.
        None => match rest.rsplit_once(' ') {
            Some((function, place)) if located(place).line.is_some() => (function, place),
            _ => (rest, ""),
        },
    };
    let place = match place {
        "<null>" | "" => Frame {
            function: String::new(),
            file: None,
            line: None,
        },
        place => located(place),
    };
    Some(Frame {
        function: function.trim().to_owned(),
        ..place
    })
}

/// `/src/canary.c:12:30`
fn located(text: &str) -> Frame {
    let mut parts = text.rsplitn(3, ':');
    let numbers: Vec<&str> = parts.by_ref().take(2).collect();
    let number = |index: usize| -> Option<u32> { numbers.get(index)?.parse().ok() };
    let (file, line) = match (number(0), number(1)) {
        (Some(_), Some(line)) => (parts.next().unwrap_or(text), Some(line)),
        (Some(line), None) => (
            text.rsplit_once(':').map_or(text, |(file, _)| file),
            Some(line),
        ),
        _ => (text, None),
    };
    Frame {
        function: String::new(),
        file: Some(file.to_owned()),
        line,
    }
}

impl Report {
    /// The one or two places that the report is about: of each of the first stacks the innermost
    /// call whose line is known.
    #[must_use]
    pub fn places(&self) -> Vec<&Frame> {
        let wanted = match self.is_about_two() {
            true => 2,
            false => 1,
        };
        let mut places: Vec<&Frame> = Vec::new();
        for stack in self.stacks.iter().take(wanted) {
            let known = stack.frames.iter().find(|frame| frame.line.is_some());
            places.extend(known.or(stack.frames.first()));
        }
        match (places.is_empty(), &self.place) {
            (true, Some(place)) => vec![place],
            _ => places,
        }
    }

    fn is_about_two(&self) -> bool {
        self.tool == "ThreadSanitizer"
    }

    /// What makes two reports the same: their kind and the stacks of their one or two accesses, in
    /// whichever order they were seen.
    fn identity(&self) -> (String, Vec<String>) {
        let wanted = if self.is_about_two() { 2 } else { 1 };
        let one = |stack: &Stack| format!("{:?}", stack.frames);
        let mut stacks: Vec<String> = self.stacks.iter().take(wanted).map(one).collect();
        stacks.extend(self.place.as_ref().map(|place| format!("{place:?}")));
        stacks.sort();
        (format!("{} {}", self.tool, self.kind), stacks)
    }
}

/// Folds reports that are the same, the first of each standing for them.
#[must_use]
pub fn fold(reports: Vec<Report>) -> Vec<Finding> {
    let mut findings: Vec<(_, Finding)> = Vec::new();
    for report in reports {
        let identity = report.identity();
        let known = findings.iter_mut().find(|(known, _)| *known == identity);
        match known {
            Some((_, finding)) => {
                finding.times += 1;
                if finding.report.python.is_empty() {
                    finding.report.python = report.python;
                }
            }
            None => findings.push((identity, Finding { report, times: 1 })),
        }
    }
    findings.into_iter().map(|(_, finding)| finding).collect()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;

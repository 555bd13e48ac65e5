//! Parses the output of sanitizer runtimes. Pure.

use serde::Serialize;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SanitizerReport {
    /// `ThreadSanitizer`
    pub tool: String,
    /// `data race`, `heap-buffer-overflow`, `signed integer overflow: ...`
    pub kind: String,
    /// The location it states, for a report without stacks.
    pub place: Option<Frame>,
    /// The stacks in the order of the report: in a race, the two accesses come first.
    pub stacks: Vec<Stack>,
    /// The Python stack of the reporting thread, innermost call first.
    pub python: Vec<Frame>,
    /// The original text.
    pub text: String,
}

/// A stack of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stack {
    /// `Write of size 4 at 0x7f09d6d0e1a4 by thread T2`
    pub heading: String,
    /// The calls, innermost first.
    pub frames: Vec<Frame>,
}

/// A call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// `write_it`
    pub function: String,
    /// `/src/canary.c`, if known.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// `canary.so` or `/src/canary.so`: the program or library, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
}

/// Identical reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The first of them.
    #[serde(flatten)]
    pub report: SanitizerReport,
    /// How many there were.
    pub times: usize,
}

/// A message of a runtime that is not a report: it cannot start or continue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// The original text.
    pub text: String,
    /// Whether it ended its process.
    pub is_end: bool,
}

/// Messages of a runtime that are not reports.
#[must_use]
pub fn complaints(text: &str) -> Vec<Complaint> {
    const BEGINNINGS: [&str; 6] = [
        "FATAL: ",
        "CHECK failed",
        "failed to ",
        "unexpected memory mapping",
        "ERROR: expected",
        "failed to parse",
    ];
    // `...: starting new threads after multi-threaded fork is not supported. Dying (set ...)`
    const ENDS: [&str; 3] = ["FATAL: ", "CHECK failed", "Dying"];
    let one = |line: &str| {
        let is_named = line.contains("Sanitizer");
        let is_end = is_named && ENDS.iter().any(|one| line.contains(one));
        let is_one = is_named && BEGINNINGS.iter().any(|one| line.contains(one));
        // Unreadable suppressions or options.
        let is_one = is_one || BEGINNINGS.iter().any(|one| line.starts_with(one));
        (is_one || is_end).then(|| Complaint {
            text: line.to_owned(),
            is_end,
        })
    };
    text.lines().map(str::trim).filter_map(one).collect()
}

/// Parses the reports of one process.
#[must_use]
pub fn parse(text: &str) -> Vec<SanitizerReport> {
    let mut reports: Vec<SanitizerReport> = Vec::new();
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
        // A report ends with its summary; further output belongs to the program.
        if line.starts_with("SUMMARY: ") {
            is_open = false;
        }
    }
    reports.into_iter().flat_map(leaks_apart).collect()
}

/// Splits leaks: a process reports all of them at once.
fn leaks_apart(report: SanitizerReport) -> Vec<SanitizerReport> {
    let is_leak = |line: &str| {
        let line = line.trim_start();
        line.starts_with("Direct leak of") || line.starts_with("Indirect leak of")
    };
    if !report.is_leak() || !report.stacks.iter().any(|stack| is_leak(&stack.heading)) {
        return vec![report];
    }
    let mut texts: Vec<String> = Vec::new();
    for line in report.text.lines() {
        if is_leak(line) {
            texts.push(String::new());
        }
        let is_over = line.trim().is_empty() || line.starts_with("SUMMARY: ");
        if let Some(text) = texts.last_mut().filter(|_| !is_over) {
            *text += &format!("{line}\n");
        }
    }
    let (tool, leaks) = (&report.tool, report.stacks.into_iter());
    let leaks = leaks.filter(|stack| is_leak(&stack.heading)).zip(texts);
    let leak = |(stack, text): (Stack, String)| SanitizerReport {
        tool: tool.clone(),
        // `Direct leak of 24 byte(s) in 1 object(s) allocated from`
        kind: match stack.heading.trim_start().starts_with("Direct") {
            true => "direct leak".to_owned(),
            false => "indirect leak".to_owned(),
        },
        place: None,
        stacks: vec![stack],
        python: Vec::new(),
        text,
    };
    leaks.map(leak).collect()
}

/// Whether a line starts a report.
fn begins(line: &str) -> Option<SanitizerReport> {
    let report = |tool: &str, kind: &str, place| SanitizerReport {
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
    Some(report(
        "UndefinedBehaviorSanitizer",
        kind,
        Some(located(place)),
    ))
}

/// Parses `    #0 write_it /src/canary.c:12:30 (module.so+0x13a6) (BuildId: 62c3)`, also with an
/// address and `in` before the function.
fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let rest = match rest.strip_prefix("0x") {
        Some(rest) => rest.split_once(" in ").map_or(rest, |(_, rest)| rest),
        None => rest,
    };
    // The function may contain spaces (C++); the module is in the last parentheses.
    let rest = rest.split(" (BuildId:").next().unwrap_or(rest);
    let (rest, module) = match rest.rfind(" (") {
        Some(at) if rest.ends_with(')') && rest[at..].contains("+0x") => {
            let module = rest[at + 2..].rsplit_once("+0x").map(|(module, _)| module);
            (&rest[..at], module)
        }
        _ => (rest, None),
    };
    let (function, place) = match rest.rfind(" /").or_else(|| rest.rfind(" <null>")) {
        Some(end) => (&rest[..end], rest[end..].trim()),
        // `call Objects/call.c:3`, `call call.c`, but not `operator new(unsigned long)`.
        None => match rest.rsplit_once(' ') {
            Some((function, place)) if located(place).line.is_some() || is_source(place) => {
                (function, place)
            }
            _ => (rest, ""),
        },
    };
    let place = match place {
        "<null>" | "" => Frame::default(),
        place => located(place),
    };
    Some(Frame {
        function: function.trim().to_owned(),
        module: module.map(str::to_owned),
        ..place
    })
}

/// Whether a word is a source file: modules without `-g` have only that.
fn is_source(word: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        "c", "cc", "cpp", "cxx", "h", "hpp", "hxx", "pyx", "rs", "f90",
    ];
    let ending = word.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Parses `/src/canary.c:12:30`.
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
        file: Some(file.to_owned()),
        line,
        ..Frame::default()
    }
}

impl Frame {
    /// Whether it identifies a place in a program: by a line, or as a function of an extension
    /// module.
    /// `pthread_create` in the runtime or in `libc.so.6` does not.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let module = self.module.as_deref().unwrap_or("");
        self.line.is_some() || module.ends_with(".so")
    }
}

impl SanitizerReport {
    /// The one or two places that the report is about: the innermost [telling](Frame::is_telling)
    /// call of each of the first stacks.
    #[must_use]
    pub fn places(&self) -> Vec<&Frame> {
        let mut places: Vec<&Frame> = Vec::new();
        for stack in self.accesses() {
            let known = stack.frames.iter().find(|frame| frame.is_telling());
            places.extend(known.or(stack.frames.first()));
        }
        match (places.is_empty(), &self.place) {
            (true, Some(place)) => vec![place],
            _ => places,
        }
    }

    /// `data-race`, `shift-exponent`: the kind without variable parts.
    #[must_use]
    pub fn rule(&self) -> String {
        // `shift exponent 40 is too large for ...`, `-1 is outside the range of ...`, `... of
        // type 'int'`, `lock-order-inversion (potential deadlock)`
        let is_value = |word: &&str| {
            word.starts_with(|c: char| c.is_ascii_digit() || "-+'(".contains(c))
                || ["inf", "nan"].contains(word)
        };
        let kind = self.kind.split(':').next().unwrap_or(&self.kind);
        let words = kind.split_whitespace().skip_while(is_value);
        let words: Vec<&str> = words.take_while(|word| !is_value(word)).collect();
        words.join("-").to_lowercase()
    }

    /// Whether it comes from LeakSanitizer.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        self.tool == "LeakSanitizer"
    }

    /// The stacks that it is about: two for a race, otherwise one.
    pub(super) fn accesses(&self) -> impl Iterator<Item = &Stack> {
        let wanted = match self.tool == "ThreadSanitizer" {
            true => 2,
            false => 1,
        };
        self.stacks.iter().take(wanted)
    }

    /// The identity of a report: its kind and the stacks of its one or two accesses, in either
    /// order.
    fn identity(&self) -> (String, Vec<String>) {
        // The module adds information only if there is no line.
        let frame = |frame: &Frame| {
            let module = frame.module.as_ref().filter(|_| frame.line.is_none());
            format!(
                "{} {:?} {:?} {module:?}",
                frame.function, frame.file, frame.line
            )
        };
        let one = |stack: &Stack| {
            let frames: Vec<String> = stack.frames.iter().map(frame).collect();
            frames.join("\n")
        };
        let mut stacks: Vec<String> = self.accesses().map(one).collect();
        stacks.extend(self.place.as_ref().map(|place| format!("{place:?}")));
        stacks.sort();
        // Reports of undefined behaviour contain values.
        let kind = match self.tool == "UndefinedBehaviorSanitizer" {
            true => self.rule(),
            false => self.kind.clone(),
        };
        (format!("{} {kind}", self.tool), stacks)
    }
}

/// Merges identical reports.
#[must_use]
pub fn fold(reports: Vec<SanitizerReport>) -> Vec<Finding> {
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

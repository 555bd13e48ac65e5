//! Writes findings as SARIF 2.1.0 (OASIS), which code hosts display next to the source lines.
//! Sanitizer findings are one run of the document, GIL findings another.
//!
//! These are literals on purpose: serde-sarif has types for the whole format, which a build script
//! makes of its schema with forty crates, and the same fields would be filled in here.

use crate::digest::Digest;
use crate::gil::{Judgement, Offender, Verdict};
use crate::sanitizer::report::{Finding, Frame, SanitizerReport};
use crate::sanitizer::summary::{in_cpython, own_place, short};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The contents of a document.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The names of the sanitizers, if any.
    pub names: Option<&'a str>,
    /// Their findings.
    pub findings: &'a [Finding],
    /// Why findings may be missing.
    pub doubts: &'a [String],
    /// The GIL judgement, if requested.
    pub judged: Option<&'a Judgement>,
    /// The exit code of the command, unless a signal ended it.
    pub exit_code: Option<i32>,
}

/// Builds the document.
#[must_use]
pub fn sarif(run: &Run<'_>) -> Value {
    let sanitized = run.names.map(|names| sanitized(run, names));
    let judged = run.judged.map(|judged| of_the_gil(run, judged));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": sanitized.into_iter().chain(judged).collect::<Vec<_>>(),
    })
}

fn sanitized(run: &Run<'_>, names: &str) -> Value {
    let rules: BTreeSet<(String, &str)> = run
        .findings
        .iter()
        .map(|one| (one.report.rule(), one.report.tool.as_str()))
        .collect();
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|(id, tool)| {
            let text = format!("{tool}: {}", id.replace('-', " "));
            json!({ "id": id, "shortDescription": { "text": text } })
        })
        .collect();
    let results: Vec<Value> = run.findings.iter().map(result).collect();
    json!({
        "tool": { "driver": {
            "name": names,
            "informationUri": "https://clang.llvm.org/docs/",
            "rules": rules,
        }},
        "invocations": [invocation(run, run.doubts)],
        "originalUriBaseIds": { CPYTHON: { "description": {
            "text": "the source of CPython that the interpreter was built from",
        }}},
        "results": results,
    })
}

/// A placeholder for the directory of CPython's source, which is removed after a build.
const CPYTHON: &str = "CPYTHON";

fn invocation(run: &Run<'_>, doubts: &[String]) -> Value {
    let told = doubts
        .iter()
        .map(|text| json!({ "level": "warning", "message": { "text": text } }));
    let mut invocation = json!({
        // The exit code of ftpy's check, not of the command.
        "executionSuccessful": doubts.is_empty(),
        "toolExecutionNotifications": told.collect::<Vec<_>>(),
    });
    if let Some(code) = run.exit_code {
        invocation["exitCode"] = json!(code);
    }
    invocation
}

fn result(finding: &Finding) -> Value {
    let report = &finding.report;
    let places = report.places();
    // The displayed location.
    let own = own_place(report);
    let others = places.iter().copied().filter(|place| Some(*place) != own);
    let places = own.into_iter().chain(others);
    let locations: Vec<Value> = places.filter_map(location).collect();
    let stacks: Vec<Value> = report
        .stacks
        .iter()
        .map(|stack| {
            let frames = stack.frames.iter().map(|frame| {
                let mut location = location(frame).unwrap_or_else(|| json!({}));
                location["message"] = json!({ "text": frame.function });
                json!({ "location": location })
            });
            json!({ "message": { "text": stack.heading }, "frames": frames.collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "ruleId": report.rule(),
        "level": "error",
        "message": { "text": format!("{}: {}", report.tool, report.kind) },
        "occurrenceCount": finding.times,
        "locations": locations.iter().take(1).collect::<Vec<_>>(),
        "relatedLocations": locations.iter().skip(1).collect::<Vec<_>>(),
        "stacks": stacks,
        "partialFingerprints": { "ftpyStacks/v1": fingerprint(report) },
    })
}

// Stable if only line numbers change.
fn fingerprint(report: &SanitizerReport) -> String {
    let stack = |frames: &[Frame]| {
        let frames = frames.iter().map(|frame| {
            let file = frame.file.as_deref().map_or("", short);
            format!(
                "{} {}",
                frame.function,
                file.rsplit('/').next().unwrap_or(file)
            )
        });
        frames.collect::<Vec<_>>().join("\n")
    };
    let mut stacks: Vec<String> = report.accesses().map(|one| stack(&one.frames)).collect();
    stacks.extend(report.place.clone().map(|place| stack(&[place])));
    stacks.sort();
    Digest::of(format!("{}\n\n{}", report.rule(), stacks.join("\n\n")).as_bytes()).to_string()
}

fn location(frame: &Frame) -> Option<Value> {
    // Without lines, a path such as `mod.c` cannot be resolved, but the module exists.
    let file = match frame.line {
        Some(_) => frame.file.as_ref().or(frame.module.as_ref()),
        None => frame.module.as_ref().or(frame.file.as_ref()),
    };
    Some(at(file?, frame.line))
}

fn at(file: &str, line: Option<u32>) -> Value {
    let artifact = match in_cpython(file) {
        Some(inside) => json!({ "uri": escaped(inside), "uriBaseId": CPYTHON }),
        None if file.starts_with('/') => json!({ "uri": format!("file://{}", escaped(file)) }),
        None => json!({ "uri": escaped(file) }),
    };
    let mut physical = json!({ "artifactLocation": artifact });
    if let Some(line) = line.filter(|line| *line > 0) {
        physical["region"] = json!({ "startLine": line });
    }
    json!({ "physicalLocation": physical })
}

const GIL_ENABLED: &str = "gil-enabled";

fn of_the_gil(run: &Run<'_>, judged: &Judgement) -> Value {
    let mut results: Vec<Value> = Vec::new();
    for offender in &judged.offenders {
        results.push(loaded(offender, "error", "turns the GIL on"));
    }
    for offender in &judged.unclear {
        results.push(loaded(offender, "warning", "may turn the GIL on"));
    }
    if results.is_empty() && judged.verdict == Verdict::GilOn {
        let text = "the GIL was on, but no module turned it on";
        results
            .push(json!({ "ruleId": GIL_ENABLED, "level": "error", "message": { "text": text } }));
    }
    let unchecked =
        (judged.verdict == Verdict::Unchecked).then(|| "the GIL state is unknown".to_owned());
    json!({
        "tool": { "driver": {
            "name": "ftpy",
            "informationUri": "https://docs.python.org/3/howto/free-threading-extensions.html",
            "rules": [{ "id": GIL_ENABLED, "shortDescription": {
                "text": "the GIL is on in a free-threaded Python",
            }}],
        }},
        "invocations": [invocation(run, unchecked.as_slice())],
        "results": results,
    })
}

/// A module that affects the GIL, at the line that imports it.
fn loaded(offender: &Offender, level: &str, what: &str) -> Value {
    let import = offender.chain.iter().rev().find(|step| step.line > 0);
    let import = import.map(|step| at(&step.file, Some(step.line)));
    let module = at(&offender.file, None);
    let (main, related) = match import {
        Some(import) => (import, vec![module]),
        None => (module, Vec::new()),
    };
    let name = &offender.module;
    json!({
        "ruleId": GIL_ENABLED,
        "level": level,
        "message": { "text": format!("the extension module {name} {what}") },
        "locations": [main],
        "relatedLocations": related,
        "partialFingerprints": { "ftpyModule/v1": Digest::of(name.as_bytes()).to_string() },
    })
}

/// Encodes a path as part of a URI.
fn escaped(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~+".contains(&byte);
    let bytes = path.bytes();
    bytes
        .map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
#[path = "sarif_tests.rs"]
mod tests;

//! Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines that they are about.

use crate::sanitizer::report::{Finding, Frame, Report};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The document.
#[must_use]
pub fn sarif(names: &str, findings: &[Finding]) -> Value {
    let rules: BTreeSet<String> = findings.iter().map(|one| rule(&one.report)).collect();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({ "id": id })).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": names,
                "informationUri": "https://clang.llvm.org/docs/",
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

/// `data-race`: the kind without what is different each time.
fn rule(report: &Report) -> String {
    let kind = report.kind.split(':').next().unwrap_or(&report.kind);
    let words = kind.split_whitespace();
    // `shift exponent 40 is too large for ...`
    let words =
        words.take_while(|word| !word.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

fn result(finding: &Finding) -> Value {
    let report = &finding.report;
    let places = report.places();
    let locations: Vec<Value> = places.iter().filter_map(|frame| location(frame)).collect();
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
        "ruleId": rule(report),
        "level": "error",
        "message": { "text": format!("{}: {}", report.tool, report.kind) },
        "occurrenceCount": finding.times,
        "locations": locations.iter().take(1).collect::<Vec<_>>(),
        "relatedLocations": locations.iter().skip(1).collect::<Vec<_>>(),
        "stacks": stacks,
    })
}

fn location(frame: &Frame) -> Option<Value> {
    let file = frame.file.as_ref()?;
    let uri = match file.strip_prefix('/') {
        Some(_) => format!("file://{}", escaped(file)),
        None => escaped(file),
    };
    let mut physical = json!({ "artifactLocation": { "uri": uri } });
    if let Some(line) = frame.line.filter(|line| *line > 0) {
        physical["region"] = json!({ "startLine": line });
    }
    Some(json!({ "physicalLocation": physical }))
}

/// A path as a part of a URI.
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
mod tests {
    use super::*;
    use crate::sanitizer::report::{fold, parse};

    #[test]
    fn a_finding_is_a_result_at_its_first_place() {
        let text = "WARNING: ThreadSanitizer: data race (pid=1)\n  Write by thread T2:\n    \
            #0 put /my dir/a.c:12:30 (a.so+0x1)\n\n  Previous write by thread T1:\n    \
            #0 get b.c:3:1 (a.so+0x1)\n\nSUMMARY: x\n";
        let document = sarif("ThreadSanitizer", &fold(parse(text)));
        let result = &document["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "data-race");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "file:///my%20dir/a.c");
        assert_eq!(place["region"]["startLine"], 12);
        let other = &result["relatedLocations"][0]["physicalLocation"];
        assert_eq!(other["artifactLocation"]["uri"], "b.c");
        assert_eq!(result["stacks"].as_array().map(Vec::len), Some(2));
    }
}

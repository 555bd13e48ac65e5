//! The findings as SARIF 2.1.0 (OASIS), which code hosts display next to the lock's line.

use crate::check::finding::{CheckedPackage, Class, Findings};
use crate::check::render::table;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Renders what is not known to keep the GIL off.
#[must_use]
pub fn sarif(findings: &Findings) -> Value {
    let found = || findings.packages.iter().filter(|it| !it.class.is_good());
    let rules: BTreeSet<Class> = found().map(|package| package.class).collect();
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|class| json!({ "id": class.word(), "shortDescription": { "text": class.text() } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ftpy check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": found().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(package: &CheckedPackage) -> Value {
    let target = package.target.map(|target| target.to_string());
    let target = target.unwrap_or_default();
    let mut text = format!("{} {}", table::title(package), package.class_text());
    if !target.is_empty() {
        text = format!("{text}, {target}");
    }
    for line in table::below(package) {
        text = format!("{text}\n{line}");
    }
    let level = match package.class {
        Class::TurnsOn => "error",
        _ => "warning",
    };
    let mut result = json!({
        "ruleId": package.class.word(),
        "level": level,
        "message": { "text": text },
        // Another version of the package is another finding.
        "partialFingerprints": {
            "ftpyCheck/v1": format!("{} {} {target}", package.name, package.version),
        },
    });
    if let Some(location) = &package.location {
        result["locations"] = json!([{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&location.file.to_string_lossy()) },
            "region": { "startLine": location.line },
        }}]);
    }
    result
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

//! `ftpy doctor`: prints the problems on this machine, and how to fix them.

use crate::cli::daily::Doctor;
use crate::doctor::Finding;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::doctor::{diagnose, inherited_choice};
use crate::report::text;
use serde_json::{Value, json};

/// `ftpy doctor`
pub(super) fn doctor(context: &Context, arguments: &Doctor) -> Result<()> {
    if crate::policy::read().is_ok_and(|policy| policy.is_in_force()) {
        let path = crate::policy::PATH;
        context.reporter.say(format!("policy in force: {path}"));
    }
    let inherited = inherited_choice(context);
    if let Some(inherited) = &inherited {
        context.reporter.note(inherited);
    }
    let findings = diagnose(context, arguments.fix)?;
    if context.reporter.is_json() {
        let rows: Vec<Value> = findings.iter().map(row).collect();
        context
            .reporter
            .json(&json!({ "findings": rows, "inherited": inherited }));
    } else {
        for finding in &findings {
            show(context, finding);
        }
    }
    conclude(context, &findings)
}

fn row((finding, is_mended): &(Finding, bool)) -> Value {
    let mut row = json!(finding);
    row["is_mended"] = json!(is_mended);
    row
}

fn show(context: &Context, (finding, is_mended): &(Finding, bool)) {
    let data = |line: String| context.reporter.data(line);
    data(format!("{} [{}]", finding.message, finding.name()));
    for line in &finding.details {
        data(format!("  {line}"));
    }
    if *is_mended {
        data("  fixed".to_owned());
        return;
    }
    if let Some(fix) = &finding.fix {
        data(format!("  fix: {fix}"));
    }
    if let Some(advice) = &finding.advice {
        data(format!("  {advice}"));
    }
}

fn conclude(context: &Context, findings: &[(Finding, bool)]) -> Result<()> {
    let done = findings.iter().filter(|(_, is_mended)| *is_mended).count();
    let left = findings.len() - done;
    if left == 0 {
        context.reporter.say(match done {
            0 => "no problems found".to_owned(),
            _ => format!("{} fixed, no others found", text::count(done, "problem")),
        });
        return Ok(());
    }
    let message = match done {
        0 => format!("{} found", text::count(left, "problem")),
        _ => format!("{} fixed, {left} left", text::count(done, "problem")),
    };
    let failure = Failure::new(Kind::Findings, message);
    let mendable = findings
        .iter()
        .filter(|(one, is_mended)| one.is_mendable && !is_mended);
    Err(match (mendable.count(), done) {
        (count @ 1.., 0) => failure.hint(format!("`ftpy doctor --fix` fixes {count} of them")),
        _ => failure,
    })
}

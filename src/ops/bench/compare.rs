//! `ftpy bench --compare OLD NEW`: two exports, arm by arm.

use crate::bench::arm::Arm;
use crate::bench::outcome::{BenchReport, Builds, Interval, PayVerdict};
use crate::error::{Failure, Kind, Result};
use crate::host::plain_file;
use crate::ops::context::Context;
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Two reports and how they differ.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    /// The arms that both have.
    pub(crate) arms: Vec<ComparedArm>,
    /// Why the two may not be compared.
    pub(crate) doubts: Vec<String>,
}

/// An arm in both reports.
#[derive(Debug, Serialize)]
pub(crate) struct ComparedArm {
    /// The arm.
    pub(crate) id: Arm,
    /// Its time over `gil1` in the old report.
    pub(crate) old: Interval,
    /// The same in the new report.
    pub(crate) new: Interval,
    /// Whether the intervals are apart, so that the difference is more than noise.
    pub(crate) is_different: bool,
}

/// Reads both exports and compares them. Each time is relative to `gil1` of the same report, so that
/// another machine's speed cancels out as far as it can.
pub(crate) fn compare(context: &Context, old: &Path, new: &Path) -> Result<Comparison> {
    let files = (old.display().to_string(), new.display().to_string());
    let (old, new) = (read(context, old)?, read(context, new)?);
    let arms = old.arms.iter().filter_map(|one| {
        let other = new.arms.iter().find(|other| other.id == one.id)?;
        let (old, new) = (one.time_ratio, other.time_ratio);
        Some(ComparedArm {
            id: one.id,
            old,
            new,
            is_different: old.high < new.low || new.high < old.low,
        })
    });
    let arms: Vec<ComparedArm> = arms.filter(|arm| arm.id != Arm::gil(1)).collect();
    let mut doubts = doubts(&old, &new);
    for (report, file) in [(&old, &files.0), (&new, &files.1)] {
        if report.verdict == PayVerdict::CouldNotMeasure {
            doubts.push(format!("{file} has no verdict: {}", report.reason));
        }
    }
    if arms.is_empty() {
        let message = format!("{} and {} have no arm in common", files.0, files.1);
        return Err(Failure::new(Kind::Usage, message).details(doubts));
    }
    Ok(Comparison { arms, doubts })
}

fn doubts(old: &BenchReport, new: &BenchReport) -> Vec<String> {
    let mut doubts = Vec::new();
    if old.command != new.command {
        let (old, new) = (old.command.join(" "), new.command.join(" "));
        doubts.push(format!("the commands differ: `{old}` and `{new}`"));
    }
    if old.host.facts.processor != new.host.facts.processor {
        doubts.push("they were measured on different processors".to_owned());
    }
    if old.builds != new.builds {
        let both = |builds: &Builds| format!("{} with {}", builds.free_threaded, builds.gil);
        let (old, new) = (both(&old.builds), both(&new.builds));
        doubts.push(format!("the builds differ: {old}, and {new}"));
    }
    doubts
}

fn read(context: &Context, path: &Path) -> Result<BenchReport> {
    let path = context.env.current_dir.join(path);
    let shown = path.display();
    let text = plain_file::read_text(&path)
        .map_err(|error| Failure::new(Kind::NotFound, format!("{shown}: {error}")))?;
    serde_json::from_str(&text).map_err(|error| {
        let is_suite = serde_json::from_str(&text).is_ok_and(|it: Value| it["suite"].is_array());
        if is_suite {
            let message = format!("{shown} is an export of several workloads");
            return Failure::new(Kind::Usage, message).hint("export each of them alone");
        }
        let message = format!("{shown} is not an export of `ftpy bench`: {error}");
        Failure::new(Kind::Usage, message).hint("write one with `--export FILE`")
    })
}

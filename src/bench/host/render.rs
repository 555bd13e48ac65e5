//! Renders a report about the machine for a person.

use super::{Fitness, HostFacts, HostReport};
use crate::report::text::{bytes, count, table};

/// Formats a number of cores: `2`, `1.5`.
pub(super) fn cores(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Formats a part: `5 %`, `0.4 %`.
pub(super) fn percent(part: f64) -> String {
    let percent = part * 100.0;
    if percent < 9.95 {
        format!("{} %", cores(percent))
    } else {
        format!("{percent:.0} %")
    }
}

/// The lines of a report: the facts, the verdict, and the findings with their advice.
#[must_use]
pub fn lines(report: &HostReport) -> Vec<String> {
    let mut lines = table(&facts(&report.facts));
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let verdict = match report.fitness {
        Fitness::Fit => "this machine is fit for a comparison",
        Fitness::Doubtful => "a comparison on this machine is doubtful",
        Fitness::Unfit => "this machine is unfit for a comparison",
    };
    lines.push(verdict.to_owned());
    for finding in &report.findings {
        let label = match finding.fitness {
            Fitness::Fit => "note",
            Fitness::Doubtful => "doubtful",
            Fitness::Unfit => "unfit",
        };
        lines.push(format!("{label:>10}: {}", finding.text));
        if !finding.advice.is_empty() {
            lines.push(format!("{:>10}: {}", "hint", finding.advice));
        }
    }
    lines
}

/// A row for each subject of which something is known.
fn facts(facts: &HostFacts) -> Vec<Vec<String>> {
    let rows = [
        ("processor", facts.processor.clone()),
        ("CPUs", cpus(facts)),
        (
            "quota",
            facts.quota.map(|quota| format!("{} CPUs", cores(quota))),
        ),
        ("cores", topology(facts)),
        ("frequency", frequency(facts)),
        ("load", load(facts)),
        ("pressure", pressure(facts)),
        (
            "memory",
            facts
                .available_memory
                .map(|size| format!("{} available", bytes(size))),
        ),
        ("virtual", facts.virtualisation.clone()),
    ];
    let row = |(name, value): (&str, Option<String>)| Some(vec![name.to_owned(), value?]);
    rows.into_iter().filter_map(row).collect()
}

fn cpus(facts: &HostFacts) -> Option<String> {
    let usable = facts.allowed_cpus.map(|cpus| format!("{cpus} usable"));
    joined([facts.cpus.map(|cpus| format!("{cpus} online")), usable])
}

fn topology(facts: &HostFacts) -> Option<String> {
    let number = |value: Option<u32>, noun: &str| {
        let value = usize::try_from(value?).ok()?;
        Some(count(value, noun))
    };
    let threads = number(facts.threads_per_core, "thread");
    joined([
        threads.map(|threads| format!("{threads} per core")),
        number(facts.core_kinds, "kind"),
        number(facts.numa_nodes, "NUMA node"),
    ])
}

fn frequency(facts: &HostFacts) -> Option<String> {
    let governor = facts
        .governor
        .as_ref()
        .map(|name| format!("governor {name}"));
    let turbo = facts
        .turbo
        .map(|is_on| format!("turbo {}", if is_on { "on" } else { "off" }));
    joined([governor, turbo])
}

fn load(facts: &HostFacts) -> Option<String> {
    let others = facts.other_cores;
    joined([
        others.map(|others| format!("others use {others:.2} cores")),
        facts
            .free_cores
            .map(|cores| format!("threads got {cores:.2} cores")),
        facts.steal.map(|steal| format!("steal {}", percent(steal))),
    ])
}

fn pressure(facts: &HostFacts) -> Option<String> {
    let one = |part: Option<f64>, name| part.map(|part| format!("{name} {}", percent(part)));
    joined([
        one(facts.cpu_pressure, "CPU"),
        one(facts.memory_pressure, "memory"),
        one(facts.io_pressure, "I/O"),
    ])
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

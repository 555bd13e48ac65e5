//! Pressure stall information: the part of the time in which a process waited for a resource.

use super::tree::HostTree;

/// The part of the last 10 seconds in which a process waited for `cpu`, `memory` or `io`.
pub(super) fn pressure(tree: &HostTree, resource: &str) -> Option<f64> {
    let text = tree.text(&format!("proc/pressure/{resource}"))?;
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let mut fields = some.split_whitespace();
    let percent = fields.find_map(|field| field.strip_prefix("avg10="))?;
    let percent: f64 = percent.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

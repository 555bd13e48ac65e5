//! Limits of the control groups that this process is in, of both versions.

use super::tree::{HostTree, number_after};
use std::path::{Component, Path};

/// The deepest group whose limits are read.
const DEEPEST: usize = 64;

/// Memory limits from here on are none: version 1 has the largest number of pages.
const NO_LIMIT: u64 = 1 << 60;

/// The membership that is assumed where the system does not say.
const UNKNOWN: &str = "0::/\n1:cpu,cpuacct:/\n2:memory:/\n";

/// The smallest quota of CPU time, in CPUs.
pub(super) fn quota(tree: &HostTree) -> Option<f64> {
    let quotas = limited_groups(tree).into_iter().map(|(_, quota)| quota);
    quotas.reduce(f64::min)
}

/// The files that count how often a quota stopped this process.
pub(super) fn throttle_files(tree: &HostTree) -> Vec<String> {
    let groups = limited_groups(tree).into_iter();
    groups
        .map(|(group, _)| format!("{group}/cpu.stat"))
        .collect()
}

/// The memory that is left below the smallest limit, in bytes.
pub(super) fn memory_left(tree: &HostTree) -> Option<u64> {
    let left = |group: &String| {
        let either = |files: [&str; 2]| {
            let mut numbers = files
                .iter()
                .map(|file| tree.number(&format!("{group}/{file}")));
            numbers.find_map(|number| number)
        };
        let limit = either(["memory.max", "memory.limit_in_bytes"])?;
        if limit >= NO_LIMIT {
            return None;
        }
        let used = either(["memory.current", "memory.usage_in_bytes"]).unwrap_or(0);
        // The kernel takes back what it only caches.
        let details = tree
            .text(&format!("{group}/memory.stat"))
            .unwrap_or_default();
        let cached = number_after(&details, "total_inactive_file")
            .or_else(|| number_after(&details, "inactive_file"))
            .unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(cached)))
    };
    groups(tree, "memory").iter().filter_map(left).min()
}

/// The groups with a quota, and the quotas in CPUs.
fn limited_groups(tree: &HostTree) -> Vec<(String, f64)> {
    let groups = groups(tree, "cpu").into_iter();
    let limited = groups.filter_map(|group| {
        let quota = quota_of(tree, &group)?;
        Some((group, quota))
    });
    limited.collect()
}

#[expect(clippy::cast_precision_loss, reason = "they are microseconds")]
fn quota_of(tree: &HostTree, group: &str) -> Option<f64> {
    let (quota, period): (u64, u64) = match tree.text(&format!("{group}/cpu.max")) {
        Some(text) => {
            let (quota, period) = text.trim().split_once(' ')?;
            // The quota is `max` where there is none.
            (quota.parse().ok()?, period.parse().ok()?)
        }
        None => {
            // The quota is -1 where there is none.
            let quota = tree.number(&format!("{group}/cpu.cfs_quota_us"))?;
            (quota, tree.number(&format!("{group}/cpu.cfs_period_us"))?)
        }
    };
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// The directories of this process's groups that have a controller, up to the root.
fn groups(tree: &HostTree, controller: &str) -> Vec<String> {
    let text = tree.text("proc/self/cgroup");
    let text = text.as_deref().unwrap_or(UNKNOWN);
    let mut found = Vec::new();
    for line in text.lines().take(DEEPEST) {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else {
            continue;
        };
        let mut mounts = match controllers {
            "" => vec!["unified".to_owned(), String::new()],
            _ if controllers.split(',').any(|name| name == controller) => {
                vec![controllers.to_owned(), controller.to_owned()]
            }
            _ => continue,
        };
        mounts.retain(|mount| is_plain(mount));
        let mut mounts = mounts.iter().map(|mount| match mount.as_str() {
            "" => "sys/fs/cgroup".to_owned(),
            _ => format!("sys/fs/cgroup/{mount}"),
        });
        if let Some(mount) = mounts.find(|mount| tree.path(mount).is_dir()) {
            found.extend(up_to(&mount, group));
        }
    }
    found
}

/// Whether a name of a mount consists of names of controllers.
fn is_plain(mount: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || [',', '_'].contains(&c);
    mount.chars().all(is_allowed)
}

/// A group, the groups that it is in, and the mount point.
///
/// A container can have its own group mounted as the root, while the path is the host's: then only
/// the mount point exists.
fn up_to(mount: &str, group: &str) -> Vec<String> {
    let group = Path::new(group.trim_start_matches('/'));
    let is_below = |part| matches!(part, Component::Normal(_));
    let is_inside = group.components().all(is_below);
    let parts = group.components().filter(|_| is_inside).take(DEEPEST);
    let mut found = vec![mount.to_owned()];
    let mut path = mount.to_owned();
    for part in parts {
        path = format!("{path}/{}", part.as_os_str().to_string_lossy());
        found.push(path.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{is_plain, up_to};

    #[test]
    fn a_group_outside_of_the_mount_is_not_followed() {
        assert_eq!(up_to("m", "/a/b"), ["m", "m/a", "m/a/b"]);
        assert_eq!(up_to("m", "/"), ["m"]);
        assert_eq!(up_to("m", "/../../etc"), ["m"]);
        assert_eq!(up_to("m", "/a/../.."), ["m"]);
        assert!(up_to("m", &"/a".repeat(10_000)).len() < 100);
        assert!(is_plain("cpu,cpuacct") && is_plain("net_cls"));
        assert!(!is_plain("../..") && !is_plain("cpu/x"));
    }
}

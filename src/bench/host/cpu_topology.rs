//! The processor: its model, which CPUs can be used, which of them share a core, and whether all
//! are of one kind.

use super::cpu_list::CpuList;
use super::tree::{HostTree, displayable};

/// Directory of the CPUs.
const CPUS: &str = "sys/devices/system/cpu";

/// Frequencies and capacities of one kind of cores differ by less than this: processors with
/// favoured cores let those run a few percent faster.
const ONE_KIND: f64 = 1.1;

/// The model of the processor. ARM processors do not state one.
pub(super) fn model(tree: &HostTree) -> Option<String> {
    let text = tree.text("proc/cpuinfo")?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let (_, model) = fields.find(|(key, _)| key.trim() == "model name")?;
    displayable(model)
}

/// The CPUs that are online.
pub(super) fn online(tree: &HostTree) -> Option<CpuList> {
    let listed = tree.text(&format!("{CPUS}/online"));
    let listed = listed.and_then(|text| CpuList::parse(&text));
    // /sys is not mounted in some containers.
    listed.or_else(|| {
        let text = tree.text("proc/stat")?;
        let lines = text.lines().map_while(|line| line.strip_prefix("cpu"));
        let numbers = lines.filter_map(|rest| rest.split(' ').next()?.parse().ok());
        CpuList::new(numbers)
    })
}

/// The CPUs that this process may use: those of its affinity that are online.
///
/// It is read from `/proc`, as sched_getaffinity(2) needs to know the kernel's number of CPUs.
pub(super) fn allowed(tree: &HostTree) -> Option<CpuList> {
    // /proc/self is the main thread, whose affinity can differ.
    let files = ["proc/thread-self/status", "proc/self/status"];
    let text = files.iter().find_map(|file| tree.text(file))?;
    let mut lines = text.lines();
    let list = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let list = CpuList::parse(list)?;
    match online(tree) {
        Some(online) => list.and(&online),
        None => Some(list),
    }
}

/// The CPUs that this process may use, or all that are online if its affinity is unknown.
pub(super) fn usable(tree: &HostTree) -> Option<CpuList> {
    allowed(tree).or_else(|| online(tree))
}

/// The largest number of usable CPUs that share a core.
pub(super) fn threads_per_core(tree: &HostTree, usable: &CpuList) -> Option<u32> {
    if tree.number(&format!("{CPUS}/smt/active")) == Some(0) {
        return Some(1);
    }
    let siblings = |cpu: u32| {
        let file = format!("{CPUS}/cpu{cpu}/topology/thread_siblings_list");
        let siblings = CpuList::parse(&tree.text(&file)?)?;
        siblings.contains(cpu).then(|| siblings.and(usable))?
    };
    let counts = usable.iter().filter_map(siblings);
    counts.map(|siblings| siblings.count()).max()
}

/// The number of kinds of cores among the usable CPUs.
pub(super) fn core_kinds(tree: &HostTree, usable: &CpuList) -> Option<u32> {
    let of_all = |file: &str| {
        let value = |cpu: u32| tree.number(&format!("{CPUS}/cpu{cpu}/{file}"));
        let values: Option<Vec<u64>> = usable.iter().map(value).collect();
        values.and_then(|values| kinds(&values))
    };
    of_all("cpu_capacity").or_else(|| of_all("cpufreq/cpuinfo_max_freq"))
}

#[expect(clippy::cast_precision_loss, reason = "they are compared by 10 %")]
fn kinds(values: &[u64]) -> Option<u32> {
    let mut values = values.to_vec();
    values.sort_unstable();
    if values.first()? == &0 {
        return None;
    }
    let (mut kinds, mut slowest) = (0, 0.0);
    for value in values {
        let value = value as f64;
        if value >= slowest * ONE_KIND {
            kinds += 1;
            slowest = value;
        }
    }
    Some(kinds)
}

/// The number of NUMA nodes that have usable CPUs.
pub(super) fn numa_nodes(tree: &HostTree, usable: &CpuList) -> Option<u32> {
    const NODES: &str = "sys/devices/system/node";
    let files = [format!("{NODES}/has_cpu"), format!("{NODES}/online")];
    let nodes = files.iter().find_map(|file| tree.text(file))?;
    let nodes = CpuList::parse(&nodes)?;
    let is_used = |node: &u32| {
        let cpus = tree.text(&format!("{NODES}/node{node}/cpulist"));
        let cpus = cpus.and_then(|text| CpuList::parse(&text));
        cpus.is_some_and(|cpus| cpus.and(usable).is_some())
    };
    let used = CpuList::new(nodes.iter().filter(is_used))?;
    Some(used.count())
}

#[cfg(test)]
mod tests {
    use super::kinds;

    #[test]
    fn cores_within_ten_percent_are_of_one_kind() {
        assert_eq!(kinds(&[5_400_000, 5_000_000, 5_200_000]), Some(1));
        assert_eq!(kinds(&[3_900_000, 5_200_000, 5_200_000]), Some(2));
        assert_eq!(kinds(&[1024, 250, 600, 1024]), Some(3));
        assert_eq!(kinds(&[u64::MAX, u64::MAX]), Some(1));
        assert_eq!(kinds(&[0, 1024]), None);
        assert_eq!(kinds(&[]), None);
    }
}

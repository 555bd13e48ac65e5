//! What decides on the frequency of the CPUs: the governor, and turbo.

use super::cpu_list::CpuList;
use super::tree::HostTree;

const CPUS: &str = "sys/devices/system/cpu";

/// The governor of the usable CPUs; `powersave` if it is the governor of any of them.
pub(super) fn governor(tree: &HostTree, usable: &CpuList) -> Option<String> {
    let of_cpu = |cpu: u32| tree.words(&format!("{CPUS}/cpu{cpu}/cpufreq/scaling_governor"));
    let mut governors = usable.iter().filter_map(of_cpu);
    let first = governors.next()?;
    let powersave = governors.find(|governor| governor == "powersave");
    Some(powersave.unwrap_or(first))
}

/// Whether the frequency may be raised above the nominal one.
pub(super) fn turbo(tree: &HostTree, usable: &CpuList) -> Option<bool> {
    let switch = |file: &str| match tree.number(&format!("{CPUS}/{file}")) {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    };
    let first = usable.iter().next()?;
    switch("intel_pstate/no_turbo")
        .map(|is_off| !is_off)
        .or_else(|| switch("cpufreq/boost"))
        // amd-pstate has one for each CPU.
        .or_else(|| switch(&format!("cpu{first}/cpufreq/boost")))
}

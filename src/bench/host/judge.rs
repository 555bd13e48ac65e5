//! What follows from the facts about the machine.

use super::disturbance::{OTHERS_ALLOWED, STEAL_ALLOWED};
use super::render::{cores, percent};
use super::spin::missing_allowed;
use super::{Fitness, HostFacts, HostFinding, HostReport};
use crate::env::THREAD_POOLS;
use crate::report::text::bytes;
use std::cmp::Reverse;

/// A steal that no comparison survives.
const STEAL_RUINOUS: f64 = 0.1;

/// So many threads are enough to find out whether cores are free.
const MOST_SPINNERS: u32 = 64;

/// The subject of what threads did not get.
pub const FREE_CORES: &str = "free-cores";

/// A pressure that is worth telling.
const PRESSURE_ALLOWED: f64 = 0.1;

/// The part of a core that others may use while it still counts as free.
const PART_OF_A_CORE: f64 = 0.5;

/// The memory that a worker needs at least.
const MEMORY_OF_A_WORKER: u64 = 128 << 20;

/// The memory that a comparison needs at least.
const LEAST_MEMORY: u64 = 512 << 20;

/// Judges whether arms with up to `most_workers` workers can be compared on a machine. The
/// variables are those of the program.
#[must_use]
pub fn judge(facts: &HostFacts, most_workers: u32, variables: &[(String, String)]) -> HostReport {
    let mut findings: Vec<HostFinding> = [
        cpus(facts),
        quota(facts),
        other_load(facts, most_workers),
        free_cores(facts, most_workers),
        steal(facts),
        workers(facts, most_workers),
        shared_cores(facts, most_workers),
        core_kinds(facts),
        numa(facts),
        governor(facts),
        turbo(facts),
        memory(facts, most_workers),
        pools(facts, most_workers, variables),
        virtualisation(facts),
    ]
    .into_iter()
    .chain(pressures(facts))
    .flatten()
    .collect();
    findings.sort_by_key(|finding| Reverse(finding.fitness));
    let worst = findings.first().map(|finding| finding.fitness);
    HostReport {
        fitness: worst.unwrap_or(Fitness::Fit),
        facts: facts.clone(),
        findings,
    }
}

/// The cores that this process can use at once: the smaller one of the usable CPUs and the quota.
#[must_use]
pub fn usable_cores(facts: &HostFacts) -> Option<f64> {
    let cpus = usable_cpus(facts).map(f64::from);
    cpus.into_iter().chain(facts.quota).reduce(f64::min)
}

/// The variable that allows the most threads to each of the libraries' thread pools.
fn largest_pool(variables: &[(String, String)]) -> Option<(&str, u32)> {
    let pools = variables.iter().filter_map(|(name, value)| {
        let is_pool = THREAD_POOLS.contains(&name.as_str());
        // OpenMP's can have a number for each level of nesting.
        let threads = value.split(',').next()?.trim().parse().ok()?;
        (is_pool && threads > 0).then_some((name.as_str(), threads))
    });
    pools.max_by_key(|(_, threads)| *threads)
}

fn usable_cpus(facts: &HostFacts) -> Option<u32> {
    facts.allowed_cpus.or(facts.cpus)
}

fn finding(fitness: Fitness, subject: &str, text: String, advice: &str) -> Option<HostFinding> {
    Some(HostFinding {
        fitness,
        subject: subject.to_owned(),
        text,
        advice: advice.to_owned(),
    })
}

/// Unfit if something is that bad, else doubtful.
fn unfit_if(is_ruinous: bool) -> Fitness {
    match is_ruinous {
        true => Fitness::Unfit,
        false => Fitness::Doubtful,
    }
}

fn cpus(facts: &HostFacts) -> Option<HostFinding> {
    if usable_cpus(facts)? > 1 {
        return None;
    }
    let (text, advice) = match facts.cpus {
        Some(2..) => (
            "only one CPU is usable",
            "extend the affinity, e.g. with `taskset -c 0-3 ftpy bench ...`",
        ),
        _ => (
            "the machine has only one CPU",
            "use a machine with more CPUs",
        ),
    };
    finding(Fitness::Unfit, "cpus", text.to_owned(), advice)
}

fn quota(facts: &HostFacts) -> Option<HostFinding> {
    let (quota, cpus) = (facts.quota?, f64::from(usable_cpus(facts)?));
    if quota >= cpus {
        return None;
    }
    let fitness = unfit_if(quota < 2.0);
    let text = format!(
        "a quota limits the CPU time to {} of {} CPUs",
        cores(quota),
        cores(cpus)
    );
    let advice = "reserve whole CPUs instead, e.g. with `docker run --cpuset-cpus=0-3`";
    finding(fitness, "quota", text, advice)
}

fn other_load(facts: &HostFacts, most_workers: u32) -> Option<HostFinding> {
    const SUBJECT: &str = "other-load";
    let Some(others) = facts.other_cores else {
        let text = "the load of other processes cannot be measured here";
        let advice = "stop other programs during the comparison";
        return finding(Fitness::Fit, SUBJECT, text.to_owned(), advice);
    };
    if others <= OTHERS_ALLOWED {
        return None;
    }
    let text = format!("other processes use {} cores", cores(others));
    let Some(cpus) = usable_cpus(facts) else {
        return finding(Fitness::Doubtful, SUBJECT, text, "stop them");
    };
    // The quota does not count against the others: it is a limit of this process.
    let free = (f64::from(cpus) - others).min(facts.quota.unwrap_or(f64::INFINITY));
    let usable = usable_cores(facts).unwrap_or(f64::from(cpus));
    let needed = f64::from(most_workers).min(usable).max(2.0);
    let fitness = unfit_if(free + PART_OF_A_CORE <= needed);
    let free = cores(free.max(0.0));
    let text = format!("{text}, so that {free} of {cpus} are free");
    let advice = "stop them; `top` lists them by their use of the CPU";
    finding(fitness, SUBJECT, text, advice)
}

/// Some systems do not state what other processes use, and some containers not their limits. Both show
/// in what threads get.
fn free_cores(facts: &HostFacts, most_workers: u32) -> Option<HostFinding> {
    let got = facts.free_cores?;
    // Another finding says so already.
    if facts
        .other_cores
        .is_some_and(|others| others > OTHERS_ALLOWED)
    {
        return None;
    }
    let wanted = spinners(facts, most_workers);
    let missing = f64::from(wanted) - got;
    let allowed = missing_allowed(wanted);
    if missing <= allowed {
        return None;
    }
    let fitness = unfit_if(missing >= PART_OF_A_CORE.max(2.0 * allowed));
    let text = format!(
        "{wanted} threads that computed at once got {} of {wanted} cores",
        cores(got)
    );
    let advice = "stop other programs, or use a machine whose cores are free";
    finding(fitness, FREE_CORES, text, advice)
}

/// How many threads are to compute at once, so that their CPU time shows how many cores are free: as
/// many as there are workers, but no more than can run.
#[must_use]
pub fn spinners(facts: &HostFacts, most_workers: u32) -> u32 {
    let usable = usable_cores(facts).unwrap_or(1.0).floor().max(1.0);
    most_workers.clamp(2, MOST_SPINNERS).min(usable as u32)
}

fn steal(facts: &HostFacts) -> Option<HostFinding> {
    let steal = facts.steal.filter(|steal| *steal > STEAL_ALLOWED)?;
    let fitness = unfit_if(steal > STEAL_RUINOUS);
    let text = format!(
        "the hypervisor gives {} of the CPU time to others",
        percent(steal)
    );
    let advice = "use a machine with dedicated CPUs";
    finding(fitness, "steal", text, advice)
}

fn workers(facts: &HostFacts, most_workers: u32) -> Option<HostFinding> {
    let usable = usable_cores(facts)?;
    if f64::from(most_workers) <= usable {
        return None;
    }
    let noun = if usable <= 1.0 { "core" } else { "cores" };
    let text = format!("{most_workers} threads on {} {noun}", cores(usable));
    let most = usable.floor().max(1.0);
    let advice = format!("compare up to {most} threads");
    finding(Fitness::Doubtful, "workers", text, &advice)
}

fn shared_cores(facts: &HostFacts, most_workers: u32) -> Option<HostFinding> {
    let threads = facts.threads_per_core.filter(|threads| *threads > 1)?;
    let physical = usable_cpus(facts)?.div_ceil(threads);
    if most_workers <= physical {
        return None;
    }
    // Efficiency cores have one thread each, so that the number of cores is not known.
    let text = match facts.core_kinds {
        Some(2..) => format!("{threads} threads share a core on some cores"),
        _ => format!("{most_workers} threads on {physical} physical cores: {threads} share a core"),
    };
    let advice = format!("compare up to {physical} threads, or switch hyper-threading off");
    finding(Fitness::Doubtful, "hyper-threads", text, &advice)
}

fn core_kinds(facts: &HostFacts) -> Option<HostFinding> {
    let kinds = facts.core_kinds.filter(|kinds| *kinds > 1)?;
    let text = format!("there are {kinds} kinds of cores, and a thread can get a slow one");
    let advice = "pin the comparison to cores of one kind, e.g. `taskset -c 0-3 ftpy bench ...`";
    finding(Fitness::Doubtful, "core-kinds", text, advice)
}

fn numa(facts: &HostFacts) -> Option<HostFinding> {
    let nodes = facts.numa_nodes.filter(|nodes| *nodes > 1)?;
    let text = format!("there are {nodes} NUMA nodes, and memory of another node is slower");
    let advice = "stay on one node: `numactl --cpunodebind=0 --membind=0 ftpy bench ...`";
    finding(Fitness::Doubtful, "numa", text, advice)
}

fn governor(facts: &HostFacts) -> Option<HostFinding> {
    let governor = facts
        .governor
        .as_ref()
        .filter(|name| *name == "powersave")?;
    let text = format!("the frequency governor is {governor}");
    let advice = "`cpupower frequency-set -g performance`";
    finding(Fitness::Doubtful, "governor", text, advice)
}

fn turbo(facts: &HostFacts) -> Option<HostFinding> {
    facts.turbo.filter(|is_on| *is_on)?;
    let text = "turbo is on: one thread runs at a higher frequency than many, so that scaling \
                looks worse";
    let is_intel = |model: &String| model.contains("Intel");
    let advice = if facts.processor.as_ref().is_some_and(is_intel) {
        "`echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo`"
    } else {
        "`echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost`"
    };
    finding(Fitness::Doubtful, "turbo", text.to_owned(), advice)
}

fn pressures(facts: &HostFacts) -> [Option<HostFinding>; 3] {
    let one = |part: Option<f64>, subject: &str, resource: &str, advice: &str| {
        let part = part.filter(|part| *part > PRESSURE_ALLOWED)?;
        let part = percent(part);
        let text = format!("processes waited for {resource} in {part} of the last 10 seconds");
        finding(Fitness::Doubtful, subject, text, advice)
    };
    let stop = "stop other programs, or wait until they are done";
    [
        one(facts.cpu_pressure, "cpu-pressure", "a CPU", stop),
        one(
            facts.memory_pressure,
            "memory-pressure",
            "memory",
            "free some memory",
        ),
        one(facts.io_pressure, "io-pressure", "I/O", stop),
    ]
}

fn memory(facts: &HostFacts, most_workers: u32) -> Option<HostFinding> {
    let available = facts.available_memory?;
    let needed = MEMORY_OF_A_WORKER
        .saturating_mul(u64::from(most_workers))
        .max(LEAST_MEMORY);
    if available >= needed {
        return None;
    }
    let text = format!("only {} of memory are available", bytes(available));
    let advice = "free some memory, or compare fewer workers";
    finding(Fitness::Doubtful, "memory", text, advice)
}

fn pools(
    facts: &HostFacts,
    most_workers: u32,
    variables: &[(String, String)],
) -> Option<HostFinding> {
    let (name, threads) = largest_pool(variables).filter(|(_, threads)| *threads > 1)?;
    let total = u64::from(most_workers) * u64::from(threads);
    if total <= u64::from(usable_cpus(facts)?) {
        return None;
    }
    let text = format!("{name}={threads} allows {most_workers} workers {total} threads");
    let advice = format!("set {name}=1");
    finding(Fitness::Doubtful, "thread-pools", text, &advice)
}

fn virtualisation(facts: &HostFacts) -> Option<HostFinding> {
    let kind = facts.virtualisation.as_ref()?;
    let is_disturbed = facts.steal.is_some_and(|steal| steal > STEAL_ALLOWED);
    let fitness = if is_disturbed {
        Fitness::Doubtful
    } else {
        Fitness::Fit
    };
    let text = format!("the machine is virtual or a container ({kind})");
    let advice = "repeat the comparison later: its neighbours can change the figures";
    finding(fitness, "virtualisation", text, advice)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

//! Reads what the machine says about itself.

use super::cpu_meter::{self, CpuMeter};
use super::tree::HostTree;
use super::{
    HostFacts, cgroup, cpu_topology, disturbance, frequency, memory, pressure, virtualisation,
};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The sensors of a machine. Those that it lacks say nothing; on macOS that is each of them, except
/// the number of CPUs.
#[derive(Debug, Clone)]
pub struct Sensors {
    tree: HostTree,
}

/// What used the CPUs while this process watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuLoad {
    /// The cores that other processes used, children included.
    pub other_cores: f64,
    /// The part of the used time that the hypervisor gave to others.
    pub steal: Option<f64>,
}

impl Sensors {
    /// Returns the sensors of this machine.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self::at(PathBuf::from("/"))
    }

    /// Returns the sensors of a machine whose `/proc` and `/sys` are below a directory.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let tree = HostTree::new(root.into());
        Self { tree }
    }

    /// Reads the facts, and watches the load for some time; not at all if it is zero.
    #[must_use]
    pub fn facts(&self, watch: Duration) -> HostFacts {
        // Starting this program is a load, too, and the pressure tells of the last 10 seconds.
        let load = (!watch.is_zero()).then(|| self.load(watch)).flatten();
        let tree = &self.tree;
        let usable = cpu_topology::usable(tree);
        let usable = usable.as_ref();
        let online = cpu_topology::online(tree).map(|cpus| cpus.count());
        let allowed = cpu_topology::allowed(tree).map(|cpus| cpus.count());
        HostFacts {
            processor: cpu_topology::model(tree),
            cpus: online.or_else(|| self.known_to_std()),
            allowed_cpus: allowed,
            quota: cgroup::quota(tree),
            threads_per_core: usable.and_then(|cpus| cpu_topology::threads_per_core(tree, cpus)),
            core_kinds: usable.and_then(|cpus| cpu_topology::core_kinds(tree, cpus)),
            numa_nodes: usable.and_then(|cpus| cpu_topology::numa_nodes(tree, cpus)),
            governor: usable.and_then(|cpus| frequency::governor(tree, cpus)),
            turbo: usable.and_then(|cpus| frequency::turbo(tree, cpus)),
            other_cores: load.map(|load| load.other_cores),
            // Using the cores is not reading: the caller does it.
            free_cores: None,
            steal: load.and_then(|load| load.steal),
            cpu_pressure: pressure::pressure(tree, "cpu"),
            memory_pressure: pressure::pressure(tree, "memory"),
            io_pressure: pressure::pressure(tree, "io"),
            available_memory: memory::available(tree),
            virtualisation: virtualisation::virtualisation(tree),
        }
    }

    /// The number of CPUs where neither `/sys` nor `/proc` says it.
    fn known_to_std(&self) -> Option<u32> {
        let count = std::thread::available_parallelism().ok()?;
        let count = u32::try_from(count.get()).ok()?;
        self.tree.is_this_machine().then_some(count)
    }

    /// Returns a meter of the CPU times, for a series of runs.
    #[must_use]
    pub fn cpu_meter(&self) -> CpuMeter {
        CpuMeter::new(&self.tree)
    }

    /// Watches for some time how many cores the others use. Returns `None` where the system does
    /// not say.
    #[must_use]
    pub fn other_load(&self, over: Duration) -> Option<f64> {
        self.load(over).map(|load| load.other_cores)
    }

    /// Watches for some time what uses the CPUs. Returns `None` where the system does not say.
    #[must_use]
    pub fn load(&self, over: Duration) -> Option<CpuLoad> {
        let meter = self.cpu_meter();
        let started = Instant::now();
        let own_before = cpu_meter::own_cpu(&self.tree)?;
        let before = meter.read()?;
        std::thread::sleep(over);
        let after = meter.read()?;
        let own = cpu_meter::own_cpu(&self.tree)?.checked_sub(own_before)?;
        let found = disturbance::between(&before, &after, own, started.elapsed());
        Some(CpuLoad {
            other_cores: found.other_cores?,
            steal: found.steal,
        })
    }
}

#[cfg(test)]
#[path = "sensors_tests.rs"]
mod tests;

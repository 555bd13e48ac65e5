//! The machine: whether a comparison can be trusted on it. Every sensor is optional.
//!
//! [`Sensors`] reads the facts, once before a comparison. [`CpuMeter`] is read before and after
//! each timed run, and a [`Disturbance`] is what happened in between. [`judge()`] says what follows
//! from the facts, and [`lines()`] renders that.

mod cgroup;
mod cpu_list;
mod cpu_meter;
mod cpu_topology;
mod disturbance;
mod frequency;
mod judge;
mod memory;
mod pressure;
mod render;
mod sensors;
mod spin;
mod tree;
mod virtualisation;

pub use cpu_meter::{CpuMeter, CpuReading};
pub use disturbance::{Disturbance, between};
pub use judge::{FREE_CORES, judge, spinners, usable_cores};
pub use render::lines;
pub use sensors::{CpuLoad, Sensors};
pub use spin::spun_cores;

use serde::{Deserialize, Serialize};

/// Whether a comparison can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fitness {
    /// Nothing speaks against it.
    Fit,
    /// Something may widen the intervals, or shift the figures a little.
    Doubtful,
    /// The question cannot be answered here.
    Unfit,
}

/// Something about the machine that a reader of the figures should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFinding {
    /// How bad it is.
    pub fitness: Fitness,
    /// What it is about: `other-load`, `steal`, `quota`, `frequency`.
    pub subject: String,
    /// What was found, in a sentence without a full stop.
    pub text: String,
    /// What to do about it; empty if there is nothing.
    pub advice: String,
}

/// What was read of the machine; `None` where the system does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The model of the processor.
    pub processor: Option<String>,
    /// Logical CPUs that are online.
    pub cpus: Option<u32>,
    /// Logical CPUs that this process may use: its affinity.
    pub allowed_cpus: Option<u32>,
    /// CPUs' worth of time that a cgroup's quota allows.
    pub quota: Option<f64>,
    /// Threads of each core: 2 with hyper-threading.
    pub threads_per_core: Option<u32>,
    /// Kinds of cores, by their highest frequency or capacity: 2 with performance and efficiency
    /// cores.
    pub core_kinds: Option<u32>,
    /// NUMA nodes with CPUs.
    pub numa_nodes: Option<u32>,
    /// The governor of the frequency: `powersave`.
    pub governor: Option<String>,
    /// Whether the frequency may be raised for few busy cores.
    pub turbo: Option<bool>,
    /// CPUs' worth of time that other processes used while this one watched.
    pub other_cores: Option<f64>,
    /// Cores that threads of this process got when as many of them as there are workers computed at
    /// once.
    #[serde(default)]
    pub free_cores: Option<f64>,
    /// The part of the time that the hypervisor gave to others.
    pub steal: Option<f64>,
    /// The part of the last 10 seconds in which a process waited for a CPU (pressure stall
    /// information).
    pub cpu_pressure: Option<f64>,
    /// The same for memory.
    pub memory_pressure: Option<f64>,
    /// The same for I/O.
    pub io_pressure: Option<f64>,
    /// Available memory, in bytes.
    pub available_memory: Option<u64>,
    /// Whether it is a virtual machine or a container, and which: `kvm`.
    pub virtualisation: Option<String>,
}

/// The machine's facts and what follows from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostReport {
    /// The worst of the findings.
    pub fitness: Fitness,
    /// What was read.
    pub facts: HostFacts,
    /// What follows.
    pub findings: Vec<HostFinding>,
}

//! What a comparison found, as it is exported and rendered. Plain data.

use crate::bench::arm::{Arm, Interpreter};
use crate::bench::host::HostReport;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer to the question whether free-threading pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PayVerdict {
    /// With some measured number of threads the free-threaded build is faster than each GIL arm.
    Pays,
    /// With no measured number of threads it is faster.
    DoesNotPay,
    /// The samples do not decide it.
    Undecided,
    /// The samples cannot be trusted, or there are none.
    CouldNotMeasure,
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the interval contains a figure.
    #[must_use]
    pub fn contains(&self, figure: f64) -> bool {
        self.low <= figure && figure <= self.high
    }

    /// The width relative to the estimate: 0.03 for 3 %.
    #[must_use]
    pub fn width(&self) -> f64 {
        (self.high - self.low) / self.value
    }

    /// The interval of one divided by the figure.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            value: 1.0 / self.value,
            low: 1.0 / self.high,
            high: 1.0 / self.low,
        }
    }
}

/// The smallest number of threads with which the free-threaded build is faster than each GIL arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakEven {
    /// The estimate; `None`: none of the measured numbers.
    pub threads: Option<u32>,
    /// The lower end of its 95 % interval; `None`: none of the measured numbers.
    pub low: Option<u32>,
    /// The upper end.
    pub high: Option<u32>,
    /// The probability that no measured number is enough.
    pub never_probability: f64,
}

/// [`Sample::left_out`] of the first blocks, in which caches are filled.
pub const WARM_UP: &str = "warm-up";

/// One timed run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What ran.
    pub arm: Arm,
    /// The number of its block, from 0: each block has one run of each arm, in random order.
    pub block: u32,
    /// Its place in the block, from 0.
    pub place: u32,
    /// Wall time, in seconds.
    pub seconds: f64,
    /// CPU time of its processes, in seconds.
    pub cpu_seconds: f64,
    /// The program's own figure, larger is better, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<f64>,
    /// CPU cores that others used meanwhile, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_cores: Option<f64>,
    /// How often the system took a CPU from its processes: another program or more threads than CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_switches: Option<u64>,
    /// Why it is not used, if it is not: `warm-up`, or what disturbed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// What is known of an arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmResult {
    /// The arm.
    pub id: Arm,
    /// Its build.
    pub interpreter: Interpreter,
    /// The number of threads, unless it uses processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// The number of processes, if it uses them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u32>,
    /// The number of runs that count.
    pub runs: u32,
    /// The median wall time, in seconds.
    pub seconds: f64,
    /// The median CPU time, in seconds.
    pub cpu_seconds: f64,
    /// The median of the program's own figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<f64>,
    /// Its time divided by that of `gil1` in the same block (of throughput, the inverse).
    pub time_ratio: Interval,
    /// How many times faster than `gil1`.
    pub speedup: Interval,
    /// Of a free-threaded arm: how many times faster than each GIL arm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faster_than: BTreeMap<Arm, Interval>,
    /// The largest sum of proportional memory of its processes that was seen, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// The most threads that were seen at once, in all its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_seen: Option<u32>,
    /// Whether the GIL was on; `None` if it was not watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gil_enabled: Option<bool>,
}

/// How a comparison of the change with its base came out, arm by arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseResult {
    /// The arm.
    pub id: Arm,
    /// The time of the change divided by that of the base.
    pub time_ratio: Interval,
}

/// The A/A control: the ratio of two arms that are the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// The ratio; 1 but for noise.
    pub ratio: Interval,
    /// Whether its 95 % interval excludes 1.
    pub is_different: bool,
}

/// A model of how the free-threaded build scales. Never used for the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScalingModel {
    /// The part of the work that does not run in parallel (Amdahl's and the USL's sigma).
    pub serial_part: f64,
    /// The cost of each pair of threads that coordinate (the USL's kappa).
    pub coordination: f64,
    /// The number of threads with the largest speed-up by the model; `None`: there is no maximum.
    pub best_threads: Option<f64>,
    /// The largest relative difference between the model and a measured figure.
    pub worst_misfit: f64,
}

/// Why the measuring ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The intervals have the wanted width.
    Width,
    /// The budget was used up.
    Budget,
    /// There are so many blocks that more would hardly change the intervals.
    Blocks,
    /// Ctrl-C.
    Interrupted,
    /// Something made further runs pointless: the verdict's reason says what.
    Failed,
}

const fn alone() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_alone(shares: &u32) -> bool {
    *shares == 1
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Why it ended.
    pub stopped_by: StopReason,
    /// The wanted width of the intervals: 0.03 for 3 %.
    pub wanted_width: f64,
    /// The widest interval among those that the verdict rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached_width: Option<f64>,
    /// Complete blocks.
    pub blocks: u32,
    /// Of these, left out as warm-up.
    pub warm_up_blocks: u32,
    /// Of these, left out as disturbed by something else on the machine.
    pub disturbed_blocks: u32,
    /// Timed runs.
    pub runs: u32,
    /// Of these, disturbed, and repeated as far as the time allowed.
    pub disturbed_runs: u32,
    /// The seconds that it took.
    pub seconds: f64,
    /// The seed of the random order.
    pub seed: u64,
    /// How many comparisons shared the budget.
    #[serde(default = "alone", skip_serializing_if = "is_alone")]
    pub shares: u32,
    /// The loops of the work in one run, for `--script`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loops: Option<u64>,
}

/// The two builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builds {
    /// The GIL build: `3.14.7-pbs-20260901`.
    pub gil: String,
    /// The free-threaded build.
    pub free_threaded: String,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// The answer.
    pub verdict: PayVerdict,
    /// Why, in a sentence.
    pub reason: String,
    /// From how many threads on it pays.
    pub break_even: BreakEven,
    /// The arms, in the order of their ids' parts; without the control.
    pub arms: Vec<ArmResult>,
    /// The change compared with `--base`; empty without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base: Vec<BaseResult>,
    /// The A/A control.
    pub control: Option<Control>,
    /// How it scales, by a model.
    pub scaling: Option<ScalingModel>,
    /// What was measured, and why it ended.
    pub course: Course,
    /// The builds.
    pub builds: Builds,
    /// The command, or the name of the workload.
    pub command: Vec<String>,
    /// A gain below this part counts as none: 0.02 for 2 %.
    pub margin: f64,
    /// What a reader should know: what the verdict may not show.
    pub notes: Vec<String>,
    /// The machine.
    pub host: HostReport,
    /// Every timed run.
    pub samples: Vec<Sample>,
}

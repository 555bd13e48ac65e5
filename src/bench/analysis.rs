//! From samples to figures: each arm against the reference, the break-even, the control. Pure.

use crate::bench::arm::{Arm, Side, Workers};
use crate::bench::decisive::{FEWEST_BLOCKS, Roles, decisive_width};
use crate::bench::outcome::{
    ArmResult, BaseResult, Control, Interval, Sample, ScalingModel, WARM_UP,
};
use crate::bench::statistics::{
    BreakEvenDraws, Resamples, Table, break_even, median, resamples, scaling, warm_up,
};

/// The probability of the intervals.
pub const LEVEL: f64 = 0.95;
/// The A/A control must differ this clearly before the samples are not trusted: at 95 %, one sound
/// comparison of twenty would be refused.
const CONTROL_LEVEL: f64 = 0.999;
/// The number of resamples.
const DRAWS: usize = 2000;

/// What the samples say.
#[derive(Debug)]
pub struct Analysis {
    /// Complete blocks that count.
    pub blocks: usize,
    /// Complete blocks that were left out as warm-up.
    pub warm_up: usize,
    /// The arms; empty if the blocks are too few.
    pub arms: Vec<ArmResult>,
    /// From how many threads on it pays.
    pub break_even: BreakEvenDraws,
    /// The A/A control.
    pub control: Option<Control>,
    /// Whether the control is so different that the samples cannot be trusted.
    pub is_control_broken: bool,
    /// The change against its base.
    pub base: Vec<BaseResult>,
    /// A model of the scaling.
    pub scaling: Option<ScalingModel>,
    /// The width of the decisive intervals.
    pub width: Option<f64>,
}

/// Analyses the samples, and marks those of the warm-up. `margin` is the part below which a gain
/// counts as none.
#[must_use]
pub fn analyse(samples: &mut [Sample], margin: f64, seed: u64) -> Analysis {
    let all = Table::of(samples);
    let warm = warm_up(&all);
    let first = &all.numbers()[..warm];
    for sample in samples.iter_mut().filter(|it| first.contains(&it.block)) {
        sample.left_out.get_or_insert_with(|| WARM_UP.to_owned());
    }
    let table = all.without_first(warm);
    let roles = Roles::of(table.arms());
    let drawn = resamples(&table, &pairs(&table, &roles), DRAWS, seed);
    let reference = Arm::gil(1);
    let ratio = drawn.ratio(reference.control(), reference, LEVEL);
    // Resampling fewer blocks says too little.
    let is_enough = table.blocks() >= FEWEST_BLOCKS;
    let control = ratio.filter(|_| is_enough).map(|ratio| Control {
        ratio,
        is_different: !ratio.contains(1.0),
    });
    let strict = drawn.ratio(reference.control(), reference, CONTROL_LEVEL);
    let strict = strict.filter(|_| is_enough);
    let arms: Vec<ArmResult> = table
        .arms()
        .iter()
        .filter(|arm| is_enough && !arm.is_control && arm.side == Side::Head)
        .filter_map(|arm| arm_result(*arm, samples, &drawn, &roles))
        .collect();
    Analysis {
        blocks: table.blocks(),
        warm_up: warm,
        break_even: break_even(&drawn, &roles.free_threaded, &roles.gil, margin),
        control,
        is_control_broken: strict
            .is_some_and(|ratio| !ratio.contains(1.0) && (ratio.value - 1.0).abs() > margin),
        base: base(&table, &drawn),
        scaling: scaling(&speedups(&table)),
        width: decisive_width(&table, margin),
        arms,
    }
}

/// All comparisons that are reported or decided by.
fn pairs(table: &Table, roles: &Roles) -> Vec<(Arm, Arm)> {
    let reference = Arm::gil(1);
    let mut pairs: Vec<(Arm, Arm)> = table.arms().iter().map(|arm| (*arm, reference)).collect();
    for arm in &roles.free_threaded {
        pairs.extend(roles.gil.iter().map(|with| (*arm, *with)));
    }
    let head = table.arms().iter().filter(|arm| arm.side == Side::Head);
    pairs.extend(head.map(|arm| (*arm, arm.on(Side::Base))));
    pairs.sort();
    pairs.dedup();
    pairs
}

fn arm_result(arm: Arm, samples: &[Sample], drawn: &Resamples, roles: &Roles) -> Option<ArmResult> {
    let own = samples
        .iter()
        .filter(|it| it.arm == arm && it.left_out.is_none());
    let own: Vec<&Sample> = own.collect();
    let middle = |of: fn(&Sample) -> f64| -> f64 {
        median(&own.iter().map(|sample| of(sample)).collect::<Vec<f64>>())
    };
    let figures: Vec<f64> = own.iter().filter_map(|sample| sample.throughput).collect();
    let time_ratio = drawn.ratio(arm, Arm::gil(1), LEVEL)?;
    let gil = roles.gil.iter().filter(|_| arm.is_free_threaded());
    let (threads, processes) = match arm.workers {
        Workers::Threads(count) => (Some(count), None),
        Workers::Processes(count) => (None, Some(count)),
    };
    Some(ArmResult {
        id: arm,
        interpreter: arm.interpreter,
        threads,
        processes,
        runs: u32::try_from(own.len()).unwrap_or(u32::MAX),
        seconds: middle(|sample| sample.seconds),
        cpu_seconds: middle(|sample| sample.cpu_seconds),
        throughput: (!figures.is_empty()).then(|| median(&figures)),
        time_ratio,
        speedup: time_ratio.inverse(),
        faster_than: gil
            .filter_map(|with| Some((*with, drawn.ratio(arm, *with, LEVEL)?.inverse())))
            .collect(),
        memory: None,
        threads_seen: None,
        gil_enabled: None,
    })
}

fn base(table: &Table, drawn: &Resamples) -> Vec<BaseResult> {
    let head = table
        .arms()
        .iter()
        .filter(|arm| arm.side == Side::Head && !arm.is_control);
    let compared = head.filter_map(|arm| {
        let time_ratio: Interval = drawn.ratio(*arm, arm.on(Side::Base), LEVEL)?;
        Some(BaseResult {
            id: *arm,
            time_ratio,
        })
    });
    compared.collect()
}

/// The speed-ups of the free-threaded build over its own single thread.
fn speedups(table: &Table) -> Vec<(u32, f64)> {
    let one = Arm::free_threaded(1);
    let roles = Roles::of(table.arms());
    let speedups = roles.free_threaded.iter().filter_map(|arm| {
        let contrast = table.contrast(*arm, one)?;
        Some((arm.workers.count(), (-contrast.estimate).exp()))
    });
    speedups.collect()
}

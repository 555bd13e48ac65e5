//! The measuring: randomised complete blocks of all arms, until the intervals are narrow enough or
//! the budget is used up. What runs, and the clock, are the caller's, so that a simulation is
//! measured by the same code.

use crate::bench::arm::Arm;
use crate::bench::decisive::{decisive_width, is_decided};
use crate::bench::outcome::{Course, Sample, StopReason, WARM_UP};
use crate::bench::statistics::{Table, median, warm_up};

/// One run, as it was observed.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Wall time, in seconds.
    pub seconds: f64,
    /// CPU time, in seconds.
    pub cpu_seconds: f64,
    /// The program's own figure.
    pub throughput: Option<f64>,
    /// CPU cores that others used meanwhile.
    pub other_cores: Option<f64>,
    /// How often the system took a CPU from its processes.
    pub involuntary_switches: Option<u64>,
    /// Why it does not count: something else on the machine disturbed it.
    pub disturbance: Option<String>,
}

/// What runs the arms.
pub trait Runner {
    /// Why a run failed.
    type Error;

    /// Runs an arm once.
    ///
    /// # Errors
    /// Returns an error if further runs are pointless.
    fn run(&mut self, arm: Arm) -> Result<Run, Self::Error>;

    /// The seconds since the measuring began.
    fn elapsed(&self) -> f64;

    /// Waits a little, after a disturbed run, until the machine is quiet.
    fn settle(&mut self);

    /// Whether the user wants to stop.
    fn is_cancelled(&self) -> bool;

    /// Reports progress after each block: the number of blocks, and the width of the deciding
    /// intervals.
    fn progress(&mut self, blocks: u32, width: Option<f64>);
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The budget, in seconds.
    pub budget: f64,
    /// The wanted width of the decisive intervals: 0.03 for 3 %.
    pub width: f64,
    /// A gain below this part counts as none.
    pub margin: f64,
    /// The seed of the order.
    pub seed: u64,
    /// How many comparisons share the user's budget; `budget` is one share.
    pub shares: u32,
}

/// No width is believed with fewer blocks: a narrow interval of few blocks is often luck.
const FEWEST_TO_STOP: usize = 10;
/// More blocks are never needed for a useful width.
const MOST_BLOCKS: u32 = 400;
/// How often a disturbed run is repeated within its block.
const REPEATS: u32 = 5;

/// What was measured; also after an error, so that nothing is lost.
#[derive(Debug)]
pub struct Measured<E> {
    /// Every run, in the order of time.
    pub samples: Vec<Sample>,
    /// Why it ended.
    pub stopped_by: StopReason,
    /// The error that ended it.
    pub error: Option<E>,
    /// The number of blocks that were begun.
    pub blocks: u32,
    /// The seconds that it took.
    pub seconds: f64,
}

/// Measures the arms.
pub fn measure<R: Runner>(runner: &mut R, arms: &[Arm], limits: &Limits) -> Measured<R::Error> {
    let mut random = fastrand::Rng::with_seed(limits.seed);
    let mut samples = Vec::new();
    let mut durations = Vec::new();
    let mut block = 0;
    let mut error = None;
    let stopped_by = loop {
        let begun = runner.elapsed();
        // A block that would not end within the budget is not begun, but for the first one.
        if block > 0 && begun + median(&durations) > limits.budget {
            break StopReason::Budget;
        }
        if block == MOST_BLOCKS {
            break StopReason::Blocks;
        }
        let mut order = arms.to_vec();
        random.shuffle(&mut order);
        let mut one = OneBlock {
            runner,
            number: block,
            limits,
            samples: &mut samples,
        };
        match one.run(&order) {
            Ok(None) => {}
            Ok(Some(reason)) => break reason,
            Err(failed) => {
                error = Some(failed);
                break StopReason::Failed;
            }
        }
        block += 1;
        durations.push(runner.elapsed() - begun);
        let table = Table::of(&samples);
        let table = table.without_first(warm_up(&table));
        let width = decisive_width(&table, limits.margin);
        runner.progress(block, width);
        let wanted = match is_decided(&table, limits.margin) {
            true => limits.width,
            // Close to the smallest gain that counts: half of the width may decide it.
            false => limits.width / 2.0,
        };
        let is_narrow = width.is_some_and(|width| width <= wanted);
        if is_narrow && table.blocks() >= FEWEST_TO_STOP {
            break StopReason::Width;
        }
    };
    Measured {
        samples,
        stopped_by,
        error,
        blocks: block,
        seconds: runner.elapsed(),
    }
}

/// A block that is being measured.
struct OneBlock<'a, R> {
    runner: &'a mut R,
    number: u32,
    limits: &'a Limits,
    samples: &'a mut Vec<Sample>,
}

impl<R: Runner> OneBlock<'_, R> {
    /// Runs each arm once; a disturbed run is repeated, so that the block has all arms.
    fn run(&mut self, order: &[Arm]) -> Result<Option<StopReason>, R::Error> {
        for (place, arm) in order.iter().enumerate() {
            for repeat in 0..=REPEATS {
                if self.runner.is_cancelled() {
                    return Ok(Some(StopReason::Interrupted));
                }
                if self.runner.elapsed() > self.limits.budget {
                    return Ok(Some(StopReason::Budget));
                }
                let run = self.runner.run(*arm)?;
                if self.runner.is_cancelled() {
                    return Ok(Some(StopReason::Interrupted));
                }
                let is_disturbed = run.disturbance.is_some();
                self.samples.push(Sample {
                    arm: *arm,
                    block: self.number,
                    place: u32::try_from(place).unwrap_or(u32::MAX),
                    seconds: run.seconds,
                    cpu_seconds: run.cpu_seconds,
                    throughput: run.throughput,
                    other_cores: run.other_cores,
                    involuntary_switches: run.involuntary_switches,
                    left_out: run.disturbance,
                });
                if !is_disturbed {
                    break;
                }
                if repeat < REPEATS {
                    self.runner.settle();
                }
            }
        }
        Ok(None)
    }
}

/// The course of a measuring, for the report.
pub fn course<E>(measured: &Measured<E>, limits: &Limits, warm_up: usize) -> Course {
    let table = Table::of(&measured.samples);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (complete, warm) = (count(table.blocks()), count(warm_up));
    let is_disturbed = |it: &&Sample| it.left_out.as_deref().is_some_and(|why| why != WARM_UP);
    let disturbed = measured.samples.iter().filter(is_disturbed);
    Course {
        stopped_by: measured.stopped_by,
        wanted_width: limits.width,
        reached_width: None,
        blocks: complete + warm,
        warm_up_blocks: warm,
        disturbed_blocks: measured.blocks.saturating_sub(complete + warm),
        runs: count(measured.samples.len()),
        disturbed_runs: count(disturbed.count()),
        seconds: measured.seconds,
        seed: limits.seed,
        shares: limits.shares,
        loops: None,
    }
}

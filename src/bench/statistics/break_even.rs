//! From how many threads on the free-threaded build is faster than each GIL arm.

use crate::bench::arm::{Arm, Workers};
use crate::bench::outcome::BreakEven;
use crate::bench::statistics::bootstrap::Resamples;

/// The number of threads in each resample, and in the estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakEvenDraws {
    /// The summary.
    pub summary: BreakEven,
    /// Of each measured number of threads, from the smallest: the part of the resamples in which it
    /// beats each GIL arm.
    pub beats: Vec<(u32, f64)>,
}

/// Returns the smallest number of threads whose arm costs less than each GIL arm, by more than
/// `margin` (0.02: at least 2 % faster), with its distribution over the resamples.
#[must_use]
pub fn break_even(
    resamples: &Resamples,
    free_threaded: &[Arm],
    gil: &[Arm],
    margin: f64,
) -> BreakEvenDraws {
    let enough = (1.0 - margin).ln();
    let mut arms: Vec<(u32, Arm)> = free_threaded
        .iter()
        .filter_map(|arm| match arm.workers {
            Workers::Threads(threads) => Some((threads, *arm)),
            Workers::Processes(_) => None,
        })
        .collect();
    arms.sort_unstable();
    let beats_at = |arm: Arm, draw: usize| {
        gil.iter().all(|with| {
            let drawn = resamples.drawn(arm, *with);
            drawn.is_some_and(|drawn| drawn[draw] < enough)
        })
    };
    let is_estimated = |arm: Arm| {
        gil.iter().all(|with| {
            let estimate = resamples.estimate(arm, *with);
            estimate.is_some_and(|estimate| estimate < enough)
        })
    };
    let draws = resamples.draws();
    let mut won = vec![0_usize; arms.len()];
    // The place of the first arm that wins; the number of arms for none.
    let mut first: Vec<usize> = Vec::with_capacity(draws);
    for draw in 0..draws {
        let mut earliest = arms.len();
        for (place, (_, arm)) in arms.iter().enumerate() {
            if beats_at(*arm, draw) {
                won[place] += 1;
                earliest = earliest.min(place);
            }
        }
        first.push(earliest);
    }
    first.sort_unstable();
    let threads = |place: usize| arms.get(place).map(|(threads, _)| *threads);
    let at = |part: f64| {
        let place = (part * draws.saturating_sub(1) as f64).round();
        first.get(place as usize).copied().and_then(threads)
    };
    let never = first.iter().filter(|place| **place == arms.len()).count();
    let estimated = arms.iter().position(|(_, arm)| is_estimated(*arm));
    let part = |count: usize| count as f64 / draws.max(1) as f64;
    BreakEvenDraws {
        summary: BreakEven {
            threads: estimated.and_then(threads),
            low: at(0.025),
            high: at(0.975),
            never_probability: if draws == 0 { 1.0 } else { part(never) },
        },
        beats: arms
            .iter()
            .zip(won)
            .map(|((threads, _), won)| (*threads, part(won)))
            .collect(),
    }
}

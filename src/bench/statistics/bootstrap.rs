//! The bootstrap: contrasts of arms, drawn anew from whole blocks.

use crate::bench::arm::Arm;
use crate::bench::outcome::Interval;
use crate::bench::statistics::location::midmean_of;
use crate::bench::statistics::student::{NORMAL, t_quantile};
use crate::bench::statistics::table::Table;
use std::collections::BTreeMap;

/// The contrasts of pairs of arms in many resamples of the blocks, all from the same draws.
#[derive(Debug, Clone)]
pub struct Resamples {
    /// The estimate from the blocks themselves, and that of each resample.
    pairs: BTreeMap<(Arm, Arm), (f64, Vec<f64>)>,
    draws: usize,
}

/// Draws the blocks of the table anew, `draws` times, and estimates each pair of arms. Pairs that
/// the table lacks are left out.
///
/// The spread of few resampled blocks is too small. It is widened by sqrt(n / (n - 1)), and by
/// Student's quantile over the normal one (the expanded percentile interval of Hesterberg, 2015).
#[must_use]
pub fn resamples(table: &Table, pairs: &[(Arm, Arm)], draws: usize, seed: u64) -> Resamples {
    let blocks = table.blocks();
    let places = pairs
        .iter()
        .filter_map(|pair| Some((*pair, (table.place(pair.0)?, table.place(pair.1)?))));
    let mut found: Vec<_> = places
        .filter(|_| blocks > 0)
        .map(|(pair, (arm, with))| {
            let differences: Vec<f64> = (0..blocks)
                .map(|block| table.row(block)[arm] - table.row(block)[with])
                .collect();
            let estimate = midmean_of(&mut differences.clone());
            (pair, differences, estimate, Vec::with_capacity(draws))
        })
        .collect();
    let widened = widening(blocks);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut chosen, mut buffer) = (vec![0; blocks], Vec::with_capacity(blocks));
    for _ in 0..draws {
        chosen
            .iter_mut()
            .for_each(|it| *it = random.usize(..blocks.max(1)));
        for (_, differences, estimate, drawn) in &mut found {
            buffer.clear();
            buffer.extend(chosen.iter().map(|block| differences[*block]));
            drawn.push(*estimate + widened * (midmean_of(&mut buffer) - *estimate));
        }
    }
    let pairs = found.into_iter();
    Resamples {
        pairs: pairs
            .map(|(pair, _, estimate, drawn)| (pair, (estimate, drawn)))
            .collect(),
        draws,
    }
}

fn widening(blocks: usize) -> f64 {
    if blocks < 2 {
        return 1.0;
    }
    let count = blocks as f64;
    (count / (count - 1.0)).sqrt() * t_quantile(blocks - 1) / NORMAL
}

impl Resamples {
    /// The number of resamples.
    #[must_use]
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// The estimate of a pair's contrast.
    #[must_use]
    pub fn estimate(&self, arm: Arm, with: Arm) -> Option<f64> {
        self.pairs.get(&(arm, with)).map(|(estimate, _)| *estimate)
    }

    /// The contrast of a pair in each resample.
    pub(super) fn drawn(&self, arm: Arm, with: Arm) -> Option<&[f64]> {
        self.pairs
            .get(&(arm, with))
            .map(|(_, drawn)| drawn.as_slice())
    }

    /// The ratio of a pair's costs, with the interval that has `level` of the probability.
    #[must_use]
    pub fn ratio(&self, arm: Arm, with: Arm, level: f64) -> Option<Interval> {
        let (estimate, drawn) = self.pairs.get(&(arm, with))?;
        let mut sorted = drawn.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        let at = |part: f64| {
            let place = (part * (sorted.len().saturating_sub(1)) as f64).round();
            sorted.get(place as usize).copied().unwrap_or(*estimate)
        };
        Some(Interval {
            value: estimate.exp(),
            low: at(tail).min(*estimate).exp(),
            high: at(1.0 - tail).max(*estimate).exp(),
        })
    }
}

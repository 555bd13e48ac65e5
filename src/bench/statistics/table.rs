//! The costs of arms by block, and the comparison of two arms.

use crate::bench::arm::Arm;
use crate::bench::outcome::Sample;
use crate::bench::statistics::location::{midmean, standard_error};
use crate::bench::statistics::student::t_quantile;
use std::collections::BTreeMap;

/// The logarithmic cost of each arm in each complete block.
#[derive(Debug, Clone, Default)]
pub struct Table {
    arms: Vec<Arm>,
    /// By block, then by arm.
    rows: Vec<Vec<f64>>,
    /// The number of the block of each row.
    numbers: Vec<u32>,
}

/// How two arms differ.
#[derive(Debug, Clone, Copy)]
pub struct Contrast {
    /// The estimate of the logarithm of the ratio of their costs.
    pub estimate: f64,
    /// Half of the width of its 95 % interval, without resampling: for deciding when to stop.
    pub half_width: f64,
}

/// The cost of a run: the logarithm of its time, or of the inverse of its throughput.
fn cost(sample: &Sample) -> f64 {
    match sample.throughput {
        Some(figure) => -figure.ln(),
        None => sample.seconds.ln(),
    }
}

impl Table {
    /// The table of the samples that are not left out. A block that lacks an arm, or has a run
    /// without a finite cost, is not complete.
    #[must_use]
    pub fn of(samples: &[Sample]) -> Self {
        let mut arms: Vec<Arm> = samples.iter().map(|sample| sample.arm).collect();
        arms.sort();
        arms.dedup();
        let mut blocks: BTreeMap<u32, Vec<Option<f64>>> = BTreeMap::new();
        for sample in samples.iter().filter(|sample| sample.left_out.is_none()) {
            let row = blocks.entry(sample.block);
            let row = row.or_insert_with(|| vec![None; arms.len()]);
            if let Ok(place) = arms.binary_search(&sample.arm) {
                row[place] = Some(cost(sample)).filter(|cost| cost.is_finite());
            }
        }
        let rows = blocks.into_iter().filter_map(|(number, row)| {
            let row: Option<Vec<f64>> = row.into_iter().collect();
            Some((number, row?))
        });
        let (numbers, rows) = rows.unzip();
        Self {
            arms,
            rows,
            numbers,
        }
    }

    /// The number of complete blocks.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.rows.len()
    }

    /// The numbers of the complete blocks.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The table without its first blocks.
    #[must_use]
    pub fn without_first(&self, blocks: usize) -> Self {
        Self {
            arms: self.arms.clone(),
            rows: self.rows[blocks.min(self.rows.len())..].to_vec(),
            numbers: self.numbers[blocks.min(self.numbers.len())..].to_vec(),
        }
    }

    /// The arms.
    #[must_use]
    pub fn arms(&self) -> &[Arm] {
        &self.arms
    }

    /// The costs of a block.
    pub(super) fn row(&self, block: usize) -> &[f64] {
        &self.rows[block]
    }

    /// Where an arm is in a row.
    pub(super) fn place(&self, arm: Arm) -> Option<usize> {
        self.arms.binary_search(&arm).ok()
    }

    /// The mean cost of each block, over its arms.
    pub(super) fn block_means(&self) -> Vec<f64> {
        let mean = |row: &Vec<f64>| row.iter().sum::<f64>() / row.len().max(1) as f64;
        self.rows.iter().map(mean).collect()
    }

    /// Compares two arms: how much more the first one costs. `None` without both, or without a block.
    #[must_use]
    pub fn contrast(&self, arm: Arm, with: Arm) -> Option<Contrast> {
        let (arm, with) = (self.place(arm)?, self.place(with)?);
        let differences = self.rows.iter().map(|row| row[arm] - row[with]);
        let differences: Vec<f64> = differences.collect();
        if differences.is_empty() {
            return None;
        }
        Some(Contrast {
            estimate: midmean(&differences),
            half_width: t_quantile(differences.len() - 1) * standard_error(&differences),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(arm: Arm, block: u32, seconds: f64) -> Sample {
        Sample {
            arm,
            block,
            place: 0,
            seconds,
            cpu_seconds: seconds,
            throughput: None,
            other_cores: None,
            involuntary_switches: None,
            left_out: None,
        }
    }

    #[test]
    fn only_complete_blocks_are_compared() {
        let (gil, t) = (Arm::gil(1), Arm::free_threaded(1));
        let mut samples = Vec::new();
        for block in 0..5 {
            // Each block is twice as slow as the one before it.
            let slow = 2_f64.powi(block);
            samples.push(sample(gil, block as u32, slow));
            samples.push(sample(t, block as u32, slow * 1.1));
        }
        samples.push(sample(gil, 5, 1.0));
        samples.push(Sample {
            left_out: Some("warm-up".to_owned()),
            ..sample(t, 5, 100.0)
        });
        samples.push(sample(gil, 6, 0.0));
        samples.push(sample(t, 6, 1.0));
        let table = Table::of(&samples);
        assert_eq!(table.blocks(), 5);
        let contrast = table.contrast(t, gil).expect("both arms");
        assert!((contrast.estimate - 1.1_f64.ln()).abs() < 1e-12);
        assert!(contrast.half_width < 1e-9);
        assert!(table.contrast(t, Arm::gil(2)).is_none());
        assert!(Table::default().contrast(t, gil).is_none());
    }
}

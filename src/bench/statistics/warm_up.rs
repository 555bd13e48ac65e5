//! How many blocks at the beginning are warm-up: found from the data.

use crate::bench::statistics::table::Table;

/// At most this part of the blocks.
const MOST: usize = 3;

/// Returns how many of the first complete blocks to leave out: the number that makes the standard
/// error of the mean of the rest the smallest (MSER, White 1997), at most a third. The rule sees only
/// what all arms of a block share, so it hardly depends on how arms differ.
#[must_use]
pub fn warm_up(table: &Table) -> usize {
    let means = table.block_means();
    let error = |from: usize| {
        let rest = &means[from..];
        let count = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / count;
        rest.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (count * count)
    };
    let most = means.len() / MOST;
    let best = (0..=most).min_by(|a, b| error(*a).total_cmp(&error(*b)));
    match best {
        // A first block that is faster than the rest is not warm-up.
        Some(best) if best > 0 && is_slower(&means, best) => best,
        _ => 0,
    }
}

/// Whether the first blocks are slower than the median of the rest.
fn is_slower(means: &[f64], first: usize) -> bool {
    let rest = super::location::median(&means[first..]);
    means[..first].iter().sum::<f64>() / first as f64 > rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::arm::Arm;
    use crate::bench::outcome::Sample;

    fn table(times: &[f64]) -> Table {
        let samples = times.iter().enumerate().map(|(block, seconds)| Sample {
            arm: Arm::gil(1),
            block: u32::try_from(block).expect("few"),
            place: 0,
            seconds: *seconds,
            cpu_seconds: 0.0,
            throughput: None,
            other_cores: None,
            involuntary_switches: None,
            left_out: None,
        });
        Table::of(&samples.collect::<Vec<_>>())
    }

    #[test]
    fn slow_first_blocks_are_warm_up_and_fast_ones_are_not() {
        let steady = [1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0, 1.0, 1.01];
        assert_eq!(warm_up(&table(&[&[3.0, 1.5], &steady[..]].concat())), 2);
        assert_eq!(warm_up(&table(&[&[0.2], &steady[..]].concat())), 0);
        assert_eq!(warm_up(&table(&[])), 0);
        assert_eq!(warm_up(&table(&[1.0, 1.0])), 0);
    }
}

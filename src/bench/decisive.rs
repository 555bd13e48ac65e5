//! Which comparisons the verdict rests on, how wide their intervals are, and whether they decide it.

use crate::bench::arm::{Arm, Interpreter, Side, Workers};
use crate::bench::statistics::{Contrast, Table};

/// Fewer complete blocks are not enough for an interval of any width.
pub const FEWEST_BLOCKS: usize = 6;

/// The arms of one checkout that take part in the verdict.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// The free-threaded arms, from one thread on.
    pub free_threaded: Vec<Arm>,
    /// The GIL arms, processes included.
    pub gil: Vec<Arm>,
}

impl Roles {
    /// Sorts the arms of the change by what they are for.
    #[must_use]
    pub fn of(arms: &[Arm]) -> Self {
        let mut roles = Self::default();
        let own = arms.iter().filter(|arm| arm.side == Side::Head);
        for arm in own.filter(|arm| !arm.is_control) {
            match (arm.interpreter, arm.workers) {
                (Interpreter::Gil, _) => roles.gil.push(*arm),
                (Interpreter::FreeThreaded, Workers::Threads(_)) => roles.free_threaded.push(*arm),
                (Interpreter::FreeThreaded, Workers::Processes(_)) => {}
            }
        }
        roles.free_threaded.sort();
        roles
    }

    /// The GIL arm that costs least, by the estimates.
    fn best_gil(&self, table: &Table) -> Option<Arm> {
        cheapest(table, &self.gil)
    }
}

fn cheapest(table: &Table, arms: &[Arm]) -> Option<Arm> {
    let costs = arms.iter().filter_map(|arm| {
        let contrast = table.contrast(*arm, Arm::gil(1))?;
        Some((*arm, contrast.estimate))
    });
    costs.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(arm, _)| arm)
}

/// Returns the pairs that the verdict rests on: the cost of one thread, the best free-threaded arm
/// and the one at the break-even, each against the best GIL arm.
fn decisive_pairs(table: &Table, margin: f64) -> Vec<(Arm, Arm)> {
    let roles = Roles::of(table.arms());
    let mut pairs = vec![(Arm::free_threaded(1), Arm::gil(1))];
    let Some(gil) = roles.best_gil(table) else {
        return pairs;
    };
    let best = cheapest(table, &roles.free_threaded);
    pairs.extend(best.map(|arm| (arm, gil)));
    let enough = (1.0 - margin).ln();
    let is_enough = |contrast: Contrast| contrast.estimate < enough;
    let wins = |arm: &&Arm| table.contrast(**arm, gil).is_some_and(is_enough);
    let at_break_even = roles.free_threaded.iter().find(wins);
    pairs.extend(at_break_even.map(|arm| (*arm, gil)));
    pairs
}

/// The width of the widest decisive interval, relative to its estimate; `None` if an arm is missing.
#[must_use]
pub fn decisive_width(table: &Table, margin: f64) -> Option<f64> {
    let pairs = decisive_pairs(table, margin);
    let widths = pairs.into_iter().map(|(arm, with)| {
        let contrast = table.contrast(arm, with)?;
        // Of exp(estimate - h) to exp(estimate + h), relative to exp(estimate).
        Some(2.0 * contrast.half_width.sinh())
    });
    let widths: Option<Vec<f64>> = widths.collect();
    widths?.into_iter().reduce(f64::max)
}

/// An interval of 99 % is wider than one of 95 % by this factor.
const SURER: f64 = 1.32;

/// Whether the intervals already decide: some free-threaded arm surely beats each GIL arm, or none
/// does.
#[must_use]
pub fn is_decided(table: &Table, margin: f64) -> bool {
    let roles = Roles::of(table.arms());
    let enough = (1.0 - margin).ln();
    let contrasts = |arm: Arm| {
        let with = roles.gil.iter();
        with.filter_map(move |with| table.contrast(arm, *with))
    };
    let wins = |arm: &Arm| contrasts(*arm).all(|it| it.estimate + SURER * it.half_width < enough);
    let loses = |arm: &Arm| contrasts(*arm).any(|it| it.estimate - SURER * it.half_width > enough);
    roles.free_threaded.iter().any(wins) || roles.free_threaded.iter().all(loses)
}

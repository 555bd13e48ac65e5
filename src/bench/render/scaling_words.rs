//! How the free-threaded build scales, in words: where it stops, and what bounds it by a model.

use crate::bench::outcome::{Interval, ScalingModel};
use crate::bench::render::figures::{percent, rounded};
use crate::bench::render::selection::{Selection, threads};

/// Wider intervals, as a part of the figure, do not show that a gain is absent.
const WIDEST: f64 = 0.3;
/// Gains below this part that the samples do not exclude are called nothing.
const NEGLIGIBLE_GAIN: f64 = 0.1;

/// Where more threads stop being faster: `More than 6 threads add nothing.`
pub(super) fn plateau(selection: &Selection<'_>) -> Option<String> {
    let arms = &selection.free_threaded;
    let speedup = |index: usize| -> &Interval { &arms[index].1.speedup };
    let adds_nothing = |index: usize| {
        let is_narrow = speedup(index).width() <= WIDEST;
        is_narrow
            && (index + 1..arms.len()).all(|later| {
                let (here, later) = (speedup(index), speedup(later));
                later.low <= here.high && later.value <= here.value * (1.0 + NEGLIGIBLE_GAIN)
            })
    };
    let index = (0..arms.len().saturating_sub(1)).find(|index| adds_nothing(*index))?;
    let count = arms[index].0;
    let last = speedup(arms.len() - 1);
    let here = speedup(index);
    let is_below = (index + 1..arms.len()).all(|later| speedup(later).value < here.value);
    let is_slower = is_below && last.high < here.low;
    let verb = match (count, is_slower) {
        (1, true) => "is slower",
        (1, false) => "adds nothing",
        (_, true) => "are slower",
        (_, false) => "add nothing",
    };
    let limit = if is_slower {
        ""
    } else {
        " that the samples show"
    };
    Some(format!("More than {} {verb}{limit}.", threads(count)))
}

/// What bounds the speed-up by the model, with no more digits than its misfit justifies.
pub(super) fn model(model: &ScalingModel) -> Option<String> {
    let figures = [model.serial_part, model.coordination, model.worst_misfit];
    let is_usable = figures
        .iter()
        .all(|figure| figure.is_finite() && *figure >= 0.0);
    if !is_usable || model.worst_misfit >= 1.0 {
        return None;
    }
    let serial = format!("{} of the work is serial", percent(model.serial_part));
    let near = |value: f64| rounded(value, value * model.worst_misfit.max(0.2));
    let best = model
        .best_threads
        .filter(|best| best.is_finite() && *best >= 1.0);
    let bound = match best {
        Some(best) => format!(
            "coordination between threads bounds the speed-up at about {} threads, and {serial}",
            near(best)
        ),
        None if model.serial_part > 0.0 => format!(
            "{serial}, which bounds the speed-up at about {}x over one thread",
            near(1.0 / model.serial_part)
        ),
        None => "nothing bounds the speed-up in the measured range".to_owned(),
    };
    let misfit = percent(model.worst_misfit);
    Some(format!(
        "A model, not used for the verdict: {bound} (worst misfit {misfit})."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn scaling_ends_where_the_intervals_overlap() {
        let mut report = fixtures::scales();
        let arm = report
            .arms
            .iter_mut()
            .find(|arm| arm.threads == Some(8) && arm.id.is_free_threaded());
        arm.expect("an arm").speedup = fixtures::interval(4.45, 0.02);
        assert_eq!(
            plateau(&Selection::new(&report)).as_deref(),
            Some("More than 6 threads add nothing that the samples show.")
        );
    }

    #[test]
    fn wide_intervals_do_not_show_that_a_gain_is_absent() {
        let mut report = fixtures::does_not_pay();
        for arm in &mut report.arms {
            arm.speedup = fixtures::interval(arm.speedup.value, 0.3);
        }
        assert_eq!(plateau(&Selection::new(&report)), None);
    }

    #[test]
    fn a_model_says_what_bounds_the_speed_up() {
        let mut found = ScalingModel {
            serial_part: 0.041,
            coordination: 0.0,
            best_threads: None,
            worst_misfit: 0.031,
        };
        assert_eq!(
            model(&found).as_deref(),
            Some(
                "A model, not used for the verdict: 4.1 % of the work is serial, which bounds the \
                 speed-up at about 24x over one thread (worst misfit 3.1 %)."
            )
        );
        found.serial_part = 0.0;
        assert!(model(&found).is_some_and(|text| text.contains("nothing bounds")));
        found.worst_misfit = f64::NAN;
        assert_eq!(model(&found), None);
    }
}

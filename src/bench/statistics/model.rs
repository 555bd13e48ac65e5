//! A model of how a program scales: the Universal Scalability Law (Gunther, 1993), of which Amdahl's
//! law is the case without coordination. It extrapolates and explains, and decides nothing.

use crate::bench::outcome::ScalingModel;

/// Fits the model to speed-ups over one thread, by number of threads: n / speedup - 1 is
/// sigma (n - 1) + kappa n (n - 1). `None` with fewer than three numbers above one, as two parameters fit
/// two figures exactly and say nothing.
#[must_use]
pub fn scaling(speedups: &[(u32, f64)]) -> Option<ScalingModel> {
    let is_usable =
        |(threads, speedup): &&(u32, f64)| *threads > 1 && speedup.is_finite() && *speedup > 0.0;
    let points: Vec<(f64, f64)> = speedups
        .iter()
        .filter(is_usable)
        .map(|(threads, speedup)| (f64::from(*threads), *speedup))
        .collect();
    if points.len() < 3 {
        return None;
    }
    let (serial_part, coordination) = fitted(&points);
    let predicted = |n: f64| n / (1.0 + serial_part * (n - 1.0) + coordination * n * (n - 1.0));
    let misfits = points
        .iter()
        .map(|(n, seen)| (predicted(*n) / seen - 1.0).abs());
    let is_rising = coordination < 1e-6;
    let best = ((1.0 - serial_part) / coordination).max(1.0).sqrt();
    Some(ScalingModel {
        serial_part,
        coordination,
        best_threads: Some(best).filter(|best| !is_rising && best.is_finite()),
        worst_misfit: misfits.fold(0.0, f64::max),
    })
}

/// The least squares of both parameters, none of them negative.
fn fitted(points: &[(f64, f64)]) -> (f64, f64) {
    let rows: Vec<(f64, f64, f64)> = points
        .iter()
        .map(|(n, speedup)| (n - 1.0, n * (n - 1.0), n / speedup - 1.0))
        .collect();
    // Each row weighs as its share of the whole, so that many threads do not decide alone.
    let weight = |row: &(f64, f64, f64)| 1.0 / (row.0 * row.0);
    let sum = |of: fn(&(f64, f64, f64)) -> f64| -> f64 {
        rows.iter().map(|row| weight(row) * of(row)).sum()
    };
    let (aa, ab, bb) = (sum(|r| r.0 * r.0), sum(|r| r.0 * r.1), sum(|r| r.1 * r.1));
    let (ay, by) = (sum(|r| r.0 * r.2), sum(|r| r.1 * r.2));
    let determinant = aa * bb - ab * ab;
    let serial = (ay * bb - by * ab) / determinant;
    let coordination = (by * aa - ay * ab) / determinant;
    if determinant.abs() < 1e-12 || coordination < 0.0 {
        ((ay / aa).clamp(0.0, 1.0), 0.0)
    } else if serial < 0.0 {
        (0.0, (by / bb).max(0.0))
    } else {
        (serial.min(1.0), coordination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speedups(serial: f64, coordination: f64) -> Vec<(u32, f64)> {
        let of = |threads: u32| {
            let n = f64::from(threads);
            n / (1.0 + serial * (n - 1.0) + coordination * n * (n - 1.0))
        };
        [1, 2, 3, 4, 6, 8].map(|n| (n, of(n))).to_vec()
    }

    #[test]
    fn the_parameters_of_a_model_are_found_again() {
        for (serial, coordination) in [(0.0, 0.0), (0.5, 0.0), (0.05, 0.01), (0.0, 0.02)] {
            let model = scaling(&speedups(serial, coordination)).expect("enough");
            assert!((model.serial_part - serial).abs() < 1e-9, "{model:?}");
            assert!(
                (model.coordination - coordination).abs() < 1e-9,
                "{model:?}"
            );
            assert!(model.worst_misfit < 1e-9);
            assert_eq!(model.best_threads.is_some(), coordination > 0.0);
        }
        let best = scaling(&speedups(0.05, 0.01)).and_then(|model| model.best_threads);
        assert!((best.expect("a maximum") - 95_f64.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn few_or_broken_figures_give_no_model() {
        assert!(scaling(&[(1, 1.0), (2, 1.9), (3, 2.7)]).is_none());
        assert!(scaling(&[(2, f64::NAN), (3, 0.0), (4, 2.0), (5, 2.0)]).is_none());
    }
}

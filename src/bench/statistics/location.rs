//! Robust estimates of location.

/// The median; 0 without values.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// How many values are trimmed at each end: a third, so that the estimate holds where one run of six
/// is an outlier, and hardly varies more than the mean where none is.
pub(super) const fn trimmed(count: usize) -> usize {
    count / 3
}

/// The mean without the lowest and the highest third; 0 without values.
#[must_use]
pub fn midmean(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    midmean_of(&mut sorted)
}

/// Like [`midmean`], with the caller's buffer, which is sorted.
pub(super) fn midmean_of(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let cut = trimmed(values.len());
    let inner = &values[cut..values.len() - cut];
    inner.iter().sum::<f64>() / inner.len() as f64
}

/// The standard error of [`midmean`], from the winsorised variance (Tukey and
/// McLaughlin, 1963); infinite with fewer than three values. Of 20 values it is a tenth too small,
/// which matters little for its use: deciding when to stop.
pub(super) fn standard_error(values: &[f64]) -> f64 {
    let count = values.len();
    if count < 3 {
        return f64::INFINITY;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = trimmed(count);
    let (low, high) = (sorted[cut], sorted[count - 1 - cut]);
    sorted
        .iter_mut()
        .for_each(|value| *value = value.clamp(low, high));
    let mean = sorted.iter().sum::<f64>() / count as f64;
    let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
    let kept = (count - 2 * cut) as f64;
    // The square root of the variance of the winsorised values, over (h / n) times sqrt(n).
    (squares / (count - 1) as f64).sqrt() * (count as f64).sqrt() / kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_at_each_end_does_not_count() {
        let values = [1e9, 1e8, 3.0, 4.0, -1e8, -1e9];
        assert!((midmean(&values) - 3.5).abs() < 1e-12);
        assert!((median(&values) - 3.5).abs() < 1e-12);
        assert!((midmean(&[2.0, 4.0]) - 3.0).abs() < 1e-12);
        assert!(midmean(&[]).abs() < 1e-12);
    }

    #[test]
    fn the_standard_error_is_that_of_repeated_estimates() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let (mut estimates, mut errors) = (Vec::new(), Vec::new());
        for _ in 0..2000 {
            let values: Vec<f64> = (0..20).map(|_| normal()).collect();
            estimates.push(midmean(&values));
            errors.push(standard_error(&values));
        }
        let mean = estimates.iter().sum::<f64>() / 2000.0;
        let squares: f64 = estimates.iter().map(|it| (it - mean).powi(2)).sum();
        let seen = (squares / 2000.0).sqrt();
        let told = errors.iter().sum::<f64>() / 2000.0;
        assert!((told / seen - 1.0).abs() < 0.12, "{told} {seen}");
    }
}

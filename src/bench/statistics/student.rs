//! The 97.5 % quantile of Student's distribution, for intervals from few blocks.

/// By degrees of freedom, from 1.
const TABLE: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
];

/// That of the normal distribution.
pub(super) const NORMAL: f64 = 1.959_964;

/// Returns the quantile; infinite without a degree of freedom.
#[must_use]
pub fn t_quantile(degrees: usize) -> f64 {
    match degrees {
        0 => f64::INFINITY,
        1..=30 => TABLE[degrees - 1],
        // Cornish and Fisher's expansion, right to three decimals here.
        _ => {
            let (z, n) = (NORMAL, degrees as f64);
            let second = 5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z;
            z + (z.powi(3) + z) / (4.0 * n) + second / (96.0 * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_goes_on_where_the_table_ends() {
        assert!(t_quantile(0).is_infinite());
        for (degrees, known) in [
            (1, 12.706),
            (30, 2.042),
            (31, 2.040),
            (60, 2.000),
            (120, 1.980),
        ] {
            assert!((t_quantile(degrees) - known).abs() < 6e-4, "{degrees}");
        }
    }
}

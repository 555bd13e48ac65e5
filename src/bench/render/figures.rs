//! Numbers as text, never more precise than their intervals.

use crate::bench::outcome::Interval;

/// Written instead of a number that is not finite.
pub(super) const UNKNOWN: &str = "unknown";

/// An interval of a width near zero does not make more digits than these useful.
const MOST_DIGITS: i32 = 3;

/// Whether the estimate and both ends are numbers in their order.
pub(super) fn is_usable(figure: &Interval) -> bool {
    let ends = [figure.low, figure.value, figure.high];
    ends.iter().all(|end| end.is_finite()) && figure.low <= figure.high
}

/// The distance from the estimate to the farther end.
pub(super) fn half_width(figure: &Interval) -> f64 {
    let (above, below) = (figure.high - figure.value, figure.value - figure.low);
    above.abs().max(below.abs())
}

/// Returns how many decimals of a value the half-width of its interval justifies: one digit of the
/// half-width is shown, two if it begins with 1. Below zero, tens or hundreds are rounded.
pub(super) fn decimals(value: f64, half_width: f64) -> i32 {
    let power = |number: f64| (number.abs().log10().floor() as i32).clamp(-12, 12);
    let useful = match value.abs() > 0.0 {
        true => (MOST_DIGITS - 1 - power(value)).max(0),
        false => MOST_DIGITS - 1,
    };
    if half_width.abs() < 1e-12 {
        return useful;
    }
    let first = power(half_width);
    let begins_with_one = half_width.abs() / 10_f64.powi(first) < 1.95;
    (i32::from(begins_with_one) - first).min(useful)
}

/// Formats a value with a number of decimals, which may be below zero.
pub(super) fn fixed(value: f64, decimals: i32) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let unit = 10_f64.powi(-decimals.min(0));
    let places = usize::try_from(decimals).unwrap_or(0);
    let text = format!("{:.places$}", (value / unit).round_to(places) * unit);
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

/// Rounds in the decimal system, half away from zero.
trait RoundTo {
    fn round_to(self, places: usize) -> Self;
}

impl RoundTo for f64 {
    fn round_to(self, places: usize) -> Self {
        let unit = 10_f64.powi(i32::try_from(places).unwrap_or(0));
        (self * unit).round() / unit
    }
}

/// Formats a value whose half-width is known: `4.9` for 4.93 ± 0.2.
pub(super) fn rounded(value: f64, half_width: f64) -> String {
    match value.is_finite() && half_width.is_finite() {
        true => fixed(value, decimals(value, half_width)),
        false => UNKNOWN.to_owned(),
    }
}

/// Formats a figure that has no interval, with two digits: `18`, `4.1`, `230`.
pub(super) fn rough(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let power = match value.abs() > 0.0 {
        true => value.abs().log10().floor() as i32,
        false => 1,
    };
    let text = fixed(value, (1 - power).min(6));
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `4.9x`
pub(super) fn factor(figure: &Interval) -> String {
    match is_usable(figure) {
        true => format!("{}x", fixed(figure.value, factor_decimals(figure))),
        false => UNKNOWN.to_owned(),
    }
}

/// A factor has two decimals at most, which is enough for a reader.
fn factor_decimals(figure: &Interval) -> i32 {
    decimals(figure.value, half_width(figure)).min(2)
}

/// The interval of a factor, with its decimals: `4.7 to 5.1`.
pub(super) fn factor_ends(figure: &Interval) -> String {
    match is_usable(figure) {
        true => between(figure, factor_decimals(figure)),
        false => UNKNOWN.to_owned(),
    }
}

fn between(figure: &Interval, places: i32) -> String {
    format!(
        "{} to {}",
        fixed(figure.low, places),
        fixed(figure.high, places)
    )
}

/// The interval of a figure, with its decimals: `0.199 to 0.207`.
pub(super) fn ends(figure: &Interval) -> String {
    match is_usable(figure) {
        true => between(figure, decimals(figure.value, half_width(figure))),
        false => UNKNOWN.to_owned(),
    }
}

/// By how much a ratio differs from 1, without a sign: `8.1 % ± 1.2`.
pub(super) fn difference(ratio: &Interval) -> String {
    if !is_usable(ratio) {
        return UNKNOWN.to_owned();
    }
    let (value, half) = ((ratio.value - 1.0) * 100.0, half_width(ratio) * 100.0);
    let places = decimals(value, half);
    let smallest = 10_f64.powi(-places);
    let shown = match half > 0.0 {
        true => half.max(smallest),
        false => 0.0,
    };
    format!(
        "{} % ± {}",
        fixed(value.abs(), places),
        fixed(shown, places)
    )
}

/// A part of a whole: `4.1 %`.
pub(super) fn percent(part: f64) -> String {
    match part.is_finite() {
        true => format!("{} %", rough(part * 100.0)),
        false => UNKNOWN.to_owned(),
    }
}

/// A time and the half-width of its interval, both in seconds: `1.23 s`, `12.3 ms`.
pub(super) fn seconds(value: f64, half_width: f64) -> String {
    if !value.is_finite() || !half_width.is_finite() {
        return UNKNOWN.to_owned();
    }
    let (unit, name) = match value.abs() {
        size if !(1e-12..1.0).contains(&size) => (1.0, "s"),
        size if size >= 1e-3 => (1e-3, "ms"),
        _ => (1e-6, "µs"),
    };
    format!("{} {name}", rounded(value / unit, half_width / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(value: f64, half: f64) -> Interval {
        Interval {
            value,
            low: value - half,
            high: value + half,
        }
    }

    #[test]
    fn a_number_is_not_more_precise_than_its_interval() {
        assert_eq!(difference(&around(1.0812, 0.012)), "8.1 % ± 1.2");
        assert_eq!(difference(&around(0.9688, 0.012)), "3.1 % ± 1.2");
        assert_eq!(difference(&around(1.12, 0.4)), "10 % ± 40");
        assert_eq!(difference(&around(1.0812, 0.00001)), "8.12 % ± 0.01");
        assert_eq!(factor(&around(4.93, 0.2)), "4.9x");
        assert_eq!(factor(&around(4.93, 2.0)), "5x");
        assert_eq!(factor(&around(0.834, 0.011)), "0.83x");
        assert_eq!(factor_ends(&around(4.93, 0.2)), "4.7 to 5.1");
        assert_eq!(ends(&around(0.203, 0.004)), "0.199 to 0.207");
        assert_eq!(ends(&around(4.93, 2.0)), "3 to 7");
    }

    #[test]
    fn widths_of_zero_and_figures_that_are_not_finite_are_formatted() {
        assert_eq!(factor(&around(4.9312, 0.0)), "4.93x");
        assert_eq!(factor(&around(0.0, 0.0)), "0.00x");
        assert_eq!(difference(&around(1.0, 0.0)), "0.00 % ± 0.00");
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for figure in [around(broken, 0.1), around(1.0, broken)] {
                assert_eq!(factor(&figure), UNKNOWN);
                assert_eq!(ends(&figure), UNKNOWN);
                assert_eq!(difference(&figure), UNKNOWN);
            }
            assert_eq!(rounded(broken, 1.0), UNKNOWN);
            assert_eq!(rounded(1.0, broken), UNKNOWN);
            assert_eq!(seconds(broken, 1.0), UNKNOWN);
            assert_eq!(percent(broken), UNKNOWN);
            assert_eq!(rough(broken), UNKNOWN);
        }
        for extreme in [f64::MAX, f64::MIN_POSITIVE, -f64::MAX] {
            assert!(!rounded(extreme, f64::MIN_POSITIVE).is_empty());
            assert!(!rounded(1.0, extreme.abs()).contains("NaN"));
            assert!(!seconds(extreme, 1.0).contains("NaN"));
        }
    }

    #[test]
    fn times_have_a_sensible_unit() {
        assert_eq!(seconds(1.2345, 0.02), "1.23 s");
        assert_eq!(seconds(0.012_345, 0.000_2), "12.3 ms");
        assert_eq!(seconds(0.000_045_6, 0.000_002), "46 µs");
        assert_eq!(seconds(123.4, 3.0), "123 s");
        assert_eq!(seconds(0.0, 0.0), "0.00 s");
        assert_eq!(fixed(-0.04, 1), "0.0");
        assert_eq!(rough(0.0), "0");
        assert_eq!(rough(18.3), "18");
        assert_eq!(rough(234.0), "230");
        assert_eq!(percent(0.0412), "4.1 %");
        assert_eq!(percent(0.03), "3 %");
    }
}

//! Where a value is on an axis, and which values are labelled.

use crate::bench::render::figures::fixed;

/// Above this number of threads their axis is logarithmic: the small numbers would coincide.
const LINEAR_UP_TO: u32 = 16;

/// An axis: values, and the places of the smallest and the largest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
    is_log: bool,
}

impl Scale {
    /// An axis on which equal distances are equal differences.
    pub(super) fn linear(values: (f64, f64), places: (f64, f64)) -> Self {
        let (from, to) = values;
        let is_range = from.is_finite() && to.is_finite() && to > from;
        let values = match is_range {
            true => values,
            false if from.is_finite() => (from, from + 1.0),
            false => (0.0, 1.0),
        };
        Self {
            values,
            places,
            is_log: false,
        }
    }

    /// An axis of numbers of threads, from 1.
    pub(super) fn threads(most: u32, places: (f64, f64)) -> Self {
        let is_log = most > LINEAR_UP_TO;
        let most = f64::from(most);
        Self {
            is_log,
            ..Self::linear((1.0, most), places)
        }
    }

    /// Whether equal distances are equal ratios.
    pub(super) const fn is_log(&self) -> bool {
        self.is_log
    }

    /// The largest value.
    pub(super) const fn most(&self) -> f64 {
        self.values.1
    }

    /// Both ends of the axis.
    pub(super) const fn places(&self) -> (f64, f64) {
        self.places
    }

    /// The place of a value, which is on the axis for each value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (from, to) = self.values;
        let value = if value.is_nan() {
            from
        } else {
            value.clamp(from, to)
        };
        let part = match self.is_log {
            true => (value / from).ln() / (to / from).ln(),
            false => (value - from) / (to - from),
        };
        self.places.0 + part * (self.places.1 - self.places.0)
    }

    /// Of the values, those whose places are far enough from each other; the last one is kept.
    pub(super) fn spread(&self, values: &[u32], distance: f64) -> Vec<u32> {
        let mut kept: Vec<u32> = Vec::new();
        for value in values.iter().rev() {
            let place = self.at(f64::from(*value));
            let nearest = kept.last().map(|other| self.at(f64::from(*other)));
            if nearest.is_none_or(|other| (other - place).abs() >= distance) {
                kept.push(*value);
            }
        }
        kept.reverse();
        kept
    }
}

/// At most about `most` round values in a range, with their texts.
pub(super) fn ticks(low: f64, high: f64, most: u32) -> Vec<(f64, String)> {
    let step = (high - low) / f64::from(most.max(1));
    if !step.is_finite() || step <= 0.0 {
        return Vec::new();
    }
    let power = 10_f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let step = round.into_iter().find(|round| *round >= step * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let places = -(step.log10() + 1e-9).floor() as i32;
    let first = (low / step - 1e-9).ceil();
    let values = (0..=most * 2).map(|index| (first + f64::from(index)) * step);
    let inside = values.take_while(|value| *value <= high + step * 1e-9);
    inside
        .map(|value| (value, fixed(value, places.max(0))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, most: u32) -> Vec<String> {
        ticks(low, high, most)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(0.0, 8.0, 5), ["0", "2", "4", "6", "8"]);
        assert_eq!(
            texts(0.0, 1.0, 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(texts(0.0, 130.0, 3), ["0", "50", "100"]);
        assert_eq!(texts(1.02, 1.07, 2), ["1.05"]);
        for range in [
            (0.0, 0.0),
            (0.0, f64::NAN),
            (0.0, f64::INFINITY),
            (2.0, 1.0),
        ] {
            assert!(texts(range.0, range.1, 5).is_empty());
        }
        assert!(texts(0.0, 1e-300, 5).len() < 12);
        assert!(texts(0.0, 1e300, 5).len() < 12);
    }

    #[test]
    fn each_value_has_a_place_on_the_axis() {
        let scale = Scale::linear((0.0, 8.0), (100.0, 20.0));
        assert_eq!(scale.at(2.0), 80.0);
        assert_eq!(scale.at(99.0), 20.0);
        assert_eq!(scale.at(f64::NAN), 100.0);
        assert_eq!(Scale::linear((3.0, 3.0), (0.0, 9.0)).at(3.0), 0.0);
        assert!(
            Scale::linear((f64::NAN, 3.0), (0.0, 9.0))
                .at(3.0)
                .is_finite()
        );
        let threads = Scale::threads(64, (0.0, 60.0));
        assert!((threads.at(8.0) - 30.0).abs() < 1e-9);
        assert_eq!(
            threads.spread(&[1, 2, 3, 4, 6, 8, 64], 9.9),
            [1, 2, 4, 8, 64]
        );
        assert!(Scale::threads(1, (0.0, 60.0)).at(1.0).is_finite());
    }
}

//! The totals of a survey over time: `totals.json`, one point for each day on which one was made.

use crate::check::finding::Class;
use crate::check::survey::record::{Presence, SurveyedPackage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format.
const FORMAT: u32 = 1;

/// The record of all days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The version of the format.
    pub format: u32,
    /// The days, in order.
    pub points: Vec<Point>,
}

/// The totals of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The day: `2026-11-29`.
    pub date: String,
    /// The version of ftpy.
    pub ftpy: String,
    /// How many packages the index has.
    pub packages: usize,
    /// How many of them have `t` wheels.
    pub with_t_wheels: usize,
    /// How many are of each class.
    pub classes: BTreeMap<Class, usize>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            format: FORMAT,
            points: Vec::new(),
        }
    }
}

impl Totals {
    /// Adds a point; an earlier one of the same day is replaced.
    pub fn add(&mut self, point: Point) {
        self.points.retain(|known| known.date != point.date);
        self.points.push(point);
        self.points.sort_by(|a, b| a.date.cmp(&b.date));
    }
}

impl Point {
    /// Counts packages.
    #[must_use]
    pub fn of(packages: &[SurveyedPackage], date: &str) -> Self {
        let mut point = Self {
            date: date.to_owned(),
            ftpy: env!("CARGO_PKG_VERSION").to_owned(),
            ..Self::default()
        };
        for package in packages {
            let Some(class) = package
                .class()
                .filter(|_| package.presence != Presence::Gone)
            else {
                continue;
            };
            point.packages += 1;
            point.with_t_wheels += usize::from(package.has_t_wheel());
            *point.classes.entry(class).or_default() += 1;
        }
        point
    }

    /// How many are of classes for which `is` holds.
    #[must_use]
    pub fn count(&self, is: fn(Class) -> bool) -> usize {
        let classes = self.classes.iter().filter(|(class, _)| is(**class));
        classes.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_run_of_a_day_replaces_the_earlier_one() {
        let point = |date: &str, packages| Point {
            date: date.to_owned(),
            packages,
            classes: [(Class::TurnsOn, 1)].into(),
            ..Point::default()
        };
        let mut totals = Totals::default();
        totals.add(point("2026-12-06", 2));
        totals.add(point("2026-11-29", 1));
        totals.add(point("2026-12-06", 3));
        let text = serde_json::to_string(&totals).expect("JSON");
        let read: Totals = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, totals);
        let counts: Vec<usize> = read.points.iter().map(|point| point.packages).collect();
        assert_eq!(counts, [1, 3]);
        assert!(text.contains(r#""classes":{"turns-on":1}"#), "{text}");
    }
}

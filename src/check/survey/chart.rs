//! A picture of the totals over time.

use crate::check::finding::Class;
use crate::check::survey::totals::{Point, Totals};
use crate::report::markup::escaped;

const WIDTH: usize = 640;
const HEIGHT: usize = 220;
/// The space for labels: left, right, above and below.
const MARGIN: (usize, usize, usize, usize) = (50, 140, 15, 30);
/// How many days the table lists, newest first.
const MOST_DAYS: usize = 60;

/// A line of the picture: how it is drawn, what it counts.
struct Series {
    kind: &'static str,
    label: &'static str,
    count: fn(&Point) -> usize,
}

const SERIES: [Series; 3] = [
    Series {
        kind: "good",
        label: "keep it off",
        count: |point| point.count(Class::is_good),
    },
    Series {
        kind: "bad",
        label: "turn it on",
        count: |point| point.count(|class| class == Class::TurnsOn),
    },
    Series {
        kind: "open",
        label: "other",
        count: |point| point.count(|class| !class.is_judged()),
    },
];

/// Draws the totals, and lists them in a table. Empty without a point.
pub(super) fn over_time(totals: &Totals) -> String {
    if totals.points.is_empty() {
        return String::new();
    }
    let rows = totals.points.iter().rev().take(MOST_DAYS).map(|point| {
        let counts = SERIES.map(|series| format!("<td>{}</td>", (series.count)(point)));
        let (date, counts) = (escaped(&point.date), counts.concat());
        let (all, t) = (point.packages, point.with_t_wheels);
        format!("<tr><td>{date}</td><td>{all}</td><td>{t}</td>{counts}</tr>\n")
    });
    let labels = SERIES.map(|series| format!("<th>{}</th>", series.label));
    format!(
        "<h2>Over time</h2>\n{}<table class=\"plain\"><thead><tr><th>Day</th><th>Packages</th>\
         <th>With t wheels</th>{}</tr></thead><tbody>\n{}</tbody></table>\n",
        picture(totals),
        labels.concat(),
        rows.collect::<String>()
    )
}

/// The lines; empty for a single day.
fn picture(totals: &Totals) -> String {
    let days: Vec<i64> = totals.points.iter().map(|point| day(&point.date)).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return String::new();
    };
    if first == last {
        return String::new();
    }
    let (left, right, above, below) = MARGIN;
    let counts = |point: &Point| SERIES.map(|series| (series.count)(point));
    let most = totals.points.iter().flat_map(counts).max().unwrap_or(0);
    let most = most.max(1);
    let x = |day: i64| {
        let part = (day - first) as f64 / (last - first) as f64;
        left as f64 + part * (WIDTH - left - right) as f64
    };
    let y = |count: usize| {
        let part = count as f64 / most as f64;
        (HEIGHT - below) as f64 - part * (HEIGHT - above - below) as f64
    };
    let mut lines = String::new();
    for series in SERIES {
        let places = totals.points.iter().zip(&days);
        let places = places.map(|(point, day)| {
            let count = (series.count)(point);
            format!("{:.1},{:.1}", x(*day), y(count))
        });
        let places: Vec<String> = places.collect();
        let now = totals
            .points
            .last()
            .map_or(0, |point| (series.count)(point));
        let (at, kind, label) = (y(now) + 4.0, series.kind, series.label);
        lines.push_str(&format!(
            "<polyline class=\"{kind}\" points=\"{}\"/>\
             <text x=\"{}\" y=\"{at:.1}\">{now} {label}</text>",
            places.join(" "),
            WIDTH - right + 8,
        ));
    }
    let (bottom, end) = (HEIGHT - below, WIDTH - right);
    let dates = [&totals.points[0].date, &totals.points[days.len() - 1].date];
    let dates = dates.map(|date| escaped(date));
    format!(
        "<div class=\"picture\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-label=\"the totals over time\">\
         <line x1=\"{left}\" y1=\"{bottom}\" x2=\"{end}\" y2=\"{bottom}\"/>\
         <text x=\"{left}\" y=\"{0}\">{1}</text><text x=\"{2}\" y=\"{0}\">{3}</text>\
         <text x=\"5\" y=\"{above}\">{most}</text>{lines}</svg></div>\n",
        HEIGHT - 8,
        dates[0],
        end - 70,
        dates[1],
    )
}

/// The number of a day: `2026-11-29`, by the rules of the calendar (H. Hinnant's days from civil).
fn day(date: &str) -> i64 {
    let mut parts = date.split('-').map(|part| part.parse().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1_i64);
    let (year, month, day) = (next(), next(), next());
    let year = if month <= 2 { year - 1 } else { year };
    let shifted = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * shifted + 2) / 5
        + day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_through_months_and_leap_years() {
        for (before, after, days) in [
            ("2026-11-29", "2026-12-06", 7),
            ("2027-12-31", "2028-01-01", 1),
            ("2028-02-28", "2028-03-01", 2),
            ("2027-02-28", "2027-03-01", 1),
        ] {
            assert_eq!(day(after) - day(before), days, "{before}");
        }
        let mut totals = Totals::default();
        let point = |date: &str| Point {
            date: date.to_owned(),
            classes: [(Class::KeepsOff, 4)].into(),
            ..Point::default()
        };
        assert_eq!(over_time(&totals), "");
        totals.add(point("2026-11-29"));
        assert!(!over_time(&totals).contains("<svg"));
        totals.add(point("2026-12-06"));
        let drawn = over_time(&totals);
        assert!(drawn.contains("points=\"50.0,15.0 500.0,15.0\""), "{drawn}");
        assert!(drawn.contains("4 keep it off"), "{drawn}");
    }
}

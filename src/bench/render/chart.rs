//! What all charts have in common: a frame with axes, marks of three shapes, and a legend. Series
//! differ by colour (Okabe and Ito's, which the colour-blind can tell apart), dashes and shape.

use crate::bench::render::figures::fixed;
use crate::bench::render::scale::Scale;
use crate::report::markup::escaped;

/// The style of charts, for a picture of its own and for a page.
pub(super) const STYLE: &str = include_str!("chart.css");

/// The space around a plot, for a title above, ticks and a name below.
const ABOVE: f64 = 40.0;
const BELOW: f64 = 48.0;
const RIGHT: f64 = 20.0;
/// The estimated width of a letter.
const LETTER: f64 = 7.4;
const LEGEND_ROW: f64 = 22.0;

/// What a series is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    /// The free-threaded build: solid, discs.
    Free,
    /// The GIL build with threads: dashed, triangles.
    Gil,
    /// The GIL build with processes: dotted, squares.
    Processes,
    /// What would be ideal: dots, no mark.
    Ideal,
    /// The break-even: dash and dot, a diamond.
    BreakEven,
}

impl Series {
    const fn class(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Gil => "gil",
            Self::Processes => "processes",
            Self::Ideal => "ideal",
            Self::BreakEven => "mark",
        }
    }
}

/// A chart while it is drawn.
#[derive(Debug)]
pub(super) struct Chart {
    id: &'static str,
    title: String,
    description: String,
    size: (f64, f64),
    left: f64,
    body: String,
    legend: Vec<(Series, String)>,
}

impl Chart {
    /// An empty chart. The id is unique in a page. The size is without the legend.
    pub(super) fn new(id: &'static str, title: &str, size: (f64, f64), left: f64) -> Self {
        Self {
            id,
            title: title.to_owned(),
            description: String::new(),
            size,
            left,
            body: String::new(),
            legend: Vec::new(),
        }
    }

    /// Describes the chart for those who do not see it.
    pub(super) fn describe(&mut self, text: &str) {
        text.clone_into(&mut self.description);
    }

    /// The left and the right end of the plot.
    pub(super) const fn across(&self) -> (f64, f64) {
        (self.left, self.size.0 - RIGHT)
    }

    /// The lower and the upper end of the plot.
    pub(super) const fn upwards(&self) -> (f64, f64) {
        (self.size.1 - BELOW, ABOVE)
    }

    /// The horizontal axis with its labels and its name.
    pub(super) fn x_axis(&mut self, scale: &Scale, labels: &[(f64, String)], name: &str) {
        let (bottom, top) = self.upwards();
        let (from, to) = scale.places();
        for (value, label) in labels {
            let x = scale.at(*value);
            self.rule("grid", (x, bottom), (x, top));
            self.text("middle", x, bottom + 17.0, label);
        }
        self.rule("axis", (from, bottom), (to, bottom));
        self.text("middle dim", f64::midpoint(from, to), bottom + 36.0, name);
    }

    /// The vertical axis with its labels and its name.
    pub(super) fn y_axis(&mut self, scale: &Scale, labels: &[(f64, String)], name: &str) {
        let (left, right) = self.across();
        let (bottom, top) = self.upwards();
        for (value, label) in labels {
            let y = scale.at(*value);
            self.rule("grid", (left, y), (right, y));
            self.text("end", left - 6.0, y + 4.0, label);
        }
        self.rule("axis", (left, bottom), (left, top));
        let middle = fixed(f64::midpoint(top, bottom), 1);
        self.body.push_str(&format!(
            "<text class=\"middle dim\" transform=\"translate(15 {middle}) rotate(-90)\">{}</text>",
            escaped(name)
        ));
    }

    /// A text; the class may be `end` or `middle` for its anchor, `dim` or `mark` for its colour.
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y, text) = (fixed(x, 1), fixed(y, 1), escaped(text));
        self.body.push_str(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
    }

    /// A line of the frame.
    pub(super) fn rule(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(|place| fixed(place, 1));
        self.body.push_str(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        ));
    }

    /// A line through places.
    pub(super) fn line(&mut self, series: Series, places: &[(f64, f64)]) {
        let (class, points) = (series.class(), points(places.iter().copied()));
        self.body.push_str(&format!(
            "<polyline class=\"line {class}\" points=\"{points}\"/>"
        ));
    }

    /// The area between lower and upper places: x, low, high.
    pub(super) fn band(&mut self, places: &[(f64, f64, f64)]) {
        let lows = places.iter().map(|(x, low, _)| (*x, *low));
        let highs = places.iter().rev().map(|(x, _, high)| (*x, *high));
        let points = points(lows.chain(highs));
        self.body
            .push_str(&format!("<polygon class=\"band\" points=\"{points}\"/>"));
    }

    /// A bar from the left end of the plot, filled as the points of its series.
    pub(super) fn bar(&mut self, series: Series, end: f64, y: f64, height: f64) {
        let (from, class) = (self.left, series.class());
        let [x, y, width, height] =
            [from, y, (end - from).max(1.0), height].map(|place| fixed(place, 1));
        self.body.push_str(&format!(
            "<rect class=\"point {class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{height}\"/>"
        ));
    }

    /// The mark of a series; hollow for what is left out, with a text that says why.
    pub(super) fn point(&mut self, series: Series, at: (f64, f64), left_out: Option<&str>) {
        let mark = mark(series, at, left_out);
        self.body.push_str(&mark);
    }

    /// Adds a series to the legend.
    pub(super) fn explain(&mut self, series: Series, text: impl Into<String>) {
        self.legend.push((series, text.into()));
    }

    /// Returns the picture. With a style it needs no page around it.
    pub(super) fn render(self, style: Option<&str>) -> String {
        let (legend, rows) = self.drawn_legend();
        let (width, height) = (self.size.0, self.size.1 + rows * LEGEND_ROW);
        let (width, height) = (fixed(width, 0), fixed(height, 0));
        let (id, title) = (self.id, escaped(&self.title));
        let description = escaped(&self.description);
        let style = style.map_or_else(String::new, |style| format!("<style>{style}</style>"));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} \
             {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-description\"><title id=\"{id}-title\">{title}\
             </title><desc id=\"{id}-description\">{description}</desc>{style}\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\
             <text class=\"title\" x=\"10\" y=\"22\">{title}</text>{}{legend}</svg>\n",
            self.body
        )
    }

    /// The legend, and its number of rows.
    fn drawn_legend(&self) -> (String, f64) {
        let (mut drawn, mut x, mut row) = (String::new(), 10.0, 0.0);
        for (series, text) in &self.legend {
            let width = 44.0 + text.chars().count() as f64 * LETTER;
            if x > 10.0 && x + width > self.size.0 {
                (x, row) = (10.0, row + 1.0);
            }
            let y = self.size.1 + row * LEGEND_ROW + 8.0;
            let class = series.class();
            drawn.push_str(&format!(
                "<polyline class=\"line {class}\" points=\"{}\"/>",
                points([(x, y), (x + 30.0, y)].into_iter())
            ));
            drawn.push_str(&mark(*series, (x + 15.0, y), None));
            drawn.push_str(&format!(
                "<text x=\"{}\" y=\"{}\">{}</text>",
                fixed(x + 36.0, 1),
                fixed(y + 4.5, 1),
                escaped(text)
            ));
            x += width + 14.0;
        }
        let rows = if self.legend.is_empty() {
            0.0
        } else {
            row + 1.0
        };
        (drawn, rows)
    }
}

/// The mark of a series at a place.
fn mark(series: Series, (x, y): (f64, f64), left_out: Option<&str>) -> String {
    let hollow = if left_out.is_some() { " hollow" } else { "" };
    let class = format!("point {}{hollow}", series.class());
    let title = left_out.map_or_else(String::new, |why| {
        format!("<title>left out: {}</title>", escaped(why))
    });
    let corners: &[(f64, f64)] = match series {
        Series::Free => {
            let (x, y) = (fixed(x, 1), fixed(y, 1));
            return format!(
                "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"4\">{title}</circle>"
            );
        }
        Series::Ideal => return String::new(),
        Series::Gil => &[(0.0, -5.0), (4.6, 3.6), (-4.6, 3.6)],
        Series::Processes => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
        Series::BreakEven => &[(0.0, -5.5), (4.0, 0.0), (0.0, 5.5), (-4.0, 0.0)],
    };
    let points = points(corners.iter().map(|(right, down)| (x + right, y + down)));
    format!("<polygon class=\"{class}\" points=\"{points}\">{title}</polygon>")
}

fn points(places: impl Iterator<Item = (f64, f64)>) -> String {
    let texts = places.map(|(x, y)| format!("{},{}", fixed(x, 1), fixed(y, 1)));
    texts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_one_picture_with_a_title_and_a_description() {
        let mut chart = Chart::new("x", "a < b", (300.0, 200.0), 50.0);
        chart.describe("<script>");
        let (left, right) = chart.across();
        let x = Scale::linear((0.0, 4.0), (left, right));
        chart.x_axis(&x, &[(2.0, "2".to_owned())], "threads");
        chart.point(Series::Gil, (10.0, 10.0), Some("\"warm-up\""));
        for series in [Series::Free, Series::Ideal, Series::Processes] {
            chart.explain(series, "a long text in the legend");
        }
        let svg = chart.render(None);
        assert!(svg.contains("viewBox=\"0 0 300 266\""), "{svg}");
        assert!(
            svg.contains("<title id=\"x-title\">a &lt; b</title>"),
            "{svg}"
        );
        assert!(svg.contains("&lt;script&gt;</desc>"), "{svg}");
        assert!(svg.contains("left out: &quot;warm-up&quot;"), "{svg}");
        assert!(!svg.contains("<style>"));
    }

    #[test]
    fn places_that_are_not_numbers_are_not_written() {
        let mut chart = Chart::new("x", "x", (300.0, 200.0), 50.0);
        let y = Scale::linear((0.0, f64::INFINITY), (150.0, 20.0));
        chart.line(
            Series::Free,
            &[(1.0, y.at(f64::NAN)), (2.0, y.at(f64::INFINITY))],
        );
        let svg = chart.render(Some(STYLE));
        assert!(!svg.contains("NaN") && !svg.contains("unknown"), "{svg}");
    }
}

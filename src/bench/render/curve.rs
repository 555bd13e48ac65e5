//! A plot of the speed-up for a terminal, without colours.

use crate::bench::outcome::BenchReport;
use crate::bench::render::scale::{Scale, ticks};
use crate::bench::render::selection::{Selection, break_even, has_answer, python, threads};

/// The lines of the plot itself.
const ROWS: usize = 9;
/// The columns of the labels on the left.
const LABELS: usize = 5;
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// The characters of a plot, all of them one column wide.
struct Marks {
    point: char,
    line: char,
    band: char,
    gil: char,
    processes: char,
    break_even: char,
    arrow: char,
    axis: [char; 3],
}

const UNICODE: Marks = Marks {
    point: '●',
    line: '∙',
    band: '░',
    gil: '─',
    processes: '═',
    break_even: '┊',
    arrow: '▲',
    axis: ['┤', '└', '─'],
};

const ASCII: Marks = Marks {
    point: '*',
    line: '.',
    band: ':',
    gil: '-',
    processes: '=',
    break_even: '|',
    arrow: '^',
    axis: ['|', '+', '-'],
};

/// A plot while it is drawn.
struct Plot<'a> {
    cells: Vec<Vec<char>>,
    x: Scale,
    y: Scale,
    marks: &'a Marks,
}

/// Plots the speed-up over the GIL build with one thread against the number of threads, for a
/// screen of this many columns. Empty if fewer than two numbers of threads were measured.
#[must_use]
pub fn curve(report: &BenchReport, columns: usize, is_unicode: bool) -> Vec<String> {
    let selection = Selection::new(report);
    let arms = &selection.free_threaded;
    let (Some((first, _)), Some((most, _)), true) = (arms.first(), arms.last(), has_answer(report))
    else {
        return Vec::new();
    };
    if first == most {
        return Vec::new();
    }
    let columns = columns.clamp(NARROWEST, WIDEST);
    let width = columns - LABELS - 2;
    let references = [selection.best_gil, selection.processes];
    let values = arms
        .iter()
        .map(|(_, arm)| arm.speedup.high.min(arm.speedup.value * 1.5));
    let values = values.chain(references.iter().flatten().map(|arm| arm.speedup.value));
    let top = values.fold(1.0, f64::max) * 1.02;
    let mut plot = Plot {
        cells: vec![vec![' '; width]; ROWS],
        x: Scale::threads(*most, (0.0, (width - 2) as f64)),
        y: Scale::linear((0.0, top), ((ROWS - 1) as f64, 0.0)),
        marks: if is_unicode { &UNICODE } else { &ASCII },
    };
    plot.draw_band(&selection);
    plot.draw_references(&selection);
    let break_even = break_even(report, *most);
    if let Some(count) = break_even {
        plot.draw_break_even(count);
    }
    plot.draw_line(&selection);
    let mut lines = vec!["speed-up over the GIL build, 1 thread".to_owned()];
    lines.extend(plot.lines(top));
    lines.extend(plot.axis(&selection, break_even));
    lines.extend(legend(report, &selection, plot.marks, columns));
    lines
}

impl Plot<'_> {
    fn column(&self, count: u32) -> usize {
        self.x.at(f64::from(count)).round() as usize
    }

    fn row(&self, speedup: f64) -> usize {
        (self.y.at(speedup).round() as usize).min(ROWS - 1)
    }

    fn put(&mut self, row: usize, column: usize, mark: char) {
        if let Some(cell) = self.cells.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell = mark;
        }
    }

    /// For each column between two measured numbers of threads, the values between theirs.
    fn between(&self, selection: &Selection<'_>, of: impl Fn(usize) -> f64) -> Vec<(usize, f64)> {
        let counts: Vec<u32> = selection
            .free_threaded
            .iter()
            .map(|(count, _)| *count)
            .collect();
        let mut found = Vec::new();
        for (index, pair) in counts.windows(2).enumerate() {
            let (from, to) = (self.column(pair[0]), self.column(pair[1]));
            for column in from..=to {
                let part = (column - from) as f64 / (to - from).max(1) as f64;
                found.push((column, of(index) + part * (of(index + 1) - of(index))));
            }
        }
        found
    }

    fn draw_band(&mut self, selection: &Selection<'_>) {
        let arms = &selection.free_threaded;
        let lows = self.between(selection, |index| arms[index].1.speedup.low);
        let highs = self.between(selection, |index| arms[index].1.speedup.high);
        for ((column, low), (_, high)) in lows.into_iter().zip(highs) {
            for row in self.row(high)..=self.row(low) {
                self.put(row, column, self.marks.band);
            }
        }
    }

    fn draw_references(&mut self, selection: &Selection<'_>) {
        let lines = [
            (selection.processes, self.marks.processes),
            (selection.best_gil, self.marks.gil),
        ];
        for (arm, mark) in lines {
            let Some(arm) = arm else { continue };
            let row = self.row(arm.speedup.value);
            for column in 0..self.cells[row].len() {
                self.put(row, column, mark);
            }
        }
    }

    fn draw_break_even(&mut self, count: u32) {
        let column = self.column(count);
        for row in 0..ROWS {
            if self.cells[row].get(column) == Some(&' ') {
                self.put(row, column, self.marks.break_even);
            }
        }
    }

    fn draw_line(&mut self, selection: &Selection<'_>) {
        let arms = &selection.free_threaded;
        for (column, value) in self.between(selection, |index| arms[index].1.speedup.value) {
            self.put(self.row(value), column, self.marks.line);
        }
        for (count, arm) in arms {
            self.put(
                self.row(arm.speedup.value),
                self.column(*count),
                self.marks.point,
            );
        }
    }

    fn lines(&self, top: f64) -> Vec<String> {
        let mut labels = vec![String::new(); ROWS];
        for (value, text) in ticks(0.0, top, 4) {
            labels[self.row(value)] = format!("{text}x");
        }
        let rows = self.cells.iter().zip(labels);
        let line = |(cells, label): (&Vec<char>, String)| {
            let text: String = cells.iter().collect();
            format!("{label:>LABELS$} {}{text}", self.marks.axis[0])
                .trim_end()
                .to_owned()
        };
        rows.map(line).collect()
    }

    /// The axis, its labels and its name.
    fn axis(&self, selection: &Selection<'_>, break_even: Option<u32>) -> Vec<String> {
        let [_, corner, bar] = self.marks.axis;
        let width = self.cells[0].len();
        let mut axis = vec![bar; width];
        if let Some(count) = break_even {
            axis[self.column(count)] = self.marks.arrow;
        }
        let counts: Vec<u32> = selection
            .free_threaded
            .iter()
            .map(|(count, _)| *count)
            .collect();
        let mut labels = vec![' '; width + 3];
        for count in self.x.spread(&counts, 4.0) {
            let text = count.to_string();
            let start = self.column(count).saturating_sub((text.len() - 1) / 2);
            for (offset, digit) in text.chars().enumerate() {
                if let Some(cell) = labels.get_mut(start.min(width - text.len()) + offset) {
                    *cell = digit;
                }
            }
        }
        let (axis, labels) = (
            axis.iter().collect::<String>(),
            labels.iter().collect::<String>(),
        );
        let name = match self.x.is_log() {
            true => "threads (logarithmic)",
            false => "threads",
        };
        let indent = " ".repeat(LABELS + 1);
        vec![
            format!("{indent}{corner}{axis}"),
            format!("{indent} {}", labels.trim_end()),
            format!("{indent} {name:^width$}").trim_end().to_owned(),
        ]
    }
}

/// What the marks mean, in as many lines as the width requires.
fn legend(
    report: &BenchReport,
    selection: &Selection<'_>,
    marks: &Marks,
    columns: usize,
) -> Vec<String> {
    let name = match python(report) {
        name if name.len() > 8 => "free-threaded".to_owned(),
        name => name,
    };
    let mut entries = vec![format!("{} {name} ({} 95 %)", marks.point, marks.band)];
    if let Some(arm) = selection.best_gil {
        let count = threads(arm.id.workers.count());
        entries.push(format!("{} GIL, {count}", marks.gil));
    }
    if let Some(arm) = selection.processes {
        let title = arm.id.title();
        entries.push(format!("{} {title}", marks.processes));
    }
    if let Some(count) = selection
        .most_threads()
        .and_then(|most| break_even(report, most))
    {
        entries.push(format!("{} break-even: {}", marks.arrow, threads(count)));
    }
    let indent = " ".repeat(LABELS + 2);
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + entry.chars().count() <= columns => {
                line.push_str(&format!("   {entry}"));
            }
            _ => lines.push(format!("{indent}{entry}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn a_plot_fits_each_width() {
        for (name, report) in fixtures::all() {
            for columns in 40..=120 {
                for is_unicode in [true, false] {
                    let lines = curve(&report, columns, is_unicode);
                    for line in &lines {
                        let width = line.chars().count();
                        assert!(width <= columns, "{name} {columns}: {width} {line}");
                        assert!(is_unicode || line.is_ascii(), "{name}: {line}");
                        assert!(!line.contains("NaN") && !line.contains('\u{1b}'));
                    }
                    assert!(lines.len() <= 18, "{name} {columns}");
                }
            }
        }
    }

    #[test]
    fn a_plot_shows_the_points_the_references_and_the_break_even() {
        let text = curve(&fixtures::scales(), 70, false).join("\n");
        assert_eq!(text.matches('*').count(), 6 + 1, "{text}");
        for part in [
            "^ break-even: 3 threads",
            "= GIL, 8 processes",
            "- GIL, 1 thread",
            "   4x |",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let text = curve(&fixtures::many_threads(), 100, true).join("\n");
        assert!(text.contains("threads (logarithmic)"), "{text}");
        assert!(text.contains(" 64"), "{text}");
    }

    #[test]
    fn one_number_of_threads_has_no_plot() {
        for report in [
            fixtures::one_thread(),
            fixtures::could_not_measure(),
            fixtures::broken(),
        ] {
            assert!(curve(&report, 80, true).is_empty());
        }
    }
}

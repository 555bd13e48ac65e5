//! Tables on stdout: aligned columns, and on a terminal headings and a suitable layout.
//!
//! No table crate is used: those wrap a cell that is too wide inside its column, which breaks paths
//! that users want to copy, and pad every line to the full width. Here a table that is wider than
//! the terminal shows its widest column, a path, on a separate line below each row. In a pipe only
//! the rows are printed, so that `cut` and `awk` need not skip a heading.

use crate::report::text::table;
use std::io::IsTerminal;

/// Returns the width of the terminal on stdout, or `None` if stdout is something else.
pub(super) fn terminal_width() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    #[cfg(unix)]
    let columns = {
        let size = rustix::termios::tcgetwinsize(&stdout).ok();
        size.map(|size| usize::from(size.ws_col))
    };
    #[cfg(not(unix))]
    let columns: Option<usize> = None;
    Some(columns.filter(|columns| *columns > 0).unwrap_or(80))
}

/// Renders a table for a terminal of this width: the headings, and the lines below. Empty columns
/// are left out.
pub(super) fn for_terminal(
    headings: &[&str],
    rows: &[Vec<String>],
    width: usize,
) -> (String, Vec<String>) {
    let has_text = |column: &usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(*column));
        cells.any(|cell| !cell.is_empty())
    };
    let kept: Vec<usize> = (0..headings.len()).filter(has_text).collect();
    let pick = |row: &[String]| -> Vec<String> {
        let cells = kept.iter().map(|column| row.get(*column).cloned());
        cells.map(Option::unwrap_or_default).collect()
    };
    let headings: Vec<String> = headings.iter().map(|text| (*text).to_owned()).collect();
    let mut all = vec![pick(&headings)];
    all.extend(rows.iter().map(|row| pick(row)));
    let mut lines = table(&all);
    let is_too_wide = lines.iter().any(|line| line.chars().count() > width);
    if !is_too_wide || kept.len() < 3 {
        let heading = lines.remove(0);
        return (heading, lines);
    }
    let length = |column: &usize| {
        let cells = all.iter().map(|row| row[*column].chars().count());
        cells.max()
    };
    let widest = (0..kept.len()).max_by_key(length).unwrap_or(0);
    let cells: Vec<String> = all.iter_mut().map(|row| row.remove(widest)).collect();
    let mut lines = table(&all).into_iter();
    let heading = lines.next().unwrap_or_default();
    let below = lines.zip(cells.into_iter().skip(1));
    let below = below.flat_map(|(line, cell)| [line, format!("    {cell}")]);
    (
        heading,
        below.filter(|line| !line.trim().is_empty()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        vec![
            row(["3.14.7t", "", "35.3 MiB", "/opt/a/python3.14t"]),
            row(["3.13.5", "", "9 B", "/opt/b/python3.13"]),
        ]
    }

    const HEADINGS: [&str; 4] = ["INSTALLATION", "USE", "SIZE", "INTERPRETER"];

    #[test]
    fn a_table_that_fits_has_one_line_for_a_row_and_no_empty_column() {
        let (heading, lines) = for_terminal(&HEADINGS, &rows(), 80);
        assert_eq!(heading, "INSTALLATION  SIZE      INTERPRETER");
        assert_eq!(
            lines,
            [
                "3.14.7t       35.3 MiB  /opt/a/python3.14t",
                "3.13.5        9 B       /opt/b/python3.13"
            ]
        );
    }

    #[test]
    fn a_table_that_is_too_wide_has_its_widest_column_below() {
        let (heading, lines) = for_terminal(&HEADINGS, &rows(), 30);
        assert_eq!(heading, "INSTALLATION  SIZE");
        assert_eq!(
            lines,
            [
                "3.14.7t       35.3 MiB",
                "    /opt/a/python3.14t",
                "3.13.5        9 B",
                "    /opt/b/python3.13"
            ]
        );
    }
}

//! Formats numbers and tables.

/// Formats a size: `11.3 MiB`, `812 B`.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut value = size as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// Formats an estimate: `40 s`, `3 min`, `2 h`.
#[must_use]
pub fn duration(length: std::time::Duration) -> String {
    match length.as_secs() {
        seconds @ 0..90 => format!("{} s", seconds.next_multiple_of(5).max(5)),
        seconds @ 90..5400 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1800) / 3600),
    }
}

/// Formats a duration: `2.5s`, `1m 51s`, `1h 02m`.
#[must_use]
pub fn elapsed(length: std::time::Duration) -> String {
    match length.as_secs() {
        0..60 => {
            let tenths = length.as_millis() / 100;
            format!("{}.{}s", tenths / 10, tenths % 10)
        }
        seconds @ 60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// Formats a number of things: `3 files`, `1 file`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Formats rows as lines of aligned columns, two spaces apart, without trailing spaces.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(36_976_640), "35.3 MiB");
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn durations_are_as_exact_as_a_guess() {
        let check = |seconds, text: &str| {
            assert_eq!(duration(std::time::Duration::from_secs(seconds)), text);
        };
        check(0, "5 s");
        check(42, "45 s");
        check(180, "3 min");
        check(7000, "2 h");
    }

    #[test]
    fn elapsed_time_is_exact() {
        let check = |milliseconds, text: &str| {
            assert_eq!(
                elapsed(std::time::Duration::from_millis(milliseconds)),
                text
            );
        };
        check(2_549, "2.5s");
        check(59_999, "59.9s");
        check(111_000, "1m 51s");
        check(3_725_000, "1h 02m");
    }

    #[test]
    fn columns_are_aligned() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let rows = [row(&["a", "bb", "c"]), row(&["aaa", "b", ""])];
        assert_eq!(table(&rows), ["a    bb  c", "aaa  b"]);
    }
}

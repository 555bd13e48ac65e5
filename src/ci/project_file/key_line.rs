//! Finds keys in the text of a TOML file, for annotations of CI systems.

/// Finds the line that sets a key of a table; `None` if it is written in another way.
pub(super) fn key_line(text: &str, table: &str, key: &str) -> Option<usize> {
    let mut current = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        if let Some(header) = line.strip_prefix('[') {
            let name = header.split(']').next().unwrap_or_default();
            current = name.split('.').map(str::trim).collect::<Vec<_>>().join(".");
            continue;
        }
        let line = line.trim_start_matches(['"', '\'']);
        let after = line
            .strip_prefix(key)
            .map(|rest| rest.trim_start_matches(['"', '\'']));
        if current == table && after.is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return Some(index + 1);
        }
    }
    None
}

//! GitHub Actions: its environment files and workflow commands.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

/// Lines for `GITHUB_ENV` or `GITHUB_OUTPUT`. Every value is between two lines of `delimiter`, so a
/// value with a line feed cannot define another variable.
pub(super) fn assignments(values: &[(&'static str, String)], delimiter: &str) -> String {
    let line = |(name, value): &(&'static str, String)| {
        format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
    };
    values.iter().map(line).collect()
}

/// Lines for `GITHUB_PATH`. The runner prepends each line, so the last one comes first on PATH.
pub(super) fn path(directories: &[String]) -> String {
    let lines = directories.iter().rev();
    lines.map(|directory| format!("{directory}\n")).collect()
}

/// `::error file=x,line=1::message`
pub(super) fn command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", property(value)))
        .collect();
    let properties = match properties.as_slice() {
        [] => String::new(),
        all => format!(" {}", all.join(",")),
    };
    format!("::{name}{properties}::{}", data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_define_another_variable() {
        let values = [("A", "x\nB=1".to_owned()), ("C", String::new())];
        assert_eq!(
            assignments(&values, "end_7f"),
            "A<<end_7f\nx\nB=1\nend_7f\nC<<end_7f\n\nend_7f\n"
        );
    }

    #[test]
    fn the_first_directory_is_written_last() {
        assert_eq!(
            path(&["/first".into(), "/second".into()]),
            "/second\n/first\n"
        );
    }

    #[test]
    fn commands_are_always_one_line() {
        let properties = [("file", "a:b,c".to_owned()), ("line", "3".to_owned())];
        assert_eq!(
            command("error", &properties, "100%\nof: it, all\r"),
            "::error file=a%3Ab%2Cc,line=3::100%25%0Aof: it, all%0D"
        );
        assert_eq!(command("endgroup", &[], ""), "::endgroup::");
    }
}

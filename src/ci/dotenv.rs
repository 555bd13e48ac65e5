//! `NAME=value` lines: what GitLab's dotenv reports, Jenkins' `withEnv` and `docker --env-file`
//! read. None of them knows quotes, and a value with a line feed cannot be written.

/// A value that such a file cannot hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} has a line break in its value, which a file of NAME=value lines cannot hold")]
pub struct LineBreak {
    /// The variable.
    name: String,
}

/// The text of such a file.
///
/// # Errors
/// The first value with a line break.
pub(super) fn text<'a>(
    values: impl IntoIterator<Item = (String, &'a str)>,
) -> Result<String, LineBreak> {
    let mut text = String::new();
    for (name, value) in values {
        if value.contains(['\n', '\r']) {
            return Err(LineBreak { name });
        }
        text += &format!("{name}={value}\n");
    }
    Ok(text)
}

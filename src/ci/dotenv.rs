//! `NAME=value` lines, as read by GitLab's dotenv reports, Jenkins' `withEnv` and `docker
//! --env-file`. The formats have no quotes, so a value with a line feed cannot be represented.

/// A value that such a file cannot contain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value of {name} contains a line break, which a file of NAME=value lines cannot represent"
)]
pub struct LineBreak {
    /// The variable.
    name: String,
}

/// Formats such a file.
///
/// # Errors
/// Returns the first value with a line break.
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

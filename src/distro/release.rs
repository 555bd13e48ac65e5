//! Parses os-release(5).

/// The relevant fields of os-release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// `ubuntu`
    pub id: String,
    /// `ubuntu`, `debian`: the distribution and those that it is based on, nearest first.
    pub id_like: Vec<String>,
    /// `24.04`
    pub version_id: String,
    /// VERSION_CODENAME and UBUNTU_CODENAME.
    pub codenames: Vec<String>,
    /// `Ubuntu 24.04.1 LTS`
    pub pretty_name: String,
}

impl Release {
    /// Parses an os-release file: `NAME=value` lines, quoted as in a shell.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut release = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.trim().split_once('=') else {
                continue;
            };
            let value = unquoted(value);
            match name {
                "ID" => release.id = value.to_ascii_lowercase(),
                "ID_LIKE" => {
                    let words = value.split_whitespace();
                    release.id_like = words.map(str::to_ascii_lowercase).collect();
                }
                "VERSION_ID" => release.version_id = value,
                "PRETTY_NAME" => release.pretty_name = value,
                "VERSION_CODENAME" | "UBUNTU_CODENAME" => release.codenames.push(value),
                _ => {}
            }
        }
        if release.pretty_name.is_empty() {
            release.pretty_name.clone_from(&release.id);
        }
        release
    }

    /// The first number of VERSION_ID: `24`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.version_id.split('.').next()?.parse().ok()
    }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    });
    inner.unwrap_or(value).replace('\\', "")
}

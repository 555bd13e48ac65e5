//! Finds credentials in URLs, to mask them in logs.

use crate::secret_url::SecretUrl;

/// Shorter secrets are not masked: that would garble the log and protect nothing.
const SHORTEST: usize = 4;

/// The secrets in URLs, in escaped and unescaped form.
#[must_use]
pub fn secrets<'a>(urls: impl IntoIterator<Item = &'a SecretUrl>) -> Vec<String> {
    let mut found: Vec<String> = urls.into_iter().flat_map(SecretUrl::secrets).collect();
    found.retain(|secret| secret.len() >= SHORTEST);
    found.sort();
    found.dedup();
    // In `me:password` the name is not secret.
    let all = found.clone();
    let is_in = |secret: &String, one: &String| one != secret && secret.contains(one.as_str());
    found.retain(|secret| !all.iter().any(|one| is_in(secret, one)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_found_but_not_names() {
        let check = |url: &str, expected: &[&str]| {
            assert_eq!(secrets([&SecretUrl::from(url)]), expected, "{url}");
        };
        check("https://me:s3cret@example.org/x@y", &["s3cret"]);
        check("https://me:p%40ss@example.org/x", &["p%40ss", "p@ss"]);
        check("https://token123@example.org/", &["token123"]);
        check("https://example.org/t/tk-12345/channel", &["tk-12345"]);
        check("https://example.org/x?sig=abcdef", &["abcdef"]);
        check("https://example.org/a:b@c", &[]);
        check("me:s3cret@proxy:8080", &["s3cret"]);
        check("https://u:p@example.org", &[]);
        check("conda-forge", &[]);
    }
}

//! Credentials in URLs, which a log must not show.

use crate::secret_url::SecretUrl;

/// A shorter text would blot out half of the log, and guards nothing.
const SHORTEST: usize = 4;

/// The secrets in URLs, as they are written there and as they are meant.
#[must_use]
pub fn secrets<'a>(urls: impl IntoIterator<Item = &'a SecretUrl>) -> Vec<String> {
    let mut found: Vec<String> = urls.into_iter().flat_map(SecretUrl::secrets).collect();
    found.retain(|secret| secret.len() >= SHORTEST);
    found.sort();
    found.dedup();
    // Of `me:password` the name may be said.
    let all = found.clone();
    let is_in = |secret: &String, one: &String| one != secret && secret.contains(one.as_str());
    found.retain(|secret| !all.iter().any(|one| is_in(secret, one)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_found_and_names_are_not() {
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

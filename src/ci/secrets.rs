//! Credentials in URLs, which a log must not show.

use crate::net::unescaped;

/// A shorter text would blot out half of the log, and guards nothing.
const SHORTEST: usize = 4;

/// The passwords in URLs, as they are written there and as they are meant; of a URL with one
/// word before the `@` that word, and the token of conda's `/t/TOKEN/`.
#[must_use]
pub fn secrets<'a>(urls: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    for url in urls {
        for written in of_url(url).into_iter().flatten() {
            found.push(String::from_utf8_lossy(&unescaped(written)).into_owned());
            found.push(written.to_owned());
        }
    }
    found.retain(|secret| secret.len() >= SHORTEST);
    found.sort();
    found.dedup();
    found
}

fn of_url(url: &str) -> [Option<&str>; 2] {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let user = rest[..end].rsplit_once('@').map(|(user, _)| user);
    let password = user.map(|user| user.split_once(':').map_or(user, |(_, password)| password));
    let token = rest[end..].strip_prefix("/t/");
    let token = token.map(|token| token.split('/').next().unwrap_or(token));
    [password, token]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_found_and_names_are_not() {
        let check = |url: &str, expected: &[&str]| assert_eq!(secrets([url]), expected, "{url}");
        check("https://me:s3cret@example.org/x@y", &["s3cret"]);
        check("https://me:p%40ss@example.org/x", &["p%40ss", "p@ss"]);
        check("https://token123@example.org/", &["token123"]);
        check("https://example.org/t/tk-12345/channel", &["tk-12345"]);
        check("https://example.org/a:b@c", &[]);
        check("me:s3cret@proxy:8080", &["s3cret"]);
        check("https://u:p@example.org", &[]);
        check("conda-forge", &[]);
    }
}

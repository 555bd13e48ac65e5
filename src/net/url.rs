//! Parts of URLs.

use reqwest::Url;

/// Returns `example.org:8080` for a URL, as parsed by the HTTP client.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_password_and_no_usual_port() {
        for (url, expected) in [
            (
                "https://user:secret@example.org:8080/x@y",
                "example.org:8080",
            ),
            ("https://h.example:443/", "h.example"),
            ("http://[0:0::1]:80/", "[::1]"),
        ] {
            assert_eq!(host(&Url::parse(url).expect("a URL")), expected, "{url}");
        }
    }
}

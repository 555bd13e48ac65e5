//! Parts of URLs.

use crate::secret_url::unescaped;
use reqwest::Url;

/// `example.org:8080` of a URL, as the HTTP client reads it.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// `example.org:8080` of a URL that holds no password.
pub(super) fn authority(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .unwrap_or(rest)
        .to_owned()
}

/// The path of a file:// URL, which is written as any other.
pub(super) fn percent_decode(path: &str) -> std::path::PathBuf {
    let bytes = unescaped(path);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(bytes).into()
    }
    #[cfg(not(unix))]
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        let decoded = percent_decode("/a%2Bb/100%/%c3%a9");
        assert_eq!(decoded, std::path::Path::new("/a+b/100%/é"));
    }

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

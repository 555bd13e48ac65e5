//! Converts paths to file:// URLs and back. Pure.
//!
//! Also normalises the scheme of URLs to lower case, which the rest of ftpy relies on.

use ftpy_core::secret::shown;
use std::path::{Path, PathBuf};

/// Returns `file:///srv/a%20b` for `/srv/a b`. The path must be absolute.
#[must_use]
pub fn of(path: &Path) -> String {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = match path.to_string_lossy().replace('\\', "/") {
        text if text.starts_with('/') => text.into_bytes(),
        text => format!("/{text}").into_bytes(),
    };
    let mut url = "file://".to_owned();
    for byte in bytes {
        match byte {
            b' ' | b'"' | b'#' | b'%' | b'<' | b'>' | b'?' | b'`' | b'{' | b'}' | b'\\' | b'^'
            | b'|' => url += &format!("%{byte:02X}"),
            0x21..=0x7e => url.push(char::from(byte)),
            other => url += &format!("%{other:02X}"),
        }
    }
    url
}

/// Returns the path of a file:// URL; `None` for any other URL.
///
/// `#` and `?` are part of the path: files have neither fragment nor query, and people write such
/// paths unescaped.
///
/// # Errors
/// Returns a message if the URL names another machine or has no absolute path.
#[must_use]
pub fn path_of(url: &str) -> Option<Result<PathBuf, String>> {
    let rest = without_scheme(url)?;
    Some(match rest.find('/') {
        Some(slash) if is_here(&rest[..slash]) => Ok(decoded(&rest[slash..])),
        Some(slash) => Err(format!(
            "{} names the host `{}`; write three slashes, as in file:///srv/mirror",
            shown(url),
            rest[..slash].rsplit('@').next().unwrap_or_default()
        )),
        None => Err(format!(
            "{} has no absolute path; write it as in file:///srv/mirror",
            shown(url)
        )),
    })
}

/// A URL with its scheme in lower case, and without `localhost` in a file:// URL.
#[must_use]
pub fn normal(url: &str) -> String {
    if let Some(rest) = without_scheme(url) {
        let here = rest.find('/').filter(|slash| is_here(&rest[..*slash]));
        return format!("file://{}", &rest[here.unwrap_or(0)..]);
    }
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        None => url.to_owned(),
    }
}

/// What follows `file://`. RFC 8089 allows `file:/srv`, too.
fn without_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest,
        None if rest.starts_with('/') => rest,
        None => return None,
    };
    scheme.eq_ignore_ascii_case("file").then_some(rest)
}

fn is_here(host: &str) -> bool {
    host.is_empty() || host.eq_ignore_ascii_case("localhost")
}

fn decoded(path: &str) -> PathBuf {
    let bytes = unescaped(path);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(bytes).into()
    }
    #[cfg(not(unix))]
    {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // `/C:/x`
        let drive = text.strip_prefix('/').filter(|rest| rest.contains(':'));
        drive.map_or_else(|| text.clone().into(), PathBuf::from)
    }
}

/// Decodes `%2B` to `+`; invalid escapes are kept. The bytes need not be UTF-8.
#[must_use]
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after
            .get(..2)
            .filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        let digits = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> PathBuf {
        path_of(url).expect("a file URL").expect("a path")
    }

    #[test]
    #[cfg(unix)]
    fn every_path_survives_the_round_trip() {
        use std::os::unix::ffi::OsStrExt;
        for text in [
            &b"/srv/plain+name_1.0~rc1"[..],
            b"/srv/a b#c?d%41/e\"f",
            "/srv/é/日本".as_bytes(),
            b"/srv/\xff\n",
        ] {
            let expected = Path::new(std::ffi::OsStr::from_bytes(text));
            let url = of(expected);
            assert_eq!(path(&url), expected, "{url}");
            assert!(url.is_ascii() && !url.contains([' ', '#', '?']), "{url}");
        }
        assert_eq!(of(Path::new("/srv/a+b")), "file:///srv/a+b");
    }

    #[test]
    fn escapes_and_localhost_are_decoded() {
        assert_eq!(path("file:///a%2Bb/100%/%c3%a9"), Path::new("/a+b/100%/é"));
        assert_eq!(path("file://localhost/srv/x"), Path::new("/srv/x"));
        assert_eq!(path("FILE://LocalHost/srv/x"), Path::new("/srv/x"));
        assert_eq!(path("file:///srv/c#/x?y"), Path::new("/srv/c#/x?y"));
        assert_eq!(path("file:///a%+1"), Path::new("/a%+1"));
        assert_eq!(path("file:/srv/x"), Path::new("/srv/x"));
        assert_eq!(path_of("file:x"), None);
        assert_eq!(path_of("https://localhost/x"), None);
        assert_eq!(path_of("/srv/x"), None);
    }

    #[test]
    fn a_file_url_of_another_machine_is_rejected() {
        for url in ["file://srv/mirror", "file://h.example/x", "file://relative"] {
            assert!(path_of(url).expect("a file URL").is_err(), "{url}");
        }
    }

    #[test]
    fn schemes_are_normalised() {
        for (url, expected) in [
            ("HTTP://H.example/X", "http://H.example/X"),
            ("Https://h/x", "https://h/x"),
            ("FILE://localhost/x", "file:///x"),
            ("file:///x", "file:///x"),
            ("file:/x", "file:///x"),
            ("file://other/x", "file://other/x"),
            ("/x", "/x"),
        ] {
            assert_eq!(normal(url), expected);
        }
    }
}

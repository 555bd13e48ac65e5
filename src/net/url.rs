//! Parts of URLs, and what of them may be shown.

/// `example.org:8080`, without a password.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    host.to_owned()
}

/// A URL as it may be shown and written down: without a password, and without the token that
/// conda's servers take as a part of the path, `/t/<token>/`.
#[must_use]
pub fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let (authority, path) = (&rest[start..end], &rest[end..]);
    let token = path.strip_prefix("/t/").and_then(|path| path.find('/'));
    let path = match token {
        Some(length) if scheme != "file" => &path["/t/".len() + length..],
        _ => path,
    };
    format!("{scheme}://{authority}{path}")
}

/// `%2B` to `+`; what is no escape stays. The bytes need not be text.
#[must_use]
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
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
    fn a_password_is_never_shown() {
        assert_eq!(
            host("https://user:secret@example.org:8080/x@y"),
            "example.org:8080"
        );
        assert_eq!(redacted("https://u:p@h:1/x@y"), "https://h:1/x@y");
        assert_eq!(redacted("file:///a@b"), "file:///a@b");
        assert_eq!(redacted("file:///t/x/y"), "file:///t/x/y");
        assert_eq!(
            redacted("https://h/t/secret/c/noarch"),
            "https://h/c/noarch"
        );
        assert_eq!(redacted("https://h/t/"), "https://h/t/");
    }

    #[test]
    fn escapes_are_read() {
        let decoded = percent_decode("/a%2Bb/100%/%c3%a9");
        assert_eq!(decoded, std::path::Path::new("/a+b/100%/é"));
    }
}

//! Tests for hiding secrets in URLs.

use super::*;

#[test]
fn a_secret_without_a_host_behind_it_is_hidden_to_its_last_character() {
    for secret in ["# @ s3cré", "me:pass/word@", "#@\u{fffd}"] {
        let url = format!("https://{secret}");
        assert_eq!(shown(&url), "https://", "{url}");
        let expected = secret.trim_end_matches('@');
        assert_eq!(secrets(&url).first(), Some(&expected), "{url}");
    }
}

#[test]
fn a_url_is_shown_without_its_secrets() {
    for (url, expected) in [
        ("https://u:p@h.example:1/x@y", "https://h.example:1/x@y"),
        (
            "https://h.example/x?email=me@corp.example&sig=abc",
            "https://h.example/x?email=***&sig=***",
        ),
        (
            "https://h.example/x?file=a@b.example/c",
            "https://h.example/x?file=***",
        ),
        ("https://h/a+b?download=1", "https://h/a+b?download=1"),
        ("file:///a@b", "file:///a@b"),
        ("file:///t/x/y", "file:///t/x/y"),
        ("file:///a#b?c", "file:///a#b?c"),
        ("https://h/t/secret/c/noarch", "https://h/c/noarch"),
        ("https://h/t/", "https://h/t/"),
        ("https://h/p/t/secret/c", "https://h/p/t/***/c"),
        ("https://h/x?sig=abc&file=x", "https://h/x?sig=***&file=x"),
        ("https://h/x?abc", "https://h/x?***"),
        ("https://h/x?abcs3cret=d", "https://h/x?***"),
        ("https://h/x?abc==", "https://h/x?***"),
        ("https://h/x#access_token=abc", "https://h/x"),
        ("https://h/x#sha256=0a", "https://h/x#sha256=0a"),
        (
            "https://github.com/python/cpython@v3.14.7",
            "https://github.com/python/cpython@v3.14.7",
        ),
        ("http://127.0.0.1:8080/x@y", "http://127.0.0.1:8080/x@y"),
        (
            "git@github.com:python/cpython",
            "git@github.com:python/cpython",
        ),
        ("me:secret@proxy:3128", "proxy:3128"),
        ("https://me:secret", "https://me"),
        ("https://[::1]/x", "https://[::1]/x"),
        ("conda-forge", "conda-forge"),
        ("./a?b#c", "./a?b#c"),
        ("", ""),
    ] {
        assert_eq!(shown(url), expected, "{url}");
        assert!(!is_misread(url), "{url}");
    }
}

#[test]
fn a_password_without_escapes_is_not_shown() {
    for password in [
        "s3/cret",
        "s3?cret",
        "s3#cret",
        "s3@cret",
        "12/s3cret",
        "12#s3cret",
        "12?s3cret",
        "s3\\cret",
        "s3:cret",
        ":/?#@s3cret",
    ] {
        for host in [
            "h.example",
            "mirror",
            "h.example:8080",
            "[::1]:80",
            "127.0.0.1",
        ] {
            for scheme in ["https://", "HTTP://", "https:///", " http://"] {
                let url = format!("{scheme}me:{password}@{host}/x");
                let shown = shown(&url);
                assert!(!shown.contains("cret"), "{url}: {shown}");
                assert!(shown.ends_with(&format!("{host}/x")), "{url}: {shown}");
                assert!(
                    secrets(&url).contains(&password),
                    "{url}: {:?}",
                    secrets(&url)
                );
                assert_eq!(
                    is_misread(&url),
                    password != "s3:cret" && password != "s3@cret",
                    "{url}"
                );
            }
        }
    }
}

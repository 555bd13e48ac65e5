//! The proxies of the environment: whether ftpy can use them, and which one a URL goes through.
//! The HTTP client itself finds them; this is what can be said of them.

use crate::env::Connections;
use crate::net::url::authority;
use crate::secret_url::SecretUrl;
use hyper_util::client::proxy::matcher::Matcher;

/// What the HTTP client would pass over in silence, and then go without a proxy.
///
/// # Errors
/// A sentence that names the variable, without the password that may be in it.
pub(super) fn check(env: &Connections) -> Result<(), String> {
    for (variable, value) in &env.proxies {
        let value = value.expose();
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let shown = SecretUrl::from(format!("{scheme}://{rest}"));
        let shown = format!("{variable} is {shown}");
        if scheme.starts_with("socks") {
            return Err(format!(
                "{shown}: ftpy does not speak SOCKS, only HTTP proxies"
            ));
        }
        if !["http", "https"].contains(&scheme) || reqwest::Url::parse(&with_scheme(value)).is_err()
        {
            return Err(format!("{shown}, which is not the URL of a proxy"));
        }
    }
    Ok(())
}

fn with_scheme(value: &str) -> String {
    match value.contains("://") {
        true => value.to_owned(),
        false => format!("http://{value}"),
    }
}

/// `proxy.example:3128`: what stands between here and a URL.
pub(super) fn of(url: &str) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.parse().ok()?)?;
    Some(authority(&intercept.uri().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        let check = |value: &str| {
            check(&Connections {
                proxies: vec![("HTTPS_PROXY", value.into())],
                ..Connections::default()
            })
        };
        for good in [
            "http://u:p@h:3128",
            "h:3128",
            "https://h/",
            "http://[::1]:8080",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "socks5://u:secret@h:1080",
            "ftp://u:secret@h",
            "http://u:secret@h:port",
            "http://u:secret#x@h",
            "http://u:secret/x@h:1",
            "ftp://u:secret?x@h",
        ] {
            let said = check(bad).expect_err(bad);
            assert!(said.starts_with("HTTPS_PROXY is "), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}

//! Finds and hides secrets in URLs.
//!
//! Secrets are a user and password before the host, the token in conda's `/t/TOKEN/`, and the
//! values of a query (`?sig=...`) unless their name is known to be harmless. A password may
//! contain unescaped `/`, `?`, `#` and `@`: then everything up to the last `@` before a host is
//! hidden, although a URL parser would split the URL differently.

/// Query parameters whose values are shown.
const HARMLESS: [&str; 9] = [
    "archive", "download", "file", "filename", "format", "inline", "raw", "ref", "version",
];

/// Query parameters that contain secrets, as clouds and proxies name them. Other parameters are
/// hidden together with their name, which may be part of a secret.
const NAMES: [&str; 24] = [
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "email",
    "expires",
    "key",
    "password",
    "policy",
    "secret",
    "se",
    "sig",
    "signature",
    "sp",
    "sr",
    "sv",
    "token",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// The maximum length of a harmless value; secrets are longer.
const LONGEST_VALUE: usize = 64;

/// Replaces a secret in the middle of a URL.
pub const HIDDEN: &str = "***";

/// The characters that end the host of a web URL; `\` counts as `/` there.
const ENDS: [char; 4] = ['/', '\\', '?', '#'];

/// Returns a URL without its secrets. A text that is not a URL is returned unchanged, unless it
/// contains something that looks like `user:password@`.
#[must_use]
pub fn shown(text: &str) -> String {
    let parts = Parts::of(text);
    let mut shown = String::from(parts.scheme);
    shown.push_str(parts.authority);
    shown.push_str(&path_shown(parts.path, parts.is_file()));
    if let Some(query) = parts.query {
        shown.push('?');
        shown.push_str(&query_shown(query));
    }
    if let Some(fragment) = parts.fragment.filter(|text| is_digest(text)) {
        shown.push('#');
        shown.push_str(fragment);
    }
    shown
}

/// Formats a path for display. The user may have typed a URL instead of a path.
#[must_use]
pub fn place_shown(path: &std::path::Path) -> String {
    let text = path.to_string_lossy();
    match text.contains("://") {
        true => shown(&text),
        false => text.into_owned(),
    }
}

/// Returns the secrets in a URL as they are spelled in it: user and password together and
/// separately, the token, the query values. Short ones are included.
#[must_use]
pub fn secrets(text: &str) -> Vec<&str> {
    let parts = Parts::of(text);
    let mut found = Vec::new();
    if let Some(user) = parts.user {
        found.push(user);
        // A single word before the `@` is a token.
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    if !parts.is_file() {
        found.extend(tokens(parts.path).map(|(start, end)| &parts.path[start..end]));
    }
    for pair in parts
        .query
        .into_iter()
        .flat_map(|query| query.split(['&', ';']))
    {
        found.extend(hidden_value(pair).map(|start| &pair[start..]));
    }
    found.extend(parts.fragment.filter(|text| !is_digest(text)));
    found.retain(|secret| !secret.is_empty());
    found
}

/// Whether a password contains `/`, `?`, `#` or `@` unescaped: a parser would take part of it for
/// the host and send a request there.
#[must_use]
pub fn is_misread(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let is_file = scheme.trim_start().eq_ignore_ascii_case("file");
    !is_file && is_strange(rest.trim_start_matches(['/', '\\']))
}

/// A URL, split so that `scheme` and `authority` contain no secret.
struct Parts<'a> {
    /// `https://`, or empty.
    scheme: &'a str,
    user: Option<&'a str>,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let Some(at) = text.find("://") else {
            return Self::without_scheme(text);
        };
        let mut after = at + "://".len();
        let is_file = text[..at].trim_start().eq_ignore_ascii_case("file");
        // Web URL parsers skip further slashes. After `file:` they belong to the path.
        while !is_file && text[after..].starts_with(['/', '\\']) {
            after += 1;
        }
        let (scheme, rest) = text.split_at(after);
        let cut = user_end(rest, is_file);
        let (user, rest) = rest.split_at(cut);
        // Where no host follows, there is no `@` at the end.
        let user = (cut > 0).then(|| user.strip_suffix('@').unwrap_or(user));
        Self::split(scheme, user, rest)
    }

    /// `user:password@host:port`, as proxies are written; `git@host:path` contains no secret.
    fn without_scheme(text: &'a str) -> Self {
        let cut = text.rfind('@').filter(|at| text[..*at].contains(':'));
        let cut = cut.map_or(0, |at| at + 1);
        let user = (cut > 0).then(|| &text[..cut - 1]);
        let rest = &text[cut..];
        match user {
            Some(_) => Self::split("", user, rest),
            // In a path or a word, `?` and `#` have no meaning.
            None => Self {
                scheme: "",
                user,
                authority: rest,
                path: "",
                query: None,
                fragment: None,
            },
        }
    }

    fn split(scheme: &'a str, user: Option<&'a str>, rest: &'a str) -> Self {
        let is_file = scheme.trim_start().eq_ignore_ascii_case("file://");
        let end = rest.find(ENDS).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // `https://me:pass`: the first part of a list split at a comma in the password.
        let (authority, user) = match authority.rsplit_once(':') {
            Some((name, port))
                if user.is_none()
                    && !name.is_empty()
                    && !port.is_empty()
                    && !port.ends_with(']')
                    && !is_port(port) =>
            {
                (name, Some(port))
            }
            _ => (authority, user),
        };
        let (rest, fragment) = match rest.split_once('#') {
            // Directory names may contain `#` and `?`.
            Some(_) if is_file => (rest, None),
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let (path, query) = match rest.split_once('?') {
            Some(_) if is_file => (rest, None),
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        Self {
            scheme,
            user,
            authority,
            path,
            query,
            fragment,
        }
    }

    fn is_file(&self) -> bool {
        self.scheme.trim_start().eq_ignore_ascii_case("file://")
    }
}

/// Where `user:password@` ends in the text after `://`; 0 if it is absent.
fn user_end(rest: &str, is_file: bool) -> usize {
    let (authority, tail, user) = as_parsed(rest);
    if is_file || !tail.contains('@') {
        return user;
    }
    let is_strange = is_strange(rest);
    let host = authority[user..].split(':').next().unwrap_or_default();
    // In a query, an `@` is more likely part of an e-mail address than the end of a password.
    let is_anywhere = is_strange || !is_host(host) || authority[..user].contains(':');
    let end = match is_anywhere {
        true => rest.len(),
        false => authority.len() + tail.find(['?', '#']).unwrap_or(tail.len()),
    };
    let mut ends = rest[..end].rmatch_indices('@').map(|(at, _)| at + 1);
    let is_end = |at: &usize| match is_strange {
        true => is_valid_host(&rest[*at..]),
        false => looks_like_host(&rest[*at..]),
    };
    match ends.find(|at| *at > user && is_end(at)) {
        Some(at) => at,
        None if is_strange => rest.len(),
        None => user,
    }
}

/// The authority as a parser sees it, the rest, and where the user ends in the authority.
fn as_parsed(rest: &str) -> (&str, &str, usize) {
    let end = rest.find(ENDS).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let user = authority.rfind('@').map_or(0, |at| at + 1);
    (authority, tail, user)
}

/// Whether the host as a parser sees it is more likely the beginning of a user and password.
fn is_strange(rest: &str) -> bool {
    let (authority, tail, user) = as_parsed(rest);
    let host = &authority[user..];
    if !tail.contains('@') {
        return false;
    }
    match host.split_once(':').filter(|_| !host.starts_with('[')) {
        Some((_, port)) if !is_port(port) => true,
        // `me:1234?5@host`: a URL without a path has no query.
        Some(_) if tail.starts_with(['?', '#']) => true,
        Some((name, _)) => !is_host(name),
        None => host.is_empty(),
    }
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.parse::<u16>().is_ok()
}

/// Whether a name is more likely a host than a user: `h.example`, `localhost`.
fn is_host(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_word = last.len() > 1 && last.chars().all(|c| c.is_alphabetic() || c == '-');
    name == "localhost"
        || (name.contains('.') && is_word)
        || name.parse::<std::net::Ipv4Addr>().is_ok()
        || last.starts_with("xn--")
}

/// Whether a text starts with a host, with or without port: `h.example/x`, `[::1]`, `mirror:8080`.
fn looks_like_host(text: &str) -> bool {
    let host = text.split(ENDS).next().unwrap_or(text);
    is_valid_host(text)
        && match host.split_once(':') {
            _ if host.starts_with('[') => true,
            Some((name, port)) => !name.is_empty() && is_port(port),
            None => is_host(host),
        }
}

/// Whether a text starts with a possible host.
fn is_valid_host(text: &str) -> bool {
    let host = text.split(ENDS).next().unwrap_or(text);
    let is_valid =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%');
    !host.is_empty() && host.chars().all(is_valid)
}

/// The positions of tokens in a path: what follows `/t/` on conda servers.
fn tokens(path: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let places = path.match_indices("/t/").map(|(at, word)| at + word.len());
    places.filter_map(|start| {
        let length = path[start..].find('/')?;
        (length > 0).then_some((start, start + length))
    })
}

fn path_shown(path: &str, is_file: bool) -> String {
    let mut shown = String::new();
    let mut rest = 0;
    for (start, end) in tokens(path).filter(|_| !is_file) {
        if start < rest {
            continue;
        }
        // At the beginning of a path, the channel works without the token, too.
        match start == "/t/".len() {
            true => rest = end,
            false => {
                shown.push_str(&path[rest..start]);
                shown.push_str(HIDDEN);
                rest = end;
            }
        }
    }
    shown.push_str(&path[rest..]);
    shown
}

fn query_shown(query: &str) -> String {
    let pairs = query.split('&').map(|pairs| {
        let pairs = pairs.split(';').map(|pair| match hidden_value(pair) {
            Some(start) => format!("{}{HIDDEN}", &pair[..start]),
            None => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join(";")
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Where the secret of `name=value` starts; `None` if there is none.
fn hidden_value(pair: &str) -> Option<usize> {
    match pair.split_once('=') {
        // Base64 may end in `=`.
        Some((name, value)) if value.trim_matches('=').is_empty() => {
            (!name.is_empty()).then_some(0)
        }
        Some((name, value)) => {
            let is_harmless = HARMLESS.contains(&name.to_ascii_lowercase().as_str())
                && value.len() <= LONGEST_VALUE
                && !value.contains(['=', '@', ':']);
            let lower = name.to_ascii_lowercase();
            let is_known = HARMLESS.contains(&&*lower) || NAMES.contains(&&*lower);
            match (is_harmless, is_known) {
                (true, _) => None,
                (false, true) => Some(name.len() + 1),
                (false, false) => Some(0),
            }
        }
        None if HARMLESS.contains(&pair) || pair.is_empty() => None,
        None => Some(0),
    }
}

/// `sha256=` and hexadecimal digits.
fn is_digest(fragment: &str) -> bool {
    fragment.strip_prefix("sha256=").is_some_and(|digits| {
        digits.len() <= 64
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'.')
    })
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;

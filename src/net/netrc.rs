//! Parses logins from a netrc file. Pure.
//!
//! Format, as curl, git and pip read it: the words `machine HOST`, `login NAME`,
//! `password SECRET` in any order of lines; `"quoted words"`; `#` begins a comment; `macdef`
//! goes on to the next empty line. `default` is not used: a password without a host would be
//! sent to every host.

/// A login.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub name: String,
    /// The password, which must not be displayed.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Returns the first entry for a host, which is without a port.
///
/// # Errors
/// Returns the line (from 1) of a word that has no value.
pub fn find(text: &str, host: &str) -> Result<Option<Login>, usize> {
    let words = words(text);
    let mut words = words.iter();
    let mut current: Option<(bool, Login)> = None;
    let nobody = || Login {
        name: String::new(),
        password: String::new(),
    };
    while let Some((line, word)) = words.next() {
        let mut value = || words.next().map(|(_, value)| value).ok_or(*line);
        match word.as_str() {
            "machine" | "default" => {
                if let Some((true, login)) = current {
                    return Ok(Some(login));
                }
                let is_it = word == "machine" && value()?.eq_ignore_ascii_case(host);
                current = Some((is_it, nobody()));
            }
            "login" | "password" | "account" => {
                let value = value()?.clone();
                match (&mut current, word.as_str()) {
                    (Some((_, login)), "login") => login.name = value,
                    (Some((_, login)), "password") => login.password = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Ok(current.filter(|(is_it, _)| *is_it).map(|(_, login)| login))
}

/// Returns every word with its line, without comments and macros.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_macro = false;
    for (index, line) in text.lines().enumerate() {
        is_macro = is_macro && !line.trim().is_empty();
        let mut rest = line.trim();
        while !is_macro && !rest.is_empty() {
            // `#` within a word is part of a password.
            if rest.starts_with('#') {
                break;
            }
            let (word, after) = word(rest);
            is_macro = word == "macdef";
            if !is_macro {
                found.push((index + 1, word));
            }
            rest = after.trim_start();
        }
    }
    found
}

/// Returns the first word, unquoted, and the rest.
fn word(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut word = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (word, &quoted[at + 1..]),
            '\\' => word.extend(characters.next().map(|(_, escaped)| escaped)),
            other => word.push(other),
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, host: &str, expected: Option<(&str, &str)>) {
        let found = find(text, host).expect("a netrc");
        let found = found.map(|login| (login.name, login.password));
        let expected = expected.map(|(name, password)| (name.to_owned(), password.to_owned()));
        assert_eq!(found, expected, "{text:?} {host}");
    }

    #[test]
    fn only_the_host_that_is_named_gets_its_password() {
        let text = "# ours\nmachine a.example login me password p#1 # last\n\
                    machine b.example\n  password \"two \\\" words\"\n  login you\n\
                    default login anybody password everywhere\n";
        check(text, "a.example", Some(("me", "p#1")));
        check(text, "A.Example", Some(("me", "p#1")));
        check(text, "b.example", Some(("you", "two \" words")));
        check(text, "c.example", None);
        check(text, "example", None);
        check(
            "machine a login one password 1\nmachine a login two",
            "a",
            Some(("one", "1")),
        );
    }

    #[test]
    fn macros_are_no_words_and_a_lonely_word_is_an_error() {
        let text = "machine a login x password y\nmacdef init\nmachine b login z\n\nmachine c login w password v";
        check(text, "b", None);
        check(text, "c", Some(("w", "v")));
        assert_eq!(find("\nmachine a login", "a"), Err(2));
        assert_eq!(find("machine", "a"), Err(1));
    }
}

//! Quotes the shell commands that messages suggest.
//!
//! The arguments of a suggested command may come from a file, a URL or a directory name. So
//! hints never format them between backticks directly; they use [`paste!`](macro@crate::paste).

/// Formats a command line for bash, zsh, fish or `sh`, quoting each argument as one word:
/// `paste!["ftpy", "install", request]` is `ftpy install '>=3.13t'`.
#[macro_export]
macro_rules! paste {
    ($($word:expr),+ $(,)?) => {
        $crate::paste::line(&[$(::std::string::ToString::to_string(&$word)),+])
    };
}

/// Joins the words of a command, quoting those that a shell would split or expand.
#[must_use]
pub fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|text| word(text)).collect();
    words.join(" ")
}

/// Quotes a text as one word, unless it is plain.
#[must_use]
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    // zsh replaces a word starting with `=` by the path of a program.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        return escaped(text);
    }
    quoted(text)
}

/// Quotes any text as one word, between single quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Quotes as `$'a\nb'`, which bash, zsh and POSIX.1-2024 read; control characters stay escaped.
fn escaped(text: &str) -> String {
    let mut result = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => result.extend(['\\', c]),
            '\n' => result.push_str("\\n"),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    result.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => result.push(c),
        }
    }
    result.push('\'');
    result
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_argument_is_one_word_of_the_command() {
        for (text, expected) in [
            ("3.14t", "3.14t"),
            ("3.14t+tsan", "3.14t+tsan"),
            (">=3.13", "'>=3.13'"),
            ("==3.13", "'==3.13'"),
            ("~/x", "'~/x'"),
            ("", "''"),
            ("a b", "'a b'"),
            (
                "./x'$(touch pwned)'.conda",
                r"'./x'\''$(touch pwned)'\''.conda'",
            ),
            ("https://h/a?b&c", "'https://h/a?b&c'"),
            ("a\nb\u{1b}'", r"$'a\nb\033\''"),
            ("caf\u{e9}", "'caf\u{e9}'"),
        ] {
            assert_eq!(
                paste!["ftpy", "install", text],
                format!("ftpy install {expected}")
            );
        }
    }
}

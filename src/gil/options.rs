//! The options of Python's command line that disable the hook. Pure.

/// The option that disables the hook: `-I`, `-E` or `-S`. `arguments` follow the interpreter.
#[must_use]
pub(super) fn keeping_out(arguments: &[String]) -> Option<String> {
    let letter = letters(arguments).find(|letter| "IES".contains(*letter))?;
    Some(format!("-{letter}"))
}

/// Whether Python only prints information: `--version`, `-h`. No program runs then.
#[must_use]
pub(super) fn only_tells(arguments: &[String]) -> bool {
    let long = arguments
        .iter()
        .take_while(|argument| argument.starts_with('-'));
    let mut long = long.filter(|argument| argument.starts_with("--"));
    long.any(|argument| argument == "--version" || argument.starts_with("--help"))
        || letters(arguments).any(|letter| "Vh?".contains(letter))
}

/// The letters of Python's own short options, up to the program.
fn letters(arguments: &[String]) -> impl Iterator<Item = char> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(letters) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            break;
        };
        if letters.starts_with('-') {
            continue;
        }
        // What follows -c and -m belongs to the program; what follows -X and -W is a value.
        let end = letters.find(['c', 'm', 'X', 'W']).unwrap_or(letters.len());
        found.extend(letters[..end].chars());
        match letters[end..].chars().next() {
            Some('c' | 'm') => break,
            Some(_) if letters.len() == end + 1 => {
                arguments.next();
            }
            _ => {}
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_option_that_disables_the_hook_is_named() {
        let option = |text: &str| keeping_out(&words(text));
        let named = |letter: &str| Some(letter.to_owned());
        assert_eq!(option("-I app.py"), named("-I"));
        assert_eq!(option("-uS -c pass"), named("-S"));
        assert_eq!(option("-X dev -E app.py"), named("-E"));
        assert_eq!(option("-Wignore -Xdev -IBc pass"), named("-I"));
        assert_eq!(option("--check-hash-based-pycs -I app.py"), named("-I"));
        assert_eq!(option("-c pass -I"), None);
        assert_eq!(option("-m S -I"), None);
        assert_eq!(option("app.py -I"), None);
        assert_eq!(option("- -I"), None);
        assert_eq!(option("-XI -W E app.py"), None);
    }

    #[test]
    fn a_python_that_only_prints_its_version_runs_no_program() {
        for text in ["--version", "-V", "-VV", "-h", "-I -V", "--help-env"] {
            assert!(only_tells(&words(text)), "{text}");
        }
        for text in ["app.py --version", "-c pass -V", "-X V app.py", "-m pip -h"] {
            assert!(!only_tells(&words(text)), "{text}");
        }
    }
}

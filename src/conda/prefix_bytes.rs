//! Replaces the placeholder in the contents of a package's file by the prefix, as conda does. Pure.
//!
//! Text grows or shrinks. A binary file keeps its length: the rest of a string moves up, and zeros
//! fill the gap before its end. Wide strings (UTF-16 and UTF-32, in both byte orders) are replaced,
//! too.

use memchr::memmem::Finder;
use rattler_conda_types::package::{FileMode, OffsetEncoding};
use std::collections::BTreeMap;

/// What is replaced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replacement<'a> {
    /// The path in the package's files. Not empty.
    pub(super) placeholder: &'a str,
    /// The path of the prefix.
    pub(super) prefix: &'a str,
    /// The maximum length of a `#!` line on the system of the prefix.
    pub(super) longest_shebang: usize,
}

/// Both paths in one encoding.
struct Form {
    encoding: OffsetEncoding,
    placeholder: Finder<'static>,
    prefix: Vec<u8>,
}

/// A place where something is replaced.
struct Found<'a> {
    form: &'a Form,
    /// The places of the placeholder.
    starts: Vec<usize>,
    /// The end of the last one; in a binary file, of the string that they are in.
    end: usize,
    /// How unlikely it is that the string has this encoding: see [`best`].
    rank: u8,
}

impl Form {
    fn width(&self) -> usize {
        self.encoding.code_unit_size()
    }

    fn length(&self) -> usize {
        self.placeholder.needle().len()
    }

    fn found(&self, starts: Vec<usize>, end: usize, has_end: bool) -> Found<'_> {
        let is_aligned = starts[0].is_multiple_of(self.width());
        let rank = match (self.encoding, is_aligned, has_end) {
            (OffsetEncoding::Utf8, ..) => 0,
            (_, true, true) => 1,
            (_, true, false) => 2,
            (_, false, true) => 3,
            (_, false, false) => 4,
        };
        Found {
            form: self,
            starts,
            end,
            rank,
        }
    }
}

impl Replacement<'_> {
    /// Returns the contents of the installed file.
    ///
    /// # Errors
    /// Returns a message if the prefix is longer than the placeholder in a binary file.
    pub(super) fn apply(&self, mode: FileMode, contents: &[u8]) -> Result<Vec<u8>, String> {
        let forms: Vec<Form> = self.forms();
        match mode {
            FileMode::Text => Ok(self.text(&forms, contents)),
            FileMode::Binary => {
                let found = best(strings(&forms, contents));
                let grows = |found: &Found<'_>| found.form.prefix.len() > found.form.length();
                match found.iter().any(grows) {
                    true => Err("the prefix is longer than its placeholder".to_owned()),
                    false => Ok(replaced(contents, 0, &found, FileMode::Binary)),
                }
            }
        }
    }

    fn forms(&self) -> Vec<Form> {
        let form = |encoding: OffsetEncoding| Form {
            encoding,
            placeholder: Finder::new(&encoding.encode(self.placeholder)).into_owned(),
            prefix: encoding.encode(self.prefix),
        };
        let forms = OffsetEncoding::DEFINED.into_iter().map(form);
        forms.filter(|form| form.length() > 0).collect()
    }

    fn text(&self, forms: &[Form], contents: &[u8]) -> Vec<u8> {
        let line = match contents.starts_with(b"#!") {
            true => memchr::memchr(b'\n', contents).unwrap_or(contents.len()),
            false => 0,
        };
        let first = match &contents[..line] {
            [] => String::new(),
            first => self.shebang(&String::from_utf8_lossy(first)),
        };
        let each = |form| places(form, contents);
        let mut found = best(forms.iter().flat_map(each).collect());
        found.retain(|found| found.starts[0] >= line);
        let rest = replaced(contents, line, &found, FileMode::Text);
        [first.into_bytes(), rest].concat()
    }

    /// A `#!` line. The system reads neither a long one nor one with a space in its path.
    fn shebang(&self, line: &str) -> String {
        let replaced = |line: &str| line.replace(self.placeholder, self.prefix);
        if self.prefix.contains(' ') {
            return match line.contains(self.placeholder) {
                true => replaced(&through_another_program(line)),
                false => line.to_owned(),
            };
        }
        let line = replaced(line);
        match line.len() <= self.longest_shebang {
            true => line,
            false => through_another_program(&line),
        }
    }
}

/// The places of the placeholder in a text.
fn places<'a>(form: &'a Form, contents: &[u8]) -> Vec<Found<'a>> {
    let starts = form.placeholder.find_iter(contents);
    starts
        .map(|start| form.found(vec![start], start + form.length(), true))
        .collect()
}

/// The strings of a binary file that contain the placeholder.
fn strings<'a>(forms: &'a [Form], contents: &[u8]) -> Vec<Found<'a>> {
    let mut all = Vec::new();
    for form in forms {
        // The ends of the last strings, for each alignment.
        let mut ends = vec![0; form.width()];
        let mut from = 0;
        while let Some(at) = form.placeholder.find(&contents[from..]) {
            let first = from + at;
            from = first + form.length();
            let last = &mut ends[first % form.width()];
            if first < *last {
                continue; // part of the last string
            }
            let zero = contents[from..]
                .chunks_exact(form.width())
                .position(|unit| unit.iter().all(|byte| *byte == 0));
            let end = zero.map_or(contents.len(), |zero| from + zero * form.width());
            let more = form.placeholder.find_iter(&contents[from..end]);
            let starts = std::iter::once(first).chain(more.map(|at| from + at));
            *last = end;
            all.push(form.found(starts.collect(), end, zero.is_some()));
        }
    }
    all
}

/// Chooses between overlapping places, and sorts them.
///
/// A path of ASCII letters in UTF-16 is also found one byte earlier, in the other byte order. The
/// wrong one of the two is usually not aligned, or its string does not end.
fn best(mut found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    found.sort_by_key(|found| (found.rank, found.starts[0]));
    let mut kept: BTreeMap<usize, Found<'_>> = BTreeMap::new();
    for one in found {
        let start = one.starts[0];
        let before = kept.range(..=start).next_back();
        let after = kept.range(start..).next();
        let is_free = before.is_none_or(|(_, before)| before.end <= start)
            && after.is_none_or(|(after, _)| *after >= one.end);
        if is_free {
            kept.insert(start, one);
        }
    }
    kept.into_values().collect()
}

fn replaced(contents: &[u8], from: usize, found: &[Found<'_>], mode: FileMode) -> Vec<u8> {
    let mut made = Vec::with_capacity(contents.len());
    let mut at = from;
    for Found {
        form, starts, end, ..
    } in found
    {
        for start in starts {
            made.extend_from_slice(&contents[at..*start]);
            made.extend_from_slice(&form.prefix);
            at = start + form.length();
        }
        made.extend_from_slice(&contents[at..*end]);
        at = *end;
        if mode == FileMode::Binary {
            made.resize(
                made.len() + starts.len() * (form.length() - form.prefix.len()),
                0,
            );
        }
    }
    made.extend_from_slice(&contents[at..]);
    made
}

/// A `#!` line that starts its program through `/bin/sh` or `env`.
fn through_another_program(line: &str) -> String {
    let command = line.strip_prefix("#!").unwrap_or_default();
    let command = command.trim_start_matches(' ');
    if !command.starts_with('/') {
        return line.to_owned();
    }
    let bytes = command.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b' ' => bytes[*at - 1] != b'\\',
        byte => matches!(byte, b'\t' | b'\r'),
    };
    let end = (1..bytes.len()).find(ends).unwrap_or(bytes.len());
    let (path, options) = command.split_at(end);
    let name = path.rsplit('/').next().unwrap_or_default();
    match is_python(name) {
        // Python reads the second line as a string.
        true => format!("#!/bin/sh\n'''exec' \"{path}\"{options} \"$0\" \"$@\" #'''"),
        false => format!("#!/usr/bin/env {name}{options}"),
    }
}

/// `python`, `python3`, `python3.14t`
fn is_python(name: &str) -> bool {
    let Some(version) = name.strip_prefix("python") else {
        return false;
    };
    let version = version.trim_end_matches(['t', 'd']);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    version.is_empty() || (version.split('.').count() <= 2 && version.split('.').all(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(placeholder: &'a str, prefix: &'a str) -> Replacement<'a> {
        Replacement {
            placeholder,
            prefix,
            longest_shebang: 127,
        }
    }

    fn text(prefix: &str, contents: &str) -> String {
        let made = of("/old", prefix).apply(FileMode::Text, contents.as_bytes());
        String::from_utf8(made.expect("text")).expect("UTF-8")
    }

    #[test]
    fn every_place_in_a_text_is_replaced() {
        for (contents, expected) in [
            ("", ""),
            ("nothing", "nothing"),
            ("/old", "/new/place"),
            (
                "a=/old/b:/old/c\n/old",
                "a=/new/place/b:/new/place/c\n/new/place",
            ),
            ("/old/old", "/new/place/new/place"),
            ("#!/old/bin/x -a\n/old", "#!/new/place/bin/x -a\n/new/place"),
            ("#!/old/bin/x", "#!/new/place/bin/x"),
            ("\n#!/old", "\n#!/new/place"),
        ] {
            assert_eq!(text("/new/place", contents), expected);
        }
        assert_eq!(text("/n", "#!/bin/sh\nexec /old/x"), "#!/bin/sh\nexec /n/x");
        let bytes = of("/old", "/n").apply(FileMode::Text, b"\xff/old\xfe");
        assert_eq!(bytes.expect("text"), b"\xff/n\xfe");
    }

    #[test]
    fn a_first_line_that_the_system_would_not_read_starts_another_program() {
        let long = format!("/{}", "p".repeat(130));
        for prefix in ["/a b", &long] {
            for (line, expected) in [
                (
                    "#!/old/bin/python",
                    "#!/bin/sh\n'''exec' \"PREFIX/bin/python\" \"$0\" \"$@\" #'''",
                ),
                (
                    "#! /old/bin/python3.14t -I\nrest /old",
                    "#!/bin/sh\n'''exec' \"PREFIX/bin/python3.14t\" -I \"$0\" \"$@\" #'''\nrest PREFIX",
                ),
                ("#!/old/bin/perl -w", "#!/usr/bin/env perl -w"),
                ("#!/old/bin/pythonw", "#!/usr/bin/env pythonw"),
                ("#!/old/a\\ b/perl\t-w", "#!/usr/bin/env perl\t-w"),
                ("#!/bin/sh -e\n/old", "#!/bin/sh -e\nPREFIX"),
                ("#!old", "#!old"),
            ] {
                assert_eq!(
                    text(prefix, line),
                    expected.replace("PREFIX", prefix),
                    "{line}"
                );
            }
        }
        // The line of an env script: only its options are long.
        let line = format!("#!relative {long} /old");
        assert_eq!(text("/n", &line), line.replace("/old", "/n"));
        for name in [
            "python",
            "python3",
            "python3.14",
            "python3.14t",
            "python3.14td",
        ] {
            assert!(is_python(name), "{name}");
        }
        for name in ["python3.", "python3.1.4", "pythonx", "ipython", "python-3"] {
            assert!(!is_python(name), "{name}");
        }
    }

    #[test]
    fn a_binary_file_keeps_its_length_and_the_places_of_its_other_strings() {
        let apply = |prefix: &str, contents: &[u8]| {
            of("/old/place", prefix).apply(FileMode::Binary, contents)
        };
        for (contents, expected) in [
            (&b""[..], &b""[..]),
            (
                b"\x7fELF\0/old/place/lib\0next\0",
                b"\x7fELF\0/n/lib\0\0\0\0\0\0\0\0\0next\0",
            ),
            (
                b"a/old/place:/old/place/x\0/old/place\0",
                b"a/n:/n/x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0/n\0\0\0\0\0\0\0\0\0",
            ),
            (b"open /old/place/end", b"open /n/end\0\0\0\0\0\0\0\0"),
            (b"/old/plac\0/old/place", b"/old/plac\0/n\0\0\0\0\0\0\0\0"),
        ] {
            let made = apply("/n", contents).expect("short enough");
            assert_eq!(made, expected);
            assert_eq!(made.len(), contents.len());
        }
        assert_eq!(
            apply("/new/place", b"/old/place\0").expect("fits"),
            b"/new/place\0"
        );
        assert!(apply("/new/places", b"/old/place\0").is_err());
        assert!(apply("/new/places", b"none").is_ok());
    }

    #[test]
    fn wide_strings_are_replaced_in_their_own_encoding() {
        for encoding in OffsetEncoding::DEFINED {
            for mode in [FileMode::Text, FileMode::Binary] {
                let wide = |text: &str| encoding.encode(text);
                // Aligned, after an end that looks like half a letter.
                let contents = [vec![0; 4], wide("a/old/place/b\0next\0")].concat();
                let made = of("/old/place", "/n").apply(mode, &contents).expect("fits");
                let expected = match mode {
                    FileMode::Text => wide("a/n/b\0next\0"),
                    FileMode::Binary => wide("a/n/b\0\0\0\0\0\0\0\0\0next\0"),
                };
                assert_eq!(
                    made,
                    [vec![0; 4], expected].concat(),
                    "{encoding:?} {mode:?}"
                );
            }
        }
    }
}

//! Messages are plain English: no string of the program has a phrase that reads like a translation.

use std::path::{Path, PathBuf};

/// Phrases that no message has, and what is written instead.
const SMELLS: [(&str, &str); 12] = [
    ("stands", "name the place: `is on line 3`"),
    ("is no ", "`is not a`"),
    (
        "whoever",
        "name the person: `the administrator of this machine`",
    ),
    ("nobody", "say what is missing: `untested on`"),
    ("somebody", "name the person or the tool"),
    ("as ever", "`unchanged`"),
    ("is told", "name the option or the setting"),
    ("can be had", "`is available`"),
    ("could not be had", "`is unavailable`"),
    ("of one's own", "`custom`"),
    ("what is not", "name the thing"),
    ("that is there", "`existing`"),
];

/// Phrases that contain one of those and are plain English.
const PLAIN: [&str; 3] = ["there is no ", "is no longer", "understands"];

/// The strings of a source file, without its tests. A line that ends in a backslash goes on in the
/// next one.
pub(crate) fn strings(text: &str) -> Vec<String> {
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let text: Vec<char> = text[..end].chars().collect();
    let starts =
        |at: usize, with: &str| text[at..].iter().copied().take(with.len()).eq(with.chars());
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if starts(at, "//") {
            while at < text.len() && text[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "'\"'") || starts(at, "'\\\"'") {
            at += 3 + usize::from(text[at + 1] == '\\');
        } else if text[at] == '"' {
            let hashes = text[..at].iter().rev().take_while(|c| **c == '#').count();
            let is_raw = at > hashes && text[at - hashes - 1] == 'r';
            let begin = at + 1;
            at = begin;
            let close = format!("\"{}", "#".repeat(if is_raw { hashes } else { 0 }));
            while !starts(at, &close) {
                at += 1 + usize::from(!is_raw && text[at] == '\\');
            }
            let literal: String = text[begin..at].iter().collect();
            let lines = literal.split("\\\n").map(str::trim_start);
            found.push(lines.collect());
            at += close.len();
        } else {
            at += 1;
        }
    }
    found
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
            found.push(path);
        }
    }
}

/// The smells in one string.
fn smells(string: &str) -> Vec<&'static str> {
    let mut lower = string.to_lowercase();
    for plain in PLAIN {
        lower = lower.replace(plain, "");
    }
    let found = SMELLS.iter().map(|(smell, _)| *smell);
    found.filter(|smell| lower.contains(smell)).collect()
}

#[test]
fn strings_of_the_program_are_plain_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("shims/src"), &mut files);
    files.sort();
    let mut found = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a source");
        for string in strings(&text) {
            for smell in smells(&string) {
                let file = file.strip_prefix(root).expect("below the root").display();
                found.push(format!("{file}: `{smell}` in {string:?}"));
            }
        }
    }
    assert!(files.len() > 300, "sources are found");
    assert_eq!(found, Vec::<String>::new(), "see SMELLS for what to write");
}

#[test]
fn strings_are_found_in_every_form() {
    let text = r##"// "a comment"
        let a = "x \" y"; let b = r#"raw " \"#; let c = '"'; let d = "one \
            line"; #[error("its {0}")] let e = "";
    "##;
    assert_eq!(
        strings(text),
        ["x \\\" y", "raw \" \\", "one line", "its {0}", ""]
    );
    assert_eq!(smells("It stands there"), ["stands"]);
    assert_eq!(smells("there is no file, it is no longer used"), [""; 0]);
    assert_eq!(smells("it is no file"), ["is no "]);
}

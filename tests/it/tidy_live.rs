//! Rules about live tests: they are ignored, say what they need, and have names by which `.ci/run`
//! skips those that a machine cannot run.

use crate::tidy::sources;
use std::path::Path;
use syn::{Expr, ExprLit, Item, ItemFn, Lit, Meta};

/// A test function.
struct Test {
    file: String,
    name: String,
    /// The reason of `#[ignore = "..."]`; empty if none is given.
    ignored: Option<String>,
}

fn tests() -> Vec<Test> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut found = Vec::new();
    for path in sources().iter().filter(|path| path.starts_with(&folder)) {
        let text = std::fs::read_to_string(path).expect("read");
        let file = syn::parse_file(&text).expect("Rust");
        let name = path.file_stem().expect("a name").to_string_lossy();
        let functions = file.items.iter().filter_map(|item| match item {
            Item::Fn(function) => test(&name, function),
            _ => None,
        });
        found.extend(functions);
    }
    found
}

fn test(file: &str, function: &ItemFn) -> Option<Test> {
    let attribute = |name: &str| {
        let mut all = function.attrs.iter();
        all.find(|attribute| attribute.path().is_ident(name))
    };
    attribute("test")?;
    Some(Test {
        file: file.to_owned(),
        name: function.sig.ident.to_string(),
        ignored: attribute("ignore").map(|attribute| reason(&attribute.meta)),
    })
}

fn reason(meta: &Meta) -> String {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => text.value(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

#[test]
fn only_live_tests_are_ignored_and_they_say_what_they_need() {
    let tests = tests();
    for Test {
        file,
        name,
        ignored,
    } in &tests
    {
        let is_live = name.starts_with("live_") || file.starts_with("live_");
        let Some(reason) = ignored else {
            // `cargo test -- live_` matches the whole path.
            assert!(!is_live, "{file}::{name} is not ignored");
            continue;
        };
        assert!(name.starts_with("live_"), "{file}::{name} is ignored");
        assert!(reason.starts_with("live: needs "), "{name}: {reason}");
        let is_named = |parts: &[&str]| parts.iter().any(|part| name.starts_with(part));
        assert_eq!(
            is_named(&["live_pythons_", "live_root_pythons_"]),
            reason.contains("../shared/pythons"),
            "{name}: {reason}"
        );
        assert_eq!(
            is_named(&["live_root_"]),
            reason.contains("root"),
            "{name}: {reason}"
        );
    }
    let live = tests.iter().filter(|test| test.ignored.is_some());
    assert!(live.count() > 50, "the live tests were found");
}

#[test]
fn what_ci_skips_are_names_of_live_tests() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let script = std::fs::read_to_string(script).expect(".ci/run");
    let words = script.split(|c: char| !c.is_alphanumeric() && c != '_');
    let parts: Vec<&str> = words
        .filter(|word| word.starts_with("live_") && *word != "live_")
        .collect();
    assert!(parts.len() >= 4, "{parts:?}");
    let tests = tests();
    for part in parts {
        let is_known = tests.iter().any(|test| test.name.starts_with(part));
        assert!(is_known, ".ci/run skips {part}");
    }
}

//! What the parts of the page have in common: text without markup, and the marks of classes.

use crate::check::finding::Class;

/// The kind of a class, which has a colour, and a mark for those who do not see it.
pub(in crate::check) const fn mark(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::TurnsOn => ("bad", "✗"),
        Class::Abi3t | Class::KeepsOff | Class::PurePython => ("good", "✓"),
        _ => ("open", "?"),
    }
}

/// Text without a meaning in HTML, in elements and in attributes.
pub(in crate::check) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

//! What the parts of the page have in common: the marks of classes.

use crate::check::finding::Class;

/// The kind of a class, which has a colour, and a mark for those who do not see it.
pub(in crate::check) const fn mark(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::TurnsOn => ("bad", "✗"),
        Class::Abi3t | Class::KeepsOff | Class::PurePython => ("good", "✓"),
        _ => ("open", "?"),
    }
}

//! Which packages require each one directly.

use crate::wheel::normalized_name;
use std::collections::BTreeMap;

/// The parents of packages, by normalized names.
#[derive(Debug, Default)]
pub struct Parents(BTreeMap<String, Vec<String>>);

impl Parents {
    /// Notes that `parent` requires `name`.
    pub fn add(&mut self, name: &str, parent: &str) {
        let parents = self.0.entry(normalized_name(name)).or_default();
        let parent = normalized_name(parent);
        if !parents.contains(&parent) {
            parents.push(parent);
        }
    }

    /// Notes a requirement (PEP 508) of `parent`, unless it belongs to an extra.
    pub fn add_requirement(&mut self, requirement: &str, parent: &str) {
        let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
        if !marker.contains("extra") {
            self.add(name_of(requirement), parent);
        }
    }

    /// The packages that require this one, in the order in which they were noted.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<String> {
        let parents = self.0.get(&normalized_name(name));
        parents.cloned().unwrap_or_default()
    }
}

/// The name at the beginning of a requirement.
fn name_of(requirement: &str) -> &str {
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
    &requirement[..end.unwrap_or(requirement.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_of_an_extra_makes_no_parent() {
        let mut parents = Parents::default();
        parents.add_requirement("Zeta_One>=1; python_version > '3'", "A.b");
        parents.add_requirement("zeta.one (>=2)", "a-b");
        parents.add_requirement("zeta-one[x]", "c");
        parents.add_requirement("zeta-one ; extra == 'all'", "d");
        assert_eq!(parents.of("zeta-one"), ["a-b", "c"]);
        assert!(parents.of("other").is_empty());
    }
}

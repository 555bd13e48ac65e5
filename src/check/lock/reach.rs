//! Under which markers a package is needed: along every path from the project to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// More alternatives than this become "always": checking a package too many is harmless.
const MOST_ALTERNATIVES: usize = 8;
/// More markers on one path than this are cut off, for the same reason.
const LONGEST_PATH: usize = 6;

/// The markers along one path, all of which must hold.
type Path = BTreeSet<String>;

/// The paths to a node, one of which must hold; `None` if it is always needed.
type Paths = Option<BTreeSet<Path>>;

/// A graph of nodes with markers on its edges.
#[derive(Debug, Default)]
pub(super) struct Graph {
    edges: BTreeMap<usize, Vec<(usize, Option<String>)>>,
}

impl Graph {
    pub(super) fn add(&mut self, from: usize, to: usize, marker: Option<String>) {
        self.edges.entry(from).or_default().push((to, marker));
    }

    /// The paths from the roots to each node that can be reached.
    pub(super) fn paths(&self, roots: &[usize]) -> BTreeMap<usize, Paths> {
        let mut found: BTreeMap<usize, Paths> = roots.iter().map(|root| (*root, None)).collect();
        let mut todo: VecDeque<usize> = roots.iter().copied().collect();
        while let Some(node) = todo.pop_front() {
            let here = found.get(&node).cloned().unwrap_or_default();
            for (to, marker) in self.edges.get(&node).into_iter().flatten() {
                let through = extended(&here, marker.as_ref());
                let is_changed = match found.get_mut(to) {
                    Some(known) => merge(known, through),
                    None => {
                        found.insert(*to, through);
                        true
                    }
                };
                if is_changed && !todo.contains(to) {
                    todo.push_back(*to);
                }
            }
        }
        found
    }
}

fn extended(here: &Paths, marker: Option<&String>) -> Paths {
    let Some(marker) = marker else {
        return here.clone();
    };
    let add = |path: &Path| {
        let mut path = path.clone();
        if path.len() < LONGEST_PATH {
            path.insert(marker.clone());
        }
        path
    };
    Some(match here {
        None => BTreeSet::from([add(&Path::new())]),
        Some(paths) => paths.iter().map(add).collect(),
    })
}

/// Adds paths; returns whether anything changed.
fn merge(known: &mut Paths, more: Paths) -> bool {
    let Some(paths) = known else {
        return false;
    };
    let Some(more) = more else {
        *known = None;
        return true;
    };
    let mut is_changed = false;
    for path in more {
        // A path with fewer markers holds whenever one with more of them does.
        if paths.iter().any(|known| known.is_subset(&path)) {
            continue;
        }
        paths.retain(|known| !path.is_subset(known));
        paths.insert(path);
        is_changed = true;
    }
    if paths.len() > MOST_ALTERNATIVES {
        *known = None;
    }
    is_changed
}

/// The marker of several paths: `(a) and (b) or (c)`; `None` if one holds always.
pub(super) fn marker(all: impl IntoIterator<Item = Paths>) -> Option<String> {
    let mut joined: Paths = Some(BTreeSet::new());
    for paths in all {
        merge(&mut joined, paths);
    }
    let paths = joined.filter(|paths| !paths.is_empty())?;
    let texts = paths.iter().map(|path| match path.len() {
        1 => path.iter().next().cloned().unwrap_or_default(),
        _ => {
            let markers: Vec<_> = path.iter().map(|marker| format!("({marker})")).collect();
            markers.join(" and ")
        }
    });
    let texts: Vec<String> = texts.collect();
    Some(match texts.as_slice() {
        [one] => one.clone(),
        _ => {
            let texts: Vec<_> = texts.iter().map(|text| format!("({text})")).collect();
            texts.join(" or ")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_joined_along_paths_and_across_them() {
        let mut graph = Graph::default();
        let marker_of = |graph: &Graph, node| marker(graph.paths(&[0]).get(&node).cloned());
        graph.add(0, 1, Some("a".to_owned()));
        graph.add(1, 2, Some("b".to_owned()));
        assert_eq!(marker_of(&graph, 2).as_deref(), Some("(a) and (b)"));
        graph.add(0, 2, Some("c".to_owned()));
        let both = marker_of(&graph, 2);
        assert_eq!(both.as_deref(), Some("((a) and (b)) or (c)"));
        graph.add(2, 1, None); // a loop
        assert_eq!(marker_of(&graph, 1).as_deref(), Some("(a) or (c)"));
        graph.add(0, 2, None);
        assert_eq!(marker_of(&graph, 2), None);
        assert_eq!(marker_of(&graph, 1), None);
    }

    #[test]
    fn a_graph_of_many_markers_ends_and_claims_nothing() {
        let mut graph = Graph::default();
        for from in 0..40 {
            for to in 0..40 {
                graph.add(from, to, Some(format!("m{from}-{to}")));
            }
        }
        let paths = graph.paths(&[0]);
        assert_eq!(paths.len(), 40);
        assert_eq!(marker(paths.get(&39).cloned()), None);
    }
}

//! Distances in the graph, and the shortest chains. Of chains of one length, the first by the
//! names of the modules is taken.

use super::graph::ImportGraph;
use std::collections::VecDeque;

/// No chain leads there.
pub(super) const FAR: u32 = u32::MAX;

/// For each module, the number of imports from it to `target`, all of which happen at once.
pub(super) fn distances_to(graph: &ImportGraph, target: u32) -> Vec<u32> {
    let mut distances = vec![FAR; graph.modules.len()];
    distances[target as usize] = 0;
    let mut queue = VecDeque::from([target]);
    while let Some(module) = queue.pop_front() {
        let next = distances[module as usize] + 1;
        for importer in &graph.imported_by[module as usize] {
            if distances[*importer as usize] == FAR {
                distances[*importer as usize] = next;
                queue.push_back(*importer);
            }
        }
    }
    distances
}

/// The chain from a module to the target of the distances.
pub(super) fn chain(graph: &ImportGraph, distances: &[u32], from: u32) -> Vec<u32> {
    let (mut chain, mut module) = (vec![from], from);
    while distances[module as usize] > 0 && distances[module as usize] != FAR {
        let wanted = distances[module as usize] - 1;
        let mut imports = graph.modules[module as usize].imports.iter();
        let Some(next) = imports.find(|next| distances[**next as usize] == wanted) else {
            break;
        };
        module = *next;
        chain.push(module);
    }
    chain
}

/// How modules are reached from some others.
pub(super) struct Forward {
    /// How many calls of functions it takes: 0 for what is imported at once.
    pub(super) calls: Vec<u32>,
    /// The module before each one; itself at the beginning.
    before: Vec<u32>,
}

impl Forward {
    /// Follows imports from modules that are imported at once, and from modules that a program
    /// may import by name, which counts as a call.
    pub(super) fn from(graph: &ImportGraph, at_once: &[u32], by_name: &[u32]) -> Self {
        let count = graph.modules.len();
        let mut found = Self {
            calls: vec![FAR; count],
            before: (0..).take(count).collect(),
        };
        let mut queue = VecDeque::new();
        for (starts, calls) in [(at_once, 0), (by_name, 1)] {
            for start in starts {
                if found.calls[*start as usize] == FAR {
                    found.calls[*start as usize] = calls;
                    queue.push_back(*start);
                }
            }
        }
        // Imports at once go to the front of the queue, calls to its end.
        while let Some(module) = queue.pop_front() {
            let calls = found.calls[module as usize];
            let edges = &graph.modules[module as usize];
            for next in edges.imports.iter().rev() {
                if found.calls[*next as usize] > calls {
                    found.calls[*next as usize] = calls;
                    found.before[*next as usize] = module;
                    queue.push_front(*next);
                }
            }
            let later = edges.later.iter().map(|later| later.target);
            let on_use = edges.on_use.iter().map(|(_, target)| *target);
            for target in later.chain(on_use) {
                let next = target as usize;
                if found.calls[next] > calls + 1 {
                    found.calls[next] = calls + 1;
                    found.before[next] = module;
                    queue.push_back(target);
                }
            }
        }
        found
    }

    /// The chain up to a module, which it includes.
    pub(super) fn chain_to(&self, module: u32) -> Vec<u32> {
        let (mut chain, mut at) = (vec![module], module);
        while self.before[at as usize] != at && chain.len() <= self.before.len() {
            at = self.before[at as usize];
            chain.push(at);
        }
        chain.reverse();
        chain
    }
}

//! A picture of which package requires which: roots on the left, what they require to the right.

use crate::check::finding::{CheckedPackage, Class, Findings};
use crate::check::render::markup::mark;
use crate::report::markup::escaped;
use std::collections::{BTreeMap, BTreeSet};

const COLUMN: usize = 230;
const ROW: usize = 34;
const BOX: (usize, usize) = (180, 24);
/// Longer names are cut.
const LONGEST: usize = 22;
/// A picture of more packages shows only those that are not good, and what leads to them.
const MOST: usize = 150;

/// A package in the picture: the worst of its classes on all targets.
struct Node<'a> {
    class: Class,
    required_by: BTreeSet<&'a str>,
    column: usize,
    row: usize,
}

/// Draws the picture; empty if no package is known to require another.
#[must_use]
pub(super) fn tree(findings: &Findings) -> String {
    let mut nodes = nodes(findings);
    if nodes.values().all(|node| node.required_by.is_empty()) {
        return String::new();
    }
    if nodes.len() > MOST {
        keep_relevant(&mut nodes);
    }
    place(&mut nodes);
    let columns = nodes.values().map(|node| node.column).max().unwrap_or(0) + 1;
    let rows = nodes.values().map(|node| node.row).max().unwrap_or(0) + 1;
    let (width, height) = (columns * COLUMN, rows * ROW + 10);
    let bad = above(&nodes, |node| node.class == Class::TurnsOn);
    let mut edges = String::new();
    for (name, node) in &nodes {
        for parent in &node.required_by {
            if let Some(from) = nodes.get(parent) {
                let is_bad = bad.contains(name) && bad.contains(parent);
                edges.push_str(&edge(from, node, is_bad));
            }
        }
    }
    let boxes: String = nodes.iter().map(|(name, node)| drawn(name, node)).collect();
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"which package requires which\">{edges}{boxes}</svg>"
    )
}

fn nodes(findings: &Findings) -> BTreeMap<&str, Node<'_>> {
    let mut nodes: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for package in &findings.packages {
        let node = nodes.entry(&package.name).or_insert_with(|| Node {
            class: package.class,
            required_by: BTreeSet::new(),
            column: 0,
            row: 0,
        });
        // The worst classes come first.
        node.class = node.class.min(package.class);
        node.required_by.extend(parents(package));
    }
    nodes
}

fn parents(package: &CheckedPackage) -> impl Iterator<Item = &str> {
    let parents = package.required_by.iter().map(String::as_str);
    parents.filter(|parent| *parent != package.name)
}

/// The nodes for which `is` holds, and all that require them, directly or not.
fn above<'a>(
    nodes: &BTreeMap<&'a str, Node<'a>>,
    is: impl Fn(&Node<'_>) -> bool,
) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&str> = nodes
        .iter()
        .filter(|(_, node)| is(node))
        .map(|(name, _)| *name)
        .collect();
    while let Some(name) = left.pop() {
        if found.insert(name) {
            left.extend(nodes.get(name).iter().flat_map(|node| &node.required_by));
        }
    }
    found
}

fn keep_relevant(nodes: &mut BTreeMap<&str, Node<'_>>) {
    let relevant = above(nodes, |node| !node.class.is_good());
    nodes.retain(|name, _| relevant.contains(name));
}

/// Gives each node the column behind all that require it, as far as there is no cycle, and rows in
/// the order of names.
fn place(nodes: &mut BTreeMap<&str, Node<'_>>) {
    for _ in 0..nodes.len() {
        let columns: BTreeMap<&str, usize> = nodes
            .iter()
            .map(|(name, node)| (*name, node.column))
            .collect();
        let mut has_changed = false;
        let most = nodes.len().min(12);
        for node in nodes.values_mut() {
            let parents = node.required_by.iter().filter_map(|name| columns.get(name));
            let column = parents.max().map_or(0, |column| (column + 1).min(most));
            has_changed |= column > node.column;
            node.column = node.column.max(column);
        }
        if !has_changed {
            break;
        }
    }
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    for node in nodes.values_mut() {
        let row = used.entry(node.column).or_default();
        node.row = *row;
        *row += 1;
    }
}

fn edge(from: &Node<'_>, to: &Node<'_>, is_bad: bool) -> String {
    let start = (from.column * COLUMN + 5 + BOX.0, middle(from));
    let end = (to.column * COLUMN + 5, middle(to));
    let bend = (start.0 + end.0) / 2;
    let class = if is_bad { " class=\"bad\"" } else { "" };
    format!(
        "<path{class} d=\"M{} {} C{bend} {} {bend} {} {} {}\"/>",
        start.0, start.1, start.1, end.1, end.0, end.1
    )
}

fn middle(node: &Node<'_>) -> usize {
    node.row * ROW + 5 + BOX.1 / 2
}

fn drawn(name: &str, node: &Node<'_>) -> String {
    let (kind, mark) = mark(node.class);
    let (x, y) = (node.column * COLUMN + 5, node.row * ROW + 5);
    let mut shown: String = name.chars().take(LONGEST).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    format!(
        "<g class=\"{kind}\"><title>{}: {}</title>\
         <rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"4\"/>\
         <text x=\"{}\" y=\"{}\">{mark} {}</text></g>",
        escaped(name),
        escaped(node.class.text()),
        BOX.0,
        BOX.1,
        x + 8,
        y + 16,
        escaped(&shown),
    )
}

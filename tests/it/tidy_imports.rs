//! Rules about imports between files: no cycles, and three layers.

use crate::tidy::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::{Item, UseTree, Visibility};

/// A module's path below the crate: `["store", "stage"]`.
type ModulePath = Vec<String>;

/// The declarations and imports of one file.
#[derive(Default)]
struct SourceFile {
    /// Full paths of the imports.
    imports: Vec<ModulePath>,
    /// Re-exports: the name in this file, and its full path.
    reexports: BTreeMap<String, ModulePath>,
}

/// The files of one crate, by module.
struct Modules(BTreeMap<ModulePath, SourceFile>);

impl Modules {
    fn read(root: &Path) -> Self {
        let below_root = sources()
            .into_iter()
            .filter(|path| path.starts_with(root))
            .filter(|path| !path.ends_with("main.rs") && !path.ends_with("no_conda.rs"));
        let files = below_root.map(|path| {
            let relative = path.strip_prefix(root).expect("below").with_extension("");
            let mut module: ModulePath = relative
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if module
                .last()
                .is_some_and(|name| ["mod", "lib"].contains(&name.as_str()))
            {
                module.pop();
            }
            let text = std::fs::read_to_string(&path).expect("read");
            let file = SourceFile::parse(&module, &text);
            (module, file)
        });
        Self(files.collect())
    }

    /// The file that defines what a path names, following re-exports.
    fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let known = (0..=path.len())
                .rev()
                .find(|length| self.0.contains_key(&path[..*length]))?;
            let (module, rest) = path.split_at(known);
            let Some(name) = rest.first() else {
                return Some(module.to_vec());
            };
            match self.0[module].reexports.get(name) {
                Some(target) => path = [target.as_slice(), &rest[1..]].concat(),
                None => return Some(module.to_vec()),
            }
        }
        None
    }

    /// Each file with the files that it imports from.
    fn edges(&self) -> BTreeMap<&ModulePath, BTreeSet<ModulePath>> {
        let of_file = |(module, file): (&ModulePath, &SourceFile)| {
            let imports = file.imports.iter();
            let found = imports.filter_map(|path| self.resolve(path));
            found.filter(|other| other != module).collect()
        };
        let files = self.0.iter();
        files.map(|entry| (entry.0, of_file(entry))).collect()
    }
}

impl SourceFile {
    fn parse(module: &ModulePath, text: &str) -> Self {
        let syntax = syn::parse_file(text).expect("Rust");
        let mut file = Self::default();
        let children: BTreeSet<String> = syntax
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Mod(child) if child.content.is_none() => Some(child.ident.to_string()),
                _ => None,
            })
            .collect();
        for item in &syntax.items {
            let Item::Use(item) = item else { continue };
            let mut paths = Vec::new();
            flatten(&item.tree, &mut Vec::new(), &mut paths);
            for (path, name) in paths {
                let Some(path) = absolute(module, &children, path) else {
                    continue;
                };
                if matches!(item.vis, Visibility::Inherited) {
                    file.imports.push(path);
                } else {
                    file.reexports.insert(name, path);
                }
            }
        }
        file.imports.extend(inline_paths(text));
        file
    }
}

/// Every path of a `use`, with the name that it has in this file.
fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(ModulePath, String)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            found.push((before.clone(), last));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push((
                [before.as_slice(), std::slice::from_ref(&name)].concat(),
                name,
            ));
        }
        UseTree::Rename(rename) => {
            let path = [before.as_slice(), &[rename.ident.to_string()]].concat();
            found.push((path, rename.rename.to_string()));
        }
        UseTree::Glob(_) => found.push((before.clone(), "*".to_owned())),
    }
}

/// A path from the crate's root; `None` for paths of other crates.
fn absolute(
    module: &[String],
    children: &BTreeSet<String>,
    path: ModulePath,
) -> Option<ModulePath> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let above = &module[..module.len().checked_sub(1)?];
            Some([above, rest].concat())
        }
        name if children.contains(name) => Some([module, &path].concat()),
        _ => None,
    }
}

/// `crate::...` in expressions, outside the unit tests and comments.
fn inline_paths(text: &str) -> Vec<ModulePath> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in code.filter(|line| !line.trim_start().starts_with("use ")) {
        for rest in line.split("crate::").skip(1) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let path = &rest[..end.unwrap_or(rest.len())];
            let parts = path.split("::").filter(|part| !part.is_empty());
            found.push(parts.map(str::to_owned).collect());
        }
    }
    found
}

/// The groups of files that import each other, directly or in a cycle.
fn loops(edges: &BTreeMap<&ModulePath, BTreeSet<ModulePath>>) -> Vec<Vec<String>> {
    let reach = |from: &ModulePath| {
        let mut seen: BTreeSet<ModulePath> = BTreeSet::new();
        let mut todo: Vec<&ModulePath> = vec![from];
        while let Some(next) = todo.pop() {
            for other in edges.get(next).into_iter().flatten() {
                if seen.insert(other.clone()) {
                    todo.push(other);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&ModulePath, BTreeSet<ModulePath>> = edges
        .keys()
        .map(|module| (*module, reach(module)))
        .collect();
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, others) in &reached {
        let in_loop: Vec<String> = others
            .iter()
            .filter(|other| {
                reached
                    .get(other)
                    .is_some_and(|back| back.contains(*module))
            })
            .map(|other| other.join("::"))
            .collect();
        if !in_loop.is_empty() {
            groups.insert(in_loop);
        }
    }
    groups.into_iter().collect()
}

#[test]
fn no_two_files_import_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for crate_root in ["src", "shims/src"] {
        let modules = Modules::read(&root.join(crate_root));
        let edges = modules.edges();
        let count: usize = edges.values().map(BTreeSet::len).sum();
        assert!(count > 20, "{crate_root}: {count} imports were found");
        let found: Vec<String> = loops(&edges)
            .into_iter()
            .map(|group| format!("{} files: {}", group.len(), group.join(", ")))
            .collect();
        assert!(found.is_empty(), "{crate_root}:\n{}", found.join("\n"));
    }
}

#[test]
fn a_loop_is_found_through_a_module_that_passes_names_on() {
    let path = |text: &str| -> ModulePath { text.split("::").map(str::to_owned).collect() };
    let files = [
        ("a", "mod b; mod c; pub use c::Thing;"),
        ("a::b", "use crate::a::Thing;"),
        ("a::c", "use crate::a::b::other;"),
    ];
    let files = files.map(|(name, text)| (path(name), SourceFile::parse(&path(name), text)));
    let modules = Modules(files.into_iter().collect());
    let expected = vec![vec!["a::b".to_owned(), "a::c".to_owned()]];
    assert_eq!(loops(&modules.edges()), expected);
}

#[test]
fn imports_point_from_commands_to_use_cases_to_the_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = Modules::read(&root);
    let floor = |module: &ModulePath| match module.first().map(String::as_str) {
        Some("commands") => 2,
        Some("ops") => 1,
        _ => 0,
    };
    let mut crossings = 0;
    for (module, imports) in modules.edges() {
        for import in imports.iter().filter(|_| !module.is_empty()) {
            let (above, below) = (module.join("::"), import.join("::"));
            assert!(floor(import) <= floor(module), "{above} uses {below}");
            crossings += usize::from(floor(import) < floor(module));
        }
    }
    assert!(crossings > 100, "{crossings}");
}

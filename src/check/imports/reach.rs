//! How a module is reached from packages.

use super::graph::{ImportGraph, Later};
use super::search::{FAR, Forward, chain, distances_to};
use crate::check::bites::Bites;
use crate::check::finding::ReachedFrom;
use std::collections::BTreeSet;

/// The most further functions that are named.
const MOST_FUNCTIONS: usize = 20;

/// The ways to a module.
#[derive(Debug)]
pub struct Reach<'a> {
    graph: &'a ImportGraph,
    module: u32,
    distances: Vec<u32>,
}

/// An import by a function that leads to the module.
struct Call<'a> {
    calls: u32,
    is_elsewhere: bool,
    distance: u32,
    module: u32,
    later: &'a Later,
}

impl ImportGraph {
    /// The ways to a module; `None` if no package has it.
    #[must_use]
    pub fn reach(&self, module: &str) -> Option<Reach<'_>> {
        let module = self.number(module)?;
        Some(Reach {
            graph: self,
            module,
            distances: distances_to(self, module),
        })
    }

    /// When a module bites: for its own package, and for each of the packages that a person lists
    /// (normalized names).
    #[must_use]
    pub fn bites(&self, module: &str, listed: &[String]) -> (Bites, Vec<ReachedFrom>) {
        let Some(reach) = self.reach(module) else {
            return (Bites::NotImported, Vec::new());
        };
        let listed = listed.iter();
        let reached = listed.filter_map(|package| {
            let bites = reach.from(package)?;
            let package = package.clone();
            Some(ReachedFrom { package, bites })
        });
        (reach.own(), reached.collect())
    }
}

impl Reach<'_> {
    /// When the module's own package imports it.
    #[must_use]
    pub fn own(&self) -> Bites {
        let package = self.graph.modules[self.module as usize].package;
        self.bites(package).unwrap_or(Bites::NotImported)
    }

    /// When another package imports it; `None` if it does not, or is the module's own one.
    #[must_use]
    pub fn from(&self, package: &str) -> Option<Bites> {
        let packages = &self.graph.packages;
        let found = packages.binary_search_by(|name| name.as_str().cmp(package));
        let package = u32::try_from(found.ok()?).ok()?;
        let own = self.graph.modules[self.module as usize].package;
        if package == own {
            return None;
        }
        self.bites(package)
    }

    fn bites(&self, package: u32) -> Option<Bites> {
        let main = self.main_modules(package);
        let at_once = main.iter().filter(|module| self.is_near(**module));
        if let Some(module) = at_once.min_by_key(|module| (self.distance(**module), **module)) {
            return Some(Bites::OnImport {
                import: self.name(*module).to_owned(),
                through: self.chain(*module),
            });
        }
        let entries = self.entries(package);
        let on_use = self.on_use(package, entries.first().copied());
        if on_use.is_some() {
            return on_use;
        }
        if let Some((first, others)) = entries.split_first() {
            let others = others.iter().map(|module| self.name(*module).to_owned());
            return Some(Bites::OnImportOf {
                import: self.name(*first).to_owned(),
                through: self.chain(*first),
                others: others.collect(),
                loaded_by: self.loaded_by(package, &entries, &main),
            });
        }
        // Private modules are loaded by other modules, by names that are not known here.
        [is_public, is_no_test].into_iter().find_map(|is_start| {
            let (calls, forward) = self.calls(package, &main, is_start);
            self.later(&calls, &forward)
        })
    }

    fn name(&self, module: u32) -> &str {
        &self.graph.modules[module as usize].name
    }

    fn distance(&self, module: u32) -> u32 {
        self.distances[module as usize]
    }

    /// Whether importing this module imports the one that bites.
    fn is_near(&self, module: u32) -> bool {
        self.distance(module) != FAR
    }

    fn names(&self, modules: &[u32]) -> Vec<String> {
        let names = modules.iter().map(|module| self.name(*module).to_owned());
        names.collect()
    }

    fn chain(&self, module: u32) -> Vec<String> {
        self.names(&chain(self.graph, &self.distances, module))
    }

    fn modules_of(&self, package: u32) -> impl Iterator<Item = u32> + '_ {
        let modules = self.graph.modules.iter().zip(0..);
        modules
            .filter(move |(module, _)| module.package == package)
            .map(|(_, number)| number)
    }

    /// The top-level modules by which a program imports a package: the one of its name, or all.
    fn main_modules(&self, package: u32) -> Vec<u32> {
        let is_top = |module: &u32| !self.name(*module).contains('.');
        let tops: Vec<u32> = self.modules_of(package).filter(is_top).collect();
        let wanted = &self.graph.packages[package as usize];
        let is_named = |module: &&u32| {
            let name = self.name(**module).to_lowercase().replace('_', "-");
            name == *wanted
        };
        let is_shown = |module: &&u32| is_public(self.name(**module));
        let named: Vec<u32> = tops.iter().filter(is_named).copied().collect();
        let public: Vec<u32> = tops.iter().filter(is_shown).copied().collect();
        [named, public, tops]
            .into_iter()
            .find(|modules| !modules.is_empty())
            .unwrap_or_default()
    }

    /// The public modules of a package whose import imports the one that bites, the one with the
    /// shortest chain first. Submodules of such a module are left out.
    fn entries(&self, package: u32) -> Vec<u32> {
        let is_entry = |module: &u32| self.is_near(*module) && is_public(self.name(*module));
        let mut entries: Vec<u32> = self.modules_of(package).filter(is_entry).collect();
        let all: BTreeSet<&str> = entries.iter().map(|module| self.name(*module)).collect();
        let is_below = |name: &str| {
            let parents = name.match_indices('.').map(|(at, _)| &name[..at]);
            parents.into_iter().any(|parent| all.contains(parent))
        };
        let kept: Vec<u32> = entries
            .iter()
            .copied()
            .filter(|module| *module == self.module || !is_below(self.name(*module)))
            .collect();
        entries = kept;
        let dots = |module: u32| self.name(module).matches('.').count();
        entries.sort_by_key(|module| (self.distance(*module), dots(*module), *module));
        entries
    }

    /// The names of a package that import the one that bites when they are used. A program uses
    /// such names, unless there is a shorter way by another module.
    fn on_use(&self, package: u32, entry: Option<u32>) -> Option<Bites> {
        let nearest = entry.map_or(FAR, |entry| self.distance(entry));
        let holders = self
            .modules_of(package)
            .filter(|module| is_public(self.name(*module)) && !self.is_near(*module));
        let mut found: Vec<(u32, u32, Vec<String>)> = Vec::new();
        for holder in holders {
            let names = self.graph.modules[holder as usize].on_use.iter();
            let leading = names.filter(|(name, target)| {
                let is_module = self.name(*target) == format!("{}.{name}", self.name(holder));
                let is_shown = !name.starts_with('_') && !is_module;
                is_shown && self.is_near(*target)
            });
            let leading: Vec<&(String, u32)> = leading.collect();
            let shortest = leading.iter().map(|(_, target)| self.distance(*target));
            let Some(shortest) = shortest.min().filter(|shortest| *shortest <= nearest) else {
                continue;
            };
            let through = leading
                .iter()
                .find(|(_, target)| self.distance(*target) == shortest);
            let through = through.map_or(holder, |(_, target)| *target);
            let names = leading.iter().map(|(name, _)| name.clone()).collect();
            found.push((holder, through, names));
        }
        let (holder, through, names) = found
            .into_iter()
            .min_by_key(|(holder, through, _)| (self.distance(*through), *holder))?;
        // The module that has the names may be public and imported by itself.
        let is_direct = entry.is_some_and(|entry| entry == self.module);
        (!is_direct).then(|| Bites::OnUse {
            package: self.name(holder).to_owned(),
            names,
            through: self.chain(through),
        })
    }

    /// The imports by functions that lead to the one that bites, the nearest first.
    fn calls(
        &self,
        package: u32,
        main: &[u32],
        is_start: fn(&str) -> bool,
    ) -> (Vec<Call<'_>>, Forward) {
        let forward = self.forward(package, main, is_start);
        let mut calls = Vec::new();
        for (module, number) in self.graph.modules.iter().zip(0_u32..) {
            let is_reached = forward.calls[number as usize] != FAR;
            if !is_reached || self.is_near(number) || is_test(&module.name) {
                continue;
            }
            let leading = module.later.iter();
            let leading = leading.filter(|later| self.is_near(later.target));
            calls.extend(leading.map(|later| Call {
                calls: forward.calls[number as usize],
                is_elsewhere: module.package != package,
                distance: self.distance(later.target),
                module: number,
                later,
            }));
        }
        calls.sort_by(|a, b| {
            let key = |it: &Call<'_>| (it.calls, it.is_elsewhere, it.distance, it.module);
            (key(a), &a.later.function).cmp(&(key(b), &b.later.function))
        });
        (calls, forward)
    }

    /// Follows imports from the main modules of a package, and from others of its modules.
    fn forward(&self, package: u32, main: &[u32], is_start: fn(&str) -> bool) -> Forward {
        let is_other = |module: &u32| !main.contains(module) && is_start(self.name(*module));
        let others: Vec<u32> = self.modules_of(package).filter(is_other).collect();
        Forward::from(self.graph, main, &others)
    }

    fn function(&self, module: u32, later: &Later) -> String {
        format!("{}:{}", self.name(module), later.function)
    }

    fn later(&self, calls: &[Call<'_>], forward: &Forward) -> Option<Bites> {
        let first = calls.first()?;
        let function = self.function(first.module, first.later);
        let like_first =
            |call: &&Call<'_>| (call.calls, call.is_elsewhere) == (first.calls, first.is_elsewhere);
        let mut others: Vec<String> = Vec::new();
        for call in calls.iter().filter(like_first) {
            let other = self.function(call.module, call.later);
            if other != function && !others.contains(&other) && others.len() < MOST_FUNCTIONS {
                others.push(other);
            }
        }
        let mut through = match first.is_elsewhere {
            true => self.names(&forward.chain_to(first.module)),
            false => vec![self.name(first.module).to_owned()],
        };
        through.extend(self.chain(first.later.target));
        Some(Bites::Later {
            function,
            through,
            others,
        })
    }

    /// The function of the package that imports one of the modules, by a name in its file if need
    /// be.
    fn loaded_by(&self, package: u32, entries: &[u32], main: &[u32]) -> Option<String> {
        let forward = self.forward(package, main, is_no_test);
        let mut found: Vec<(usize, u32, bool, u32, &Later)> = Vec::new();
        for number in self.modules_of(package) {
            let module = &self.graph.modules[number as usize];
            let calls = forward.calls[number as usize];
            if calls == FAR || self.is_near(number) {
                continue;
            }
            let certain = module.later.iter().map(|later| (false, later));
            let by_name = module.by_name.iter().map(|later| (true, later));
            for (is_by_name, later) in certain.chain(by_name) {
                if let Some(place) = entries.iter().position(|entry| *entry == later.target) {
                    found.push((place, calls, is_by_name, number, later));
                }
            }
        }
        let (_, _, _, number, later) = found.into_iter().min()?;
        Some(self.function(number, later))
    }
}

/// Whether a program imports a module by its name: no part is private or a test.
fn is_public(name: &str) -> bool {
    !name.split('.').any(|part| part.starts_with('_')) && !is_test(name)
}

fn is_no_test(name: &str) -> bool {
    !is_test(name)
}

fn is_test(name: &str) -> bool {
    const PARTS: [&str; 7] = [
        "test",
        "tests",
        "conftest",
        "benchmarks",
        "docs",
        "examples",
        "setup",
    ];
    name.split('.')
        .any(|part| PARTS.contains(&part) || part.starts_with("test_") || part.ends_with("_test"))
}

//! What is said about when a module bites, against a real interpreter that imports it.

use crate::live_python_imports::{compare, interpreter, python_files};
use crate::support::live::require_live;
use ftpy::check::imports::{ExtensionModule, ImportGraph, SourceFile, Sources, scan_packages};
use ftpy::check::{Bites, ModuleReport, ModuleVerdict, ReachedFrom, installed_path};
use ftpy::xray::ModuleFile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages whose wheels for 3.14t turn the GIL on, and one that imports such a package.
const PACKAGES: [&str; 6] = [
    "matplotlib",
    "fonttools",
    "lxml",
    "h3",
    "scikit-image",
    "blosc2",
];

/// An interpreter with packages.
struct Installed {
    python: PathBuf,
    site: PathBuf,
}

impl Installed {
    fn new(place: &Path) -> Self {
        let python = interpreter(place).join("bin/python3.14t");
        let site = place.join("site");
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]);
        pip.args(["--no-compile", "--only-binary", ":all:", "--target"]);
        let status = pip.arg(&site).args(PACKAGES).status().expect("pip");
        assert!(status.success());
        Self { python, site }
    }

    /// Executes statements in one process; for each one, whether the GIL is on after it. `None`
    /// if it failed.
    fn gil_after(&self, statements: &[&str]) -> Vec<Option<bool>> {
        let code = "import sys
sys.path.insert(0, sys.argv[1])
for statement in sys.argv[2:]:
    try:
        exec(statement)
    except BaseException:
        print('failed')
    else:
        print('on' if sys._is_gil_enabled() else 'off')";
        let mut python = Command::new(&self.python);
        python.args(["-I", "-W", "ignore", "-c", code]);
        let output = python.arg(&self.site).args(statements).output();
        let output = output.expect("Python");
        let text = String::from_utf8_lossy(&output.stdout);
        let known = |line: &str| ["on", "off", "failed"].contains(&line);
        let lines = text.lines().filter(|line| known(line));
        lines
            .map(|line| (line != "failed").then_some(line == "on"))
            .collect()
    }

    /// The packages, and the modules that turn the GIL on by the X-ray.
    fn packages(&self) -> (Vec<Sources>, Vec<String>) {
        let (mut packages, mut offenders) = (Vec::new(), Vec::new());
        let entries = std::fs::read_dir(&self.site).expect("read").flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".dist-info") else {
                continue;
            };
            let name = stem.split('-').next().expect("a name");
            let mut package = Sources {
                package: name.to_lowercase().replace('_', "-"),
                ..Sources::default()
            };
            let record = std::fs::read_to_string(entry.path().join("RECORD")).expect("RECORD");
            for line in record.lines() {
                let path = line.split(',').next().expect("a path");
                self.add(path, &mut package, &mut offenders);
            }
            packages.push(package);
        }
        (packages, offenders)
    }

    fn add(&self, path: &str, package: &mut Sources, offenders: &mut Vec<String>) {
        let is_source = path.ends_with(".py") || path.ends_with(".pyi");
        let is_module = ModuleFile::parse(path).is_some() && installed_path(path).is_some();
        if !is_source && !is_module {
            return;
        }
        let Ok(contents) = std::fs::read(self.site.join(path)) else {
            return; // outside the directory
        };
        if is_source {
            let path = path.to_owned();
            package.files.push(SourceFile { path, contents });
            return;
        }
        let Some(report) = ModuleReport::of_file(path, &contents, None) else {
            return;
        };
        if report.verdict == ModuleVerdict::On {
            offenders.push(report.module.clone());
        }
        let imports = match report.verdict {
            ModuleVerdict::Delegated(to) => vec![to],
            _ => Vec::new(),
        };
        package.extensions.push(ExtensionModule {
            module: report.module,
            imports,
        });
    }
}

/// Statements for one process, with the GIL's state after each.
type Expected = BTreeMap<Vec<String>, Vec<bool>>;

/// What an interpreter does if `bites` is true. `loud` are the modules that turn the GIL on at
/// once, maybe because of another offender.
fn expect(bites: &Bites, loud: &BTreeSet<String>, expected: &mut Expected) {
    match bites {
        Bites::OnImport { import, .. } => {
            expected.insert(vec![format!("import {import}")], vec![true]);
        }
        Bites::OnImportOf { import, others, .. } => {
            for module in [import].into_iter().chain(others.iter().take(4)) {
                let top = module.split('.').next().expect("a name");
                if loud.contains(top) {
                    expected.insert(vec![format!("import {module}")], vec![true]);
                } else {
                    let statements = [top, module].map(|module| format!("import {module}"));
                    expected.insert(statements.to_vec(), vec![false, true]);
                }
            }
        }
        Bites::OnUse { package, names, .. } => {
            for name in [names.first(), names.last()].into_iter().flatten() {
                let statements = vec![format!("import {package}"), format!("{package}.{name}")];
                expected.insert(statements, vec![false, true]);
            }
        }
        Bites::Later { .. } | Bites::NotImported => {}
    }
}

/// The font library is imported with the PDF back end.
fn assert_pdf_back_end(reached: &[ReachedFrom]) {
    let from = reached.iter().find(|it| it.package == "matplotlib");
    let text = from.expect("matplotlib").bites.to_string();
    let back_end = "on import of matplotlib.backends.backend_pdf";
    assert!(text.starts_with(back_end), "{text}");
    assert!(text.ends_with(", through fontTools.subset"), "{text}");
}

#[test]
#[ignore = "live: needs the package index, and the interpreters in ../shared/pythons"]
fn live_pythons_modules_bite_when_the_imports_say_so() {
    require_live();
    let place = tempfile::tempdir().expect("a directory");
    let installed = Installed::new(place.path());
    let (packages, offenders) = installed.packages();
    assert!(offenders.len() >= 10, "{offenders:?}");
    let listed: Vec<String> = packages.iter().map(|it| it.package.clone()).collect();
    let graph = ImportGraph::new(&scan_packages(&packages));
    let mut all = Vec::new();
    for module in &offenders {
        let (own, reached) = graph.bites(module, &listed);
        all.push(own);
        if module.starts_with("fontTools.misc.") {
            assert_pdf_back_end(&reached);
        }
        all.extend(reached.into_iter().map(|it| it.bites));
    }
    let loud = all.iter().filter_map(|bites| match bites {
        Bites::OnImport { import, .. } => Some(import.clone()),
        _ => None,
    });
    let loud: BTreeSet<String> = loud.collect();
    assert!(loud.contains("h3") && loud.contains("blosc2"), "{loud:?}");

    let mut expected = Expected::new();
    for bites in &all {
        expect(bites, &loud, &mut expected);
    }
    for quiet in [
        "matplotlib",
        "matplotlib.pyplot",
        "fontTools",
        "lxml",
        "skimage",
        "scipy",
    ] {
        assert!(!loud.contains(quiet), "{quiet}");
        expected.insert(vec![format!("import {quiet}")], vec![false]);
    }
    let figure = [
        "import matplotlib.pyplot as p; p.plot([1])",
        "p.savefig('a.png')",
        "p.savefig('a.pdf')",
    ];
    let folder = place.path().display();
    let figure = figure.map(|line| line.replace("('a.", &format!("('{folder}/a.")));
    expected.insert(figure.to_vec(), vec![false, false, true]);
    let mut confirmed = 0;
    for (statements, states) in &expected {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        let seen = installed.gil_after(&statements);
        // Some modules need a package that is not installed.
        if seen.last() != Some(&None) {
            let states: Vec<Option<bool>> = states.iter().copied().map(Some).collect();
            assert_eq!(seen, states, "{statements:?}");
            confirmed += 1;
        }
    }
    assert!(confirmed > 25, "{confirmed} of {}", expected.len());

    let mut files = python_files(&installed.site.join("matplotlib"));
    files.extend(python_files(&installed.site.join("skimage")));
    assert!(compare(&installed.python, &files) > 3_000);
}

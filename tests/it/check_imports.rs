//! When a module bites, by the import statements of packages: at once, with a submodule, on use of
//! a name, or when a function is called.

use ftpy::check::Bites;
use ftpy::check::imports::{
    ExtensionModule, ImportGraph, PackageImports, SourceFile, Sources, scan_packages,
};

/// A package of sources; a path without an ending is an extension module.
fn package(name: &str, files: &[(&str, &str)]) -> Sources {
    let mut package = Sources {
        package: name.to_owned(),
        ..Sources::default()
    };
    for (path, text) in files {
        if path.contains(".py") {
            package.files.push(SourceFile {
                path: (*path).to_owned(),
                contents: text.as_bytes().to_vec(),
            });
        } else {
            package.extensions.push(ExtensionModule {
                module: path.replace('/', "."),
                imports: text.split_whitespace().map(str::to_owned).collect(),
            });
        }
    }
    package
}

fn graph(packages: &[Sources]) -> ImportGraph {
    ImportGraph::new(&scan_packages(packages))
}

/// When `module` bites in `from`, in words and as a chain.
#[track_caller]
fn check(packages: &[Sources], module: &str, from: &str, text: &str, through: &str) -> Bites {
    let graph = graph(packages);
    let (own, reached) = graph.bites(module, &[from.to_owned()]);
    let bites = reached.into_iter().next().map_or(own, |it| it.bites);
    assert_eq!(bites.to_string(), text);
    assert_eq!(bites.through().join(" > "), through);
    bites
}

/// A font library with an offender that its top-level module does not import.
fn fonts() -> Sources {
    package(
        "fonttools",
        &[
            ("fontTools/__init__.py", ""),
            ("fontTools/agl.py", "import re"),
            (
                "fontTools/subset/__init__.py",
                "from fontTools.misc import bezier",
            ),
            ("fontTools/misc/__init__.py", ""),
            ("fontTools/misc/bezier", ""),
        ],
    )
}

/// A plotting library that loads its back ends by names.
fn plots() -> Sources {
    package(
        "matplotlib",
        &[
            ("matplotlib/__init__.py", "from . import _api"),
            ("matplotlib/_api.py", "import fontTools.agl"),
            (
                "matplotlib/backend_bases.py",
                "import importlib\n_default = {'pdf': 'matplotlib.backends.backend_pdf'}\n\
                 def get_canvas(name):\n    return importlib.import_module(name).Canvas\n",
            ),
            ("matplotlib/pyplot.py", "import matplotlib.backend_bases"),
            ("matplotlib/backends/__init__.py", ""),
            (
                "matplotlib/backends/_pdf_ps.py",
                "from fontTools import subset",
            ),
            (
                "matplotlib/backends/backend_pdf.py",
                "from . import _pdf_ps",
            ),
            (
                "matplotlib/backends/backend_ps.py",
                "from ._pdf_ps import x",
            ),
            ("matplotlib/tests/test_pdf.py", "import fontTools.subset"),
        ],
    )
}

#[test]
fn a_module_that_the_top_level_module_imports_bites_on_its_import() {
    let h3 = package(
        "h3",
        &[
            ("h3/__init__.py", "from .api.basic_str import *"),
            ("h3/api/__init__.py", ""),
            ("h3/api/basic_str.py", "class A:\n  from .. import _cy\n"),
            (
                "h3/_cy/__init__.py",
                "try:\n  from .cells import (a,\n    b)\nfinally: pass",
            ),
            ("h3/_cy/cells", ""),
        ],
    );
    let chain = "h3 > h3.api.basic_str > h3._cy > h3._cy.cells";
    check(&[h3], "h3._cy.cells", "h3", "on import of h3", chain);
    let alone = package("python-rapidjson", &[("rapidjson", "")]);
    check(
        &[alone],
        "rapidjson",
        "",
        "on import of rapidjson",
        "rapidjson",
    );
}

#[test]
fn a_back_end_that_is_loaded_by_name_begins_the_chain_into_another_package() {
    let bites = check(
        &[plots(), fonts()],
        "fontTools.misc.bezier",
        "matplotlib",
        "on import of matplotlib.backends.backend_pdf or 1 other module, through fontTools.subset",
        "matplotlib.backends.backend_pdf > matplotlib.backends._pdf_ps > fontTools.subset > \
         fontTools.misc.bezier",
    );
    let Bites::OnImportOf {
        others, loaded_by, ..
    } = bites
    else {
        panic!("{bites:?}");
    };
    assert_eq!(others, ["matplotlib.backends.backend_ps"]);
    let function = "matplotlib.backend_bases:get_canvas";
    assert_eq!(loaded_by.as_deref(), Some(function));
    // `import fontTools` alone does not import it.
    check(
        &[fonts()],
        "fontTools.misc.bezier",
        "",
        "on import of fontTools.misc.bezier or 1 other module",
        "fontTools.misc.bezier",
    );
}

#[test]
fn a_function_that_imports_it_bites_later() {
    let lxml = || package("lxml", &[("lxml/__init__.py", ""), ("lxml/etree", "")]);
    let pandas = package(
        "pandas",
        &[
            (
                "pandas/__init__.py",
                "import pandas.io.html\nimport pandas._init",
            ),
            (
                "pandas/_init.py",
                "if TYPE_CHECKING:\n  import lxml.etree\n",
            ),
            ("pandas/io/__init__.py", ""),
            (
                "pandas/io/html.py",
                "class Parser:\n  def build(self):\n    from lxml import etree\n\
                 def other(): import lxml.etree\n",
            ),
        ],
    );
    check(
        &[pandas, lxml()],
        "lxml.etree",
        "pandas",
        "later, from pandas.io.html:Parser.build or 1 other function",
        "pandas.io.html > lxml.etree",
    );
    // Through a package that is imported when a function of the first one is called.
    let django = package(
        "django",
        &[("django/__init__.py", "def f():\n import redis")],
    );
    let redis = package("redis", &[("redis.py", "import hiredis")]);
    let hiredis = package(
        "hiredis",
        &[
            ("hiredis/__init__.py", "from .hiredis import R"),
            ("hiredis/hiredis", ""),
        ],
    );
    check(
        &[django, redis, hiredis],
        "hiredis.hiredis",
        "django",
        "later, from django:f, through redis",
        "django > redis > hiredis > hiredis.hiredis",
    );
    // A name of a lazy import.
    let lazy = package(
        "a",
        &[("a.py", "lazy from lxml import etree as e, other\n")],
    );
    check(
        &[lazy, lxml()],
        "lxml.etree",
        "a",
        "later, from a:e",
        "a > lxml.etree",
    );
}

#[test]
fn a_function_that_the_module_always_calls_bites_at_once() {
    let files = |text: &'static str| {
        let files = [("a/__init__.py", text), ("a/_x", "")];
        [package("a", &files)]
    };
    let text = "def f():\n  from . import _x\nf()\n";
    check(&files(text), "a._x", "", "on import of a", "a > a._x");
    let text = "def f(n):\n  if n:\n    from . import _x\nf(0)\n";
    check(&files(text), "a._x", "", "later, from a:f", "a > a._x");
}

#[test]
fn a_name_that_a_lazy_loader_gives_bites_on_its_use() {
    let skimage = || {
        package(
            "scikit-image",
            &[
                (
                    "skimage/__init__.py",
                    "__getattr__, *_ = lazy.attach_stub(__name__, __file__)",
                ),
                ("skimage/__init__.pyi", "from . import filters"),
                (
                    "skimage/filters/__init__.py",
                    "__getattr__, _, __all__ = lazy.attach(__name__, submod_attrs={\n  \
                     'thresholding': ['otsu', 'li'], '_gaussian': ['gaussian']})",
                ),
                ("skimage/filters/thresholding.py", "from ._otsu import x"),
                ("skimage/filters/_gaussian.py", ""),
                ("skimage/filters/_otsu", ""),
            ],
        )
    };
    check(
        &[skimage()],
        "skimage.filters._otsu",
        "",
        "on use of skimage.filters.li or 1 other name",
        "skimage.filters.thresholding > skimage.filters._otsu",
    );
    // Another package that imports the name uses it.
    let user = |name: &str| {
        let text = format!("from skimage.filters import {name}");
        package("user", &[("user.py", &text)])
    };
    check(
        &[skimage(), user("otsu")],
        "skimage.filters._otsu",
        "user",
        "on import of user, through skimage.filters.thresholding",
        "user > skimage.filters.thresholding > skimage.filters._otsu",
    );
    let graph = graph(&[skimage(), user("gaussian")]);
    let reach = graph.reach("skimage.filters._otsu").expect("a module");
    assert_eq!(reach.from("user"), None);
    let own = package(
        "p",
        &[
            (
                "p/__init__.py",
                "def __getattr__(name):\n  if name == 'q':\n    from ._q import q\n    return q\n",
            ),
            ("p/_q", ""),
        ],
    );
    check(&[own], "p._q", "", "on use of p.q", "p._q");
}

#[test]
fn importing_a_submodule_imports_its_parents() {
    let parent = package(
        "b",
        &[
            ("b/__init__.py", "import b._x"),
            ("b/c.py", ""),
            ("b/_x", ""),
        ],
    );
    let user = package("a", &[("a.py", "import b.c.missing")]);
    let chain = "a > b.c > b > b._x";
    check(
        &[parent, user],
        "b._x",
        "a",
        "on import of a, through b.c",
        chain,
    );
}

#[test]
fn a_handler_for_a_failed_import_counts_if_the_import_fails() {
    let text = "try:\n  import fast\nexcept ImportError:\n  import slow\n";
    let user = || package("a", &[("a.py", text)]);
    let slow = || package("slow", &[("slow", "")]);
    check(&[user(), slow()], "slow", "a", "on import of a", "a > slow");
    let fast = package("fast", &[("fast.py", "")]);
    let graph = graph(&[user(), slow(), fast]);
    assert_eq!(graph.reach("slow").expect("a module").from("a"), None);
}

#[test]
fn private_modules_and_tests_are_not_where_a_program_begins() {
    let files = [
        ("a/__init__.py", "from . import b"),
        ("a/b.py", ""),
        ("a/_c.py", "import a._x"),
        ("a/tests/test_b.py", "import a._x"),
        ("a/_x", ""),
    ];
    let text = "no import statement found";
    check(&[package("a", &files)], "a._x", "", text, "");
}

#[test]
fn what_extension_modules_import_is_known_from_a_source_beside_them_or_from_the_caller() {
    let files = [
        ("a/__init__.py", "from . import compiled"),
        ("a/compiled", ""),
        ("a/compiled.py", "import a._x"),
        ("a/_x", ""),
    ];
    let chain = "a > a.compiled > a._x";
    check(&[package("a", &files)], "a._x", "", "on import of a", chain);
    let cffi = package("cffi", &[("cffi/__init__.py", ""), ("_cffi_backend", "")]);
    let bound = package(
        "b",
        &[
            ("b/__init__.py", "from b import _b"),
            ("b/_b", "_cffi_backend"),
        ],
    );
    let chain = "b > b._b > _cffi_backend";
    check(
        &[cffi, bound],
        "_cffi_backend",
        "b",
        "on import of b",
        chain,
    );
}

#[test]
fn namespace_packages_and_star_imports_are_followed() {
    let one = package(
        "ns-one",
        &[("ns/one/__init__.py", "__all__ = ['x']"), ("ns/one/x", "")],
    );
    let two = package("ns-two", &[("ns/two.py", "from ns.one import *")]);
    let chain = "ns.two > ns.one.x";
    check(
        &[one, two],
        "ns.one.x",
        "ns-two",
        "on import of ns.two",
        chain,
    );
}

#[test]
fn of_chains_of_one_length_the_first_by_name_is_taken_whatever_the_order_of_the_files() {
    let mut files = vec![
        ("a/__init__.py", "import a.d, a.c, a.b"),
        ("a/b.py", "import a.c"),
        ("a/c.py", "import a._x, a.b"),
        ("a/d.py", "import a._x"),
        ("a/_x", ""),
    ];
    for _ in 0..files.len() {
        files.rotate_left(1);
        let chain = "a > a.c > a._x";
        check(&[package("a", &files)], "a._x", "", "on import of a", chain);
    }
}

#[test]
fn the_imports_of_a_package_can_be_kept_as_json() {
    let imports = scan_packages(&[plots(), fonts()]);
    let text = serde_json::to_string(&imports).expect("JSON");
    let read: Vec<PackageImports> = serde_json::from_str(&text).expect("the same");
    assert_eq!(read, imports);
    assert!(
        !text.contains("\"re\""),
        "the standard library is left out: {text}"
    );
}

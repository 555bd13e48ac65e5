//! The imports of a Python source: statements, calls, scopes, encodings, and broken files.

use crate::support::fuzz::fuzz;
use ftpy::python_imports::{Anchor, Form, Import, scan};

/// An import in one line: `3 from ..a.b (c) in f`.
fn shown(import: &Import) -> String {
    let form = match &import.form {
        Form::Import(_) => "import",
        Form::From => "from",
        Form::LazyImport(_) => "lazy import",
        Form::LazyFrom => "lazy from",
        Form::Call(Anchor::Absent) => "call",
        Form::Call(_) => "call with anchor",
    };
    let dots = ".".repeat(import.level as usize);
    let names: Vec<&str> = import.names.iter().map(|(name, _)| name.as_str()).collect();
    let mut text = format!("{} {form} {dots}{}", import.line, import.module);
    if !names.is_empty() {
        text += &format!(" ({})", names.join(" "));
    }
    if let Some(function) = &import.function {
        text += &format!(" in {function}");
    }
    text
}

#[track_caller]
fn check(source: impl AsRef<[u8]>, expected: &[&str]) {
    let found: Vec<String> = scan(source.as_ref()).imports.iter().map(shown).collect();
    let source = String::from_utf8_lossy(source.as_ref());
    assert_eq!(found, expected, "{source}");
}

#[test]
fn every_form_of_the_statements_is_read() {
    check(
        "import a, b.c as d; from e import f\n",
        &["1 import a", "1 import b.c", "1 from e (f)"],
    );
    check(
        "from . import x\nfrom ..a.b import c as d\nfrom ... import (e, # comment\n  f as g,\n)\n",
        &["1 from . (x)", "2 from ..a.b (c)", "3 from ... (e f)"],
    );
    check(
        "from a import \\\n  b, \\\n  c\nimport \\\r\n d",
        &["1 from a (b c)", "4 import d"],
    );
    check("from a import *", &["1 from a (*)"]);
    check(
        "lazy import a.b as c\nlazy from d import e\nlazy = 1\n",
        &["1 lazy import a.b", "2 lazy from d (e)"],
    );
}

#[test]
fn an_import_in_a_function_has_its_qualified_name() {
    check(
        "class A:\n    import a\n    async def f(self, x=__import__('b')):\n        def g():\n\
         \t\timport c\n        import d\n    import e\nimport f\ndef h(): import g; import i\n",
        &[
            "2 import a",
            "3 call b",
            "5 import c in A.f.g",
            "6 import d in A.f",
            "7 import e",
            "8 import f",
            "9 import g in h",
            "9 import i in h",
        ],
    );
    check(
        "x = lambda a, b: __import__('c'), __import__('d')\n",
        &["1 call c in <lambda>", "1 call d"],
    );
}

#[test]
fn branches_that_an_import_never_executes_are_left_out() {
    check(
        "if TYPE_CHECKING:\n  import a\nelif x:\n  import b\nelse:\n  import c\n",
        &["4 import b", "6 import c"],
    );
    check(
        "if not t.TYPE_CHECKING:\n import a\nelse:\n import b\nimport c\n",
        &["2 import a", "5 import c"],
    );
    check(
        "if __name__ == \"__main__\": import a\nimport b",
        &["2 import b"],
    );
    check("if '__main__' == __name__:\n def f():\n  import a\n", &[]);
    check(
        "if TYPE_CHECKING and x: import a\nif TYPE_CHECKING or x: import b",
        &["2 import b"],
    );
    check(
        "if sys.version_info < (3, 11):\n import a\nelse:\n import b\n\
         if sys.version_info >= (3, 14): import c\nif sys.version_info[0] == 2: import d\n",
        &["4 import b", "5 import c"],
    );
    check(
        "try:\n import a\nexcept ImportError:\n import b\n",
        &["2 import a", "4 import b"],
    );
}

#[test]
fn strings_and_comments_hide_no_imports_and_show_none() {
    check(
        "'''\nimport a\n'''\n# import b\nx = \"\\\"\\\nimport c\"\nimport d\n",
        &["7 import d"],
    );
    check(
        "f'{x!r:>{w}} {y[\"'\"]} {{' ; import a\nrf'''{\n1}\nimport b\n''' ; import c\n",
        &["1 import a", "5 import c"],
    );
    check(
        "t'{f\"{'}'}\"}' ; import a\nx = f'\\N{DASH}{1:\\}}' ; import b\n",
        &["1 import a", "2 import b"],
    );
    check(
        "Rb'\\'' ; import a\nu'' '' ; import b",
        &["1 import a", "2 import b"],
    );
    check(
        "x = [\n'a', {\n  1: 2},\nimport_module]\nimport b\n",
        &["5 import b"],
    );
}

#[test]
fn lines_end_in_every_way_and_encodings_are_decoded() {
    check(
        "import a\rimport b\r\nimport c\n",
        &["1 import a", "2 import b", "3 import c"],
    );
    check(
        b"\xef\xbb\xbfimport a\n\x0cimport b\n",
        &["1 import a", "2 import b"],
    );
    // A character whose second byte is a backslash.
    check(
        b"# coding: shift_jis\nx = '\x83\x5c'\nimport a\n",
        &["3 import a"],
    );
    check(
        b"# -*- coding: latin-1 -*-\nx = '\xe9\x5c''\nimport a\n",
        &["3 import a"],
    );
}

#[test]
fn calls_that_import_by_a_literal_name_are_read() {
    check(
        "importlib.import_module('a' '.b')\ndef f(n):\n import_module(\".c\", __name__)\n \
         import_module(name='d', package='e')\n __import__('g', globals())\n import_module(n)\n",
        &[
            "1 call a.b",
            "3 call with anchor .c in f",
            "4 call with anchor d in f",
            "5 call g in f",
        ],
    );
    let found =
        scan(b"names = {'p': 'a.b.p', 'x': 'not a module.'}\ndef get(n):\n import_module(n)\n");
    assert_eq!(found.computed, ["get"]);
    assert_eq!(found.module_like, ["a.b.p"]);
}

#[test]
fn names_that_a_lazy_loader_imports_on_use_are_read() {
    let source = "subs = ['draw', 'io']\n__getattr__, __dir__, __all__ = lazy.attach(\n  __name__,\n  \
                  submodules=subs,\n  submod_attrs={'_a': ['b', 'c'], 'd.e': ['f']},\n)\n";
    let found = scan(source.as_bytes());
    let names = found.lazy_names.iter();
    let names: Vec<(&str, &str)> = names
        .map(|n| (n.name.as_str(), n.submodule.as_str()))
        .collect();
    let expected = [
        ("draw", "draw"),
        ("io", "io"),
        ("b", "_a"),
        ("c", "_a"),
        ("f", "d.e"),
    ];
    assert_eq!(names, expected);
    assert!(
        scan(
            b"import lazy_loader as _lazy\n__getattr__, *_ = _lazy.attach_stub(__name__, __file__)"
        )
        .has_lazy_stub
    );
}

#[test]
fn functions_that_the_module_calls_are_named() {
    let found = scan(b"def f():\n import a\ndef g():\n import b\ndef h():\n f()\nf()\nx.g()\n");
    assert_eq!(found.called, ["f"]);
}

#[test]
fn a_broken_source_gives_what_could_be_read_in_linear_time() {
    check("import a\nx = (\nimport b\n", &["1 import a"]);
    check(
        "import a\n)]}\nfrom\nfrom .\nimport\nfrom x import\nlazy\n'\nimport b\n",
        &["1 import a", "6 from x", "9 import b"],
    );
    let megabytes = |text: &str| text.repeat((2 << 20) / text.len());
    for text in [
        "(",
        "f'{",
        "lambda ",
        "lambda:",
        "if a:",
        "not ",
        "import_module(",
        "\\\n",
        "'",
        "f'''{f'''{",
        "def a:\n",
        "a.",
        "from . import ",
        "try:",
        "[1,",
        "(__import__('a'),",
        "if version_info",
    ] {
        let start = std::time::Instant::now();
        let _ = scan(megabytes(text).as_bytes());
        assert!(start.elapsed().as_secs() < 20, "{text}");
    }
    let deep: String = (0..1_500)
        .map(|depth| " ".repeat(depth) + "def f():\n")
        .collect();
    let _ = scan(format!("{deep}{}import a\n", " ".repeat(1_500)).as_bytes());
}

#[test]
fn fuzzed_sources_never_panic_and_lines_are_those_of_the_file() {
    let seeds: [&[u8]; 4] = [
        b"import a\nclass A:\n  def f(self): import b.c as d\ntry:\n  from . import (e,\n f)\nexcept ImportError: pass\n",
        b"if TYPE_CHECKING:\n  import a\nelse:\n  x = f'{a:{b}}' rb'\\'' '''\n'''\n__import__('x')\n",
        b"# coding: gbk\nlazy.attach(__name__, ['a'], {'b': ['c']})\nx = lambda: import_module('.a', __name__)\n",
        b"if sys.version_info[:2] >= (3, 8) and not (a or b): from ..a import *\n",
    ];
    let words = [
        "import ",
        "from ",
        "(",
        ")",
        "{",
        "}",
        "f'",
        "'''",
        "\"",
        "\\\n",
        "\r",
        "\x0c",
        "\t",
        "lambda:",
        "def f():",
        "elif ",
        "else:",
        "try:",
        "except:",
        "TYPE_CHECKING",
        ";",
        ":=",
        "#",
        "\\N{",
        "lazy ",
    ];
    fuzz(&seeds, &words, |bytes| {
        let lines = bytes
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        for import in scan(bytes).imports {
            assert!(
                (1..=lines + 1).contains(&(import.line as usize)),
                "{import:?}"
            );
        }
    });
}

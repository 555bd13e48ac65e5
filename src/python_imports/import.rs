//! What is found in a source.

use serde::{Deserialize, Serialize};

/// The imports of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The imports, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// Names that `lazy_loader.attach` imports when they are used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lazy_names: Vec<LazyName>,
    /// Whether `lazy_loader.attach_stub` takes such names from the `.pyi` file of the same name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub has_lazy_stub: bool,
    /// The strings in `__all__`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// Functions and classes that are called while the module is imported, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<String>,
    /// Functions that import a module whose name is computed: `get_registered_canvas_class`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<String>,
    /// Strings that may be names of modules, if a function imports by a computed name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub module_like: Vec<String>,
}

/// An import: a name in an `import` statement, a `from` statement, or a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The line, from 1.
    pub line: u32,
    /// How it is written.
    pub form: Form,
    /// The leading dots of a relative import.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: u32,
    /// The module; empty in `from . import x`.
    pub module: String,
    /// The names of a `from` statement, `*` among them, each with the name that it binds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<(String, String)>,
    /// The function that it is in: `Class.method`; `None` if importing the module executes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Whether it is in a branch, a loop or a handler of that function, or of the module.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_conditional: bool,
    /// The `try` statement whose body it is in, by its number in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_in: Option<u32>,
    /// The `try` statement whose handler for a failed import it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<u32>,
}

/// How an import is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// `import a.b as c`, with the name that it binds.
    Import(String),
    /// `from a import b`
    From,
    /// `lazy import a.b as c` (PEP 810), with the name that it binds.
    LazyImport(String),
    /// `lazy from a import b`
    LazyFrom,
    /// `importlib.import_module("a.b")` or `__import__("a.b")`
    Call(Anchor),
}

/// What a relative name in a call is relative to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// No package is given.
    Absent,
    /// `__package__`, `__spec__.parent`
    Package,
    /// `__name__`
    Name,
    /// `"a.b"`
    Literal(String),
    /// Another expression.
    Unknown,
}

/// A name that is imported when it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LazyName {
    /// The name: `gaussian`.
    pub name: String,
    /// The submodule that has it: `_gaussian`; equal to the name for a submodule itself.
    pub submodule: String,
    /// Whether the name is the submodule.
    pub is_submodule: bool,
}

/// Whether a field has the value that it has if it is left out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

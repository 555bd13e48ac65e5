//! When a module is imported: with which statement, or by which function.

use serde::Deserialize;
use std::fmt;

/// When a module is imported, by the import statements of the packages that were read.
///
/// The variants of a package are in this order: the first one that applies is given. A chain
/// (`through`) begins with the module that is imported and ends with the one that bites.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "when")]
pub enum Bites {
    /// At once, with a package's top-level module.
    OnImport {
        /// The module that a program imports: `h3`.
        import: String,
        /// The chain: `h3`, `h3.api.basic_str`, `h3._cy`, `h3._cy.cells`.
        through: Vec<String>,
    },
    /// With a module that no top-level module imports: `matplotlib.backends.backend_pdf`.
    OnImportOf {
        /// The module with the shortest chain.
        import: String,
        /// The chain: `matplotlib.backends.backend_pdf`, `fontTools.subset`, ...
        through: Vec<String>,
        /// Further public modules of the package whose import imports it, too:
        /// `matplotlib.backends.backend_ps`.
        others: Vec<String>,
        /// A function of the package that imports one of these modules, by a name in its file if
        /// need be: `matplotlib.backend_bases:get_registered_canvas_class`.
        loaded_by: Option<String>,
    },
    /// When a name of a package is used that the package imports at that time (PEP 562):
    /// `skimage.filters.median`.
    OnUse {
        /// The package: `skimage.filters`.
        package: String,
        /// The names, at least one: `median`.
        #[serde(rename = "others")]
        names: Vec<String>,
        /// The chain, which begins with the module that has the names.
        through: Vec<String>,
    },
    /// When a function is called, or a name of a `lazy import` (PEP 810) is used.
    Later {
        /// The function, with its module: `pandas.io.html:_LxmlFrameParser._build_doc`.
        function: String,
        /// The chain, which begins with the function's module.
        through: Vec<String>,
        /// Further functions that do so.
        others: Vec<String>,
    },
    /// No import statement for it was found. An extension module may import it.
    NotImported,
}

impl Bites {
    /// The chain of modules, which ends with the one that bites; empty if none is known.
    #[must_use]
    pub fn through(&self) -> &[String] {
        match self {
            Self::OnImport { through, .. }
            | Self::OnImportOf { through, .. }
            | Self::OnUse { through, .. }
            | Self::Later { through, .. } => through,
            Self::NotImported => &[],
        }
    }

    /// The word in `--json`: `on-import`, `on-import-of`, `on-use`, `later`, `not-imported`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::OnImport { .. } => "on-import",
            Self::OnImportOf { .. } => "on-import-of",
            Self::OnUse { .. } => "on-use",
            Self::Later { .. } => "later",
            Self::NotImported => "not-imported",
        }
    }

    /// The first module of another package in the chain, unless it is the one that bites:
    /// `fontTools.subset`. For a function, the chain after the function's module.
    #[must_use]
    pub fn crossing(&self) -> Option<&str> {
        let (_, before) = self.through().split_last()?;
        let first = match self {
            Self::Later { function, .. } => function.split(':').next()?,
            _ => before.first()?,
        };
        let begin = before.iter().position(|module| module == first)?;
        let mut chain = before[begin..].iter();
        let crossing = chain.find(|module| top(module) != top(first))?;
        Some(crossing)
    }
}

/// `fontTools` of `fontTools.subset`.
fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// ` or 2 other modules`
fn write_others(f: &mut fmt::Formatter<'_>, count: usize, what: &str) -> fmt::Result {
    match count {
        0 => Ok(()),
        1 => write!(f, " or 1 other {what}"),
        _ => write!(f, " or {count} other {what}s"),
    }
}

impl fmt::Display for Bites {
    /// `on import of matplotlib.backends.backend_pdf, through fontTools.subset`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnImport { import, .. } => write!(f, "on import of {import}")?,
            Self::OnImportOf { import, others, .. } => {
                write!(f, "on import of {import}")?;
                write_others(f, others.len(), "module")?;
            }
            Self::OnUse { package, names, .. } => {
                let first = names.first().map_or("", String::as_str);
                write!(f, "on use of {package}.{first}")?;
                write_others(f, names.len().saturating_sub(1), "name")?;
            }
            Self::Later {
                function, others, ..
            } => {
                write!(f, "later, from {function}")?;
                write_others(f, others.len(), "function")?;
            }
            Self::NotImported => f.write_str("no import statement found")?,
        }
        match self.crossing() {
            Some(module) => write!(f, ", through {module}"),
            None => Ok(()),
        }
    }
}

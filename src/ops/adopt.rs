//! Finds interpreters of other tools, and registers them in place.

use crate::adopt::{Adoptable, search};
use crate::error::Result;
use crate::external::{self, Origin};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::runtime::CommandRuntime;
use crate::report::Verb;
use crate::shim_links;
use crate::store::Installed;
use ftpy_core::link_name::LinkName;

/// What a search found.
pub(crate) struct Adopted {
    pub(crate) rows: Vec<AdoptRow>,
    /// What was not usable, and why.
    pub(crate) passed_over: Vec<String>,
}

/// An interpreter, and its link if there is one.
pub(crate) struct AdoptRow {
    pub(crate) one: Adoptable,
    /// The name that it has or would get.
    pub(crate) name: String,
    /// The key under which it is already linked.
    pub(crate) linked: Option<String>,
}

/// Searches for interpreters, and links them if `links`.
pub(crate) fn adopt(context: &Context, links: bool) -> Result<Adopted> {
    let (_runtime, cancel) = CommandRuntime::start()?;
    let host = target::detect();
    let found = {
        let task = context.reporter.task("adopt");
        task.step_on(Verb::Probing, "interpreters of other tools");
        search(&context.env, &context.store, &host, &cancel)
    };
    cancel.check()?;
    let mut rows = rows(found.adoptable, &context.store.installed(&host));
    for row in rows.iter_mut().filter(|row| links && row.linked.is_none()) {
        context.allow_external(&row.one.found.build)?;
        let origin = Origin::link(&row.name);
        let receipt = external::record(&context.store, &row.one.found, &origin)?;
        row.linked = Some(receipt.key);
    }
    if links {
        shim_links::ensure(&context.store, &host)?;
    }
    Ok(Adopted {
        rows,
        passed_over: found.passed_over,
    })
}

/// Gives each interpreter a unique name.
fn rows(found: Vec<Adoptable>, installed: &[Installed]) -> Vec<AdoptRow> {
    let mut rows: Vec<AdoptRow> = Vec::new();
    for one in found {
        let known = installed.iter().find(|known| {
            known.key.provider.is_external()
                && known.key.build == one.found.build
                && known.interpreter().as_deref() == Some(one.found.executable.as_path())
        });
        if let Some(known) = known {
            rows.push(AdoptRow {
                name: (known.key.build_id.as_ref()).map_or_else(String::new, ToString::to_string),
                linked: Some(known.key.to_string()),
                one,
            });
            continue;
        }
        let stem = stem(one.tool);
        let is_taken = |name: &str| {
            rows.iter().any(|row| row.name == name)
                || installed
                    .iter()
                    .any(|known| known.link_name() == Some(name))
        };
        let numbered = (2..).map(|number| format!("{stem}{number}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or(stem.clone());
        rows.push(AdoptRow {
            one,
            name,
            linked: None,
        });
    }
    rows
}

/// Returns a name for a tool's interpreter: `pyenv`, `setup_python`, `conda_python`.
fn stem(tool: Option<&str>) -> String {
    let tool = match tool {
        Some("the distribution") => "distribution",
        Some(tool) => tool,
        None => "other",
    };
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let word: String = tool
        .chars()
        .map(|c| if is_part(c) { c } else { '_' })
        .collect();
    match LinkName::parse(&word) {
        Ok(name) => name.to_string(),
        Err(_) => format!("{}_python", word.to_ascii_lowercase()),
    }
}

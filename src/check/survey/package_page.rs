//! `packages/NAME.html`: a package of a survey on each target, with the evidence, and its history
//! by version.

use crate::check::finding::Class;
use crate::check::render::html::{HEADINGS, Page, row};
use crate::check::render::markup::mark;
use crate::check::survey::index_page::{effect, versions};
use crate::check::survey::record::{MOST_VERSIONS, PastVersion, SurveyedPackage};
use crate::report::markup::escaped;

/// Renders the page.
#[must_use]
pub fn package_page(package: &SurveyedPackage) -> String {
    let name = escaped(&package.name);
    let mut facts = vec![effect(package)];
    let versions = versions(package);
    if !versions.is_empty() {
        facts.push(format!("keeps it off: {versions}"));
    }
    let newest = package.newest.as_deref().unwrap_or_default();
    let newest = match newest.is_empty() {
        true => String::new(),
        false => format!(" The newest version is {}.", escaped(newest)),
    };
    let page = Page {
        title: format!("{}: does it turn the GIL on?", package.name),
        heading: package.name.clone(),
        lead: format!(
            "<p><a href=\"../index.html\">All packages</a> · <a href=\"{name}.json\">JSON</a></p>\n\
             <p>Looked at on {}.{newest}</p>",
            escaped(&package.surveyed)
        ),
        summary: facts.join("; "),
        headings: HEADINGS,
        rows: package.targets.iter().map(row).collect(),
        below: history(package),
    };
    page.render()
}

fn history(package: &SurveyedPackage) -> String {
    if package.history.is_empty() {
        return String::new();
    }
    let version = package.version().unwrap_or_default();
    let wheel = package.deciding().and_then(|it| it.wheel.as_deref());
    let judged = past_row(version, package.class(), wheel.unwrap_or_default(), &[]);
    let older = package.history.iter().map(|past: &PastVersion| {
        past_row(&past.version, past.class, &past.wheel, &past.modules_on)
    });
    format!(
        "<h2>By version</h2>\n<p>At most {MOST_VERSIONS} versions with t wheels, each by one wheel. \
         Versions that were not needed to settle the answer were not read.</p>\n\
         <table class=\"plain\"><thead><tr><th>Version</th><th>GIL</th><th>Modules that turn it on\
         </th><th>Wheel</th></tr></thead><tbody>\n{judged}{}</tbody></table>\n",
        older.collect::<String>()
    )
}

fn past_row(version: &str, class: Option<Class>, wheel: &str, modules: &[String]) -> String {
    let text = match class {
        Some(class) => format!("{} {}", mark(class).1, escaped(class.text())),
        None => "not read".to_owned(),
    };
    format!(
        "<tr><td>{}</td><td>{text}</td><td>{}</td><td><code>{}</code></td></tr>\n",
        escaped(version),
        escaped(&modules.join(", ")),
        escaped(wheel),
    )
}

//! The findings as one page of HTML that needs nothing else: a table that can be filtered and
//! sorted, the evidence of each package, and a picture of which package requires which.

use crate::check::finding::{CheckedModule, CheckedPackage, Findings};
use crate::check::render::markup::mark;
use crate::check::render::{svg, table};
use crate::report::markup::{escaped, filled};
use crate::report::text::count;

/// The page around the findings: styles, the script of the filter, and places for the parts.
const PAGE: &str = include_str!("page.html");

/// The parts of a page, each with its markup. The table has six columns, of which the third is
/// about the GIL.
#[derive(Debug, Default)]
pub(in crate::check) struct Page {
    /// The title, as text.
    pub(in crate::check) title: String,
    /// The heading, as text.
    pub(in crate::check) heading: String,
    /// What is above the table.
    pub(in crate::check) lead: String,
    /// The result in one line, as text.
    pub(in crate::check) summary: String,
    /// The headings of the table, as text.
    pub(in crate::check) headings: [&'static str; 6],
    /// The rows of the table.
    pub(in crate::check) rows: String,
    /// What is below the table.
    pub(in crate::check) below: String,
}

/// The headings of a table of packages on targets.
pub(in crate::check) const HEADINGS: [&str; 6] =
    ["Package", "Version", "GIL", "Target", "Wheel", "Details"];

/// Renders the page. `title` names what was checked.
#[must_use]
pub fn html(findings: &Findings, title: &str) -> String {
    let picture = svg::tree(findings);
    let page = Page {
        title: format!("GIL check: {title}"),
        heading: "Which dependencies turn the GIL on?".to_owned(),
        lead: format!("<p>{}</p>", escaped(title)),
        summary: table::summary(findings),
        headings: HEADINGS,
        rows: findings.packages.iter().map(row).collect(),
        below: match picture.is_empty() {
            true => picture,
            false => {
                format!("<h2>Who requires whom</h2>\n<div class=\"picture\">{picture}</div>\n")
            }
        },
    };
    page.render()
}

impl Page {
    /// Puts the parts into their places.
    pub(in crate::check) fn render(self) -> String {
        let headings = self.headings.map(|heading| format!("<th>{heading}</th>"));
        let parts = [
            ("{{title}}", escaped(&self.title)),
            ("{{heading}}", escaped(&self.heading)),
            ("{{lead}}", self.lead),
            ("{{summary}}", escaped(&self.summary)),
            ("{{headings}}", headings.concat()),
            ("{{version}}", escaped(env!("CARGO_PKG_VERSION"))),
            ("{{rows}}", self.rows),
            ("{{below}}", self.below),
        ];
        filled(PAGE, &parts)
    }
}

/// A row of the table: a package on a target.
pub(in crate::check) fn row(package: &CheckedPackage) -> String {
    let class = package.class;
    let (kind, mark) = mark(class);
    let target = package.target.map(|it| it.to_string()).unwrap_or_default();
    let wheel = package.tag.as_deref().unwrap_or_default();
    format!(
        "<tr class=\"{kind}\" data-class=\"{}\"><td data-label=\"Package\">{}</td>\
         <td data-label=\"Version\">{}</td>\
         <td data-label=\"GIL\"><span class=\"mark\" aria-hidden=\"true\">{mark}</span> {}</td>\
         <td data-label=\"Target\">{}</td><td data-label=\"Wheel\"><code>{}</code></td>\
         <td data-label=\"Details\">{}</td></tr>\n",
        class.word(),
        escaped(&package.name),
        escaped(&package.version),
        escaped(class.text()),
        escaped(&target),
        escaped(wheel),
        details(package),
    )
}

fn details(package: &CheckedPackage) -> String {
    let lines = table::below(package);
    let said: String = lines
        .iter()
        .map(|line| format!("<li>{}</li>", linked(line)))
        .collect();
    let said = match said.is_empty() {
        true => String::new(),
        false => format!("<ul>{said}</ul>"),
    };
    if package.modules.is_empty() {
        return said;
    }
    let modules: String = package.modules.iter().map(module).collect();
    let verified = match package.is_hash_verified {
        true => "the wheel's hash was verified",
        false => "the wheel's hash was not verified",
    };
    let verified = package.wheel.as_ref().map_or("", |_| verified);
    let count = count(package.modules.len(), "module");
    format!(
        "{said}<details><summary>{count}</summary><p>{verified}</p>\
         <table><tr><th>Module</th><th>Verdict</th><th>Evidence</th></tr>{modules}</table>\
         </details>"
    )
}

fn module(module: &CheckedModule) -> String {
    let evidence = &module.evidence;
    let evidence = match evidence.symbol.is_empty() {
        true => String::new(),
        false => format!(
            "{} at {:#x}: {}; {} instructions, depth {}",
            evidence.symbol,
            evidence.address,
            evidence.decision,
            evidence.instructions,
            evidence.depth
        ),
    };
    format!(
        "<tr><td title=\"{}\">{}</td><td>{}</td><td>{}</td></tr>",
        escaped(&module.file),
        escaped(&module.module),
        module.verdict.word(),
        escaped(&evidence),
    )
}

/// The text with its address as a link; only http and https are linked.
pub(in crate::check) fn linked(line: &str) -> String {
    match line.strip_prefix("issues: ") {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            format!(
                "issues: <a href=\"{0}\" rel=\"nofollow\">{0}</a>",
                escaped(url)
            )
        }
        _ => escaped(line),
    }
}

//! The findings as one page of HTML that needs nothing else: a table that can be filtered and
//! sorted, the evidence of each package, and a picture of which package requires which.

use crate::check::finding::{CheckedModule, CheckedPackage, Findings};
use crate::check::render::markup::{escaped, mark};
use crate::check::render::{svg, table};
use crate::report::text::count;

/// The page around the findings: styles, the script of the filter, and places for the parts.
const PAGE: &str = include_str!("page.html");

/// Renders the page. `title` names what was checked.
#[must_use]
pub fn html(findings: &Findings, title: &str) -> String {
    let rows: String = findings.packages.iter().map(row).collect();
    let parts = [
        ("{{title}}", escaped(title)),
        ("{{summary}}", escaped(&table::summary(findings))),
        ("{{version}}", escaped(env!("CARGO_PKG_VERSION"))),
        ("{{rows}}", rows),
        ("{{picture}}", svg::tree(findings)),
    ];
    // A name in the findings that looks like a place is not replaced again.
    let mut page = String::new();
    let mut rest = PAGE;
    while let Some(start) = rest.find("{{") {
        page.push_str(&rest[..start]);
        rest = &rest[start..];
        let part = parts.iter().find(|(place, _)| rest.starts_with(place));
        let (place, text) = part.map_or(("{{", "{{"), |(place, text)| (place, text.as_str()));
        page.push_str(text);
        rest = &rest[place.len()..];
    }
    page + rest
}

fn row(package: &CheckedPackage) -> String {
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
fn linked(line: &str) -> String {
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

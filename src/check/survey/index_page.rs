//! `index.html`: all packages of a survey in one table that can be filtered and sorted.

use crate::check::finding::{CheckedPackage, Class};
use crate::check::render::html::{Page, linked};
use crate::check::render::markup::mark;
use crate::check::render::table;
use crate::check::survey::chart;
use crate::check::survey::record::{Presence, SurveyedPackage};
use crate::check::survey::totals::{Point, Totals};
use crate::check::verdict::ModuleVerdict;
use crate::report::markup::escaped;
use crate::report::text;
use std::collections::BTreeMap;

/// How many modules of a package are named.
const MOST_MODULES: usize = 3;

/// The headings of the table.
const HEADINGS: [&str; 6] = [
    "Package",
    "Version",
    "GIL",
    "Platforms",
    "Keeps it off",
    "Details",
];

/// Renders the page. The packages are sorted by class, those that turn the GIL on first.
#[must_use]
pub fn index_page(packages: &[SurveyedPackage], point: &Point, totals: &Totals) -> String {
    let mut sorted: Vec<&SurveyedPackage> = packages.iter().collect();
    sorted.sort_by_key(|package| (package.class().is_none(), package.class(), &package.name));
    let page = Page {
        title: "Which packages turn the GIL on?".to_owned(),
        heading: "Which packages turn the GIL on?".to_owned(),
        lead: format!(
            "<p>The newest version of each package with a wheel for free-threaded Python, on all \
             platforms, on {}. The modules were read, not run.</p>\n\
             <p>For programs: <a href=\"survey.json\">survey.json</a>, \
             <a href=\"totals.json\">totals.json</a>, and a file for each package.</p>",
            escaped(&point.date)
        ),
        summary: summary(point),
        headings: HEADINGS,
        rows: sorted.into_iter().map(row).collect(),
        below: chart::over_time(totals),
    };
    page.render()
}

/// `300 packages, 120 with t wheels: 9 turn the GIL on, 100 keep it off`
fn summary(point: &Point) -> String {
    let classes = point.classes.iter();
    let classes = classes.map(|(class, count)| table::count_of(*class, class.text(), *count));
    format!(
        "{} packages, {} with t wheels: {}",
        point.packages,
        point.with_t_wheels,
        classes.collect::<Vec<_>>().join(", ")
    )
}

fn row(package: &SurveyedPackage) -> String {
    let class = package.class();
    let (kind, mark) = class.map_or(("open", "?"), mark);
    let name = escaped(&package.name);
    format!(
        "<tr class=\"{kind}\" data-class=\"{}\"><td data-label=\"Package\">\
         <a href=\"packages/{name}.html\">{name}</a></td>\
         <td data-label=\"Version\">{}</td>\
         <td data-label=\"GIL\"><span class=\"mark\" aria-hidden=\"true\">{mark}</span> {}</td>\
         <td data-label=\"Platforms\">{}</td><td data-label=\"Keeps it off\">{}</td>\
         <td data-label=\"Details\">{}</td></tr>\n",
        class.map_or("none", Class::word),
        escaped(package.version().unwrap_or_default()),
        escaped(&effect(package)),
        escaped(&platforms(package)),
        escaped(&versions(package)),
        details(package),
    )
}

/// What the package does, in words.
pub(super) fn effect(package: &SurveyedPackage) -> String {
    match (package.presence, package.class()) {
        (Presence::Gone, Some(class)) => format!("{}; no longer on the index", class.text()),
        (Presence::Gone, None) => "not on the index".to_owned(),
        (_, None) => "no files for Python".to_owned(),
        (_, Some(class)) => {
            let deciding = package.deciding();
            deciding
                .map_or(class.text(), CheckedPackage::class_text)
                .to_owned()
        }
    }
}

/// `all`, or the platforms of each class.
fn platforms(package: &SurveyedPackage) -> String {
    let mut classes: BTreeMap<Class, Vec<String>> = BTreeMap::new();
    let several = package.targets.iter().filter_map(|it| it.target);
    let mut pythons: Vec<String> = several.map(|target| target.python()).collect();
    pythons.dedup();
    for checked in &package.targets {
        let name = checked.target.map(|target| match pythons.len() {
            1 => target.platform.to_string(),
            _ => target.to_string(),
        });
        classes.entry(checked.class).or_default().extend(name);
    }
    match classes.len() {
        0 => String::new(),
        1 => "all".to_owned(),
        _ => {
            let texts = classes
                .iter()
                .map(|(class, names)| format!("{}: {}", class.text(), names.join(", ")));
            texts.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Which versions keep the GIL off.
pub(super) fn versions(package: &SurveyedPackage) -> String {
    if let Some(good) = package.good_since() {
        return format!("since {good}");
    }
    if let Some(good) = package.last_good() {
        return good.to_owned();
    }
    let read = package.history.iter().filter(|past| past.class.is_some());
    match (package.class(), read.count()) {
        (Some(Class::TurnsOn), 0) => "no other version with a t wheel".to_owned(),
        (Some(Class::TurnsOn), count) => format!("none of {count} older versions"),
        _ => String::new(),
    }
}

/// What to know beside the class, in a few lines: the package's own page has the rest.
fn details(package: &SurveyedPackage) -> String {
    let mut lines = Vec::new();
    if let Some(newest) = &package.newest
        && package.version().is_some_and(|version| version != newest)
    {
        lines.push(format!("{newest} has no t wheel"));
    }
    if let Some(deciding) = package.deciding() {
        lines.extend(match deciding.class {
            Class::TurnsOn => offenders(deciding),
            class if class.is_good() => None,
            _ => table::below(deciding).into_iter().next(),
        });
        let remedy = deciding.remedy.as_ref();
        let tracker = remedy.and_then(|remedy| remedy.tracker.as_ref());
        lines.extend(tracker.map(|tracker| format!("issues: {tracker}")));
    }
    let items = lines
        .iter()
        .map(|line| format!("<li>{}</li>", linked(line)));
    let items: String = items.collect();
    match items.is_empty() {
        true => items,
        false => format!("<ul>{items}</ul>"),
    }
}

/// `5 of 7 modules: lxml.builder, lxml.etree, lxml.objectify and 2 more`
fn offenders(package: &CheckedPackage) -> Option<String> {
    let on = package.modules.iter();
    let on = on.filter(|module| module.verdict == ModuleVerdict::On);
    let names: Vec<&str> = on.map(|module| module.module.as_str()).collect();
    if names.is_empty() {
        return package.reason.clone();
    }
    let more = match names.len().saturating_sub(MOST_MODULES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names[..names.len().min(MOST_MODULES)].join(", ");
    let of = text::count(package.modules.len(), "module");
    Some(format!("{} of {of}: {shown}{more}", names.len()))
}

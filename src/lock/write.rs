//! A lock as text. There is one text for what a lock says: entries sorted, one value a line where values
//! may change alone, so that a diff shows what changed and two changes merge.

use crate::lock::document::{FORMAT, Lock, LockEntry, LockedBuild};
use crate::lock::package::own_fields;
use crate::provider::{Candidate, Recipe};
use crate::store::Package;
use serde_json::Value;
use std::fmt::{self, Display};

const HEAD: &str = "\
# Made by `ftpy lock`, from the project's version file; not meant to be edited by hand.
# `ftpy install --locked` installs exactly what stands here, `ftpy lock --upgrade` renews it.
";

impl Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\nversion = {FORMAT}")?;
        list(f, "platforms", &self.platforms)?;
        if let Some(requests) = &self.requests {
            list(f, "requests", requests)?;
        }
        if !self.sources.is_empty() {
            list(f, "sources", &self.sources)?;
        }
        if !self.channels.is_empty() {
            list(f, "channels", &self.channels)?;
        }
        self.entries.iter().try_for_each(|one| entry(f, one))
    }
}

fn entry(f: &mut fmt::Formatter<'_>, entry: &LockEntry) -> fmt::Result {
    let (request, platform) = (&entry.request, &entry.platform);
    // The comment is what a merge finds its place by: it is the same in every version.
    writeln!(f, "\n# {request} on {platform}\n[[build]]")?;
    field(f, "request", request)?;
    field(f, "platform", platform)?;
    match &entry.found {
        LockedBuild::Nothing(reason) => field(f, "unavailable", reason),
        LockedBuild::Build(candidate) => build(f, candidate),
    }
}

fn build(f: &mut fmt::Formatter<'_>, candidate: &Candidate) -> fmt::Result {
    field(f, "version", candidate.build.version)?;
    field(f, "provider", candidate.provider)?;
    if let Some(id) = &candidate.build_id {
        field(f, "build", id)?;
    }
    if let Recipe::Conda { packages } = &candidate.recipe {
        return packages.iter().try_for_each(|one| package(f, one));
    }
    if let Some(archive) = &candidate.archive {
        field(f, "file", &archive.file)?;
        if let Some(sha256) = archive.sha256 {
            field(f, "sha256", sha256)?;
        }
        if let Some(size) = archive.size {
            writeln!(f, "size = {size}")?;
        }
        list(f, "urls", &archive.urls)?;
    }
    if let Recipe::Compile(how) = &candidate.recipe {
        list(f, "configure", &how.configure)?;
    }
    Ok(())
}

fn package(f: &mut fmt::Formatter<'_>, package: &Package) -> fmt::Result {
    writeln!(f, "\n[[build.package]]")?;
    for (name, value) in [
        ("name", &package.name as &dyn Display),
        ("version", &package.version),
        ("build", &package.build),
        ("file", &package.file),
        ("url", &package.url),
    ] {
        field(f, name, value)?;
    }
    if let Some(sha256) = package.sha256 {
        field(f, "sha256", sha256)?;
    }
    if let Some(size) = package.size {
        writeln!(f, "size = {size}")?;
    }
    writeln!(f, "[build.package.record]")?;
    for (name, value) in own_fields(package) {
        writeln!(f, "{} = {}", quoted(name), Toml(value))?;
    }
    Ok(())
}

fn field(f: &mut fmt::Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "{name} = {}", quoted(&value.to_string()))
}

fn list<T: Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    writeln!(f, "{name} = [")?;
    for value in values {
        writeln!(f, "  {},", quoted(&value.to_string()))?;
    }
    writeln!(f, "]")
}

/// A value of JSON as one of TOML, on one line.
struct Toml<'a>(&'a Value);

impl Display for Toml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Inside a list or a table, where it cannot be left out.
            Value::Null => f.write_str("\"\""),
            Value::Bool(_) | Value::Number(_) => self.0.fmt(f),
            Value::String(text) => f.write_str(&quoted(text)),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|one| Toml(one).to_string()).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(_, value)| !value.is_null());
                let fields =
                    fields.map(|(name, value)| format!("{} = {}", quoted(name), Toml(value)));
                write!(f, "{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

//! A Python script on its own: its metadata block (PEP 723), and the Python that its first line
//! names. Works on text.
//!
//! ```text
//! #!/usr/bin/env python3.14t
//! # /// script
//! # requires-python = ">=3.14"
//! # dependencies = ["httpx"]
//! # ///
//! ```

use crate::version_file::range;
use ftpy_core::name::{Name, Tool};
use ftpy_core::range::Range;
use std::path::Path;
use toml::{Table, Value};

/// The first and the last line of a block.
const START: &str = "# /// script";
const END: &str = "# ///";

/// What a script says about the Python that it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InlineScript {
    /// `python3.14t`, of the first line `#!/usr/bin/env python3.14t`. `python3` is not kept,
    /// because it chooses nothing.
    pub shebang: Option<Name>,
    /// The metadata, if there is a block.
    pub block: Option<ScriptBlock>,
}

/// The metadata of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptBlock {
    /// `>=3.13`: as written, and parsed.
    pub requires_python: Option<(String, Range)>,
    /// Requirements in the syntax of PEP 508, sorted.
    pub dependencies: Vec<String>,
    /// Keys that may matter and are not read: `tool.uv.sources`, a misspelt `dependancies`.
    pub unread: Vec<String>,
}

/// An invalid block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ScriptError {
    /// The line in the script, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl InlineScript {
    /// Parses the text of a script.
    ///
    /// # Errors
    /// Returns an error if the block is invalid, or there are two.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let text = text.trim_start_matches('\u{feff}');
        let lines: Vec<&str> = text.lines().collect();
        Ok(Self {
            shebang: lines.first().and_then(|line| shebang(line)),
            block: block(&lines)?,
        })
    }
}

/// Returns the versioned Python of a first line, also behind `env` and its options.
fn shebang(line: &str) -> Option<Name> {
    let mut words = line.strip_prefix("#!")?.split_whitespace();
    let first = Path::new(words.next()?);
    let program = match first.file_name()? == "env" {
        true => Path::new(words.find(|word| !word.starts_with('-') && !word.contains('='))?),
        false => first,
    };
    let name = Name::of_file(program)?;
    (name.tool == Tool::Python && name.request().is_some()).then_some(name)
}

fn block(lines: &[&str]) -> Result<Option<ScriptBlock>, ScriptError> {
    let Some(start) = lines.iter().position(|line| *line == START) else {
        return Ok(None);
    };
    let below = &lines[start + 1..];
    let is_comment = |line: &&&str| **line == "#" || line.starts_with("# ");
    let comments = below.iter().take_while(is_comment).count();
    // The last one counts, because the content may contain such a line, too.
    let Some(length) = below[..comments].iter().rposition(|line| *line == END) else {
        return Err(not_closed(below, start, comments));
    };
    if let Some(second) = below.iter().position(|line| *line == START) {
        let problem = format!(
            "a second `{START}` block; the first one is in line {}",
            start + 1
        );
        return Err(error(start + 2 + second, problem));
    }
    let content: Vec<&str> = below[..length]
        .iter()
        .map(|line| line.strip_prefix("# ").unwrap_or_default())
        .collect();
    Content {
        lines: &content,
        first: start + 2,
    }
    .read()
    .map(Some)
}

/// The error of a block that begins at the index `start`, and has this many lines of comments.
fn not_closed(below: &[&str], start: usize, comments: usize) -> ScriptError {
    match below.get(comments) {
        Some(line) if line.starts_with('#') && below.contains(&END) => {
            let problem = "a line of a script block must be `#` or start with `# `";
            error(start + 2 + comments, problem)
        }
        _ => error(
            start + 1,
            format!("the `{START}` block has no closing line `{END}`"),
        ),
    }
}

fn error(line: usize, problem: impl Into<String>) -> ScriptError {
    let problem = problem.into();
    ScriptError { line, problem }
}

/// The TOML of a block.
struct Content<'a> {
    lines: &'a [&'a str],
    /// The line of the first one in the script.
    first: usize,
}

impl Content<'_> {
    fn read(&self) -> Result<ScriptBlock, ScriptError> {
        let text = self.lines.join("\n");
        let table: Table = text.parse().map_err(|problem: toml::de::Error| {
            let offset = problem.span().map_or(0, |span| span.start);
            let above = text.bytes().take(offset).filter(|byte| *byte == b'\n');
            let problem = problem.message().replace('\n', " ");
            error(
                self.first + above.count(),
                format!("invalid TOML: {problem}"),
            )
        })?;
        Ok(ScriptBlock {
            requires_python: self.requires_python(table.get("requires-python"))?,
            dependencies: self.dependencies(table.get("dependencies"))?,
            unread: unread(&table),
        })
    }

    fn requires_python(
        &self,
        value: Option<&Value>,
    ) -> Result<Option<(String, Range)>, ScriptError> {
        let Some(value) = value else { return Ok(None) };
        let line = self.line("requires-python");
        let text = value
            .as_str()
            .ok_or_else(|| error(line, "requires-python must be a string"))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let range = range(text).ok_or_else(|| {
            let problem = format!("requires-python: `{text}` is not a range such as `>=3.13`");
            error(line, problem)
        })?;
        Ok(Some((text.to_owned(), range)))
    }

    fn dependencies(&self, value: Option<&Value>) -> Result<Vec<String>, ScriptError> {
        let Some(value) = value else {
            return Ok(Vec::new());
        };
        let line = self.line("dependencies");
        let wrong = || error(line, "dependencies must be an array of strings");
        let all = value.as_array().ok_or_else(wrong)?;
        let mut found = Vec::new();
        for one in all {
            let text = one.as_str().ok_or_else(wrong)?.trim();
            // An option of pip must not pass for a package.
            let is_name = text.starts_with(|first: char| first.is_ascii_alphanumeric());
            if !is_name || text.contains(['\n', '\r']) {
                let problem = format!("dependencies: `{text}` does not begin with a package name");
                return Err(error(self.line(text), problem));
            }
            found.push(text.to_owned());
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The line of the script that contains a text, or the first one of the block.
    fn line(&self, text: &str) -> usize {
        let at = self.lines.iter().position(|line| line.contains(text));
        self.first + at.unwrap_or_default()
    }
}

/// Returns the keys that are not read, although they may change what runs.
fn unread(table: &Table) -> Vec<String> {
    let known = ["requires-python", "dependencies", "tool"];
    let unknown = table.keys().filter(|key| !known.contains(&key.as_str()));
    let uv = table.get("tool").and_then(|tool| tool.get("uv"));
    let uv = uv.and_then(Value::as_table).into_iter().flatten();
    let uv = uv.map(|(key, _)| format!("tool.uv.{key}"));
    unknown.cloned().chain(uv).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<InlineScript, ScriptError> {
        InlineScript::parse(text)
    }

    #[test]
    fn a_block_is_read_wherever_it_is_and_other_blocks_are_ignored() {
        let text = "\u{feff}#!/usr/bin/env python3.14t\r\nimport x\r\n# /// other\r\n# a = [\r\n\
            # ///\r\n\r\n# /// script\r\n# requires-python = \">=3.13,<3.16\"\r\n#\r\n\
            # dependencies = [\r\n#   \"rich>=13\",\r\n#   \"httpx\", \"httpx\",\r\n# ]\r\n\
            # ///\r\nprint()\r\n";
        let script = parse(text).expect("a script");
        assert_eq!(script.shebang, Name::parse("python3.14t"));
        let block = script.block.expect("a block");
        assert_eq!(block.dependencies, ["httpx", "rich>=13"]);
        let (text, range) = block.requires_python.expect("a range");
        assert_eq!(text, ">=3.13,<3.16");
        assert_eq!(range.0.len(), 2);
        assert_eq!(block.unread, Vec::<String>::new());
        // As the reference implementation reads it, the last closing line counts.
        let text = "# /// script\n# dependencies = [\"x\"]\n# x = '''\n# ///\n# '''\n# ///\n";
        let block = parse(text).expect("a script").block.expect("a block");
        assert_eq!(block.unread, ["x"]);
        for none in ["", "print()\n", "  # /// script\n", "# ///script\n# ///\n"] {
            assert_eq!(parse(none), Ok(InlineScript::default()), "{none:?}");
        }
    }

    #[test]
    fn only_a_versioned_python_of_the_first_line_counts() {
        for (line, expected) in [
            ("#!/usr/bin/env python3.14t", Some("python3.14t")),
            ("#!/usr/bin/env -S python3.13t -u", Some("python3.13t")),
            ("#! /opt/x/bin/python3.14 -I", Some("python3.14")),
            ("#!/usr/bin/env -S A=1 python3t", Some("python3t")),
            ("#!python3.14t", Some("python3.14t")),
            ("#!/usr/bin/env python3", None),
            ("#!/usr/bin/env -S ftpy run --script", None),
            ("#!/usr/bin/pip3.14t", None),
            ("#!", None),
            ("# python3.14t", None),
        ] {
            let name = parse(&format!("{line}\n")).expect("a script").shebang;
            assert_eq!(name, expected.and_then(Name::parse), "{line}");
        }
    }

    #[test]
    fn what_may_change_the_result_is_listed_if_it_is_not_read() {
        let text = "# /// script\n# dependancies = []\n# [tool.uv]\n# exclude-newer = \"x\"\n\
            # [tool.black]\n# a = 1\n# [tool.uv.sources]\n# b = 1\n# ///\n";
        let block = parse(text).expect("a script").block.expect("a block");
        assert_eq!(
            block.unread,
            ["dependancies", "tool.uv.exclude-newer", "tool.uv.sources"]
        );
    }

    #[test]
    fn an_invalid_block_is_an_error_with_its_line() {
        for (text, line, problem) in [
            (
                "x\n# /// script\n# a = 1\nx\n",
                2,
                "no closing line `# ///`",
            ),
            ("# /// script\n# a = 1\n#b\n# ///\n", 3, "must be `#`"),
            (
                "# /// script\n# ///\n\n# /// script\n# ///\n",
                4,
                "first one is in line 1",
            ),
            ("# /// script\n# /// script\n# ///\n", 2, "a second"),
            (
                "\n# /// script\n#\n# a = [\n# b\n# ///\n",
                5,
                "invalid TOML",
            ),
            (
                "# /// script\n# requires-python = 3.14\n# ///\n",
                2,
                "a string",
            ),
            (
                "# /// script\n#\n# requires-python = \"new\"\n# ///\n",
                3,
                "`new`",
            ),
            (
                "# /// script\n# dependencies = \"x\"\n# ///\n",
                2,
                "an array",
            ),
            ("# /// script\n# dependencies = [1]\n# ///\n", 2, "an array"),
            (
                "# /// script\n# dependencies = [\n#   \"-r x\",\n# ]\n# ///\n",
                3,
                "`-r x`",
            ),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, line, "{text:?} {error:?}");
            assert!(error.problem.contains(problem), "{text:?} {error:?}");
        }
    }
}

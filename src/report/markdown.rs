//! Pages of the manual as plain text. Only the Markdown that the manual uses is understood.

use crate::report::text::table;

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading; the page's own is of level 1.
    Heading(usize, String),
    /// A paragraph on one line.
    Paragraph(String),
    /// A list item on one line.
    Item(String),
    /// The lines of a code block.
    Code(Vec<String>),
    /// The rows of a table, its header first.
    Table(Vec<Vec<String>>),
}

/// Parses a page.
pub(crate) fn parse(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().map(str::trim_end).peekable();
    let mut is_open = false;
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        let continues = std::mem::replace(&mut is_open, false);
        if let Some(fence) = text.strip_prefix("```") {
            debug_assert!(!fence.contains('`'));
            let indent = line.len() - text.len();
            let code = lines.by_ref().take_while(|line| line.trim() != "```");
            let code = code.map(|line| line.get(indent..).unwrap_or_default().to_owned());
            blocks.push(Block::Code(code.collect()));
        } else if text.starts_with('|') {
            let mut rows = vec![cells(text)];
            while let Some(line) = lines.next_if(|line| line.trim_start().starts_with('|')) {
                rows.push(cells(line));
            }
            rows.retain(|row| {
                !row.iter()
                    .all(|cell| cell.chars().all(|c| "-: ".contains(c)))
            });
            blocks.push(Block::Table(rows));
        } else if text.starts_with('#') {
            let title = text.trim_start_matches('#');
            blocks.push(Block::Heading(text.len() - title.len(), inline(title)));
        } else if let Some(title) = admonition(text) {
            blocks.push(Block::Paragraph(format!("{title}:")));
        } else if let Some(item) = text.strip_prefix("- ") {
            blocks.push(Block::Item(inline(item)));
            is_open = true;
        } else if !is_not_shown(text) {
            is_open = true;
            match blocks.last_mut() {
                Some(Block::Paragraph(open) | Block::Item(open)) if continues => {
                    open.push(' ');
                    open.push_str(&inline(text));
                }
                _ => blocks.push(Block::Paragraph(inline(text))),
            }
        }
    }
    blocks
}

/// Empty lines, comments and pictures.
fn is_not_shown(text: &str) -> bool {
    text.is_empty()
        || text.starts_with("<!--") && text.ends_with("-->")
        || text.starts_with("![") && text.ends_with(')')
}

/// The title of `!!! note "Title"` or `=== "Title"`.
fn admonition(text: &str) -> Option<&str> {
    let rest = ["!!! ", "=== ", "??? "];
    let rest = rest.iter().find_map(|mark| text.strip_prefix(mark))?;
    rest.split('"').nth(1)
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_matches('|').replace("\\|", "\u{0}");
    let cells = line.split('|');
    cells
        .map(|cell| inline(&cell.replace('\u{0}', "|")))
        .collect()
}

/// A text without links and bold marks; code keeps its backticks.
fn inline(text: &str) -> String {
    let mut plain = String::new();
    for (index, part) in text.trim().split('`').enumerate() {
        if index > 0 {
            plain.push('`');
        }
        match index % 2 {
            0 => plain.push_str(&part.replace("**", "")),
            _ => plain.push_str(part),
        }
    }
    // A link may contain code: `[`--json`](page.md)`.
    while let Some(end) = plain.find("](") {
        let start = plain[..end].rfind('[');
        let close = plain[end..].find(')').map(|close| end + close);
        let (Some(start), Some(close)) = (start, close) else {
            break;
        };
        let title = plain[start + 1..end].to_owned();
        plain.replace_range(start..=close, &title);
    }
    plain
}

/// Renders blocks for a screen of this width.
pub(crate) fn plain(blocks: &[Block], width: usize) -> String {
    let mut text = String::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        let is_list = matches!((before, block), (Some(Block::Item(_)), Block::Item(_)));
        if before.is_some() && !is_list {
            text.push('\n');
        }
        for line in lines(block, width) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        before = Some(block);
    }
    text
}

fn lines(block: &Block, width: usize) -> Vec<String> {
    match block {
        Block::Heading(1, title) => vec![title.to_uppercase()],
        Block::Heading(_, title) => vec![title.clone()],
        Block::Paragraph(paragraph) => wrap(paragraph, "  ", "  ", width),
        Block::Item(item) => wrap(item, "  - ", "    ", width),
        Block::Code(code) => code.iter().map(|line| format!("      {line}")).collect(),
        Block::Table(rows) => {
            let aligned = table(rows);
            if aligned.iter().all(|line| line.chars().count() + 2 <= width) {
                return aligned.iter().map(|line| format!("  {line}")).collect();
            }
            let names = rows.iter().filter_map(|row| row.first());
            let column = names.map(|name| name.chars().count()).max().unwrap_or(0);
            let rows = rows.iter().skip(1).flat_map(|row| {
                if let ([name, meaning], ..=24) = (row.as_slice(), column) {
                    let first = format!("  {name:column$}  ");
                    return wrap(meaning, &first, &" ".repeat(column + 4), width);
                }
                let (first, rest) = row.split_first().map_or(("", &[][..]), |(a, b)| (a, b));
                let mut lines = wrap(first, "  ", "  ", width);
                let rest = rest.iter().filter(|cell| !cell.is_empty());
                lines.extend(rest.flat_map(|cell| wrap(cell, "      ", "      ", width)));
                lines
            });
            rows.collect()
        }
    }
}

/// Breaks a text into lines, with an indentation for the first and for the others.
fn wrap(text: &str, first: &str, others: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, others.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Pins\n\nA **pin** names\na [version](v.md#x).\n\n- one\n  more\n- two `a|b`\n\n\
        ![A picture](x.png)\n\n<!-- runs in: x -->\n```console\n$ ftpy pin\n  3.14t\n```\n\n| a | b |\n|---|---|\n| `x\\|y` | z |\n";

    #[test]
    fn a_page_is_plain_text_of_the_wanted_width() {
        let text = plain(&parse(PAGE), 20);
        assert_eq!(
            text,
            "PINS\n\n  A pin names a\n  version.\n\n  - one more\n  - two `a|b`\n\n      $ ftpy pin\n        \
             3.14t\n\n  a      b\n  `x|y`  z\n"
        );
    }

    #[test]
    fn a_table_that_is_too_wide_is_a_list() {
        let two = parse("| code | meaning |\n|---|---|\n| 7 | a full disk |\n");
        assert_eq!(plain(&two, 16), "  7     a full\n        disk\n");
        let three = parse("| a | b | c |\n|---|---|---|\n| 7 | full disk | x |\n");
        assert_eq!(plain(&three, 13), "  7\n      full\n      disk\n      x\n");
    }
}

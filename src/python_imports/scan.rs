//! Scans a source line by line.

use super::blocks::{Blocks, Role};
use super::calls::{Call, attached, call, is_module_name};
use super::condition::truth;
use super::encoding::decoded;
use super::import::{Form, Import, Scan};
use super::lexer::{Kind, Lexer, Token};
use super::statement::{Parsed, Words, parse};
use std::collections::{BTreeSet, HashSet};

/// The most strings that are kept because they may be names of modules.
const MOST_STRINGS: usize = 4096;

/// Returns the imports of a Python source in any encoding.
#[must_use]
pub fn scan(source: &[u8]) -> Scan {
    let text = decoded(source);
    let mut scanner = Scanner {
        words: Words(&text),
        lines: Lines {
            source: &text,
            at: 0,
            line: 1,
        },
        blocks: Blocks::default(),
        found: Scan::default(),
        called: HashSet::new(),
        strings: BTreeSet::new(),
    };
    let (mut lexer, mut tokens) = (Lexer::new(&text), Vec::new());
    while let Some(column) = lexer.next_line(&mut tokens) {
        scanner.line(column, &tokens);
    }
    scanner.finish()
}

/// What was found up to a line.
struct Scanner<'a> {
    words: Words<'a>,
    lines: Lines<'a>,
    blocks: Blocks,
    found: Scan,
    called: HashSet<&'a [u8]>,
    strings: BTreeSet<&'a str>,
}

/// Counts lines; places are asked for in the order of the file.
struct Lines<'a> {
    source: &'a [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, token: Token) -> u32 {
        let end = token.start as usize;
        while self.at < end {
            let is_end = match self.source[self.at] {
                b'\n' => true,
                b'\r' => self.source.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u32::from(is_end);
            self.at += 1;
        }
        self.line
    }
}

impl<'a> Scanner<'a> {
    fn line(&mut self, column: u32, tokens: &[Token]) {
        self.blocks.close_to(column);
        let mut rest = tokens;
        if let Some((role, end)) = self.header(tokens) {
            self.expression(&tokens[..end]);
            self.blocks.open(column, role);
            rest = &tokens[end + 1..];
        }
        for statement in rest.split(|token| token.kind == Kind::Op(b';')) {
            self.statement(statement);
        }
    }

    /// The role of the block that a line opens, and the place of its colon.
    fn header(&mut self, tokens: &[Token]) -> Option<(Role, usize)> {
        let words = self.words;
        let is_async = words.is(*tokens.first()?, b"async");
        let tokens_of_header = &tokens[usize::from(is_async)..];
        let (keyword, rest) = tokens_of_header.split_first()?;
        if keyword.kind != Kind::Name || !is_header(words.text(*keyword)) {
            return None;
        }
        let length = colon(words, rest)?;
        let (head, end) = (&rest[..length], length + 1 + usize::from(is_async));
        let name = || {
            head.first()
                .map_or(String::new(), |name| words.string(*name))
        };
        let role = match words.text(*keyword) {
            b"def" => Role::Function(name()),
            b"class" => Role::Class(name()),
            b"if" => branch(truth(words, head, 0), false),
            b"elif" => branch(truth(words, head, 0), self.is_decided()),
            b"else" if matches!(self.blocks.closed(), Some(Role::Branch { .. })) => {
                branch(None, self.is_decided())
            }
            b"try" => Role::Try(self.blocks.new_try()),
            b"except" => self.handler(head),
            b"for" | b"while" | b"case" => Role::Repeated,
            _ => Role::Plain,
        };
        Some((role, end))
    }

    /// Whether a branch before this `elif` or `else` is always executed.
    const fn is_decided(&self) -> bool {
        matches!(
            self.blocks.closed(),
            Some(Role::Branch {
                is_decided: true,
                ..
            })
        )
    }

    fn handler(&self, head: &[Token]) -> Role {
        const ERRORS: [&[u8]; 4] = [
            b"ImportError",
            b"ModuleNotFoundError",
            b"Exception",
            b"BaseException",
        ];
        let is_error = |token: &Token| ERRORS.iter().any(|error| self.words.is(*token, error));
        let is_for_imports = head.is_empty() || head.iter().any(is_error);
        match self.blocks.closed() {
            Some(Role::Try(number) | Role::Handler(number, _)) => {
                Role::Handler(*number, is_for_imports)
            }
            _ => Role::Plain,
        }
    }

    fn statement(&mut self, tokens: &[Token]) {
        let Some(first) = tokens.first().filter(|_| !self.blocks.is_skipped()) else {
            return;
        };
        if let Some(parsed) = parse(self.words, tokens) {
            let line = self.lines.of(*first);
            for parsed in parsed {
                self.import(line, parsed, false);
            }
            return;
        }
        if self.words.is(*first, b"__all__") && self.blocks.is_at_import() {
            let texts = tokens.iter().filter(|token| token.kind == Kind::Text);
            let names = texts.map(|token| self.words.string(*token));
            self.found.all.extend(names);
        }
        self.expression(tokens);
    }

    fn import(&mut self, line: u32, parsed: Parsed, is_in_lambda: bool) {
        let around = self.blocks.surroundings();
        let function = match (around.function, is_in_lambda) {
            (Some(function), true) => Some(format!("{function}.<lambda>")),
            (None, true) => Some("<lambda>".to_owned()),
            (function, false) => function,
        };
        self.found.imports.push(Import {
            line,
            form: parsed.form,
            level: parsed.level,
            module: parsed.module,
            names: parsed.names,
            function,
            is_conditional: around.is_conditional,
            tried_in: around.tried_in,
            instead_of: around.instead_of,
        });
    }

    /// Looks for calls, and for strings that may be names of modules.
    fn expression(&mut self, tokens: &[Token]) {
        if self.blocks.is_skipped() {
            return;
        }
        let is_at_import = self.blocks.is_at_import();
        let mut lambdas = Lambdas::default();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Text => self.string(*token),
                Kind::Op(byte) => lambdas.operator(byte),
                Kind::Name if self.words.text(*token) == b"lambda" => lambdas.enter(),
                Kind::Name if matches!(tokens.get(at + 1), Some(next) if next.kind == Kind::Op(b'(')) =>
                {
                    let before = at.checked_sub(1).map(|at| tokens[at]);
                    let is_definition = before.is_some_and(|before| {
                        self.words.is(before, b"def") || self.words.is(before, b"class")
                    });
                    let is_method = before.is_some_and(|before| before.kind == Kind::Op(b'.'));
                    let is_in_lambda = lambdas.is_inside();
                    if is_definition {
                        continue;
                    }
                    if is_at_import && !is_method && !is_in_lambda {
                        self.called.insert(self.words.text(*token));
                    }
                    self.call(tokens, at, is_in_lambda);
                }
                _ => {}
            }
        }
    }

    fn string(&mut self, token: Token) {
        let text = self.words.text(token);
        let is_likely = text.len() < 200 && text.contains(&b'.') && !text.contains(&b' ');
        if !is_likely || self.strings.len() >= MOST_STRINGS {
            return;
        }
        if let Ok(text) = std::str::from_utf8(text)
            && is_module_name(text.trim_start_matches('.'))
        {
            self.strings.insert(text);
        }
    }

    fn call(&mut self, tokens: &[Token], at: usize, is_in_lambda: bool) {
        match call(self.words, tokens, at) {
            Some(Call::Import {
                level,
                module,
                anchor,
            }) => {
                let line = self.lines.of(tokens[at]);
                let parsed = Parsed {
                    form: Form::Call(anchor),
                    level,
                    module,
                    names: Vec::new(),
                };
                self.import(line, parsed, is_in_lambda);
            }
            Some(Call::Computed) => {
                if let Some(function) = self.blocks.surroundings().function
                    && self.found.computed.last() != Some(&function)
                {
                    self.found.computed.push(function);
                }
            }
            // Once for a file: its arguments may be long.
            Some(Call::Attach) if self.found.lazy_names.is_empty() => {
                self.found.lazy_names = attached(self.words, tokens, at);
            }
            Some(Call::AttachStub) => self.found.has_lazy_stub = true,
            _ => {}
        }
    }

    /// Drops what no import needs.
    fn finish(mut self) -> Scan {
        let functions: HashSet<&str> = self
            .found
            .imports
            .iter()
            .filter_map(|import| import.function.as_deref()?.split('.').next())
            .collect();
        let called = self.called.iter();
        let called = called.filter_map(|name| std::str::from_utf8(name).ok());
        let called: BTreeSet<&str> = called.filter(|name| functions.contains(name)).collect();
        self.found.called = called.into_iter().map(str::to_owned).collect();
        if !self.found.computed.is_empty() {
            self.found.module_like = self.strings.iter().map(|text| (*text).to_owned()).collect();
        }
        self.found
    }
}

/// The lambdas that a position in a statement is in.
#[derive(Default)]
struct Lambdas {
    depth: u32,
    /// The depth of brackets of each, and whether its colon was seen.
    open: Vec<(u32, bool)>,
}

impl Lambdas {
    fn enter(&mut self) {
        self.open.push((self.depth, false));
    }

    fn operator(&mut self, byte: u8) {
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                while self.open.pop_if(|(depth, _)| *depth > self.depth).is_some() {}
            }
            b':' => {
                // The colon of an outer one: `lambda x=lambda: 1: x`
                while self
                    .open
                    .pop_if(|lambda| *lambda == (self.depth, true))
                    .is_some()
                {}
                if let Some(lambda) = self.open.last_mut() {
                    lambda.1 |= lambda.0 == self.depth;
                }
            }
            b',' => {
                let depth = self.depth;
                while self
                    .open
                    .pop_if(|lambda| *lambda == (depth, true))
                    .is_some()
                {}
            }
            _ => {}
        }
    }

    /// Whether the position is in the body of one.
    fn is_inside(&self) -> bool {
        self.open.last().is_some_and(|(_, is_body)| *is_body)
    }
}

fn is_header(keyword: &[u8]) -> bool {
    matches!(
        keyword,
        b"def"
            | b"class"
            | b"if"
            | b"elif"
            | b"else"
            | b"try"
            | b"except"
            | b"finally"
            | b"for"
            | b"while"
            | b"with"
            | b"match"
            | b"case"
    )
}

/// The place of the colon that ends a header.
fn colon(words: Words<'_>, tokens: &[Token]) -> Option<usize> {
    let (mut depth, mut lambdas) = (0_u32, 0_u32);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Op(b':') if depth == 0 && lambdas > 0 => lambdas -= 1,
            Kind::Op(b':') if depth == 0 => return Some(at),
            Kind::Name if depth == 0 && words.is(*token, b"lambda") => lambdas += 1,
            _ => {}
        }
    }
    None
}

/// A branch of an `if` with a condition, after branches of which one is always executed or none.
fn branch(truth: Option<bool>, is_decided: bool) -> Role {
    Role::Branch {
        is_skipped: is_decided || truth == Some(false),
        is_decided: is_decided || truth == Some(true),
    }
}

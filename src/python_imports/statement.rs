//! The statements `import` and `from`, and their lazy forms.

use super::import::Form;
use super::lexer::{Kind, Token};

/// The source, for the words of tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a>(pub(super) &'a [u8]);

impl<'a> Words<'a> {
    pub(super) fn text(self, token: Token) -> &'a [u8] {
        let range = token.start as usize..token.end as usize;
        self.0.get(range).unwrap_or_default()
    }

    pub(super) fn string(self, token: Token) -> String {
        String::from_utf8_lossy(self.text(token)).into_owned()
    }

    /// Whether a token is this name or keyword.
    pub(super) fn is(self, token: Token, word: &[u8]) -> bool {
        token.kind == Kind::Name && self.text(token) == word
    }
}

/// A module that a statement imports.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) form: Form,
    pub(super) level: u32,
    pub(super) module: String,
    pub(super) names: Vec<(String, String)>,
}

/// The imports of a statement; `None` for another statement.
pub(super) fn parse(words: Words<'_>, tokens: &[Token]) -> Option<Vec<Parsed>> {
    let (first, rest) = tokens.split_first()?;
    match words.text(*first) {
        _ if first.kind != Kind::Name => None,
        b"import" => Some(modules(words, rest, Form::Import)),
        b"from" => Some(from(words, rest, Form::From).into_iter().collect()),
        b"lazy" => {
            let (second, rest) = rest.split_first()?;
            match words.text(*second) {
                _ if second.kind != Kind::Name => None,
                b"import" => Some(modules(words, rest, Form::LazyImport)),
                b"from" => Some(from(words, rest, Form::LazyFrom).into_iter().collect()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `a.b as c, d`
fn modules(words: Words<'_>, tokens: &[Token], form: impl Fn(String) -> Form) -> Vec<Parsed> {
    let parts = tokens.split(|token| token.kind == Kind::Op(b','));
    let parsed = parts.filter_map(|part| {
        let (module, rest) = dotted(words, part)?;
        let bound = match rest {
            [with, name, ..] if words.is(*with, b"as") => words.string(*name),
            _ => module.split('.').next().unwrap_or_default().to_owned(),
        };
        Some(Parsed {
            form: form(bound),
            level: 0,
            module,
            names: Vec::new(),
        })
    });
    parsed.collect()
}

/// `..a.b import (c as d, e)`
fn from(words: Words<'_>, tokens: &[Token], form: Form) -> Option<Parsed> {
    let is_dot = |token: &Token| token.kind == Kind::Op(b'.');
    let dots = tokens.iter().take_while(|token| is_dot(token)).count();
    let rest = &tokens[dots..];
    let is_bare = words.is(*rest.first()?, b"import");
    let (module, rest) = match is_bare {
        true => (String::new(), rest),
        false => dotted(words, rest)?,
    };
    let (keyword, rest) = rest.split_first()?;
    if !words.is(*keyword, b"import") {
        return None;
    }
    let names = rest.split(|token| token.kind == Kind::Op(b','));
    let names = names.filter_map(|part| {
        let mut part = part
            .iter()
            .filter(|token| !matches!(token.kind, Kind::Op(b'(' | b')')));
        let name = part.next()?;
        if name.kind != Kind::Name && name.kind != Kind::Op(b'*') {
            return None;
        }
        let name = words.string(*name);
        let bound = match (part.next(), part.next()) {
            (Some(with), Some(bound)) if words.is(*with, b"as") => words.string(*bound),
            _ => name.clone(),
        };
        Some((name, bound))
    });
    Some(Parsed {
        form,
        level: u32::try_from(dots).ok()?,
        module,
        names: names.collect(),
    })
}

/// `a.b.c`, and the tokens after it.
fn dotted<'t>(words: Words<'_>, tokens: &'t [Token]) -> Option<(String, &'t [Token])> {
    let (first, mut rest) = tokens.split_first()?;
    if first.kind != Kind::Name {
        return None;
    }
    let mut name = words.string(*first);
    while let [dot, next, after @ ..] = rest
        && dot.kind == Kind::Op(b'.')
        && next.kind == Kind::Name
    {
        name.push('.');
        name.push_str(&words.string(*next));
        rest = after;
    }
    Some((name, rest))
}

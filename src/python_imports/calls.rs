//! Calls that import: `importlib.import_module`, `__import__`, `lazy_loader.attach`.

use super::import::{Anchor, LazyName};
use super::lexer::{Kind, Lexer, Token};
use super::statement::Words;

/// The most tokens that are read of the arguments of a call.
const LONGEST: usize = 64;

/// A call that imports.
#[derive(Debug)]
pub(super) enum Call {
    /// `import_module(".a.b", __name__)`
    Import {
        /// The leading dots.
        level: u32,
        /// `a.b`
        module: String,
        /// What the dots are relative to.
        anchor: Anchor,
    },
    /// `import_module(name)`
    Computed,
    /// `attach(__name__, ...)`
    Attach,
    /// `attach_stub(__name__, __file__)`
    AttachStub,
}

/// The call whose function's name is at `at`, if it imports.
pub(super) fn call(words: Words<'_>, tokens: &[Token], at: usize) -> Option<Call> {
    let is_import_module = match words.text(tokens[at]) {
        b"import_module" => true,
        b"__import__" => false,
        b"attach" => return is_of_module(words, tokens, at).then_some(Call::Attach),
        b"attach_stub" => return is_of_module(words, tokens, at).then_some(Call::AttachStub),
        _ => return None,
    };
    let end = tokens.len().min(at + 2 + LONGEST);
    let arguments = arguments(tokens.get(at + 2..end)?);
    let name = argument(words, &arguments, 0, b"name")?;
    let Some(text) = literal(words, name) else {
        return Some(Call::Computed);
    };
    let module = text.trim_start_matches('.');
    let level = u32::try_from(text.len() - module.len()).ok()?;
    if !is_module_name(module) || (level > 0 && !is_import_module) {
        return None;
    }
    let anchor = match is_import_module {
        true => anchor(words, argument(words, &arguments, 1, b"package")),
        false => Anchor::Absent,
    };
    Some(Call::Import {
        level,
        module: module.to_owned(),
        anchor,
    })
}

/// Whether the first argument is `__name__`.
fn is_of_module(words: Words<'_>, tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at + 2), Some(first) if words.is(*first, b"__name__"))
}

/// The arguments of a call, from the token after its parenthesis.
fn arguments(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut depth, mut start, mut found) = (0_u32, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') if depth == 0 => {
                if at > start {
                    found.push(&tokens[start..at]);
                }
                return found;
            }
            Kind::Op(b')' | b']' | b'}') => depth -= 1,
            Kind::Op(b',') if depth == 0 => {
                found.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&tokens[start..]);
    found
}

/// An argument by its place or its name.
fn argument<'t>(
    words: Words<'_>,
    arguments: &[&'t [Token]],
    place: usize,
    name: &[u8],
) -> Option<&'t [Token]> {
    let is_named = |argument: &&[Token]| matches!(argument, [_, equals, next, ..] if equals.kind == Kind::Op(b'=') && next.kind != Kind::Op(b'='));
    let mut named = arguments.iter().filter(|argument| is_named(argument));
    if let Some(found) = named.find(|argument| words.is(argument[0], name)) {
        return found.get(2..);
    }
    let found = arguments.get(place)?;
    (!is_named(found)).then_some(*found)
}

/// The text of string literals without escapes.
fn literal(words: Words<'_>, tokens: &[Token]) -> Option<String> {
    let is_text = |token: &Token| token.kind == Kind::Text;
    if tokens.is_empty() || !tokens.iter().all(is_text) {
        return None;
    }
    Some(tokens.iter().map(|token| words.string(*token)).collect())
}

/// Whether a text is `a.b.c`.
pub(super) fn is_module_name(text: &str) -> bool {
    let is_start = |c: char| c == '_' || c.is_alphabetic();
    let is_name = |part: &str| {
        part.starts_with(is_start) && part.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    text.split('.').all(is_name)
}

fn anchor(words: Words<'_>, tokens: Option<&[Token]>) -> Anchor {
    match tokens {
        None => Anchor::Absent,
        Some([name]) if words.is(*name, b"__name__") => Anchor::Name,
        Some([name]) if words.is(*name, b"__package__") => Anchor::Package,
        Some([name, _, parent]) if words.is(*name, b"__spec__") && words.is(*parent, b"parent") => {
            Anchor::Package
        }
        Some(tokens) => match literal(words, tokens) {
            Some(package) if is_module_name(&package) => Anchor::Literal(package),
            _ => Anchor::Unknown,
        },
    }
}

/// The names that `attach` imports when they are used; `at` is the place of its name.
pub(super) fn attached(words: Words<'_>, tokens: &[Token], at: usize) -> Vec<LazyName> {
    let arguments = arguments(tokens.get(at + 2..).unwrap_or_default());
    let value = |place: usize, name: &[u8]| -> Vec<Token> {
        match argument(words, &arguments, place, name) {
            Some([variable]) if variable.kind == Kind::Name => assigned(words, *variable),
            Some(tokens) => tokens.to_vec(),
            None => Vec::new(),
        }
    };
    let submodules = value(1, b"submodules");
    let submodules = submodules.iter().filter(|token| token.kind == Kind::Text);
    let mut found: Vec<LazyName> = submodules
        .map(|token| LazyName {
            name: words.string(*token),
            submodule: words.string(*token),
            is_submodule: true,
        })
        .collect();
    let attributes = value(2, b"submod_attrs");
    let mut submodule = String::new();
    for (place, token) in attributes.iter().enumerate() {
        let next = attributes.get(place + 1).map(|next| next.kind);
        match (token.kind, next) {
            (Kind::Text, Some(Kind::Op(b':'))) => submodule = words.string(*token),
            (Kind::Text, _) => found.push(LazyName {
                name: words.string(*token),
                submodule: submodule.clone(),
                is_submodule: false,
            }),
            _ => {}
        }
    }
    found
}

/// The value that the module gives to a variable.
fn assigned(words: Words<'_>, variable: Token) -> Vec<Token> {
    let name = words.text(variable);
    let (mut lexer, mut tokens) = (Lexer::new(words.0), Vec::new());
    while let Some(column) = lexer.next_line(&mut tokens) {
        if column > 0 || !tokens.first().is_some_and(|first| words.is(*first, name)) {
            continue;
        }
        if let Some(equals) = tokens.iter().position(|token| token.kind == Kind::Op(b'=')) {
            return tokens.split_off(equals + 1);
        }
    }
    Vec::new()
}

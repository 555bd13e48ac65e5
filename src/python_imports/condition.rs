//! Whether the condition of an `if` is known: type checkers only, scripts only, old Pythons only.

use super::lexer::{Kind, Token};
use super::statement::Words;

/// How deep parentheses and `not` are followed.
const DEEPEST: u32 = 16;

/// The oldest Python with free-threaded builds.
const OLDEST: (u32, u32) = (3, 13);

/// The value of a condition on import, if it is the same wherever the file is imported.
pub(super) fn truth(words: Words<'_>, tokens: &[Token], depth: u32) -> Option<bool> {
    if depth > DEEPEST || tokens.is_empty() {
        return None;
    }
    let inside = |part: &[Token]| truth(words, part, depth + 1);
    if let Some(values) = split(words, tokens, b"or", inside) {
        return joined(&values, true);
    }
    if let Some(values) = split(words, tokens, b"and", inside) {
        return joined(&values, false);
    }
    if words.is(tokens[0], b"not") {
        return inside(&tokens[1..]).map(|value| !value);
    }
    if let [open, middle @ .., close] = tokens
        && open.kind == Kind::Op(b'(')
        && close.kind == Kind::Op(b')')
        && is_balanced(middle)
    {
        return inside(middle);
    }
    constant(words, tokens)
        .or_else(|| main(words, tokens))
        .or_else(|| version(words, tokens))
}

/// The values of the operands of `and` or `or`; `None` if there is only one.
fn split(
    words: Words<'_>,
    tokens: &[Token],
    operator: &[u8],
    value: impl Fn(&[Token]) -> Option<bool>,
) -> Option<Vec<Option<bool>>> {
    let (mut depth, mut start, mut values) = (0_u32, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Name if depth == 0 && words.is(*token, operator) => {
                values.push(value(&tokens[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    if values.is_empty() {
        return None;
    }
    values.push(value(&tokens[start..]));
    Some(values)
}

/// `or` is decided by one true operand, `and` by one false operand, both by all operands.
fn joined(values: &[Option<bool>], deciding: bool) -> Option<bool> {
    if values.contains(&Some(deciding)) {
        return Some(deciding);
    }
    let is_known = values.iter().all(Option::is_some);
    is_known.then_some(!deciding)
}

/// Whether no bracket in here is closed that was opened before.
fn is_balanced(tokens: &[Token]) -> bool {
    let mut depth = 0_u32;
    for token in tokens {
        match token.kind {
            Kind::Op(b'(' | b'[' | b'{') => depth += 1,
            Kind::Op(b')' | b']' | b'}') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// `TYPE_CHECKING`, `typing.TYPE_CHECKING`, `False`, `0`, `six.PY2`
fn constant(words: Words<'_>, tokens: &[Token]) -> Option<bool> {
    let (last, before) = tokens.split_last()?;
    let is_dotted = before.chunks(2).all(
        |pair| matches!(pair, [name, dot] if name.kind == Kind::Name && dot.kind == Kind::Op(b'.')),
    );
    match words.text(*last) {
        b"TYPE_CHECKING" | b"PY2" if is_dotted && last.kind == Kind::Name => Some(false),
        b"PY3" if is_dotted && last.kind == Kind::Name => Some(true),
        b"False" | b"None" | b"0" if before.is_empty() && last.kind != Kind::Text => Some(false),
        b"True" | b"1" if before.is_empty() && last.kind != Kind::Text => Some(true),
        _ => None,
    }
}

/// `__name__ == "__main__"`, in either order, or with `!=`
fn main(words: Words<'_>, tokens: &[Token]) -> Option<bool> {
    let [first, one, two, last] = tokens else {
        return None;
    };
    let is_of = |name: &Token, text: &Token| {
        (name.kind, text.kind) == (Kind::Name, Kind::Text)
            && words.text(*name) == b"__name__"
            && words.text(*text) == b"__main__"
    };
    if !is_of(first, last) && !is_of(last, first) {
        return None;
    }
    match (one.kind, two.kind) {
        (Kind::Op(b'='), Kind::Op(b'=')) => Some(false),
        (Kind::Op(b'!'), Kind::Op(b'=')) => Some(true),
        _ => None,
    }
}

/// `sys.version_info >= (3, 8)`, `sys.version_info[0] < 3`, `sys.version_info.major == 2`
fn version(words: Words<'_>, tokens: &[Token]) -> Option<bool> {
    let at = tokens
        .iter()
        .take(3)
        .position(|token| words.is(*token, b"version_info"))?;
    let rest = &tokens[at + 1..];
    let is_compared = |token: &Token| matches!(token.kind, Kind::Op(b'<' | b'>' | b'=' | b'!'));
    let operator = rest.iter().take(6).position(is_compared)?;
    let part = &rest[..operator];
    let has_equals = rest.get(operator + 1)?.kind == Kind::Op(b'=');
    let numbers = &rest[operator + 1 + usize::from(has_equals)..];
    let is_expected = |token: &Token| {
        matches!(
            token.kind,
            Kind::Number | Kind::Op(b'(' | b')' | b',' | b'[' | b']' | b':')
        )
    };
    if !numbers.iter().all(is_expected) {
        return None;
    }
    let is_number = |token: &&Token| token.kind == Kind::Number;
    let parsed = numbers.iter().filter(is_number).map(|token| {
        let text = std::str::from_utf8(words.text(*token)).ok();
        text.and_then(|text| text.parse::<u32>().ok())
    });
    let numbers: Vec<u32> = parsed.collect::<Option<_>>()?;
    let Kind::Op(sign) = rest[operator].kind else {
        return None;
    };
    let is_major = match part {
        [] => false,
        [dot, name] => dot.kind == Kind::Op(b'.') && words.is(*name, b"major"),
        [_, index, _] => words.text(*index) == b"0",
        [_, colon, _, _] if colon.kind == Kind::Op(b':') => false,
        _ => return None,
    };
    match (is_major, numbers.as_slice()) {
        (true, [major]) => compared_major(sign, has_equals, *major),
        (false, [major, minor @ ..]) if part.len() != 2 => {
            let other = (*major, minor.first().copied().unwrap_or(0));
            compared(sign, has_equals, other)
        }
        _ => None,
    }
}

fn compared_major(sign: u8, has_equals: bool, other: u32) -> Option<bool> {
    let major = OLDEST.0;
    match (sign, has_equals) {
        (b'<', false) => Some(major < other),
        (b'<', true) => Some(major <= other),
        (b'>', false) => Some(major > other),
        (b'>', true) => Some(major >= other),
        (b'=', true) => Some(major == other),
        (b'!', true) => Some(major != other),
        _ => None,
    }
}

/// The same for every Python from the oldest one on, or not known.
fn compared(sign: u8, has_equals: bool, other: (u32, u32)) -> Option<bool> {
    match (sign, has_equals) {
        (b'>', true) if other <= OLDEST => Some(true),
        (b'>', false) if other < OLDEST => Some(true),
        (b'<', false) if other <= OLDEST => Some(false),
        (b'<', true) if other < OLDEST => Some(false),
        (b'=', true) if other < OLDEST => Some(false),
        (b'!', true) if other < OLDEST => Some(true),
        _ => None,
    }
}

//! The tokens of a logical line: names, numbers, strings, single characters.
//!
//! Source: the lexical analysis of the language reference, with PEP 701 and PEP 750 for the
//! replacement fields of f-strings and t-strings.

/// A token, with its place in the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or a keyword.
    Name,
    /// A number.
    Number,
    /// A string literal; the place is that of its content.
    Text,
    /// The end of an f-string or t-string, or bytes. The tokens of its fields precede it, each
    /// field in braces.
    OtherText,
    /// `:=`
    Walrus,
    /// Another character.
    Op(u8),
}

/// What the position is inside of.
#[derive(Debug, Clone, Copy)]
enum Frame {
    Bracket,
    /// A replacement field; the frame below is its string.
    Field,
    Format(Format),
}

/// The text of an f-string, or of a format specification in it.
#[derive(Debug, Clone, Copy)]
struct Format {
    quote: u8,
    is_triple: bool,
    is_raw: bool,
    is_specification: bool,
}

/// With more tokens than this in a line, a table of numbers is no longer kept in full.
const LONG: usize = 512;

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            at: 0,
            frames: Vec::new(),
        }
    }

    /// Reads a logical line into `tokens` and returns its column; `None` at the end.
    pub(super) fn next_line(&mut self, tokens: &mut Vec<Token>) -> Option<u32> {
        tokens.clear();
        self.frames.clear();
        let column = self.indentation()?;
        while self.at < self.source.len() {
            let is_end = match self.frames.last() {
                Some(Frame::Format(format)) => {
                    let format = *format;
                    self.format_text(format, tokens);
                    false
                }
                _ => self.code(tokens),
            };
            if is_end {
                break;
            }
        }
        Some(column)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips empty lines and returns the column of the next one.
    fn indentation(&mut self) -> Option<u32> {
        let (mut column, mut continued) = (0_u32, None);
        while self.at < self.source.len() {
            match self.peek(0) {
                b' ' => column += 1,
                b'\t' => column = (column / 8 + 1) * 8,
                b'\x0c' => column = 0,
                b'#' => {
                    self.skip_comment();
                    continue;
                }
                b'\n' | b'\r' => (column, continued) = (0, None),
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => {
                    continued.get_or_insert(column);
                    column = 0;
                    self.at += 1;
                    self.newline();
                    continue;
                }
                _ => return Some(continued.unwrap_or(column)),
            }
            self.at += 1;
        }
        None
    }

    fn skip_comment(&mut self) {
        let rest = &self.source[self.at..];
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.at += end.unwrap_or(rest.len());
    }

    /// Moves past `\n`, `\r\n` or `\r`.
    fn newline(&mut self) {
        let is_pair = self.peek(0) == b'\r' && self.peek(1) == b'\n';
        self.at += 1 + usize::from(is_pair);
    }

    /// Reads a token; returns whether the logical line ends.
    fn code(&mut self, tokens: &mut Vec<Token>) -> bool {
        let byte = self.peek(0);
        match byte {
            b' ' | b'\t' | b'\x0c' => self.at += 1,
            b'\n' | b'\r' => {
                self.newline();
                return self.frames.is_empty();
            }
            b'#' => self.skip_comment(),
            b'\\' => {
                self.at += 1;
                if matches!(self.peek(0), b'\n' | b'\r') {
                    self.newline();
                }
            }
            b'"' | b'\'' => self.string(self.at, tokens),
            b'0'..=b'9' => self.number(tokens),
            b'.' if self.peek(1).is_ascii_digit() => self.number(tokens),
            _ if is_of_name(byte) => self.name(tokens),
            _ => self.operator(byte, tokens),
        }
        false
    }

    fn number(&mut self, tokens: &mut Vec<Token>) {
        let start = self.at;
        while is_of_name(self.peek(0)) || self.peek(0) == b'.' {
            self.at += 1;
        }
        if tokens.len() < LONG {
            self.push(tokens, Kind::Number, start, self.at);
        }
    }

    fn name(&mut self, tokens: &mut Vec<Token>) {
        let start = self.at;
        while is_of_name(self.peek(0)) {
            self.at += 1;
        }
        let name = &self.source[start..self.at];
        let is_prefix = |byte: &u8| b"rRbBuUfFtT".contains(byte);
        let is_before_quote = matches!(self.peek(0), b'"' | b'\'');
        if is_before_quote && name.len() <= 2 && name.iter().all(is_prefix) {
            self.string(start, tokens);
        } else {
            self.push(tokens, Kind::Name, start, self.at);
        }
    }

    fn operator(&mut self, byte: u8, tokens: &mut Vec<Token>) {
        let start = self.at;
        self.at += 1;
        let is_in_field = matches!(self.frames.last(), Some(Frame::Field));
        match byte {
            b'(' | b'[' | b'{' => self.frames.push(Frame::Bracket),
            b'}' if is_in_field => {
                self.frames.pop();
            }
            b')' | b']' | b'}' if matches!(self.frames.last(), Some(Frame::Bracket)) => {
                self.frames.pop();
            }
            b':' if is_in_field => {
                self.specification();
                return;
            }
            b':' if self.peek(0) == b'=' => {
                self.at += 1;
                self.push(tokens, Kind::Walrus, start, self.at);
                return;
            }
            _ => {}
        }
        let is_kept = tokens.len() < LONG
            || match byte {
                b',' => tokens
                    .last()
                    .is_some_and(|last| last.kind != Kind::Op(b',')),
                _ => b"()[]{}:;.=*".contains(&byte),
            };
        if is_kept {
            self.push(tokens, Kind::Op(byte), start, self.at);
        }
    }

    /// Enters the format specification of a field: `>{width}` of `{x:>{width}}`.
    fn specification(&mut self) {
        let strings = self.frames.iter().rev().filter_map(|frame| match frame {
            Frame::Format(format) => Some(*format),
            _ => None,
        });
        if let Some(format) = strings.take(1).next() {
            self.frames.push(Frame::Format(Format {
                is_specification: true,
                ..format
            }));
        }
    }

    /// Reads a string whose prefix begins at `start`; the position is at its quote.
    fn string(&mut self, start: usize, tokens: &mut Vec<Token>) {
        let prefix = &self.source[start..self.at];
        let has = |letters: &[u8]| prefix.iter().any(|byte| letters.contains(byte));
        let (is_format, is_raw, is_bytes) = (has(b"fFtT"), has(b"rR"), has(b"bB"));
        let quote = self.peek(0);
        let is_triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if is_triple { 3 } else { 1 };
        if is_format {
            self.frames.push(Frame::Format(Format {
                quote,
                is_triple,
                is_raw,
                is_specification: false,
            }));
            return;
        }
        let content = self.at;
        let end = self.end_of_string(quote, is_triple);
        let kind = match is_bytes {
            true => Kind::OtherText,
            false => Kind::Text,
        };
        self.push(tokens, kind, content, end);
    }

    /// Moves past the closing quote; returns the end of the content.
    fn end_of_string(&mut self, quote: u8, is_triple: bool) -> usize {
        while let Some(byte) = self.source.get(self.at).copied() {
            match byte {
                b'\\' => {
                    self.at += 1;
                    match self.peek(0) {
                        b'\r' => self.newline(),
                        _ => self.at += 1,
                    }
                }
                b'\n' | b'\r' if !is_triple => return self.at,
                _ if byte == quote && !is_triple => {
                    self.at += 1;
                    return self.at - 1;
                }
                _ if byte == quote && self.peek(1) == quote && self.peek(2) == quote => {
                    self.at += 3;
                    return self.at - 3;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.source.len();
        self.at
    }

    /// Reads text of an f-string up to its end or to a replacement field.
    fn format_text(&mut self, format: Format, tokens: &mut Vec<Token>) {
        let is_in_specification = format.is_specification;
        while let Some(byte) = self.source.get(self.at).copied() {
            let is_doubled = self.peek(1) == byte;
            match byte {
                b'\\' => self.escape(format),
                b'\n' | b'\r' if !format.is_triple => return self.leave_string(tokens),
                b'{' if is_doubled && !is_in_specification => self.at += 2,
                b'{' => {
                    self.frames.push(Frame::Field);
                    self.push(tokens, Kind::Op(b'{'), self.at, self.at + 1);
                    self.at += 1;
                    return;
                }
                b'}' if is_in_specification => {
                    self.frames.pop();
                    self.frames.pop();
                    self.push(tokens, Kind::Op(b'}'), self.at, self.at + 1);
                    self.at += 1;
                    return;
                }
                _ if byte == format.quote && !format.is_triple => {
                    self.at += 1;
                    return self.leave_string(tokens);
                }
                _ if byte == format.quote && is_doubled && self.peek(2) == byte => {
                    self.at += 3;
                    return self.leave_string(tokens);
                }
                _ => self.at += 1,
            }
        }
    }

    /// Moves past a backslash of an f-string and what it escapes. A brace is never escaped.
    fn escape(&mut self, format: Format) {
        self.at += 1;
        match self.peek(0) {
            b'{' | b'}' => {}
            b'N' if !format.is_raw && self.peek(1) == b'{' => {
                let rest = &self.source[self.at..];
                let is_end = |byte: &u8| matches!(byte, b'}' | b'"' | b'\'' | b'\n');
                let end = rest.iter().position(is_end).unwrap_or(rest.len());
                self.at += end + usize::from(rest.get(end) == Some(&b'}'));
            }
            b'\r' => self.newline(),
            _ => self.at += 1,
        }
    }

    /// Leaves the string that the position is in, with the fields around it.
    fn leave_string(&mut self, tokens: &mut Vec<Token>) {
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Format(format) if !format.is_specification => break,
                Frame::Field => self.push(tokens, Kind::Op(b'}'), self.at, self.at),
                _ => {}
            }
        }
        self.push(tokens, Kind::OtherText, self.at, self.at);
    }

    fn push(&self, tokens: &mut Vec<Token>, kind: Kind, start: usize, end: usize) {
        // A source has at most 16 MiB.
        let place = |at: usize| u32::try_from(at.min(self.source.len())).unwrap_or(u32::MAX);
        let (start, end) = (place(start), place(end));
        tokens.push(Token { kind, start, end });
    }
}

/// Whether a byte may be part of a name. Names with letters beyond ASCII are not told apart.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

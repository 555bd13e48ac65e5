//! The encoding of a source (PEP 263): a byte order mark, or a comment in the first two lines.
//!
//! Most encodings leave ASCII bytes alone, and imports are ASCII. The others have bytes of ASCII
//! inside their characters, a backslash for one: these characters are overwritten.

use std::borrow::Cow;

/// How much of a file is read.
const LONGEST: usize = 16 << 20;

/// The source as bytes in which every ASCII byte is that character.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    if let Some(text) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return Cow::Borrowed(text);
    }
    let first_lines = bytes.split_inclusive(|byte| *byte == b'\n').take(2);
    let mut cookies = first_lines.map_while(|line| is_blank_or_comment(line).then(|| cookie(line)));
    match cookies.find_map(|name| name) {
        Some(name) if has_ascii_inside(&name) => Cow::Owned(overwritten(bytes)),
        _ => Cow::Borrowed(bytes),
    }
}

/// Only such a line may be followed by one with the encoding.
fn is_blank_or_comment(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    text.is_empty() || text[0] == b'#'
}

/// `latin-1` of `# -*- coding: Latin_1 -*-`
fn cookie(line: &[u8]) -> Option<String> {
    let at = line.windows(6).position(|part| part == b"coding")?;
    let rest = &line[at + 6..];
    let rest = rest.strip_prefix(b":").or(rest.strip_prefix(b"="))?;
    let rest = rest.trim_ascii_start();
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let name = rest.iter().take_while(|byte| is_of_name(byte));
    let lower = name.map(|byte| match byte {
        b'_' => '-',
        byte => char::from(byte.to_ascii_lowercase()),
    });
    Some(lower.collect())
}

/// Whether the second byte of a character may be an ASCII byte.
fn has_ascii_inside(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "big5", "cp932", "cp936", "cp949", "cp950", "gb18030", "gbk", "johab", "uhc",
    ];
    let is_japanese = ["shift", "sjis", "s-jis", "ms932", "mskanji", "ms-kanji"];
    NAMES.iter().any(|known| name.starts_with(known))
        || is_japanese.iter().any(|known| name.starts_with(known))
}

/// The source with each two-byte character overwritten.
fn overwritten(bytes: &[u8]) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let mut at = 0;
    while at + 1 < text.len() {
        let is_first_of_two = text[at] >= 0x81 && text[at] <= 0xfe;
        if is_first_of_two && text[at + 1] >= 0x40 {
            text[at + 1] = 0x80;
            at += 1;
        }
        at += 1;
    }
    text
}

//! RECORD: the digests of a wheel's files, as its builder wrote them.
//!
//! Source: the specification "Recording installed projects" of PyPA: lines of `path,sha256=digest,
//! size` in CSV, with the digest in URL-safe base64 without padding.

use crate::digest::Digest;
use crate::wheel::archive::error::ArchiveError;
use std::collections::HashMap;

/// The contents of RECORD.
#[derive(Debug, Clone, Default)]
pub struct Record {
    files: HashMap<String, Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    /// `sha256=...`; empty for RECORD itself.
    digest: String,
    size: Option<u64>,
}

impl Record {
    /// Reads a RECORD.
    ///
    /// # Errors
    /// Returns an error if it is not UTF-8, or a line is not three fields, or two lines that differ
    /// are about one file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let wrong = |text: String| ArchiveError::Record(text);
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let mut files = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let row = row(line);
            let number = number + 1;
            let (path, row) = row.ok_or_else(|| wrong(format!("line {number} is malformed")))?;
            if let Some(other) = files.insert(path.clone(), row.clone())
                && other != row
            {
                return Err(wrong(format!(
                    "line {number} contradicts another on {path}"
                )));
            }
        }
        Ok(Self { files })
    }

    /// Whether it has a line about a file.
    #[must_use]
    pub fn lists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Compares a file with its line.
    ///
    /// # Errors
    /// Returns an error if it has no line, no sha256, or other contents.
    pub fn check(&self, path: &str, contents: &[u8]) -> Result<(), ArchiveError> {
        let wrong = |text: String| Err(ArchiveError::Record(text));
        let Some(row) = self.files.get(path) else {
            return wrong(format!("it does not list {path}"));
        };
        if row.size.is_some_and(|size| size != contents.len() as u64) {
            return wrong(format!("{path} has another size"));
        }
        let Some(digest) = row.digest.strip_prefix("sha256=") else {
            // sha384 and sha512 are allowed, but no tool writes them.
            return wrong(format!("{path} has no sha256"));
        };
        match Digest::from_record(digest.trim_end_matches('=')) {
            Some(digest) if digest == Digest::of(contents) => Ok(()),
            Some(_) => wrong(format!("{path} has another sha256")),
            None => wrong(format!("the sha256 of {path} is malformed")),
        }
    }
}

/// Reads a line of three fields, the first of which may be quoted.
fn row(line: &str) -> Option<(String, Row)> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = field(rest)?;
        fields.push(field);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.is_empty() => break,
            None => return None,
        }
    }
    let [path, digest, size] = <[String; 3]>::try_from(fields).ok()?;
    let size = match size.as_str() {
        "" => None,
        size => Some(size.parse().ok()?),
    };
    Some((path, Row { digest, size }))
}

fn field(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        field += before;
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_compared_with_its_line() {
        let digest = "sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
        let record = format!(
            "a/hello,{digest},5\n\"a/x,\"\"y\"\"\",{digest},\r\nb,,\nRECORD,,\nc,{digest},6\n\
             d,md5=abc,5\ne,sha256=short,5\n"
        );
        let record = Record::parse(record.as_bytes()).expect("a RECORD");
        record.check("a/hello", b"hello").expect("equal");
        record.check("a/x,\"y\"", b"hello").expect("equal");
        for (path, contents, expected) in [
            ("a/hello", "hullo", "a/hello has another sha256"),
            ("a/hello", "hell", "a/hello has another size"),
            ("c", "hello", "c has another size"),
            ("b", "hello", "b has no sha256"),
            ("d", "hello", "d has no sha256"),
            ("e", "hello", "the sha256 of e is malformed"),
            ("f", "hello", "it does not list f"),
        ] {
            let error = record.check(path, contents.as_bytes()).expect_err(path);
            assert_eq!(error, ArchiveError::Record(expected.to_owned()));
        }
        for wrong in [
            "a",
            "a,b,c",
            "a,b,1,d",
            "\"a,b,1",
            "a,x,1\na,y,1",
            "\"a\"b,c,1",
        ] {
            assert!(Record::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}

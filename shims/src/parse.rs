//! Parses [`Request`]s. The only parser of the request grammar; case-insensitive.
//!
//! A text that cannot be parsed is an error that suggests the nearest valid form. Nothing is
//! guessed: silently choosing the wrong interpreter costs more than typing the request again.

use crate::abi::{Abi, Threading};
use crate::build_id::BuildId;
use crate::flavour::{FLAVOURS, Flavour, Flavours};
use crate::link_name::LinkName;
use crate::provider_name::{PROVIDERS, ProviderName};
use crate::range::{Condition, Range};
use crate::request::{Archive, BuildRequest, Request, Versions};
use crate::secret::shown;
use crate::target::TargetRequest;
use crate::version::{Partial, split_version};
use std::fmt;

pub use crate::build_id::is_build_name;

/// The first minor version of CPython 3 that supports free threading (PEP 703).
pub const FIRST_FREE_THREADED_MINOR: u16 = 13;

/// File name extensions of archives that can be installed.
pub const ARCHIVE_ENDINGS: [&str; 5] = [".tar.zst", ".tar.gz", ".tgz", ".tar.xz", ".conda"];

/// The maximum length of a request.
const LONGEST: usize = 512;

/// Why a text is not a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The input, shortened if it is long.
    pub text: String,
    /// What is wrong with it, as the end of a sentence.
    pub problem: String,
    /// The nearest valid form.
    pub nearest: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a Python request: {}",
            self.text, self.problem
        )
    }
}

impl std::error::Error for ParseError {}

/// Parses a request.
///
/// # Errors
/// Returns an error with the nearest valid form if the text is not a request.
pub fn parse(text: &str) -> Result<Request, ParseError> {
    let typed = text.trim();
    let fail = |problem: String, nearest: String| ParseError {
        text: shorten(&shown(typed)),
        problem,
        nearest,
    };
    if typed.is_empty() {
        return Err(fail("it is empty".to_owned(), "3.14t".to_owned()));
    }
    if typed.len() > LONGEST && !is_location(typed) {
        let problem = format!("it is {} bytes long", typed.len());
        return Err(fail(problem, "3.14t".to_owned()));
    }
    if is_location(typed) {
        return archive(typed).map_err(|problem| fail(problem, nearest(typed)));
    }
    let lower = typed.to_ascii_lowercase();
    if lower == "system" {
        return Ok(Request::System);
    }
    if let Ok(name) = LinkName::parse(&lower) {
        return Ok(Request::Name(name));
    }
    build(&lower)
        .map(Request::Build)
        .map_err(|problem| match first_of_several(&lower) {
            Some(first) => fail("it is several versions".to_owned(), first.to_owned()),
            None => fail(problem, nearest(&lower)),
        })
}

/// The first version of a list, as in pyenv's `PYENV_VERSION=3.14:3.13`.
fn first_of_several(text: &str) -> Option<&str> {
    let mut words = text
        .split([' ', ',', ':', ';'])
        .filter(|word| !word.is_empty());
    let is_version = |word: &&str| word.starts_with('3') && build(word).is_ok();
    let mut version = || words.next().filter(is_version);
    let first = version()?;
    version().map(|_| first)
}

/// Whether the text is a path or URL rather than a version.
fn is_location(text: &str) -> bool {
    text.contains("://")
        || text.contains(['/', '\\'])
        || ARCHIVE_ENDINGS.iter().any(|ending| text.ends_with(ending))
}

fn archive(text: &str) -> Result<Request, String> {
    let is_archive = |text: &str| ARCHIVE_ENDINGS.iter().any(|ending| text.ends_with(ending));
    let is_of_file = text
        .split_once("://")
        .is_none_or(|(scheme, _)| scheme.eq_ignore_ascii_case("file"));
    let (location, fragment) = match text.rsplit_once('#') {
        // Directory names may contain `#`.
        Some(_) if is_of_file && is_archive(text) => (text, None),
        Some((location, fragment)) => (location, Some(fragment)),
        None => (text, None),
    };
    if let Some((scheme, _)) = location.split_once("://")
        && !["http", "https", "file"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
    {
        let scheme = shorten(&shown(scheme));
        return Err(format!("`{scheme}` is not a supported URL scheme"));
    }
    if !is_archive(location) {
        return Err("a path must name an archive (.tar.zst, .tar.gz)".to_owned());
    }
    let sha256 = match fragment {
        None => None,
        Some(fragment) => {
            let digest = fragment
                .strip_prefix("sha256=")
                .map(str::to_ascii_lowercase);
            let digest = digest.filter(|digest| {
                digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            Some(digest.ok_or("`#` must be followed by `sha256=` and 64 hexadecimal digits")?)
        }
    };
    Ok(Request::Archive(Archive {
        location: location.to_owned(),
        sha256,
    }))
}

/// Parses `[provider:]` followed by a range, or by a version with suffixes.
fn build(text: &str) -> Result<BuildRequest, String> {
    let (provider, text) = match text.split_once(':') {
        None => (None, text),
        Some((name, rest)) => {
            let provider = ProviderName::from_name(name).ok_or_else(|| {
                let known: Vec<&str> = PROVIDERS.iter().map(|(_, name)| *name).collect();
                format!(
                    "`{}` is not a source (known sources: {})",
                    shorten(name),
                    known.join(", ")
                )
            })?;
            (Some(provider), rest)
        }
    };
    let text = strip_implementation(text)?;
    let mut request = if text.starts_with(['<', '>', '=', '!', '~']) {
        range(text)?
    } else {
        version(text)?
    };
    if provider.is_some() {
        if request
            .provider
            .is_some_and(|inner| Some(inner) != provider)
        {
            return Err("it names two sources".to_owned());
        }
        request.provider = provider;
    }
    // A request for one specific build needs no rule about pre-releases.
    request.prereleases &= request.build_id.is_none();
    check(&request)?;
    Ok(request)
}

/// Strips prefixes such as `python`, `cpython@` and `cp`.
fn strip_implementation(text: &str) -> Result<&str, String> {
    for other in ["pypy", "pp", "graalpy", "gp", "pyodide", "jython"] {
        if text.starts_with(other) {
            return Err("ftpy only supports CPython".to_owned());
        }
    }
    for name in ["cpython", "python", "cp", "py"] {
        if let Some(rest) = text.strip_prefix(name) {
            let separated = rest.strip_prefix(['@', '-']);
            return match separated {
                Some(rest) => Ok(rest),
                None if rest.starts_with(|c: char| c.is_ascii_digit()) => Ok(rest),
                None => Err("it has no version".to_owned()),
            };
        }
    }
    Ok(text)
}

fn range(text: &str) -> Result<BuildRequest, String> {
    let mut conditions = Vec::new();
    let mut suffix: Option<Suffix> = None;
    for part in text.split(',') {
        let part = part.trim();
        let (condition, rest) = Condition::split(part)
            .ok_or_else(|| format!("`{}` is not a version condition", shorten(part)))?;
        conditions.push(condition);
        if !rest.is_empty() {
            let read = Suffix::read(rest.trim_start())?;
            if suffix.as_ref().is_some_and(|earlier| *earlier != read) {
                return Err("its conditions name different variants".to_owned());
            }
            suffix = Some(read);
        }
    }
    let suffix = suffix.unwrap_or_default();
    suffix.into_request(Versions::Range(Range(conditions)))
}

fn version(text: &str) -> Result<BuildRequest, String> {
    let (partial, rest) = split_packed(text)
        .or_else(|| split_version(text))
        .ok_or_else(|| match text.starts_with(|c: char| c.is_ascii_digit()) {
            true => format!("`{}` is not a version", shorten(text)),
            false => "it does not start with a version".to_owned(),
        })?;
    Suffix::read(rest)?.into_request(Versions::Partial(partial))
}

/// Parses `314t` and `cp314t`, where major and minor are written together as in wheel tags.
fn split_packed(text: &str) -> Option<(Partial, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if !(2..=4).contains(&digits.len()) || !digits.starts_with('3') || rest.starts_with('.') {
        return None;
    }
    let partial = Partial {
        major: 3,
        minor: Some(digits[1..].parse().ok()?),
        patch: None,
        stage: None,
    };
    Some((partial, rest))
}

/// Parses the suffixes of a version: `t+tsan-dev`, `+freethreaded-linux-x86_64-gnu`,
/// `t-pbs-20260901`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Suffix {
    threading: Option<Threading>,
    debug: bool,
    flavours: Flavours,
    prereleases: bool,
    provider: Option<ProviderName>,
    build_id: Option<BuildId>,
    target: TargetRequest,
}

impl Suffix {
    fn read(text: &str) -> Result<Self, String> {
        let mut suffix = Self::default();
        let end = text.find(['+', '-']).unwrap_or(text.len());
        let (letters, rest) = text.split_at(end);
        suffix.read_letters(letters)?;
        let (words, parts) = match rest.split_once('-') {
            Some((words, parts)) => (words, Some(parts)),
            None => (rest, None),
        };
        for word in words.split('+').skip(1) {
            suffix.read_word(word)?;
        }
        if let Some(parts) = parts {
            suffix.read_parts(parts)?;
        }
        Ok(suffix)
    }

    fn read_letters(&mut self, letters: &str) -> Result<(), String> {
        match letters {
            "" => {}
            "t" => self.threading = Some(Threading::FreeThreaded),
            "d" => self.debug = true,
            "td" => {
                self.threading = Some(Threading::FreeThreaded);
                self.debug = true;
            }
            "dt" => return Err("the letter `d` must follow the `t`".to_owned()),
            other => return Err(format!("`{}` is not a variant", shorten(other))),
        }
        Ok(())
    }

    fn read_word(&mut self, word: &str) -> Result<(), String> {
        let threading = match word {
            "freethreaded" | "freethreading" | "nogil" => Some(Threading::FreeThreaded),
            "gil" => Some(Threading::Gil),
            _ => None,
        };
        if let Some(threading) = threading {
            if self.threading.is_some_and(|earlier| earlier != threading) {
                return Err("it asks for both a GIL build and a free-threaded build".to_owned());
            }
            self.threading = Some(threading);
        } else if word == "debug" {
            self.debug = true;
        } else if let Some(flavour) = Flavour::from_name(word) {
            self.flavours.0.insert(flavour);
        } else {
            let known: Vec<&str> = FLAVOURS.iter().map(|(_, name)| *name).collect();
            return Err(format!(
                "`+{}` is not a flavour (known: freethreaded, gil, debug, {})",
                shorten(word),
                known.join(", ")
            ));
        }
        Ok(())
    }

    /// Parses `dev`, or the `provider[-build]` of a key, followed by the platform.
    fn read_parts(&mut self, parts: &str) -> Result<(), String> {
        let mut parts: Vec<&str> = parts.split('-').collect();
        if parts.first() == Some(&"dev") {
            self.prereleases = true;
            parts.remove(0);
        }
        if let Some(provider) = parts.first().and_then(|name| ProviderName::from_name(name)) {
            self.provider = Some(provider);
            parts.remove(0);
            let build_id = parts.first();
            if let Some(build_id) = build_id.and_then(|part| BuildId::parse(provider, part)) {
                self.build_id = Some(build_id);
                parts.remove(0);
            }
        }
        if parts.len() > 3 {
            return Err(format!(
                "unexpected `-{}` at the end",
                shorten(&parts[3..].join("-"))
            ));
        }
        let mut parts = parts.into_iter().map(|part| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if part.is_empty() || !part.chars().all(is_word) {
                return Err(format!("`-{}` is not a platform", shorten(part)));
            }
            Ok(Some(part).filter(|part| *part != "any"))
        });
        let mut next = || parts.next().transpose().map(Option::flatten);
        let os = next()?;
        if os.is_some_and(|os| !["linux", "macos", "darwin", "windows", "emscripten"].contains(&os))
        {
            return Err(format!(
                "`-{}` is not a known suffix",
                shorten(os.unwrap_or(""))
            ));
        }
        self.target = TargetRequest {
            os: os.map(|os| if os == "darwin" { "macos" } else { os }.to_owned()),
            arch: next()?.map(str::to_owned),
            libc: next()?.map(str::to_owned),
        };
        Ok(())
    }

    fn into_request(self, versions: Versions) -> Result<BuildRequest, String> {
        Ok(BuildRequest {
            provider: self.provider,
            versions,
            abi: Abi {
                threading: self.threading.unwrap_or(Threading::Gil),
                debug: self.debug,
            },
            flavours: self.flavours,
            prereleases: self.prereleases,
            target: self.target,
            build_id: self.build_id,
        })
    }
}

/// Rejects requests that are well formed but impossible.
fn check(request: &BuildRequest) -> Result<(), String> {
    let Versions::Partial(partial) = &request.versions else {
        return Ok(());
    };
    if partial.major != 3 {
        return Err("ftpy only supports CPython 3".to_owned());
    }
    let too_old = partial
        .minor
        .is_some_and(|minor| minor < FIRST_FREE_THREADED_MINOR);
    if request.abi.is_free_threaded() && too_old {
        return Err(format!(
            "{}.{} has no free-threaded build: free threading requires 3.{FIRST_FREE_THREADED_MINOR} or newer",
            partial.major,
            partial.minor.unwrap_or_default()
        ));
    }
    Ok(())
}

/// Guesses the nearest valid form: the version if the text contains one, and the variant if it
/// seems intended.
fn nearest(text: &str) -> String {
    let text = &with_dots(text);
    let start = text.find("3.").or_else(|| text.find('3'));
    let found = start.and_then(|start| {
        let text = &text[start..];
        // `3.14.x`, `3.14.*`: any patch.
        let open = || {
            let (head, rest) = text.split_once(".x").or_else(|| text.split_once(".*"))?;
            let (partial, _) = split_version(head)?;
            Some((partial, rest))
        };
        let (partial, rest) = split_packed(text)
            .or_else(|| split_version(text))
            .or_else(open)?;
        (partial.major == 3).then_some((partial, rest))
    });
    let Some((partial, rest)) = found else {
        return "3.14t".to_owned();
    };
    let letters: &str = rest
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or("");
    let words = ["freethread", "free-thread", "nogil"];
    // Probably intended as a variant: `3.14-t`, `3.14+t`, `3.14 ft`.
    let apart = rest.trim_start_matches(['-', '+', '_', ' ', '.']);
    let is_apart = ["t", "ft", "td"].iter().any(|word| {
        let after = apart.strip_prefix(word);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    let threading =
        letters.contains('t') || is_apart || words.iter().any(|word| text.contains(word));
    let debug = letters == "d" || letters == "dt" || letters == "td";
    let too_old = partial
        .minor
        .is_some_and(|minor| minor < FIRST_FREE_THREADED_MINOR);
    if threading && too_old {
        return format!("3.{FIRST_FREE_THREADED_MINOR}t");
    }
    let t = if threading { "t" } else { "" };
    let d = if debug { "d" } else { "" };
    format!("{partial}{t}{d}")
}

/// Returns the text with one dot in place of other separators within a version: `3,14t`, `3-14t`,
/// `3..14t`. Longer numbers are dates, and a range contains several versions.
fn with_dots(text: &str) -> String {
    let is_separator = |c: char| ".,;_- ".contains(c);
    let mut dotted = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_separator) {
        let (before, after) = rest.split_at(start);
        let next = after.trim_start_matches(is_separator);
        let end = next.find(|c: char| !c.is_ascii_digit());
        let digits = end.unwrap_or(next.len());
        dotted.push_str(before);
        // A dash after the minor version begins something else: `pypy3.14-7.3.19`.
        let is_within = match after.starts_with('-') {
            true => dotted.ends_with('3') && !dotted.ends_with(".3"),
            false => dotted.ends_with(|c: char| c.is_ascii_digit()),
        } && (1..=2).contains(&digits);
        match is_within && !text.starts_with(['<', '>', '=', '!', '~']) {
            true => dotted.push('.'),
            false => dotted.push_str(&after[..after.len() - next.len()]),
        }
        rest = next;
    }
    dotted + rest
}

/// Shortens to about 40 characters and escapes unprintable ones, as the input is arbitrary.
fn shorten(text: &str) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for c in text.chars() {
        if length >= 40 {
            return shown + "...";
        }
        let escape = c.escape_debug();
        length += escape.len();
        shown.extend(escape);
    }
    shown
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

//! The bytes of a wheel: of a file on this machine, or of a server by range requests.

use crate::error::IoFailure;
use crate::host::plain_file;
use crate::net::{FetchError, Net, Part, PartAnswer, PartOfFile};
use crate::secret_url::SecretUrl;
use crate::wheel::TAIL;
use crate::wheel_reader::error::{ReadError, WheelError};
use bytes::Bytes;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// An open wheel, whose last bytes were read.
#[derive(Debug)]
pub(super) struct Source<'a> {
    place: Place<'a>,
    /// The size of the wheel.
    pub(super) size: u64,
    /// The position of the tail.
    tail_start: u64,
    /// The last bytes: at least [`TAIL`], or all.
    pub(super) tail: Bytes,
    /// How many bytes were read.
    pub(super) bytes_read: u64,
}

#[derive(Debug)]
enum Place<'a> {
    File(Arc<Mutex<File>>, PathBuf),
    Url {
        net: &'a Net,
        url: &'a SecretUrl,
        validator: Option<String>,
    },
}

impl<'a> Source<'a> {
    /// Opens a file.
    pub(super) async fn of_file(path: &Path) -> Result<Source<'static>, ReadError> {
        let file = plain_file::open(path).map_err(IoFailure::at("read", path))?;
        let metadata = file.metadata().map_err(IoFailure::at("read", path))?;
        let size = metadata.len();
        let mut source = Source {
            place: Place::File(Arc::new(Mutex::new(file)), path.to_owned()),
            size,
            tail_start: size,
            tail: Bytes::new(),
            bytes_read: 0,
        };
        let start = size.saturating_sub(TAIL);
        source.tail = source.read(start..size).await?;
        source.tail_start = start;
        Ok(source)
    }

    /// Opens a URL by requesting its last bytes. `expected` is its listed size.
    pub(super) async fn of_url(
        net: &'a Net,
        url: &'a SecretUrl,
        expected: Option<u64>,
    ) -> Result<Self, ReadError> {
        let part = match net.read_part(url, Part::Last(TAIL), None).await? {
            PartAnswer::Part(part) => part,
            PartAnswer::WholeOnly(why) => return Err(ReadError::WholeOnly(why)),
        };
        let PartOfFile {
            first,
            bytes,
            validator,
            ..
        } = part;
        let size = first + bytes.len() as u64;
        if let Some(expected) = expected.filter(|expected| *expected != size) {
            let found = size;
            return Err(WheelError::Size { found, expected }.into());
        }
        Ok(Self {
            place: Place::Url {
                net,
                url,
                validator,
            },
            size,
            tail_start: first,
            bytes_read: bytes.len() as u64,
            tail: bytes,
        })
    }

    /// Whether it is read from a server.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.place, Place::Url { .. })
    }

    /// Whether all its bytes are in the tail.
    pub(super) fn is_whole_in_tail(&self) -> bool {
        self.tail_start == 0
    }

    /// Returns the bytes in a range, which is inside the file.
    pub(super) async fn read(&mut self, range: Range<u64>) -> Result<Bytes, ReadError> {
        let in_tail = |at: u64| usize::try_from(at - self.tail_start).unwrap_or(usize::MAX);
        if range.start >= self.tail_start {
            return Ok(self.tail.slice(in_tail(range.start)..in_tail(range.end)));
        }
        let end = range.end.min(self.tail_start);
        let before = self.fetch(range.start..end).await?;
        self.bytes_read += before.len() as u64;
        if range.end <= self.tail_start {
            return Ok(before);
        }
        let rest = self.tail.slice(..in_tail(range.end));
        Ok([before, rest].concat().into())
    }

    async fn fetch(&self, range: Range<u64>) -> Result<Bytes, ReadError> {
        let Range { start, end } = range;
        match &self.place {
            Place::File(file, path) => {
                let file = Arc::clone(file);
                let read = tokio::task::spawn_blocking(move || read_file(&file, start..end)).await;
                let read = read.expect("reading a file does not panic");
                Ok(read.map_err(IoFailure::at("read", path))?)
            }
            Place::Url {
                net,
                url,
                validator,
            } => {
                let part = Part::Between { first: start, end };
                match net.read_part(url, part, validator.as_deref()).await? {
                    PartAnswer::WholeOnly(why) => Err(ReadError::WholeOnly(why)),
                    PartAnswer::Part(part) if part.total.is_some_and(|it| it != self.size) => {
                        let why = format!("{url} has another size than before");
                        Err(ReadError::WholeOnly(why))
                    }
                    PartAnswer::Part(part) => Ok(part.bytes),
                }
            }
        }
    }
}

fn read_file(file: &Mutex<File>, range: Range<u64>) -> std::io::Result<Bytes> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

/// Whether work was stopped by Ctrl-C.
pub(super) fn is_interrupted(error: &WheelError) -> bool {
    matches!(error, WheelError::Fetch(FetchError::Interrupted))
}

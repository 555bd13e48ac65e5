//! Decompresses in a separate thread, because decoding and writing files take about the same time
//! and can overlap.

use crate::unpack::UnpackError;
use crate::unpack::budget::Budget;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// The size of a chunk, and how many chunks may be queued.
const PIECE: usize = 128 * 1024;
const PIECES: usize = 16;

/// The maximum zstd window as a power of two: what `zstd --ultra -22` writes.
const LARGEST_WINDOW: u32 = 27;
/// The memory limit of the xz decoder. `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 192 << 20;

/// Reads the output of the decoding thread.
pub(super) struct Decoded {
    pieces: Receiver<Result<Vec<u8>, UnpackError>>,
    /// Returns chunks for reuse: allocating new ones would map and zero memory each time.
    used: Sender<Vec<u8>>,
    piece: Vec<u8>,
    position: usize,
    /// Why the thread failed, in more detail than an [`io::Error`].
    pub(super) failure: Option<UnpackError>,
}

/// What may follow the first zstd frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// More frames: some compressors write one per thread.
    Any,
    /// Nothing: the archive was written by one known program.
    One,
}

/// Starts decoding. The format is detected from the first bytes. The budget limits the output; the
/// caller counts the packed bytes.
pub(super) fn decode(
    packed: impl Read + Send + 'static,
    frames: Frames,
    budget: Budget,
) -> Decoded {
    let (sender, pieces) = sync_channel(PIECES);
    let (used, returned) = channel();
    std::thread::spawn(move || {
        if let Err(error) = run(packed, frames, &budget, &sender, &returned) {
            // If the reader has failed already, no one receives this.
            let _ = sender.send(Err(error));
        }
    });
    Decoded {
        pieces,
        used,
        piece: Vec::new(),
        position: 0,
        failure: None,
    }
}

/// Selects the decoder for data that starts with these bytes.
fn open<'a>(
    magic: &[u8],
    packed: impl Read + 'a,
    frames: Frames,
) -> Result<Box<dyn Read + 'a>, UnpackError> {
    Ok(match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(
            BufReader::with_capacity(PIECE, packed),
        )),
        [0x28, 0xb5, 0x2f, 0xfd, ..] if frames == Frames::One => {
            Box::new(OneFrame(zstd(packed)?.single_frame()))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd(packed)?),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => {
            let flags = liblzma::stream::CONCATENATED;
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, flags);
            let stream = stream.map_err(|error| damaged(error.into()))?;
            Box::new(liblzma::read::XzDecoder::new_stream(packed, stream))
        }
        #[cfg(feature = "conda")]
        [b'B', b'Z', b'h', ..] if frames == Frames::Any => {
            Box::new(bzip2::read::MultiBzDecoder::new(packed))
        }
        _ => {
            return Err(UnpackError::Damaged {
                reason: "not a gzip, zstd or xz file".to_owned(),
            });
        }
    })
}

/// A zstd decoder with limited memory.
fn zstd<'a, R: Read>(
    packed: R,
) -> Result<zstd::stream::read::Decoder<'a, BufReader<R>>, UnpackError> {
    let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(damaged)?;
    decoder.window_log_max(LARGEST_WINDOW).map_err(damaged)?;
    Ok(decoder)
}

fn damaged(error: io::Error) -> UnpackError {
    UnpackError::Damaged {
        reason: error.to_string(),
    }
}

fn run(
    packed: impl Read,
    frames: Frames,
    budget: &Budget,
    sender: &SyncSender<Result<Vec<u8>, UnpackError>>,
    returned: &Receiver<Vec<u8>>,
) -> Result<(), UnpackError> {
    let mut packed = packed;
    let mut magic = [0; 6];
    let mut filled = 0;
    while filled < magic.len() {
        match packed.read(&mut magic[filled..]).map_err(damaged)? {
            0 => break,
            read => filled += read,
        }
    }
    let magic = magic[..filled].to_vec();
    let packed = io::Cursor::new(magic.clone()).chain(packed);
    let mut plain = open(&magic, packed, frames)?;
    loop {
        let mut piece = returned.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let mut filled = 0;
        while filled < PIECE {
            match plain.read(&mut piece[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(damaged(error)),
            }
        }
        if filled == 0 {
            return Ok(());
        }
        piece.truncate(filled);
        budget.spend(filled as u64)?;
        if sender.send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.piece.len() {
            match self.pieces.recv() {
                Ok(Ok(piece)) => {
                    let old = std::mem::replace(&mut self.piece, piece);
                    self.position = 0;
                    // The decoder may have finished already.
                    let _ = self.used.send(old);
                }
                Ok(Err(failure)) => {
                    let text = failure.to_string();
                    self.failure = Some(failure);
                    return Err(io::Error::other(text));
                }
                Err(_) => return Ok(0),
            }
        }
        let rest = &self.piece[self.position..];
        let size = rest.len().min(buffer.len());
        buffer[..size].copy_from_slice(&rest[..size]);
        self.position += size;
        Ok(size)
    }
}

/// A single zstd frame, which nothing may follow.
struct OneFrame<R: Read>(zstd::stream::read::Decoder<'static, BufReader<R>>);

impl<R: Read> Read for OneFrame<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && !self.0.get_mut().fill_buf()?.is_empty() {
            return Err(io::Error::other("unexpected data after the end"));
        }
        Ok(read)
    }
}

//! Compressed bytes to plain ones, in a thread of its own: decoding and writing files take
//! about as long, and overlap.

use crate::unpack::UnpackError;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// How much is handed over at once, and how many such pieces may wait.
const PIECE: usize = 128 * 1024;
const PIECES: usize = 16;

/// Unpacked size that is never suspicious.
const HARMLESS: u64 = 256 << 20;
/// How many times its packed size an archive may unpack to. The object files of upstream's
/// full archives come to about 10; a bomb of zeros to 1000.
const WORST_RATIO: u64 = 100;

/// Reads what the decoding thread produces.
pub(super) struct Decoded {
    pieces: Receiver<Result<Vec<u8>, UnpackError>>,
    /// Pieces go back when they are read: a fresh one would be mapped and zeroed each time.
    used: Sender<Vec<u8>>,
    piece: Vec<u8>,
    position: usize,
    /// Why the thread gave up: more than an [`io::Error`] can say.
    pub(super) failure: Option<UnpackError>,
}

/// What may follow the first frame of zstd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// Others: some compressors make one for each of their threads.
    Any,
    /// Nothing: what is made by one program in one way has one.
    One,
}

/// Starts decoding. The format is told by the first bytes, not by a name.
pub(super) fn decode(packed: impl Read + Send + 'static, frames: Frames) -> Decoded {
    let (sender, pieces) = sync_channel(PIECES);
    let (used, returned) = channel();
    std::thread::spawn(move || {
        if let Err(error) = run(packed, frames, &sender, &returned) {
            // Nobody listens any more if the reader has failed before.
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

/// What decodes the format that begins with these bytes.
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
            let decoder = zstd::stream::read::Decoder::new(packed).map_err(damaged)?;
            Box::new(OneFrame(decoder.single_frame()))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Box::new(zstd::stream::read::Decoder::new(packed).map_err(damaged)?)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0] => {
            Box::new(liblzma::read::XzDecoder::new_multi_decoder(packed))
        }
        _ => {
            return Err(UnpackError::Damaged {
                reason: "it is neither gzip, zstd nor xz".to_owned(),
            });
        }
    })
}

fn damaged(error: io::Error) -> UnpackError {
    UnpackError::Damaged {
        reason: error.to_string(),
    }
}

fn run(
    packed: impl Read,
    frames: Frames,
    sender: &SyncSender<Result<Vec<u8>, UnpackError>>,
    returned: &Receiver<Vec<u8>>,
) -> Result<(), UnpackError> {
    let taken = Arc::new(AtomicU64::new(0));
    let mut packed = Counted(packed, Arc::clone(&taken));
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
    let mut total = 0;
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
        total += filled as u64;
        let packed = taken.load(Ordering::Relaxed);
        let limit = HARMLESS.max(packed.saturating_mul(WORST_RATIO));
        if total > limit {
            return Err(UnpackError::Bomb { limit, packed });
        }
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
                    // The decoder may have ended already.
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

/// One frame of zstd, which nothing may follow.
struct OneFrame<R: Read>(zstd::stream::read::Decoder<'static, BufReader<R>>);

impl<R: Read> Read for OneFrame<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && !self.0.get_mut().fill_buf()?.is_empty() {
            return Err(io::Error::other("something follows its end"));
        }
        Ok(read)
    }
}

struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

//! The bytes of a download, for readers in other threads.

use crate::cancel::Cancel;
use std::io::Read;
use tokio::sync::mpsc;

/// The bytes of a download as they arrive.
#[derive(Debug)]
pub struct Source {
    chunks: mpsc::Receiver<bytes::Bytes>,
    chunk: bytes::Bytes,
    cancel: Cancel,
}

impl Source {
    /// The sending end of a download's channel.
    #[must_use]
    pub fn new(chunks: mpsc::Receiver<bytes::Bytes>, cancel: Cancel) -> Self {
        Self {
            chunks,
            cancel,
            chunk: bytes::Bytes::new(),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other("interrupted"));
        }
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let size = self.chunk.len().min(buffer.len());
        buffer[..size].copy_from_slice(&self.chunk.split_to(size));
        Ok(size)
    }
}

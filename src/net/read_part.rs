//! Reads part of a file into memory.

use crate::net::FetchError;
use crate::net::client::Net;
use crate::net::gate::Trust;
use crate::net::headers::Condition;
use crate::net::part::{Part, PartAnswer, PartOfFile};
use crate::net::response::{OpenError, Opened};
use crate::secret_url::SecretUrl;
use bytes::{Bytes, BytesMut};

impl Net {
    /// Reads part of a file, with the validator of the earlier answer, so that all parts are of one
    /// file. The bytes are not verified.
    ///
    /// # Errors
    /// Returns an error if the file is unavailable.
    pub async fn read_part(
        &self,
        url: &SecretUrl,
        part: Part,
        validator: Option<&str>,
    ) -> Result<PartAnswer, FetchError> {
        let mut failures = 0;
        loop {
            self.keep_pace(url).await?;
            let error = match self.read_part_once(url, part, validator).await {
                Ok(part) => return Ok(PartAnswer::Part(part)),
                Err(OpenError::NoRange(reason)) => return Ok(PartAnswer::WholeOnly(reason)),
                Err(error) => error,
            };
            failures += 1;
            self.pause_or_fail(url, error, failures).await?;
        }
    }

    async fn read_part_once(
        &self,
        url: &SecretUrl,
        part: Part,
        validator: Option<&str>,
    ) -> Result<PartOfFile, OpenError> {
        // A part cannot be compared with the digest of the whole file.
        let trust = Trust::FromTransport;
        let mut opened = self
            .open(url, trust, (part, Condition::of_part(validator)))
            .await?;
        let Some(end) = opened.end else {
            let why = match validator {
                Some(_) => "sent the whole file: it changed, or ranges are not supported",
                None => "does not support ranges",
            };
            return Err(OpenError::NoRange(format!("{url} {why}")));
        };
        let length = usize::try_from(end - opened.offset).unwrap_or(usize::MAX);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next_chunk(&mut opened).await? {
            bytes.extend_from_slice(&chunk);
            self.count_bytes(chunk.len());
            if bytes.len() > length {
                break;
            }
        }
        if bytes.len() != length {
            let reason = format!("{url} sent another number of bytes than announced");
            return Err(OpenError::NoRange(reason));
        }
        Ok(PartOfFile {
            first: opened.offset,
            bytes: bytes.freeze(),
            total: opened.total,
            validator: opened.validator,
        })
    }

    /// The next bytes of a body.
    pub(super) async fn next_chunk(&self, opened: &mut Opened) -> Result<Option<Bytes>, OpenError> {
        tokio::select! {
            chunk = opened.chunk() => chunk,
            () = self.cancel().cancelled() => Err(OpenError::Interrupted),
        }
    }
}

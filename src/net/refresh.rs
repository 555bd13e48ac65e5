//! Requests a file that changes at its URL, such as a list of packages, unless it is still in the
//! state that is already here.

use crate::net::client::Net;
use crate::net::gate::Trust;
use crate::net::headers::{Condition, Validators};
use crate::net::part::Part;
use crate::net::response::{OpenError, Opened};
use crate::net::{FetchError, Reason};
use crate::secret_url::SecretUrl;
use bytes::Bytes;
use tokio::sync::mpsc;

/// The maximum size of such a file as it is transferred; the largest ones have a tenth of it.
const LARGEST: u64 = 1 << 30;
/// The number of chunks buffered between the network and the receiver.
const CHUNKS: usize = 32;

/// What is at a URL.
#[derive(Debug)]
pub enum Refreshed<T> {
    /// The state that is already here.
    Unchanged,
    /// No file, for this reason.
    Missing(Reason),
    /// Another state.
    Changed {
        /// What was made for its bytes.
        receiver: T,
        /// What identifies it.
        validators: Validators,
        /// The seconds for which it needs no new request.
        max_age: Option<u64>,
    },
}

impl Net {
    /// Requests a file unless it still has the validators `known`. Its bytes go to the receiver that
    /// `begin` makes. After a broken transfer there is another one, and the earlier one, which has
    /// not received everything, is dropped.
    ///
    /// # Errors
    /// Returns an error if the URL is unavailable, or the file is too large.
    pub async fn refresh<T>(
        &self,
        url: &SecretUrl,
        known: &Validators,
        begin: impl Fn(mpsc::Receiver<Bytes>) -> T,
    ) -> Result<Refreshed<T>, FetchError> {
        let mut failures = 0;
        loop {
            self.keep_pace(url).await?;
            let wanted = (Part::From(0), Condition::Unless(known));
            let error = match self.open(url, Trust::FromTransport, wanted).await {
                Ok(opened) if opened.is_unchanged => return Ok(Refreshed::Unchanged),
                Ok(mut opened) => {
                    let (sink, source) = mpsc::channel(CHUNKS);
                    let receiver = begin(source);
                    match self.pump(url, &mut opened, sink).await {
                        Ok(()) => {
                            return Ok(Refreshed::Changed {
                                receiver,
                                validators: opened.validators,
                                max_age: opened.max_age,
                            });
                        }
                        Err(error) => error,
                    }
                }
                Err(OpenError::Refused {
                    text,
                    cause,
                    is_missing: true,
                }) => return Ok(Refreshed::Missing(Reason::of_file_for(text, cause))),
                Err(error) => error,
            };
            failures += 1;
            self.pause_or_fail(url, error, failures).await?;
        }
    }

    async fn pump(
        &self,
        url: &SecretUrl,
        opened: &mut Opened,
        sink: mpsc::Sender<Bytes>,
    ) -> Result<(), OpenError> {
        let mut size = 0;
        loop {
            let Some(chunk) = self.next_chunk(opened).await? else {
                return Ok(());
            };
            size += chunk.len() as u64;
            self.count_bytes(chunk.len());
            if size > LARGEST {
                let text = format!("{url} is larger than {LARGEST} bytes");
                return Err(OpenError::Final(text));
            }
            if sink.send(chunk).await.is_err() {
                return Ok(()); // the receiver has failed, and says why
            }
        }
    }
}

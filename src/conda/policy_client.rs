//! The HTTP client for rattler: each of its requests, to a channel or to the URLs that the channel
//! names, follows ftpy's own rules.

use crate::conda::bounded::bounded;
use crate::net::{Gate, Net, Refused, Trust};
use reqwest::header::{AUTHORIZATION, COOKIE, ETAG, LAST_MODIFIED};
use reqwest::{Client, Request, RequestBuilder, Response, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The outcome of the requests, kept because rattler only passes on the text of an error.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestLog(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    first_refused: Option<Refused>,
    is_not_modified: bool,
}

impl RequestLog {
    /// Takes the error of the first rejected request.
    pub(super) fn take_refused(&self) -> Option<Refused> {
        self.seen().first_refused.take()
    }

    /// Whether a server answered 304 Not Modified without a validator.
    pub(super) fn has_not_modified(&self) -> bool {
        self.seen().is_not_modified
    }

    fn refuse(&self, refused: Refused) -> Error {
        let error = Error::middleware(refused.clone());
        self.seen().first_refused.get_or_insert(refused);
        error
    }

    fn answered(&self, response: &Response) {
        let headers = response.headers();
        let has_validator = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
        self.seen().is_not_modified |=
            response.status() == StatusCode::NOT_MODIFIED && !has_validator;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client whose requests follow the rules of `net`.
///
/// # Errors
/// Returns a message if it cannot be created.
pub(super) fn client(
    net: &Net,
    log: RequestLog,
) -> std::result::Result<ClientWithMiddleware, String> {
    let (client, gate) = net.http()?;
    let passage = Passage {
        client: client.clone(),
        gate,
        log,
    };
    Ok(ClientBuilder::new(client)
        .with(passage)
        .with(bounded)
        .build())
}

struct Passage {
    client: Client,
    gate: Gate,
    log: RequestLog,
}

impl Passage {
    async fn pass(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        // Shards are verified by digests from the shard index; the index and other lists have none.
        let mut way = self.gate.way(request.url().clone(), Trust::FromTransport);
        loop {
            let login = way.enter().map_err(|refused| self.log.refuse(refused))?;
            let Some(mut one) = request.try_clone() else {
                // Requests have no body.
                return next.run(request, extensions).await;
            };
            *one.url_mut() = way.url().clone();
            if !way.is_at_origin() {
                one.headers_mut().remove(AUTHORIZATION);
                one.headers_mut().remove(COOKIE);
            }
            let has_own = one.headers().contains_key(AUTHORIZATION);
            if let Some(login) = login.filter(|_| !has_own) {
                let builder = RequestBuilder::from_parts(self.client.clone(), one);
                let builder = builder.basic_auth(login.name, Some(login.password));
                one = builder.build().map_err(Error::from)?;
            }
            let response = next.clone().run(one, extensions).await?;
            self.log.answered(&response);
            let is_over = !way
                .follow(response.status(), response.headers())
                .map_err(|refused| self.log.refuse(refused))?;
            if is_over {
                return Ok(response);
            }
        }
    }
}

impl Middleware for Passage {
    // The expansion of `async_trait`.
    fn handle<'a, 'b, 'c, 'd>(
        &'a self,
        request: Request,
        extensions: &'b mut http::Extensions,
        next: Next<'c>,
    ) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + 'd>>
    where
        'a: 'd,
        'b: 'd,
        'c: 'd,
        Self: 'd,
    {
        Box::pin(self.pass(request, extensions, next))
    }
}

//! The client that rattler opens its connections with: each of its requests, to the channel or to
//! wherever the channel says that its files are, passes ftpy's own rules.

use crate::conda::bounded::bounded;
use crate::net::{Gate, Net, Refused, Trust};
use reqwest::header::{AUTHORIZATION, COOKIE};
use reqwest::{Client, Request, RequestBuilder, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// The first request that was refused: rattler passes its reason on as text only.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstRefused(Arc<Mutex<Option<Refused>>>);

impl FirstRefused {
    /// Takes it out.
    pub(super) fn take(&self) -> Option<Refused> {
        let first = self.0.lock();
        first.unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, refused: Refused) -> Error {
        let error = Error::middleware(refused.clone());
        let first = self.0.lock();
        first
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(refused);
        error
    }
}

/// A client whose requests pass the rules of `net`.
///
/// # Errors
/// A sentence, where it cannot be set up.
pub(super) fn client(
    net: &Net,
    refused: FirstRefused,
) -> std::result::Result<ClientWithMiddleware, String> {
    let (client, gate) = net.http()?;
    let passage = Passage {
        client: client.clone(),
        gate,
        refused,
    };
    Ok(ClientBuilder::new(client)
        .with(passage)
        .with(bounded)
        .build())
}

struct Passage {
    client: Client,
    gate: Gate,
    refused: FirstRefused,
}

impl Passage {
    async fn pass(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        // The shard index names the digests of shards; it, and what has no shards, has none.
        let mut way = self.gate.way(request.url().clone(), Trust::FromTransport);
        loop {
            let login = way.enter().map_err(|refused| self.refused.keep(refused))?;
            let Some(mut one) = request.try_clone() else {
                // Nothing that is sent has a body.
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
            let is_over = !way
                .follow(response.status(), response.headers())
                .map_err(|refused| self.refused.keep(refused))?;
            if is_over {
                return Ok(response);
            }
        }
    }
}

impl Middleware for Passage {
    // What `async_trait` makes of an `async fn`.
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

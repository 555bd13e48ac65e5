//! How far a request has come: whether its connection is still being made.
//!
//! reqwest has one limit for a name, TCP, a proxy's CONNECT and TLS together, and tells nothing
//! before the answer. A layer around its connector tells the task that waits for the answer when
//! a connection begins and when it is made.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Of the request that this task sends.
    static PROGRESS: Arc<Progress>;
}

/// How far a request has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Connections begun and not yet made; a redirect begins another one.
    unmade: AtomicI32,
}

impl Progress {
    /// Whether it waits for a connection.
    pub(super) fn is_connecting(&self) -> bool {
        self.unmade.load(Ordering::SeqCst) > 0
    }

    /// Sends a request, and follows it.
    pub(super) async fn follow<T>(self: Arc<Self>, sending: impl Future<Output = T>) -> T {
        PROGRESS.scope(self, sending).await
    }
}

/// The layer around the connector.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stages;

/// A connector that tells how far it is.
#[derive(Debug, Clone)]
pub(super) struct Told<S>(S);

impl<S> Layer<S> for Stages {
    type Service = Told<S>;

    fn layer(&self, inner: S) -> Told<S> {
        Told(inner)
    }
}

impl<S, R> Service<R> for Told<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The own requests of a library have no progress.
        let progress = PROGRESS.try_with(Arc::clone).ok();
        let connecting = self.0.call(request);
        let Some(progress) = progress else {
            return Box::pin(connecting);
        };
        progress.unmade.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let made = connecting.await;
            progress.unmade.fetch_sub(1, Ordering::SeqCst);
            made
        })
    }
}

//! The progress of a request: whether its connection is still being established.
//!
//! reqwest has one limit for DNS, TCP, a proxy's CONNECT and TLS together, and reports nothing
//! before the answer. A layer around its connector reports when a connection starts and when it is
//! established.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// The progress of the current task's request.
    static PROGRESS: Arc<Progress>;
}

/// The progress of a request.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Connections that are being established. A redirect adds another one.
    unmade: AtomicI32,
}

impl Progress {
    /// Returns whether it waits for a connection.
    pub(super) fn is_connecting(&self) -> bool {
        self.unmade.load(Ordering::SeqCst) > 0
    }

    /// Sends a request, and tracks its progress.
    pub(super) async fn follow<T>(self: Arc<Self>, sending: impl Future<Output = T>) -> T {
        PROGRESS.scope(self, sending).await
    }
}

/// The layer around the connector.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stages;

/// A connector that reports its progress.
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
        // Requests of other libraries are not tracked.
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

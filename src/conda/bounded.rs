//! Limits the size of compressed channel data before rattler unpacks it, because rattler unpacks
//! into memory and onto the disk without a limit.

use crate::unpack::measure;
use reqwest::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use reqwest::{Method, Request, Response, ResponseBuilderExt};
use reqwest_middleware::{Error, Next, Result};
use std::future::Future;
use std::pin::Pin;

/// The maximum compressed size of a channel's package list; the largest ones have a tenth of it.
const LARGEST: usize = 1 << 30;

/// A middleware of rattler's client: reads a compressed response, checks its unpacked size, and
/// passes it on. A response that would fill memory or the disk is an error.
pub(super) fn bounded<'a>(
    request: Request,
    extensions: &'a mut http::Extensions,
    next: Next<'a>,
) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + 'a>> {
    Box::pin(async move {
        let has_body = *request.method() != Method::HEAD;
        let response = next.run(request, extensions).await?;
        match has_body && response.status().is_success() && is_packed(&response) {
            true => measured(response).await,
            false => Ok(response),
        }
    })
}

/// Whether rattler will unpack the body, by the criteria that it uses.
fn is_packed(response: &Response) -> bool {
    let path = response.url().path();
    let is_gzip = [CONTENT_ENCODING, TRANSFER_ENCODING].iter().any(|name| {
        let mut values = response.headers().get_all(name).iter();
        values.any(|value| value == "gzip")
    });
    is_gzip || path.ends_with(".zst") || path.ends_with(".bz2")
}

async fn measured(mut response: Response) -> Result<Response> {
    let url = response.url().clone();
    let refused = |reason: String| {
        let file = url.path().rsplit('/').next().unwrap_or_default();
        Error::Middleware(std::io::Error::other(format!("invalid {file}: {reason}")).into())
    };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(refused(format!("it is larger than {LARGEST} bytes")));
        }
    }
    let body = bytes::Bytes::from(body);
    let packed = std::io::Cursor::new(body.clone());
    let result = tokio::task::spawn_blocking(move || measure(packed)).await;
    let result = result.map_err(|error| refused(error.to_string()))?;
    // Damaged data is left to rattler, which reports it.
    if let Err(error @ crate::unpack::UnpackError::Bomb { .. }) = result {
        return Err(refused(error.to_string()));
    }
    let mut rebuilt = http::Response::builder()
        .status(response.status())
        .version(response.version())
        .url(url.clone());
    if let Some(headers) = rebuilt.headers_mut() {
        headers.clone_from(response.headers());
    }
    let rebuilt = rebuilt
        .body(body)
        .map_err(|error| refused(error.to_string()))?;
    Ok(rebuilt.into())
}

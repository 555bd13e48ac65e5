//! Reads one wheel: in parts, or as a whole where that is not possible.

use crate::check::WheelPlace;
use crate::digest::Digest;
use crate::error::IoFailure;
use crate::file_url;
use crate::host::plain_file;
use crate::net::{Download, fetch};
use crate::secret_url::SecretUrl;
use crate::wheel_reader::error::{ReadError, WheelError};
use crate::wheel_reader::examine::examine;
use crate::wheel_reader::request::{WheelRead, WheelToRead};
use crate::wheel_reader::source::Source;
use crate::wheel_reader::tools::Shared;
use std::path::Path;
use tokio::sync::mpsc;

/// Reads a wheel that is not in the cache, and adds it there.
pub(super) async fn read_wheel(
    shared: &Shared<'_>,
    wheel: &WheelToRead,
) -> Result<WheelRead, WheelError> {
    match &wheel.wheel.place {
        WheelPlace::Index => Err(WheelError::NoUrl),
        WheelPlace::File(path) => read_file(shared, wheel, path).await,
        WheelPlace::Url(url) => match file_url::path_of(url.expose()) {
            Some(Ok(path)) => read_file(shared, wheel, &path).await,
            Some(Err(_)) => Err(WheelError::NoUrl),
            None => read_url(shared, wheel, url).await,
        },
    }
}

async fn read_file(
    shared: &Shared<'_>,
    wheel: &WheelToRead,
    path: &Path,
) -> Result<WheelRead, WheelError> {
    if let Some(expected) = wheel.wheel.sha256 {
        let path = path.to_owned();
        let found = shared.compute(move || digest_of(&path)).await??;
        if found != expected {
            return Err(WheelError::Digest { found, expected });
        }
    }
    let mut source = Source::of_file(path).await.map_err(in_parts)?;
    let is_verified = wheel.wheel.sha256.is_some();
    let read = examine(shared, &mut source, wheel, is_verified).await;
    read.map_err(in_parts)
}

fn digest_of(path: &Path) -> Result<Digest, IoFailure> {
    let file = plain_file::open(path).map_err(IoFailure::at("read", path))?;
    let digest = Digest::of_reader(file).map_err(IoFailure::at("read", path))?;
    Ok(digest.0)
}

async fn read_url(
    shared: &Shared<'_>,
    wheel: &WheelToRead,
    url: &SecretUrl,
) -> Result<WheelRead, WheelError> {
    if shared.tools.net.is_offline() {
        return Err(WheelError::Offline);
    }
    if shared.options.is_full || shared.sends_whole_files(url.expose()) {
        return read_whole(shared, wheel, url).await;
    }
    let mut source = match Source::of_url(shared.tools.net, url, wheel.wheel.size).await {
        Ok(source) => source,
        Err(ReadError::WholeOnly(why)) => {
            shared.tools.reporter.detail(why);
            shared.add_without_ranges(url.expose());
            return read_whole(shared, wheel, url).await;
        }
        Err(ReadError::Wheel(error)) => return Err(error),
    };
    let why = match examine(shared, &mut source, wheel, false).await {
        Ok(read) => return Ok(read),
        Err(ReadError::WholeOnly(why)) => why,
        // The server may have sent other parts than it announced.
        Err(ReadError::Wheel(WheelError::Archive(error)))
            if error.may_be_of_transfer() && !source.is_whole_in_tail() =>
        {
            error.to_string()
        }
        Err(ReadError::Wheel(error)) => return Err(error),
    };
    let file = &wheel.wheel.name;
    shared
        .tools
        .reporter
        .detail(format!("{file} is downloaded as a whole: {why}"));
    let mut read = read_whole(shared, wheel, url).await?;
    read.bytes_read += source.bytes_read;
    Ok(read)
}

/// Downloads a wheel, verified if its sha256 is listed, and reads the copy.
async fn read_whole(
    shared: &Shared<'_>,
    wheel: &WheelToRead,
    url: &SecretUrl,
) -> Result<WheelRead, WheelError> {
    let stage = tokio::task::block_in_place(|| shared.tools.store.cache_stage());
    let stage = stage.map_err(WheelError::Store)?;
    let path = stage.path().join("wheel");
    let file = &wheel.wheel.name.file;
    let urls = [url.clone()];
    let download = Download {
        urls: &urls,
        sha256: wheel.wheel.sha256,
        size: wheel.wheel.size,
        cached: Some(path.clone()),
        // Removed with the stage: a wheel that was read is not needed again.
        partial: Some(stage.path().join("partial")),
        file,
    };
    // The copy is read when it is complete.
    let (sender, _) = mpsc::channel(1);
    let task = shared.tools.reporter.task(file);
    let fetched = fetch(shared.tools.net, &download, sender, &task).await?;
    drop(task);
    let mut source = Source::of_file(&path).await.map_err(in_parts)?;
    let is_verified = wheel.wheel.sha256.is_some();
    let read = examine(shared, &mut source, wheel, is_verified).await;
    let mut read = read.map_err(in_parts)?;
    read.bytes_read = fetched.size;
    Ok(read)
}

/// The error of a source that always has all parts.
fn in_parts(error: ReadError) -> WheelError {
    match error {
        ReadError::Wheel(error) => error,
        ReadError::WholeOnly(why) => WheelError::Archive(crate::wheel::ArchiveError::Damaged(why)),
    }
}

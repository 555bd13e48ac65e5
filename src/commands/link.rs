//! `ftpy link`: registers an existing interpreter.

use crate::cli::Link;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::link;
use crate::store::Receipt;
use ftpy_core::link_name::LinkName;
use ftpy_core::parse::parse;
use ftpy_core::request::Request;
use ftpy_core::text_file::printable;
use serde_json::json;

/// `ftpy link`
pub(super) fn link(context: &Context, arguments: &Link) -> Result<()> {
    let name = LinkName::parse(&arguments.name).map_err(|reason| {
        let text: String = arguments.name.chars().take(60).collect();
        let reason = match parse(&arguments.name) {
            Ok(Request::Build(_)) => "it is a version",
            Ok(Request::Archive(_)) => "it is an archive",
            _ => reason,
        };
        let message = format!("`{}` is not a valid name: {reason}", printable(&text));
        Failure::new(Kind::Usage, message).hint("use letters, digits and `_`, as in `mine`")
    })?;
    let path = context.env.current_dir.join(&arguments.path);
    let receipt = link::link(context, &name, &path, arguments.force)?;
    report(context, &receipt);
    Ok(())
}

/// Reports what was linked.
fn report(context: &Context, receipt: &Receipt) {
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "key": receipt.key, "executable": receipt.executable, "receipt": receipt,
        }));
    }
    let gil = match receipt.probe.gil_enabled {
        true => "GIL on",
        false => "GIL off",
    };
    context.reporter.say(format!(
        "linked {}{}, {}, {gil}: {} as {}",
        receipt.version, receipt.abi, receipt.variant, receipt.executable, receipt.key
    ));
}

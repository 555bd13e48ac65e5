//! `ftpy check --survey` and `--merge`: writes a site about many packages.

use crate::cli::check::Check;
use crate::error::{Failure, Kind, Result};
use crate::ops::check::survey::{self, SurveyRequest, Surveyed};
use crate::ops::check::targets::targets;
use crate::ops::context::Context;
use crate::report::{Verb, text};
use crate::secret_url::SecretUrl;
use serde_json::json;
use std::path::Path;

/// How many failures are shown.
const SHOWN: usize = 10;

/// Runs the survey that the arguments ask for; `None` if they ask for none.
pub(super) fn survey(context: &Context, arguments: &Check) -> Option<Result<()>> {
    let wanted = &arguments.survey;
    let site = wanted.site.as_deref()?;
    if let Some(names) = &wanted.survey {
        return Some(run(context, arguments, (names, site)));
    }
    if wanted.merge.is_empty() {
        let message = "--site needs --survey or --merge";
        let failure = Failure::new(Kind::Usage, message)
            .hint("`ftpy check --survey names.txt --site site` writes a site");
        return Some(Err(failure));
    }
    let merged = survey::merge(context, site, &wanted.merge);
    Some(merged.and_then(|merged| conclude(context, arguments, site, &merged)))
}

fn run(context: &Context, arguments: &Check, (names, site): (&Path, &Path)) -> Result<()> {
    let or = |given: &[String], usual: &str| match given {
        [] => vec![usual.to_owned()],
        given => given.to_vec(),
    };
    let wanted = &arguments.survey;
    let surveyed = survey::survey(
        context,
        &SurveyRequest {
            names,
            site,
            index: wanted.index.as_deref().map(SecretUrl::from),
            // The same everywhere, whatever Python is active here.
            targets: targets(
                context,
                &or(&arguments.pythons, "3.14t"),
                &or(&arguments.platforms, "all"),
            )?,
            shard: wanted.shard,
            rate: wanted.rate,
        },
    )?;
    conclude(context, arguments, site, &surveyed)
}

fn conclude(context: &Context, arguments: &Check, site: &Path, surveyed: &Surveyed) -> Result<()> {
    let reporter = &context.reporter;
    if reporter.is_json() {
        let failed = surveyed.failed.iter();
        let failed = failed.map(|(name, reason)| json!({ "name": name, "reason": reason }));
        reporter.json(&json!({
            "site": site,
            "packages": surveyed.packages,
            "totals": surveyed.point,
            "failed": failed.collect::<Vec<_>>(),
            "incomplete": surveyed.incomplete,
        }));
    }
    let count = text::count(surveyed.packages, "package");
    let place = match surveyed.point {
        Some(_) => site.join("index.html"),
        None => site.to_owned(),
    };
    reporter.status(Verb::Writing, format!("{}: {count}", place.display()));
    let failed = surveyed.failed.iter();
    let failed = failed.map(|(name, reason)| format!("{name}: {reason}"));
    let mut lines: Vec<String> = failed.chain(surveyed.incomplete.iter().cloned()).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let message = match surveyed.failed.len() {
        0 => "parts of the survey are missing".to_owned(),
        count => format!("{} could not be surveyed", text::count(count, "package")),
    };
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("and {more} more"));
    }
    if arguments.allow_undetermined {
        reporter.warn(message);
        lines.iter().for_each(|line| reporter.say(line));
        return Ok(());
    }
    Err(Failure::new(Kind::Unchecked, message)
        .details(lines)
        .hint("the same command asks about these again; `--allow-undetermined` accepts them"))
}

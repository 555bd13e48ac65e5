//! `ftpy install --dry-run --explain`: shows what each source has for a request, and why one is
//! chosen.

use crate::error::Result;
use crate::execute::Session;
use crate::ops::query_providers::{choose, usual};
use crate::report::Reporter;
use crate::resolve::Preferences;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Request};
use serde::Serialize;

/// The answer of one source.
#[derive(Debug, Serialize)]
struct SourceAnswer {
    source: &'static str,
    /// The key of its best build.
    best: Option<String>,
    /// The number of its other builds.
    others: usize,
    /// Why it has no build, or no better one.
    reasons: Vec<String>,
    is_taken: bool,
}

/// One request, with every source's answer.
#[derive(Debug, Serialize)]
struct Explanation {
    request: String,
    order: Vec<&'static str>,
    sources: Vec<SourceAnswer>,
}

/// Queries every source in order, and prints the answers.
pub(crate) async fn explain(
    session: &Session,
    index: &str,
    requests: &[BuildRequest],
    preferences: &Preferences,
) -> Result<()> {
    let mut explanations = Vec::new();
    for request in requests {
        explanations.push(one(session, index, request, preferences).await?);
    }
    let reporter = &session.reporter;
    if reporter.is_json() {
        reporter.json(&explanations);
        return Ok(());
    }
    for explanation in &explanations {
        show(reporter, explanation);
    }
    Ok(())
}

async fn one(
    session: &Session,
    index: &str,
    request: &BuildRequest,
    preferences: &Preferences,
) -> Result<Explanation> {
    let order = match (request.provider, preferences.from.as_slice()) {
        (Some(only), _) => vec![only],
        (None, []) => usual(&session.store)?.named().to_vec(),
        (None, from) => from.to_vec(),
    };
    // The actual plan, where a distribution's package counts only if installed or named.
    let plan = choose(session, index, request.clone(), preferences).await?;
    let taken = plan.attempts.first().map(|attempt| attempt.key.to_string());
    let mut sources = Vec::new();
    for source in &order {
        let answer = answer(session, index, request, preferences, *source).await?;
        let is_taken = taken.is_some() && answer.best == taken;
        sources.push(SourceAnswer { is_taken, ..answer });
    }
    Ok(Explanation {
        request: Request::Build(request.clone()).to_string(),
        order: order.iter().map(|source| source.name()).collect(),
        sources,
    })
}

async fn answer(
    session: &Session,
    index: &str,
    request: &BuildRequest,
    preferences: &Preferences,
    source: ProviderName,
) -> Result<SourceAnswer> {
    let only = Preferences {
        from: vec![source],
        ..preferences.clone()
    };
    let plan = choose(session, index, request.clone(), &only).await?;
    let mut keys = plan.attempts.iter().map(|one| one.key.to_string());
    let best = keys.next();
    let reasons = plan
        .rejections
        .into_iter()
        .map(|rejection| rejection.reason);
    Ok(SourceAnswer {
        source: source.name(),
        best,
        others: keys.len(),
        reasons: reasons.collect(),
        is_taken: false,
    })
}

fn show(reporter: &Reporter, explanation: &Explanation) {
    reporter.data(&explanation.request);
    for answer in &explanation.sources {
        let others = match answer.others {
            0 => String::new(),
            1 => ", and 1 other".to_owned(),
            count => format!(", and {count} others"),
        };
        let best = match &answer.best {
            Some(best) => format!("{best}{others}"),
            None => "no build".to_owned(),
        };
        let taken = if answer.is_taken { "  <- chosen" } else { "" };
        reporter.data(format!(
            "  {:7} {best}{taken}",
            format!("{}:", answer.source)
        ));
        for reason in &answer.reasons {
            reporter.data(format!("          {reason}"));
        }
        if answer.source == "distro" && answer.best.is_some() && !answer.is_taken {
            let request = format!("distro:{}", explanation.request);
            let install = paste!["ftpy", "install", request];
            reporter.data(format!(
                "          used only if already installed, or if named: `{install}`"
            ));
        }
    }
    let why = match explanation.sources.iter().any(|answer| answer.is_taken) {
        true => "the first source with a build is chosen, in the order",
        false => "no source has a build; queried in the order",
    };
    reporter.data(format!("  {why} {}", explanation.order.join(", ")));
}

//! Queries conda: the channels' repodata, then the provider, then receipts.

use crate::conda::{Machine, Place, Scope, repodata, virtual_packages};
use crate::env::Env;
use crate::error::Result;
use crate::execute::Session;
use crate::net::{FetchError, Net, Verify, summary};
use crate::provider::conda_subdir;
use crate::provider::{Archive, Candidate, Conda, Offer, Provider, Query, Recipe};
use crate::report::Verb;
use crate::secret_url::SecretUrl;
use crate::store::Receipt;
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::target::Target;
use ftpy_core::version::Version;

/// conda's answer.
#[derive(Debug)]
pub(crate) struct CondaAnswer {
    /// The builds that it has.
    pub(crate) offer: Offer,
    /// Whether it was reachable. If not, the rejection says why.
    pub(crate) is_reachable: bool,
    /// Whether policy forbids one of its channels.
    pub(crate) is_forbidden: bool,
}

/// Queries conda. `channels` are those of the command line.
///
/// # Errors
/// Returns an error if the machine's settings are invalid, or the user presses Ctrl-C.
pub(crate) async fn ask(
    session: &Session,
    query: &Query,
    channels: &[String],
) -> Result<CondaAnswer> {
    let mut offer = Offer {
        provider: ProviderName::Conda,
        candidates: Vec::new(),
        rejections: Vec::new(),
    };
    let mut is_reachable = true;
    let mut is_forbidden = false;
    if let Some(subdir) = conda_subdir(&query.target) {
        let (net, places) = connect(session, Some(channels))?;
        let task = session.reporter.task("conda");
        task.step_on(Verb::Resolving, "repodata of conda's channels");
        let scope = Scope::Environment(&query.request);
        session.store.claim()?;
        let cache = cached_repodata(session);
        match repodata(net, &cache, &places, subdir, scope).await {
            Ok(repodata) => {
                task.step_on(Verb::Resolving, "packages of conda's channels");
                let solve = || match virtual_packages(subdir) {
                    Ok(virtual_packages) => Conda {
                        repodata: &repodata,
                        virtual_packages: &virtual_packages,
                    }
                    .candidates(query),
                    Err(reason) => Offer {
                        rejections: vec![reason],
                        ..offer.clone()
                    },
                };
                offer = tokio::task::block_in_place(solve);
            }
            Err(FetchError::Unavailable(reasons)) => {
                is_reachable = false;
                session.add_unreachable(&reasons);
                offer.rejections.push(summary(&reasons));
            }
            Err(FetchError::Forbidden(forbidden)) => {
                is_forbidden = true;
                offer.rejections.push(forbidden.to_string());
            }
            Err(other) => return Err(other.into()),
        }
        session.cancel().check()?;
    } else {
        offer
            .rejections
            .push(format!("no packages for {}", query.target));
    }
    keep_recorded(session, query, &mut offer);
    Ok(CondaAnswer {
        offer,
        is_reachable,
        is_forbidden,
    })
}

/// Creates conda's connections, for packages that are already known.
///
/// # Errors
/// Returns an error if the machine's settings are invalid.
pub(crate) fn ensure_connected(session: &Session) -> Result<()> {
    connect(session, None).map(drop)
}

/// Replaces the URLs of locked packages by those of this machine's channel of the same name, if
/// any: it may be a company's mirror, and it has the passwords that a lock does not contain. The
/// digests prove that the packages are the same.
///
/// # Errors
/// Returns an error if the machine's settings are invalid.
pub(crate) fn ensure_own_channels(env: &Env, candidate: &mut Candidate) -> Result<()> {
    let Recipe::Conda { packages } = &mut candidate.recipe else {
        return Ok(());
    };
    let places = Machine::read(env)?.places(&[]);
    for package in packages {
        // <channel>/<subdir>/<file>
        let mut parts = package.url.expose().rsplitn(3, '/');
        let (Some(file), Some(subdir), Some(channel)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let name = channel.rsplit('/').next();
        let mut own = places.iter().flat_map(|place| &place.urls);
        if let Some(own) = own.find(|own| own.expose().rsplit('/').next() == name) {
            package.url = own.join(&format!("{subdir}/{file}"));
        }
    }
    Ok(())
}

/// Returns whether a URL is the default location of a channel that ftpy queries by itself.
///
/// # Errors
/// Returns an error if the machine's settings are invalid.
pub(crate) fn is_usual(env: &Env, channel: &SecretUrl) -> Result<bool> {
    let places = Machine::read(env)?.places(&[channel.expose().to_owned()]);
    Ok(places.iter().all(|place| place.is_usual))
}

/// Connects to conda, with the machine's proxies and certificates, and returns the channels. If
/// `channels` are queried, only their own hosts are sent passwords from netrc.
fn connect<'a>(session: &'a Session, channels: Option<&[String]>) -> Result<(&'a Net, Vec<Place>)> {
    let machine = Machine::read(&session.env)?;
    let places = machine.places(channels.unwrap_or_default());
    let connection = machine.condarc.connection();
    if connection.verify == Verify::Nobody {
        session.warn_once(
            "ssl_verify is off: anyone between this machine and the channel can change packages",
        );
    }
    let urls = places.iter().flat_map(|place| place.urls.iter().cloned());
    let own: Option<Vec<SecretUrl>> = channels.map(|_| urls.collect());
    let net = session
        .conda
        .get_or_init(|| session.net.with_connection(connection, own));
    Ok((net, places))
}

/// Returns the directory of cached repodata, and protects it from `ftpy cache clean`. Repodata that
/// is already cached can be used even if the store is not writable.
fn cached_repodata(session: &Session) -> std::path::PathBuf {
    if session.store.root().exists() {
        let _ = session.hold_cache();
    }
    session.store.repodata()
}

/// Reinstalls an installed key from exactly the packages of its receipt, whatever the channel has
/// now, and even if the channel is unreachable.
fn keep_recorded(session: &Session, query: &Query, offer: &mut Offer) {
    let request = &query.request;
    for installed in session.store.installed(&session.host) {
        let key = &installed.key;
        let asks_for_it = key.provider == ProviderName::Conda
            && request.matches(&key.build)
            && (request.build_id.is_none() || request.build_id == key.build_id);
        let Some(receipt) = asks_for_it.then(|| Receipt::of(&installed).ok()).flatten() else {
            continue;
        };
        let Some(recorded) = candidate(&receipt, key.build.clone()) else {
            continue;
        };
        let is_it = |candidate: &&mut Candidate| {
            candidate.build == recorded.build && candidate.build_id == recorded.build_id
        };
        match offer.candidates.iter_mut().find(is_it) {
            Some(offered) => keep_urls(offered, recorded),
            None => offer.candidates.push(recorded),
        }
    }
}

/// Returns the recorded packages. Files that are also offered keep the offered URLs, because a
/// receipt contains no passwords.
fn keep_urls(offered: &mut Candidate, recorded: Candidate) {
    let (Recipe::Conda { packages: new }, Recipe::Conda { packages: mut old }) =
        (&offered.recipe, recorded.recipe)
    else {
        return;
    };
    for package in &mut old {
        let same = |other: &&crate::store::Package| {
            other.url.without_secrets() == package.url && other.sha256 == package.sha256
        };
        if let Some(same) = new.iter().find(same) {
            package.url.clone_from(&same.url);
        }
    }
    if let (Some(offered), Some(recorded)) = (&mut offered.archive, &recorded.archive) {
        offered.sha256 = recorded.sha256;
    }
    offered.recipe = Recipe::Conda { packages: old };
}

fn candidate(receipt: &Receipt, build: ftpy_core::request::Build) -> Option<Candidate> {
    let python = receipt
        .packages
        .iter()
        .find(|package| package.name == "python")?;
    Some(Candidate {
        provider: ProviderName::Conda,
        build,
        build_id: (receipt.build.as_deref()).and_then(|id| BuildId::parse(ProviderName::Conda, id)),
        archive: Some(Archive {
            file: python.file.clone(),
            urls: vec![python.url.clone()],
            sha256: python.sha256,
            size: python.size,
        }),
        recipe: Recipe::Conda {
            packages: receipt.packages.clone(),
        },
    })
}

/// Returns every interpreter that the channels have for a target: version, ABI, build number.
///
/// # Errors
/// Returns an error if a channel is unreachable.
pub(crate) async fn interpreters(
    session: &Session,
    target: &Target,
    channels: &[String],
) -> Result<Vec<(Version, ftpy_core::abi::Abi, String)>> {
    let Some(subdir) = conda_subdir(target) else {
        return Ok(Vec::new());
    };
    let (net, places) = connect(session, Some(channels))?;
    session.store.claim()?;
    let cache = cached_repodata(session);
    let repodata = repodata(net, &cache, &places, subdir, Scope::Interpreters).await?;
    let conda = Conda {
        repodata: &repodata,
        virtual_packages: &[],
    };
    let found = conda.interpreters(target);
    let row = |python: &crate::provider::Interpreter<'_>| {
        (
            python.build.version,
            python.build.abi,
            python.number().to_string(),
        )
    };
    Ok(found.iter().map(row).collect())
}

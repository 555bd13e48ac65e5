//! Which installations `ftpy list` marks.

use crate::ops::active_python::ACTIVE;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::store::Installed;
use ftpy_core::decide::{decide, default};
use ftpy_core::target::Target;

/// The keys of the active installation and of the default.
pub(crate) struct Marks {
    pub(crate) active: Option<String>,
    pub(crate) default: Option<String>,
}

impl Marks {
    /// What is active in the current directory, and the default. A pin or a default that cannot be
    /// used marks nothing: `ftpy show` reports it.
    pub(crate) fn read(context: &Context, host: &Target) -> Self {
        let around = context.env.surroundings();
        let active = decide(&ACTIVE, None, &around).ok();
        let active = active.and_then(|decision| decision.installed);
        let default = default(&around).ok().flatten();
        let default = default.and_then(|choice| {
            let request = choice.request.to_string();
            lookup_installed::best(context, &request, host).ok()
        });
        let key = |installed: Option<Installed>| installed.map(|one| one.key.to_string());
        Self {
            active: key(active),
            default: key(default),
        }
    }
}

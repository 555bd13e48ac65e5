//! `ftpy check --survey`: asks the index about many packages, reads their wheels, and writes a
//! site. The directory of the site is also the state: a run that was killed is continued.

mod history;
mod merge;
mod one;
mod run;
mod site;

pub(crate) use merge::merge;
pub(crate) use run::{SurveyRequest, Surveyed, survey};

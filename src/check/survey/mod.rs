//! `ftpy check --survey`: what many packages do to the GIL, as a site of static pages and JSON.
//! Nothing here opens a connection or a file.
//!
//! ```text
//! list of names -> Names, Shard                       names
//! page of an index -> the version to judge, its past  pick
//! verdicts -> SurveyedPackage <-> packages/NAME.json  record, package_json
//! all packages -> index.html, survey.json             index_page, survey_json
//! one package -> packages/NAME.html                   package_page
//! a run -> a point in totals.json, run.json           totals, run_state
//! ```

mod chart;
mod index_page;
mod names;
mod package_json;
mod package_page;
mod pick;
mod record;
mod run_state;
mod survey_json;
mod totals;

pub use index_page::index_page;
pub use names::{Names, Shard};
pub use package_json::{read_package, write_package};
pub use package_page::package_page;
pub use pick::{PastWheel, past, pick};
pub use record::{MOST_VERSIONS, PastVersion, Presence, SurveyedPackage, settle};
pub use run_state::RunState;
pub use survey_json::survey_json;
pub use totals::{Point, Totals};

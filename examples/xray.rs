//! Prints for each file given whether importing it turns the GIL on:
//! `cargo run --example xray -- cp314t lxml/*.so`. The ABI is for files whose name has none.
#![expect(
    clippy::print_stdout,
    reason = "an example of the library, not a part of the program"
)]

use ftpy::xray::{Abi, ModuleFile, Verdict, examine};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let fallback = arguments.next().and_then(|tag| Abi::parse(&tag));
    for path in arguments {
        let Some(file) = ModuleFile::parse(&path) else {
            println!("{path}\tnot the name of an extension module");
            continue;
        };
        let report = examine(&std::fs::read(&path)?, &file, fallback);
        let verdict = match &report.verdict {
            Verdict::KeepsOff => "off".to_owned(),
            Verdict::TurnsOn => "on".to_owned(),
            Verdict::Delegates(to) => format!("delegated to {to}"),
            Verdict::Undetermined(why) => format!("undetermined: {why}"),
        };
        println!("{path}\t{verdict}\t{:?}", report.evidence);
    }
    Ok(())
}

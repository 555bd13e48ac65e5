//! Finds Pythons that ran without the hook, by comparing what the hook recorded and what was
//! observed from outside with the reports. Pure.

use crate::gil::options::{keeping_out, only_tells};
use crate::gil::report::{GilReport, Process};
use crate::gil::seen::{Build, Image, Unwatched, Why};

/// The Pythons that were seen but did not report to the end. `real` resolves symbolic links.
#[must_use]
pub fn unwatched(
    report: &GilReport,
    images: &[Image],
    real: impl Fn(&str) -> String,
) -> Vec<Unwatched> {
    let mut found: Vec<Unwatched> = Vec::new();
    for image in images.iter().filter(|image| !only_tells(&image.arguments)) {
        let reported = reported(report, images, image, &real);
        let why = match reported {
            Some(_) if image.is_running => Why::Running,
            // It may have been unable to report since it changed its user.
            Some(process) if image.is_strangers && process.ended_on.is_none() => Why::Silent,
            Some(_) => continue,
            None => why(&image.arguments, image.has_hook),
        };
        found.push(Unwatched {
            pid: image.pid,
            is_child_of: false,
            executable: image.executable.clone(),
            why,
            is_last: image.is_last,
            build: reported.map(build).or_else(|| image.embedded.clone()),
        });
    }
    for note in report
        .notes
        .iter()
        .filter(|note| !only_tells(&note.arguments))
    {
        let executable = real(&note.executable);
        if found.iter().any(|one| one.executable == executable) {
            continue; // It was also seen from outside.
        }
        let later = report.processes.iter().skip(note.after);
        found.push(Unwatched {
            pid: note.pid,
            is_child_of: !note.is_exec,
            executable,
            why: why(&note.arguments, note.has_hook),
            is_last: note.is_exec && !later.clone().any(|process| process.pid == note.pid),
            build: None,
        });
    }
    found
}

fn build(process: &Process) -> Build {
    Build {
        version: process.version.clone(),
        is_free_threaded: process.is_free_threaded,
    }
}

fn why(arguments: &[String], has_hook: bool) -> Why {
    match keeping_out(arguments) {
        Some(option) => Why::Option(option),
        None if !has_hook => Why::Environment,
        None => Why::Silent,
    }
}

/// The report of a program. An interpreter may not know its own path; it then matches the program
/// of the process that no other report matches.
fn reported<'a>(
    report: &'a GilReport,
    images: &[Image],
    image: &Image,
    real: &impl Fn(&str) -> String,
) -> Option<&'a Process> {
    let own = report
        .processes
        .iter()
        .filter(|process| process.pid == image.pid)
        .map(|process| (process, real(&process.executable)));
    let exact = own.clone().find(|(_, file)| *file == image.executable);
    let is_explained = |file: &String| {
        let mut others = images.iter().filter(|other| other.pid == image.pid);
        others.any(|other| other.executable == *file)
    };
    let can_report = image.has_hook && keeping_out(&image.arguments).is_none();
    let found = exact.or_else(|| {
        own.filter(|_| can_report)
            .find(|(_, file)| !is_explained(file))
    });
    found.map(|(process, _)| process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gil::report::tests::report;

    fn image(pid: u32, executable: &str, arguments: &str, has_hook: bool) -> Image {
        let arguments = arguments.split(' ').filter(|word| !word.is_empty());
        Image {
            pid,
            executable: executable.to_owned(),
            arguments: arguments.map(str::to_owned).collect(),
            has_hook,
            embedded: None,
            is_last: true,
            is_strangers: false,
            is_running: false,
        }
    }

    fn check(text: &str, images: &[Image], expected: &[(u32, Why)]) {
        let found = unwatched(&report(text), images, |file| file.replace("/venv", "/t"));
        let found: Vec<(u32, Why)> = found.into_iter().map(|one| (one.pid, one.why)).collect();
        assert_eq!(found, expected, "{text}");
    }

    const FREE: &str = "start 7 1 0 - '/venv' '3.14.7' '/'\n";

    #[test]
    fn pythons_that_were_seen_and_did_not_report_are_unwatched() {
        let watched = image(7, "/t", "app.py", true);
        check(FREE, std::slice::from_ref(&watched), &[]);
        let option = Why::Option("-I".to_owned());
        check(FREE, &[image(8, "/t", "-I app.py", true)], &[(8, option)]);
        let lost = image(8, "/t", "app.py", false);
        check(FREE, &[watched.clone(), lost], &[(8, Why::Environment)]);
        check(FREE, &[image(8, "/t", "app.py", true)], &[(8, Why::Silent)]);
        check(FREE, &[image(8, "/t", "-V", false)], &[]);
        // The process became another interpreter.
        let other = image(7, "/g", "app.py", false);
        check(FREE, &[watched.clone(), other], &[(7, Why::Environment)]);
        // One that does not know its own path.
        check(FREE, &[image(7, "/uwsgi", "", true)], &[]);
        let lost = image(7, "/other", "", false);
        check(FREE, &[lost], &[(7, Why::Environment)]);
        let running = Image {
            is_running: true,
            ..watched
        };
        check(FREE, &[running], &[(7, Why::Running)]);
    }

    #[test]
    fn recorded_pythons_are_unwatched_unless_they_reported() {
        let noted = format!("{FREE}leave 7 0 0 '/t' 'app.py|x'\n");
        check(&noted, &[], &[(7, Why::Environment)]);
        let seen = image(8, "/t", "app.py", false);
        check(&noted, &[seen], &[(8, Why::Environment)]);
        let option = Why::Option("-S".to_owned());
        let noted = format!("{FREE}leave 7 1 1 '/t' '-S'\n");
        let found = unwatched(&report(&noted), &[], str::to_owned);
        assert_eq!((&found[0].why, found[0].is_last), (&option, true));
        let back = format!("{noted}start 7 1 0 - '/t' '3.14.7' '/'\n");
        assert!(!unwatched(&report(&back), &[], str::to_owned)[0].is_last);
        check(&format!("{FREE}leave 7 0 0 '/t' '--version'\n"), &[], &[]);
    }
}

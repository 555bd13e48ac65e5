//! A git checkout made by others: its files and its commit.
//!
//! git obeys the settings of the repository that it runs in, and those can name programs: a file
//! system monitor, hooks, filters, an ssh command, a pager. A source tree is not trusted until the
//! user's command starts its `configure`, so its settings are never read. The commit is read
//! without git. To list the files, git runs on the checkout's index and objects in a directory with
//! ftpy's own settings:
//!
//! ```text
//! <temporary>/ftpy-git-<random>/config, HEAD, refs/, objects/   of an empty repository
//!                               info/exclude, sharedindex.*     the checkout's own, as data
//! ```

use crate::host::fs::symlink;
use crate::host::private_dir::PrivateDir;
use ftpy_core::path::find_program;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables that make git use another repository, or change its answers about this one.
const ELSEWHERE: [&str; 19] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_PREFIX",
    "GIT_ATTR_SOURCE",
    "GIT_EXTERNAL_DIFF",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// The size limit of files in `.git` that are read completely.
const LONGEST: u64 = 1 << 20;

/// The maximum depth of references to references.
const DEEPEST: usize = 5;

/// Returns a git command that starts no program named by a repository. `program` is git's path.
#[must_use]
pub fn git(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in ELSEWHERE {
        command.env_remove(variable);
    }
    command
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null());
    command
}

/// The directories of a checkout's git data.
#[derive(Debug)]
struct Place {
    /// `HEAD` and the index; separate for a linked work tree.
    own: PathBuf,
    /// Objects and branches.
    common: PathBuf,
}

impl Place {
    /// Returns `None` if the tree is not a checkout.
    fn of(tree: &Path) -> Option<Self> {
        let mark = tree.join(".git");
        let own = match mark.is_dir() {
            true => mark,
            false => tree.join(text(&mark)?.trim_end().strip_prefix("gitdir: ")?),
        };
        let common = match text(&own.join("commondir")) {
            Some(common) => own.join(common.trim_end()),
            None => own.clone(),
        };
        Some(Self { own, common })
    }
}

/// Reads a small regular file.
fn text(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Returns the commit of a checkout. Uncommitted changes affect its digest instead.
#[must_use]
pub fn commit(tree: &Path) -> Option<String> {
    let place = Place::of(tree)?;
    let mut name = "HEAD".to_owned();
    for _ in 0..DEEPEST {
        let mut places = [&place.own, &place.common].into_iter();
        let Some(text) = places.find_map(|place| text(&place.join(&name))) else {
            return packed(&place.common, &name);
        };
        match text.trim_end().strip_prefix("ref: ") {
            Some(next) if is_branch(next) => name = next.to_owned(),
            Some(_) => return None,
            None => return object(text.trim_end()),
        }
    }
    None
}

fn is_branch(name: &str) -> bool {
    name.starts_with("refs/") && is_inside(Path::new(name))
}

fn object(text: &str) -> Option<String> {
    let is_digest = [40, 64].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then(|| text.to_owned())
}

fn packed(common: &Path, name: &str) -> Option<String> {
    let path = common.join("packed-refs");
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let lines = BufReader::new(std::fs::File::open(path).ok()?).lines();
    let mut found = lines.map_while(Result::ok).filter_map(|line| {
        let (digest, known) = line.split_once(' ')?;
        (known == name).then(|| object(digest))?
    });
    found.next()
}

/// Returns the files that git tracks or would add, relative to the tree, without deleted ones.
/// `None` if it is not a checkout, or git fails. `path` is PATH.
#[must_use]
pub fn tracked(tree: &Path, path: &OsStr, temporary: &Path) -> Option<Vec<PathBuf>> {
    let program = find_program(path, "git")?;
    let place = Place::of(tree)?;
    let mut formats = ["", "\tobjectformat = sha256\n"].into_iter();
    let listed = formats.find_map(|format| {
        let shown = Shown::new(temporary, &place, format).ok()?;
        list(&program, &shown, tree, &place)
    })?;
    let names = listed.split(|byte| *byte == 0);
    let names = names.filter(|name| !name.is_empty());
    let paths = names.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned()));
    let mut directories = HashSet::new();
    Some(
        paths
            .filter(|path| is_inside(path) && is_there(tree, path, &mut directories))
            .collect(),
    )
}

/// Returns whether a path stays inside the tree. An index may contain any text.
fn is_inside(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|part| matches!(part, Component::Normal(name) if name != ".git"))
}

/// Returns whether the file exists and has no link among its parents, because files behind a link
/// are outside of the tree. `known` caches checked directories.
fn is_there(tree: &Path, path: &Path, known: &mut HashSet<PathBuf>) -> bool {
    let above = path.ancestors().skip(1);
    let is_below = above.map(|above| tree.join(above)).all(|directory| {
        known.contains(&directory) || {
            let is_real =
                directory == tree || directory.symlink_metadata().is_ok_and(|it| it.is_dir());
            is_real && known.insert(directory)
        }
    });
    is_below && tree.join(path).symlink_metadata().is_ok()
}

fn list(program: &Path, shown: &Shown, tree: &Path, place: &Place) -> Option<Vec<u8>> {
    let output = git(program)
        .args(["ls-files", "-z", "--cached", "--others"])
        .arg("--exclude-standard")
        .current_dir(tree)
        .env("GIT_DIR", &*shown.0)
        .env("GIT_WORK_TREE", tree)
        .env("GIT_INDEX_FILE", place.own.join("index"))
        .env("GIT_OBJECT_DIRECTORY", place.common.join("objects"))
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}

/// The directory that git runs on. Removed when dropped.
#[derive(Debug)]
struct Shown(PrivateDir);

impl Shown {
    fn new(temporary: &Path, place: &Place, format: &str) -> std::io::Result<Self> {
        let shown = Self(PrivateDir::new(temporary, "git").map_err(|error| error.source)?);
        let write = |name: &str, text: &str| std::fs::write(shown.0.join(name), text);
        for name in ["refs", "objects", "info"] {
            std::fs::create_dir(shown.0.join(name))?;
        }
        let version = u8::from(!format.is_empty());
        let extensions = match format {
            "" => String::new(),
            format => format!("[extensions]\n{format}"),
        };
        write("HEAD", "ref: refs/heads/none\n")?;
        write(
            "config",
            &format!("[core]\n\trepositoryformatversion = {version}\n\tbare = false\n{extensions}"),
        )?;
        if let Some(exclude) = text(&place.common.join("info/exclude")) {
            write("info/exclude", &exclude)?;
        }
        for entry in std::fs::read_dir(&place.own)?.flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("sharedindex.") {
                symlink(entry.path(), &shown.0.join(name))?;
            }
        }
        Ok(shown)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn checkout(files: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("tempdir");
        for (name, text) in files {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
            fs::write(path, text).expect("write");
        }
        home
    }

    #[test]
    fn the_commit_is_found_without_git() {
        let check = |files: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(
                commit(checkout(files).path()).as_deref(),
                expected,
                "{files:?}"
            );
        };
        let line = format!("{COMMIT}\n");
        let packed = format!("# pack-refs\n{COMMIT} refs/heads/a/b\n^{COMMIT}\n");
        let head = ("t/.git/HEAD", "ref: refs/heads/a/b\n");
        let name = |name: &'static str| name.trim_start_matches("t/");
        check(&[(".git/HEAD", &line)], Some(COMMIT));
        check(
            &[(name(head.0), head.1), (".git/refs/heads/a/b", &line)],
            Some(COMMIT),
        );
        check(
            &[(name(head.0), head.1), (".git/packed-refs", &packed)],
            Some(COMMIT),
        );
        let linked = [
            (".git", "gitdir: own\n"),
            ("own/HEAD", head.1),
            ("own/commondir", "../main\n"),
            ("main/refs/heads/a/b", &line),
        ];
        check(&linked, Some(COMMIT));
        check(
            &[(".git/HEAD", "ref: refs/../../secret\n"), ("secret", &line)],
            None,
        );
        check(&[(".git/HEAD", "ref: refs/heads/x\n")], None);
        check(&[(".git/HEAD", "my secret\n")], None);
        check(&[("x", "")], None);
    }

    #[test]
    fn what_an_index_names_elsewhere_is_no_file_of_the_tree() {
        for (path, is) in [
            ("a/b", true),
            ("../x", false),
            ("/x", false),
            ("a/.git/x", false),
        ] {
            assert_eq!(is_inside(Path::new(path)), is, "{path}");
        }
        let home = checkout(&[("tree/a/b", ""), ("out/c", "")]);
        let tree = home.path().join("tree");
        symlink("../out", &tree.join("link")).expect("link");
        let mut known = HashSet::new();
        for (path, is) in [
            ("a/b", true),
            ("link", true),
            ("link/c", false),
            ("none", false),
        ] {
            assert_eq!(is_there(&tree, Path::new(path), &mut known), is, "{path}");
        }
    }
}

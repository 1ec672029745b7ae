//! Reads, writes, renames that fail, each call once: what stood stands, nothing is half written, the exit code and the message are true, and
//! the next run ends as if nothing had been.
//!
//! System calls are made to fail by `strace`; without it the tests say that they were skipped. `cargo xtask faults` tries more of them, or every one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{roi_fit, simulated, success};

/// System calls of one kind, and the error that they end in: strace counts them by thread.
struct Fault {
    calls: &'static str,
    error: &'static str,
}

const WRITING: [Fault; 5] = [
    Fault { calls: "write,pwrite64,writev", error: "ENOSPC" },
    Fault { calls: "fsync,fdatasync", error: "EIO" },
    Fault { calls: "rename,renameat,renameat2,link,linkat", error: "EACCES" },
    Fault { calls: "unlink,unlinkat", error: "EACCES" },
    Fault { calls: "mkdir,mkdirat", error: "EACCES" },
];
const READING: [Fault; 3] = [
    Fault { calls: "openat", error: "EACCES" },
    Fault { calls: "read,pread64", error: "EIO" },
    Fault { calls: "statx,newfstatat", error: "EACCES" },
];

/// What the loader of programs ends with where it was hit before the program began.
const NOT_BEGUN: i32 = 127;

/// The variable that tells how many calls of each kind are tried, or `every`.
const FAULTS: &str = "ROI_FIT_FAULTS";
/// So many are tried otherwise, evenly spread.
const SOME: usize = 8;

/// How many calls of each kind are tried.
fn tried() -> usize {
    match std::env::var(FAULTS) {
        Err(_) => SOME,
        Ok(every) if every == "every" => usize::MAX,
        Ok(number) => number.parse().unwrap(),
    }
}

/// What a run came to.
struct Ended {
    code: Option<i32>,
    message: String,
    files: Files,
}

/// The files of a folder without what differs from run to run.
type Files = BTreeMap<String, Vec<u8>>;

/// A command, the folder that it begins in, and what it makes of it.
struct Trial<'a> {
    arguments: &'a [&'a str],
    /// What is added to go on after a run that failed.
    resumed: &'a [&'a str],
    begin: &'a Path,
    before: Files,
    after: Files,
}

impl<'a> Trial<'a> {
    fn new(begin: &'a Path, arguments: &'a [&'a str], resumed: &'a [&'a str]) -> Self {
        let mut trial = Self { arguments, resumed, begin, before: files(begin), after: Files::new() };
        let whole = trial.run(None);
        assert_eq!(whole.code, Some(0), "{}", whole.message);
        trial.after = whole.files;
        trial
    }

    /// In a copy of the folder, with the `n`-th of some calls failing.
    fn run(&self, fault: Option<(&Fault, usize)>) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        copy(self.begin, folder.path());
        let (code, message) = run_in(folder.path(), self.arguments, fault);
        let left = files(folder.path());
        if code != Some(0) {
            let again = [self.arguments, self.resumed].concat();
            let (resumed, words) = run_in(folder.path(), &again, None);
            let found = files(folder.path());
            let differ = different(&found, &self.after);
            let at = fault.map(|(fault, n)| format!("{fault}, call {n}")).unwrap_or_default();
            assert!(
                resumed == Some(0) && differ.is_empty(),
                "{at}: the next run ends with {resumed:?} {differ:?}: {words}\nafter {message}"
            );
        }
        Ended { code, message, files: left }
    }

    /// How often a run makes such calls.
    fn count(&self, fault: &Fault) -> usize {
        let folder = tempfile::tempdir().unwrap();
        copy(self.begin, folder.path());
        let log = folder.path().join("calls.log");
        let mut command = strace(folder.path());
        command.args(["-o", log.to_str().unwrap(), "-e", &format!("trace={}", fault.calls)]);
        finish(command, self.arguments);
        std::fs::read_to_string(log).unwrap().lines().filter(|line| line.contains('(')).count()
    }

    /// What is wrong with a run of which a call failed.
    fn judge(&self, ended: &Ended) -> Option<String> {
        let Ended { code, message, files } = ended;
        if message.contains("panicked") {
            return Some("it panicked".into());
        }
        match code {
            None => Some("a signal ended it".into()),
            Some(0) => {
                let differ = different(files, &self.after);
                let is_told = message.contains("WARN") || message.contains("warning");
                (!differ.is_empty() && !is_told).then(|| format!("it succeeded without a word, with other {differ:?}"))
            }
            Some(NOT_BEGUN) => None,
            Some(2) if message.contains("error") => self.half_done(files),
            Some(code) => Some(format!("it ended with {code}: {message}")),
        }
    }

    /// Whether a file is a whole table of a light curve that tells some of its bins as not done: it is written after every bin.
    fn is_on_its_way(&self, name: &str, found: &[u8]) -> bool {
        // Of a header and rows: what the header tells depends on the rows that there are.
        let rows = |text: &[u8]| text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"#")).count();
        let ending = Path::new(name).extension().and_then(std::ffi::OsStr::to_str);
        let is_whole = match (ending, self.after.get(name)) {
            (Some("ecsv"), Some(after)) => rows(found) == rows(after) && found.ends_with(b"\n"),
            (Some("fits"), Some(_)) => found.len().is_multiple_of(2880),
            _ => false,
        };
        is_whole && self.arguments.contains(&"lightcurve") && found.windows(8).any(|text| text == b"not done")
    }

    /// Files that are neither as they were nor as they should become. A journal grows; a temporary that could not be removed is the next run's to remove.
    fn half_done(&self, files: &Files) -> Option<String> {
        let is_whole = |name: &str, found: &Vec<u8>| {
            let known = [&self.before, &self.after].into_iter().any(|all| all.get(name) == Some(found));
            let ending = Path::new(name).extension();
            let grows = ending.is_some_and(|own| own == "jsonl" || own == "bins" || own == "part");
            known || grows || self.is_on_its_way(name, found)
        };
        let half: Vec<&String> =
            files.iter().filter(|(name, found)| !is_whole(name, found)).map(|(name, _)| name).collect();
        let lost: Vec<&String> = self.before.keys().filter(|name| !files.contains_key(*name)).collect();
        let is_wrong = !(half.is_empty() && lost.is_empty());
        is_wrong.then(|| format!("it left half of {half:?}, and lost {lost:?}"))
    }

    /// Tries the calls of some kinds.
    fn try_all(&self, faults: &[Fault]) {
        let most = tried().max(1);
        let mut wrong = Vec::new();
        for fault in faults {
            let calls = self.count(fault);
            let step = calls.div_ceil(most).max(1);
            for n in (1..=calls).step_by(step) {
                if let Some(what) = self.judge(&self.run(Some((fault, n)))) {
                    wrong.push(format!("{fault}, call {n} of {calls}: {what}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{:?}:\n{}", self.arguments, wrong.join("\n"));
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.error, self.calls)
    }
}

/// What watches a program that runs in a folder.
fn strace(folder: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq"]).current_dir(folder).env_remove("CALDB").stdin(Stdio::null());
    command
}

/// Adds the program to what watches it, and runs both.
fn finish(mut command: Command, arguments: &[&str]) -> std::process::Output {
    command.arg(env!("CARGO_BIN_EXE_roi-fit")).args(arguments).output().unwrap()
}

fn run_in(folder: &Path, arguments: &[&str], fault: Option<(&Fault, usize)>) -> (Option<i32>, String) {
    let output = match fault {
        None => crate::support::program(arguments).current_dir(folder).output().unwrap(),
        Some((Fault { calls, error }, n)) => {
            let mut command = strace(folder);
            command.args(["-o", "/dev/null", "-e", &format!("trace={calls}")]);
            command.args(["-e", &format!("inject={calls}:error={error}:when={n}")]);
            finish(command, arguments)
        }
    };
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The names of files that are not the same in both.
fn different(found: &Files, expected: &Files) -> Vec<String> {
    let names = found.keys().chain(expected.keys()).filter(|name| found.get(*name) != expected.get(*name));
    let names: std::collections::BTreeSet<&String> = names.collect();
    names.into_iter().cloned().collect()
}

fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            all.insert(name, lasting(&path, folder));
        }
    }
    all
}

/// What a file has that is the same in every run: no times, no memory, no provenance (which has no digest of a file that could not be read for it), not the
/// folder's name.
fn lasting(path: &Path, folder: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    if path.extension().is_some_and(|own| own == "html") && text.trim_end().ends_with("</html>") {
        return b"a whole page, which tells when it was made".to_vec();
    }
    let text = text.replace(folder.to_str().unwrap(), "FOLDER");
    let mut lines = Vec::new();
    let documents: Vec<&str> = if path.extension().is_some_and(|own| own == "jsonl" || own == "bins") {
        text.lines().collect()
    } else {
        vec![&text]
    };
    for document in documents {
        match serde_json::from_str::<Value>(document) {
            Ok(mut json) => {
                forget_times(&mut json);
                lines.push(json.to_string());
            }
            Err(_) => lines.push(document.to_owned()),
        }
    }
    // In a journal a region that failed stands before the one that did not.
    lines.sort();
    lines.dedup();
    lines.join("\n").into_bytes()
}

fn forget_times(json: &mut Value) {
    match json {
        Value::Object(map) => {
            for key in ["timing", "seconds", "memory", "provenance"] {
                map.remove(key);
            }
            map.values_mut().for_each(forget_times);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_times),
        _ => {}
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Whether calls can be made to fail here: strace is there, and may watch.
#[expect(clippy::print_stdout, reason = "who skips a test says so")]
fn can_fail() -> bool {
    let can = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let can = can.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: strace is not there, or may not watch other programs");
    }
    can
}

#[test]
fn a_fit_whose_calls_fail_leaves_nothing_half_done() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    simulated(begin.path());
    let arguments =
        ["fit", "config.yaml", "--json", "fit.json", "--xml", "fitted.xml", "--write-roi", "state", "--threads", "1"];
    // What stood there from before.
    for old in ["fit.json", "fitted.xml", "state.json", "state.fits", "state_00.xml"] {
        std::fs::write(begin.path().join(old), "of an earlier run").unwrap();
    }
    let trial = Trial::new(begin.path(), &arguments, &[]);
    trial.try_all(&WRITING);
    trial.try_all(&READING);
}

/// Photon and spacecraft files of an hour.
fn observed(directory: &Path) {
    let out = directory.to_str().unwrap();
    let sizes = ["--npix", "12", "--ebins", "2", "--sources", "1", "--days", "0.05"];
    success(&roi_fit(&[&["simulate", "--events", "--out", out][..], &sizes[..]].concat()));
}

/// The name of the only source with a position.
const SOURCE: &str = "SIM J0534.5+2200";

#[test]
fn a_preparation_whose_calls_fail_goes_on_where_it_stopped() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    observed(begin.path());
    let trial = Trial::new(begin.path(), &["prepare", "config.yaml", "--threads", "1"], &[]);
    trial.try_all(&WRITING);
}

#[test]
fn a_batch_whose_calls_fail_loses_no_line_of_its_journal() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    for region in ["one", "two"] {
        simulated(&begin.path().join(region));
    }
    let trial = Trial::new(begin.path(), &["batch", "one", "two", "--out", "results", "--threads", "1"], &["--resume"]);
    trial.try_all(&WRITING);
}

#[test]
fn source_maps_whose_calls_fail_are_whole_or_not_there() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    let out = begin.path().to_str().unwrap();
    let sizes = ["--npix", "12", "--ebins", "2", "--sources", "1"];
    success(&roi_fit(&[&["simulate", "--response", "--out", out][..], &sizes[..]].concat()));
    let arguments = ["srcmaps", "config.yaml", "--all", "--out", "maps.fits", "--json", "maps.json", "--threads", "1"];
    // What stood there from before.
    for old in ["maps.fits", "maps.json"] {
        std::fs::write(begin.path().join(old), "of an earlier run").unwrap();
    }
    let trial = Trial::new(begin.path(), &arguments, &[]);
    trial.try_all(&WRITING);
    trial.try_all(&READING);
}

#[test]
fn a_light_curve_whose_calls_fail_goes_on_where_it_stopped() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    observed(begin.path());
    let [region, model] =
        [begin.path().to_str().unwrap(), begin.path().join("fit").to_str().unwrap()].map(str::to_owned);
    success(&roi_fit(&["optimize", &region, "--write-roi", &model]));
    let bins = ["lightcurve", "config.yaml", SOURCE, "--model", "fit.json", "--nbins", "3", "--threads", "1"];
    let arguments = [&bins[..], &["--fits", "curve.fits", "--ecsv", "curve.ecsv", "--json", "curve.json"]].concat();
    let trial = Trial::new(begin.path(), &arguments, &[]);
    trial.try_all(&WRITING);
    trial.try_all(&READING);
}

#[test]
fn a_report_whose_calls_fail_leaves_the_page_that_was_there() {
    if !can_fail() {
        return;
    }
    let begin = tempfile::tempdir().unwrap();
    let out = begin.path().to_str().unwrap();
    let sizes = ["--npix", "12", "--ebins", "2", "--sources", "1"];
    success(&roi_fit(&[&["simulate", "--response", "--out", out][..], &sizes[..]].concat()));
    std::fs::write(begin.path().join("report.html"), "of an earlier run").unwrap();
    let arguments =
        ["report", "config.yaml", "--fit-first", "--no-tsmap", "--fits", "--write-roi", "state", "--threads", "1"];
    let trial = Trial::new(begin.path(), &arguments, &[]);
    trial.try_all(&WRITING);
    trial.try_all(&READING);
}

//! The journal of a batch: what it tells is still told after it was continued.

use std::path::Path;
use std::sync::LazyLock;

use roi_batch::{EndedRegion, Ending, FitTask, Journal, TaskResult};
use serde_json::json;

use crate::with_file::in_folder;

/// What the batch of the seeds does.
const SETTINGS: &str = "numbers";
/// Its regions: one whose configuration is there and empty, one whose is not.
const REGIONS: [&str; 2] = ["/dev/null", "missing/config.yaml"];

/// How they ended.
static ENDED: LazyLock<Vec<EndedRegion>> = LazyLock::new(|| {
    let task = |_: &Path| Ok(TaskResult::new(json!({ "logLike": -1.5, "fit_quality": 3 })));
    let ended = REGIONS.iter().map(|config| EndedRegion::of(Path::new(config), 1, &task));
    ended.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("no seed: {error}"))
});

/// Goes on from a journal, and again; reads the text as a plan of fits, too.
pub(crate) fn run(data: &[u8]) {
    in_folder(|folder| {
        let directory = folder.join("batch");
        let mut written = std::fs::create_dir_all(&directory);
        for name in ENDED.iter().filter_map(|ended| ended.entry.result.as_ref()) {
            written = written.and_then(|()| std::fs::write(directory.join(name), "{}"));
        }
        written = written.and_then(|()| std::fs::write(directory.join("journal.jsonl"), data));
        written.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let opened = Journal::open(&directory, SETTINGS, true);
        let Ok(mut journal) = opened.map_err(|error| assert!(error.to_string().contains("journal.jsonl"), "{error}"))
        else {
            return;
        };
        let told = REGIONS.map(|config| journal.ended(Path::new(config)));
        for entry in told.iter().flatten() {
            assert!(matches!(entry.ending, Ending::Done | Ending::Failed), "{entry:?} need not be done again");
        }
        let new = EndedRegion::lost(Path::new("new/config.yaml"), "a worker");
        journal.record(&new).unwrap_or_else(|error| panic!("not recorded: {error}"));
        drop(journal);
        let again = Journal::open(&directory, SETTINGS, true).unwrap_or_else(|error| panic!("not continued: {error}"));
        assert_eq!(REGIONS.map(|config| again.ended(Path::new(config))), told, "other regions are done");
    });
    if let Ok(plan) = serde_json::from_slice::<FitTask>(data) {
        let _ = plan.check();
    }
}

/// Journals that end well, in the middle, and before they begin; a plan.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let journal = || -> Result<String, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let mut journal = Journal::open(folder.path(), SETTINGS, false)?;
        ENDED.iter().try_for_each(|ended| journal.record(ended))?;
        Ok(std::fs::read_to_string(folder.path().join("journal.jsonl"))?)
    };
    let journal = journal().unwrap_or_else(|error| panic!("no seed: {error}"));
    let cut = &journal[..journal.len() - 20];
    let plan = json!({
        "editing": { "set": [["a:Index", -2.0]] },
        "energies": {},
        "freeing": { "distance": 3.0, "pars": "norm", "minmax_ts": [10.0, null] },
        "fitting": {},
        "optimize": "first",
    });
    [journal.clone(), cut.to_owned(), "{\"batch\":".to_owned(), plan.to_string()].map(String::into_bytes).to_vec()
}

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "{\"batch\":\"numbers\"}\n",
    "\"config\":",
    "\"digest\":null",
    "\"ending\":",
    "\"done\"",
    "\"failed\"",
    "\"error\"",
    "\"internal\"",
    "\"message\":",
    "\"result\":",
    "\"..\"",
    "\"logLike\":",
    "\"fit_quality\":",
    "\"seconds\":",
    "\"/dev/null\"",
    "\"missing/config.yaml\"",
    "null",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\u{0}",
    "\u{feff}",
    "\r\n",
    "1e400",
    "-1",
    "18446744073709551616",
];

//! Many regions: the journal, what is done again and what is not, and that one region never stops the others.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use roi_batch::{Batch, Ending, Error, TaskError, TaskResult};
use serde_json::json;

/// Some configurations, named by number.
fn configs(directory: &Path, n: usize) -> Vec<PathBuf> {
    (0..n)
        .map(|i| {
            let folder = directory.join(format!("roi{i:02}"));
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join("config.yaml");
            std::fs::write(&path, format!("number: {i}\n")).unwrap();
            path
        })
        .collect()
}

/// A task that ends as the number in the configuration says: 3 fails, 5 is an error, 7 panics.
#[expect(clippy::panic, reason = "a panic is what the test is about")]
fn task(config: &Path) -> Result<TaskResult, TaskError> {
    let text = std::fs::read_to_string(config).unwrap();
    let number: usize = text.trim().trim_start_matches("number: ").parse().unwrap();
    match number {
        5 => Err(roi_fit::Analysis::open("no such config.yaml").map_or_else(TaskError::from, |_| unreachable!())),
        7 => panic!("region 7 is broken"),
        _ => {
            let dictionary = json!({ "logLike": number as f64 + 0.5, "fit_quality": 3, "timing": { "fit": rand::random::<f64>() },
                "optimize": { "timing": { "fit": rand::random::<f64>() } } });
            Ok(TaskResult::new(dictionary).with_failure((number == 3).then(|| "quality 1".into())))
        }
    }
}

/// Every file of a directory but the journals, by name.
fn results(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn no_region_stops_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 10);
    let batch = Batch::new(dir.path().join("out")).with_jobs(3).with_threads(4);
    let mut seen = Vec::new();
    let entries = batch.run(&configs, "test", &task, &mut |_, done, total| seen.push((done, total))).unwrap();
    assert_eq!(seen, (1..=10).map(|done| (done, 10)).collect::<Vec<_>>());
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(entry.config, configs[number]);
        let (ending, words) = match number {
            3 => (Ending::Failed, "quality 1"),
            5 => (Ending::Error, "no such config.yaml"),
            7 => (Ending::Internal, "region 7 is broken"),
            _ => (Ending::Done, ""),
        };
        assert_eq!(entry.ending, ending, "{entry:?}");
        assert!(entry.message.contains(words), "{entry:?}");
        assert_eq!(entry.loglike, (ending == Ending::Done || number == 3).then_some(number as f64 + 0.5));
    }
    assert_eq!(results(&dir.path().join("out")).len(), 8);
}

#[test]
fn a_batch_that_was_cut_short_is_resumed_and_leaves_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 10);
    let (whole, cut) = (dir.path().join("whole"), dir.path().join("cut"));
    Batch::new(&whole).run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();

    // As a kill leaves it: some regions are in the journal, one line is half written, one result stands that no line tells of.
    Batch::new(&cut).run(&configs[..4], "test", &task, &mut |_, _, _| {}).unwrap();
    let journal = cut.join("journal.jsonl");
    let mut text = std::fs::read(&journal).unwrap();
    text.truncate(text.len() - 30);
    std::fs::write(&journal, text).unwrap();
    let result = std::fs::read_dir(&cut).unwrap().map(|entry| entry.unwrap().path());
    let result = result.into_iter().find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
    let part = result.with_file_name(format!(".{}.4711.roi-fit.part", result.file_name().unwrap().to_string_lossy()));
    std::fs::write(&part, "{").unwrap();

    assert!(Batch::new(&cut).run(&configs, "test", &task, &mut |_, _, _| {}).is_err(), "not without --resume");
    let calls = AtomicUsize::new(0);
    let counted = |config: &Path| {
        calls.fetch_add(1, Ordering::Relaxed);
        task(config)
    };
    let resumed = Batch::new(&cut).with_resume(true);
    let entries = resumed.run(&configs, "test", &counted, &mut |_, _, _| {}).unwrap();
    assert_eq!((entries.len(), calls.load(Ordering::Relaxed)), (10, 7), "three of ten stood in the journal");
    assert_eq!(results(&whole), results(&cut));
    assert!(!part.exists(), "what a kill left half-written is removed");

    // What ended well or failed is not done again; errors are.
    calls.store(0, Ordering::Relaxed);
    resumed.run(&configs, "test", &counted, &mut |_, _, _| {}).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    // A configuration that changed is done again, so is one whose result is gone.
    std::fs::write(&configs[0], "number: 1\n").unwrap();
    std::fs::remove_file(cut.join(entries[1].result.as_ref().unwrap())).unwrap();
    calls.store(0, Ordering::Relaxed);
    resumed.run(&configs, "test", &counted, &mut |_, _, _| {}).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

#[test]
fn a_journal_cut_in_its_first_line_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 3);
    let out = dir.path().join("out");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("journal.jsonl"), "{\"batch\": \"te").unwrap();
    let batch = Batch::new(&out).with_resume(true);
    for _ in 0..2 {
        assert_eq!(batch.run(&configs, "test", &task, &mut |_, _, _| {}).unwrap().len(), 3);
    }
    assert!(batch.run(&configs, "other", &task, &mut |_, _, _| {}).is_err(), "its settings are known");
}

#[test]
fn shards_share_a_directory_and_are_brought_together_by_resuming() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 5);
    let (whole, shards) = (dir.path().join("whole"), dir.path().join("shards"));
    Batch::new(&whole).run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();
    for index in 0..2 {
        let shard = Batch::new(&shards).with_shard(index, 2).unwrap();
        let entries = shard.run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();
        assert_eq!(entries.len(), 3 - index);
    }
    let never = |_: &Path| -> Result<TaskResult, TaskError> { unreachable!("everything was done by the shards") };
    let entries = Batch::new(&shards).with_resume(true).run(&configs, "test", &never, &mut |_, _, _| {}).unwrap();
    assert_eq!(entries.len(), 5);
    assert_eq!(results(&whole), results(&shards));
    assert!(Batch::new(&shards).with_shard(2, 2).is_err());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 2);
    let out = dir.path().join("out");
    let batch = Batch::new(&out).with_resume(true);
    batch.run(&configs, "fit tol 1e-3", &task, &mut |_, _, _| {}).unwrap();
    let error = batch.run(&configs, "fit tol 1e-6", &task, &mut |_, _, _| {}).unwrap_err().to_string();
    assert!(error.contains("tol 1e-3") && error.contains("journal.jsonl"), "{error}");
    let twice = vec![configs[0].clone(), configs[0].clone()];
    assert!(batch.run(&twice, "fit tol 1e-3", &task, &mut |_, _, _| {}).unwrap_err().to_string().contains("twice"));

    let journal = out.join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap().replacen('{', "[", 1);
    std::fs::write(&journal, text).unwrap();
    let error = batch.run(&configs, "fit tol 1e-3", &task, &mut |_, _, _| {}).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn a_journal_is_written_by_one_batch_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 1);
    let out = dir.path().join("out");
    let inner = |config: &Path| {
        let error = Batch::new(&out).with_resume(true).run(&configs, "test", &task, &mut |_, _, _| {}).unwrap_err();
        assert!(error.to_string().contains("another batch"), "{error}");
        task(config)
    };
    let entries = Batch::new(&out).run(&configs, "test", &inner, &mut |_, _, _| {}).unwrap();
    assert_eq!(entries[0].ending, Ending::Done, "{:?}", entries[0]);
}

#[test]
fn what_stops_a_batch_is_told_by_its_own_error() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 2);
    let out = dir.path().join("out");
    let journal = out.join("journal.jsonl");
    let run = |batch: &Batch, configs: &[PathBuf], settings: &str| {
        batch.run(configs, settings, &task, &mut |_, _, _| {}).unwrap_err()
    };
    let batch = Batch::new(&out);
    assert!(matches!(batch.clone().with_shard(3, 3), Err(Error::Shard { index: 3, count: 3 })));
    let twice = [configs[0].clone(), configs[0].clone()];
    assert!(matches!(run(&batch, &twice, "test"), Error::Repeated { path } if path == configs[0]));
    let error = run(&Batch::new(&configs[0]), &configs, "test");
    assert!(matches!(&error, Error::Io { action: "make", path, .. } if *path == configs[0]), "{error}");
    assert!(!out.exists(), "nothing was done so far");

    batch.run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();
    assert!(matches!(run(&batch, &configs, "test"), Error::Earlier { path } if path == journal));
    let resumed = batch.with_resume(true);
    let error = run(&resumed, &configs, "other");
    assert!(matches!(&error, Error::OtherSettings { path, now, .. } if *path == journal && now == "other"), "{error}");
    // A result that cannot be written ends the batch: here a folder stands in its place.
    let entries = resumed.run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();
    let result = out.join(entries[0].result.as_ref().unwrap());
    std::fs::remove_file(&result).unwrap();
    std::fs::create_dir(&result).unwrap();
    std::fs::write(&configs[0], "number: 1\n").unwrap();
    let error = run(&resumed, &configs, "test");
    assert!(matches!(&error, Error::File(_)) && error.to_string().contains("write"), "{error}");

    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("\"seconds\"", "\"moons\"", 1)).unwrap();
    let error = run(&resumed, &configs, "test");
    assert!(matches!(&error, Error::Damaged { path, line: 2, .. } if *path == journal), "{error}");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_is_refused_before_any_work() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")).join("config.yaml");
    let never = |_: &Path| -> Result<TaskResult, TaskError> { unreachable!("it is refused") };
    let error =
        Batch::new(dir.path()).run(std::slice::from_ref(&config), "test", &never, &mut |_, _, _| {}).unwrap_err();
    assert!(matches!(error, Error::NotText { path } if path == config));
}

#[test]
fn a_task_says_who_is_at_fault() {
    let dir = tempfile::tempdir().unwrap();
    let configs = configs(dir.path(), 2);
    let task = |config: &Path| -> Result<TaskResult, TaskError> {
        let of_program = config == configs[1];
        Err(if of_program { TaskError::internal("a defect") } else { TaskError::new("bad input") })
    };
    let entries = Batch::new(dir.path().join("out")).run(&configs, "test", &task, &mut |_, _, _| {}).unwrap();
    let found: Vec<_> = entries.iter().map(|entry| (entry.ending, entry.message.as_str())).collect();
    assert_eq!(found, [(Ending::Error, "bad input"), (Ending::Internal, "a defect")]);
}

//! `roi-fit batch` from outside: many regions, bad ones among them, kills, and shards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{program, success};

const REGIONS: usize = 6;

fn within(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.current_dir(directory);
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    within(directory, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    let error = String::from_utf8_lossy(&output.stderr);
    output.status.code().unwrap_or_else(|| unreachable!("{error}"))
}

/// Small simulated regions in `many/seed_N`, and their paths in `list.txt`.
fn regions() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let size = ["--regions", "6", "--seed", "1", "--npix", "20", "--ebins", "6", "--sources", "3"];
    success(&run(directory.path(), &[&["simulate", "--out", "many"][..], &size].concat()));
    let list: Vec<String> = (1..=REGIONS).map(|seed| format!("many/seed_{seed}\n")).collect();
    std::fs::write(directory.path().join("list.txt"), format!("# all of them\n\n{}", list.concat())).unwrap();
    directory
}

/// Every file of a directory but its journals, by name.
fn results(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .filter(|(name, _)| !name.starts_with("journal"))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect()
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The only result file whose name begins so.
fn result(out: &Path, region: &str) -> Value {
    let name = results(out).into_keys().find(|name| name.starts_with(region)).unwrap();
    json(out.join(name))
}

#[test]
fn each_region_has_the_result_of_fit_for_any_number_of_jobs_and_threads() {
    let directory = regions();
    let at = directory.path();
    let options = ["--optimize-first", "--fix-all", "--distance", "3", "--pars", "norm"];
    let mut all = Vec::new();
    for (out, threads, jobs) in [("a", "1", "1"), ("b", "4", "3"), ("c", "2", "1")] {
        let start = ["batch", "--list", "list.txt", "--out", out, "--threads", threads, "--jobs", jobs, "--json", "-"];
        let output = run(at, &[&start[..], &options].concat());
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed, json(at.join(out).join("summary.json")));
        all.push(results(&at.join(out)));
    }
    assert_eq!(all[0].len(), REGIONS + 1);
    assert!(all[0] == all[1] && all[0] == all[2], "the same bytes");

    let output = run(at, &[&["fit", "many/seed_3/config.yaml", "--json", "-"][..], &options].concat());
    let mut expected: Value = serde_json::from_slice(&output.stdout).unwrap();
    expected.as_object_mut().unwrap().remove("timing").unwrap();
    expected["optimize"].as_object_mut().unwrap().remove("timing").unwrap();
    // The command line is another.
    let mut found = result(&at.join("a"), "seed_3-");
    for result in [&mut found, &mut expected] {
        let from = result.as_object_mut().unwrap().remove("provenance").unwrap();
        assert_eq!(from["inputs"][0]["sha256"].as_str().unwrap().len(), 64);
    }
    assert_eq!(found, expected);
    let summary = json(at.join("a/summary.json"));
    assert_eq!(summary["n_done"], REGIONS);
    for (i, region) in summary["regions"].as_array().unwrap().iter().enumerate() {
        assert_eq!(region["config"], format!("many/seed_{}/config.yaml", i + 1), "in the order given");
    }
    assert_eq!(summary["regions"][2]["logLike"], expected["logLike"]);

    // Optimized only, from a common start model.
    let model = at.join("start.xml");
    std::fs::copy(at.join("many/seed_1/srcmdl_00.xml"), &model).unwrap();
    let start = ["batch", "many/seed_1", "--out", "o", "--only-optimize", "--model", "start.xml"];
    let output = run(at, &start);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(result(&at.join("o"), "seed_1-")["steps"].is_array());
    // Another text of the start model is another batch.
    std::fs::write(&model, std::fs::read_to_string(&model).unwrap() + "<!-- changed -->\n").unwrap();
    let output = run(at, &[&start[..], &["--resume"]].concat());
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("other settings"));
}

#[test]
fn bad_regions_do_not_stop_the_others_and_show_in_the_exit_code() {
    let directory = regions();
    let at = directory.path();
    // The second cannot be read; the fourth's fit fails, for its own configuration asks for the impossible.
    std::fs::write(at.join("many/seed_2/config.yaml"), "data: [").unwrap();
    let config = at.join("many/seed_4/config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\noptimizer: {{tol: 1.0e-300, max_iter: 1, retries: 1}}\n")).unwrap();
    let output = run(at, &["batch", "--list", "list.txt", "--out", "out", "--threads", "2"]);
    let (table, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(code(&output), 2, "bad input counts more than a failed fit: {table}{error}");
    assert!(error.contains("1 failed to fit, 1 had unusable input"), "{error}");
    let summary = json(at.join("out/summary.json"));
    let endings: Vec<&str> =
        summary["regions"].as_array().unwrap().iter().map(|r| r["ending"].as_str().unwrap()).collect();
    assert_eq!(endings, ["done", "error", "done", "failed", "done", "done"], "{table}");
    assert!(summary["regions"][1]["message"].as_str().unwrap().contains("seed_2/config.yaml"));
    assert_eq!(result(&at.join("out"), "seed_4-")["fit_success"], false);
    assert_eq!(table.lines().count(), REGIONS + 1, "{table}");

    // Only failed fits: 3, and again 3 when all stands in the journal.
    let fail = ["batch", "many/seed_1", "many/seed_3", "--out", "three", "--max-calls", "1"];
    assert_eq!(code(&run(at, &fail)), 3);
    assert_eq!(code(&run(at, &[&fail[..], &["--resume"]].concat())), 3);
    // The region whose input was mended is done on resuming.
    std::fs::copy(at.join("many/seed_1/config.yaml"), at.join("many/seed_2/config.yaml")).unwrap();
    assert_eq!(code(&run(at, &["batch", "--list", "list.txt", "--out", "out", "--resume"])), 3);
}

#[test]
fn a_killed_batch_is_resumed_and_leaves_the_bytes_of_an_undisturbed_one() {
    let directory = regions();
    let at = directory.path();
    let arguments = ["batch", "--list", "list.txt", "--threads", "1", "--reoptimize", "--out"];
    assert_eq!(code(&run(at, &[&arguments[..], &["whole"]].concat())), 0);
    let whole = results(&at.join("whole"));
    let journal = at.join("cut/journal.jsonl");
    let lines = || std::fs::read_to_string(&journal).unwrap_or_default().matches('\n').count();
    let mut killed = within(at, &[&arguments[..], &["cut"]].concat());
    let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // A line for the settings, and two regions.
    while lines() < 3 {
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let begun = lines();
    assert!(begun <= REGIONS, "it was killed before its end");

    let output = run(at, &[&arguments[..], &["cut"]].concat());
    assert_eq!(code(&output), 2, "not without --resume");
    assert!(String::from_utf8_lossy(&output.stderr).contains("resume"));
    let output = run(at, &[&arguments[..], &["cut", "--resume", "--verbose"]].concat());
    assert_eq!(code(&output), 0);
    let told = String::from_utf8_lossy(&output.stderr).matches(" done in ").count();
    assert_eq!(told, REGIONS + 1 - begun, "what was done is not done again");
    assert_eq!(lines(), REGIONS + 1);
    assert!(whole == results(&at.join("cut")), "the same files with the same bytes");
}

#[test]
fn shards_run_beside_each_other_and_resuming_sums_them_up() {
    let directory = regions();
    let at = directory.path();
    assert_eq!(code(&run(at, &["batch", "--list", "list.txt", "--out", "whole"])), 0);
    let shards = ["0/2", "1/2"].map(|shard| {
        let mut command = within(at, &["batch", "--list", "list.txt", "--out", "out", "--shard", shard]);
        command.stdout(Stdio::null()).spawn().unwrap()
    });
    for mut shard in shards {
        assert!(shard.wait().unwrap().success());
    }
    let output = run(at, &["batch", "--list", "list.txt", "--out", "out", "--resume", "--verbose"]);
    assert_eq!(code(&output), 0);
    assert!(!String::from_utf8_lossy(&output.stderr).contains(" done in "), "all was done by the shards");
    let mut out = results(&at.join("out"));
    for index in 0..2 {
        let summary = out.remove(&format!("summary-{index}-of-2.json")).unwrap();
        let summary: Value = serde_json::from_slice(&summary).unwrap();
        assert_eq!(summary["n_done"], REGIONS / 2);
    }
    assert!(results(&at.join("whole")) == out);
}

#[test]
fn what_cannot_be_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("empty.txt"), "# nothing\n").unwrap();
    for (arguments, name) in [
        (&["batch"][..], "CONFIG"),
        (&["batch", "--list", "empty.txt"], "no region"),
        (&["batch", "--list", "missing.txt"], "missing.txt"),
        (&["batch", "a", "a"], "twice"),
        (&["batch", "a", "--shard", "2/2"], "--shard"),
        (&["batch", "a", "--shard", "2"], "--shard"),
        (&["batch", "a", "--jobs", "0"], "--jobs"),
        (&["batch", "a", "--distance", "NaN"], "--distance"),
        (&["batch", "a", "--pars", "some,"], "--pars"),
        (&["batch", "a", "--model", "missing.xml"], "missing.xml"),
        (&["batch", "a", "--only-optimize", "--optimize-first"], "--only-optimize"),
    ] {
        let output = run(directory.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(code(&output) == 2 && error.contains(name), "{arguments:?}: {error}");
    }
}

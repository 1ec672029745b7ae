//! Ctrl-C and kill: the program ends within a second, leaves no temporaries, and keeps what is finished.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{program, roi_fit, success};

fn region(directory: &Path, size: &[&str]) -> String {
    let out = directory.join("base").to_str().unwrap().to_owned();
    success(&roi_fit(&[&["simulate", "--out", &out][..], size].concat()));
    out
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until the program's log has a line with this, then sends the signal; the exit code, and how long it took to end.
fn end_at(mut child: Child, line: &str, signal: &str) -> (Option<i32>, Duration) {
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains(line) {
        assert!(log.read_line(&mut text).unwrap() > 0, "no '{line}' in: {text}");
    }
    send(&child, signal);
    let start = Instant::now();
    // What it still says must not block it.
    let drain = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let status = child.wait().unwrap();
    let _ = drain.join().unwrap();
    (status.code(), start.elapsed())
}

#[test]
fn a_fit_that_is_interrupted_ends_within_a_second_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let base = region(directory.path(), &["--npix", "60", "--ebins", "20", "--sources", "20"]);
    let before = names(Path::new(&base));
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let json = directory.path().join("fit.json");
        let child = program(&[
            "fit",
            &base,
            "--optimizer",
            "SIMPLEX",
            "--max-calls",
            "100000000",
            "--max-iter",
            "100000000",
            "--verbosity",
            "1",
            "--json",
            json.to_str().unwrap(),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let (ended, time) = end_at(child, "SIMPLEX    3", signal);
        assert_eq!(ended, Some(code));
        assert!(time < Duration::from_secs(1), "{time:?}");
        assert_eq!(names(Path::new(&base)), before);
        // What it says of the fit that was stopped.
        let result: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
        assert_eq!((&result["interrupted"], &result["fit_success"]), (&true.into(), &false.into()));
    }
}

#[test]
fn a_fit_whose_update_is_interrupted_is_written_and_marked() {
    let directory = tempfile::tempdir().unwrap();
    let base = region(directory.path(), &["--npix", "60", "--ebins", "20", "--sources", "20"]);
    let (json, xml) = (directory.path().join("fit.json"), directory.path().join("fit.xml"));
    let (json_name, xml_name) = (json.to_str().unwrap(), xml.to_str().unwrap());
    // Every point of every profile is a fit of its own: the update takes many seconds.
    let options = [
        "--reoptimize",
        "--distance",
        "30",
        "--pars",
        "norm",
        "--verbosity",
        "1",
        "--json",
        json_name,
        "--xml",
        xml_name,
    ];
    let child = program(&[&["fit", &base][..], &options].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (code, time) = end_at(child, "attempt 1: quality 3", "-INT");
    assert_eq!(code, Some(130));
    assert!(time < Duration::from_secs(1), "{time:?}");
    let result: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((&result["interrupted"], &result["fit_success"]), (&true.into(), &true.into()));
    let warnings = result["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|w| w.as_str().unwrap().contains("stopped before its end")), "{warnings:?}");
    assert!(xml.exists());
}

#[test]
fn what_optimize_had_done_is_written_and_marked() {
    let directory = tempfile::tempdir().unwrap();
    let base = region(directory.path(), &["--npix", "60", "--ebins", "20", "--sources", "20"]);
    let (json, xml) = (directory.path().join("o.json"), directory.path().join("o.xml"));
    let child = program(&[
        "optimize",
        &base,
        "--verbosity",
        "1",
        "--json",
        json.to_str().unwrap(),
        "--xml",
        xml.to_str().unwrap(),
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let (code, time) = end_at(child, "optimize step 2", "-INT");
    assert_eq!(code, Some(130));
    assert!(time < Duration::from_secs(1), "{time:?}");
    let result: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((&result["interrupted"], &result["cancelled"]), (&true.into(), &true.into()));
    assert!(result["dlogLike"].as_f64().unwrap() > 0.0 && xml.exists());
}

#[test]
fn a_livetime_cube_in_the_making_stops_within_a_second_and_leaves_what_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let base =
        region(directory.path(), &["--events", "--days", "20", "--npix", "20", "--ebins", "4", "--sources", "1"]);
    let base = Path::new(&base);
    let mut config = std::fs::read_to_string(base.join("config.yaml")).unwrap();
    // So fine that it takes long.
    config.push_str("ltcube: {binsz: 0.12}\nfileio: {outdir: out}\n");
    std::fs::write(base.join("config.yaml"), config).unwrap();
    for signal in ["-INT", "-TERM"] {
        let child = program(&["prepare", base.to_str().unwrap(), "--verbose"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (code, time) = end_at(child, "ltcube_00.fits' is made", signal);
        assert_eq!(code, Some(if signal == "-INT" { 130 } else { 143 }));
        assert!(time < Duration::from_secs(1), "{time:?}");
        assert_eq!(names(&base.join("out")), ["ft1_00.fits"]);
    }
}

#[test]
fn maps_in_the_making_leave_no_temporary_and_those_of_a_killed_process_go_at_the_next_run() {
    let Some(region) = fixtures::real_data("faults/relative-config-path/region") else { return };
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path();
    for name in names(&region) {
        std::fs::write(base.join(&name), std::fs::read(region.join(&name)).unwrap()).unwrap();
    }
    // So many sources that a signal comes while maps are made.
    let mut config = std::fs::read_to_string(base.join("config.yaml")).unwrap();
    for index in 0..800_u16 {
        let (ra, dec) = (82.0 + 0.004 * f64::from(index), 21.0 + 0.0025 * f64::from(index));
        writeln!(config, "    - {{name: s{index}, ra: {ra:.3}, dec: {dec:.4}, SpectrumType: PowerLaw}}").unwrap();
    }
    std::fs::write(base.join("config.yaml"), config).unwrap();
    let before = names(base);
    let begin = || {
        let child =
            program(&["fit", base.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while names(base) == before {
            assert!(start.elapsed() < Duration::from_mins(1));
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    };
    for signal in ["-INT", "-TERM"] {
        let mut child = begin();
        send(&child, signal);
        let start = Instant::now();
        child.wait().unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(names(base), before, "{signal}");
    }
    let mut child = begin();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(base).len(), before.len() + 1, "{:?}", names(base));
    success(&roi_fit(&["loglike", base.to_str().unwrap()]));
    assert_eq!(names(base).len(), before.len() + 1, "{:?}", names(base));
    assert!(base.join("srcmap_00.fits").exists());
}

#[test]
fn a_light_curve_that_was_killed_goes_on_to_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let size = ["--events", "--days", "2", "--npix", "16", "--ebins", "4", "--sources", "2"];
    let base = region(directory.path(), &size);
    let model = format!("{base}/fit");
    success(&roi_fit(&["optimize", &base, "--write-roi", &model]));
    let model = format!("{model}.json");
    let arguments = |fits: &str| {
        let words =
            ["lightcurve", &base, "SIM J0534.5+2200", "--model", &model, "--nbins", "120", "--verbose", "--fits"];
        words.iter().copied().chain([fits]).map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |fits: &str| program(&arguments(fits).iter().map(String::as_str).collect::<Vec<_>>());
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (whole, killed, ended) = (file("whole.fits"), file("killed.fits"), file("ended.fits"));
    success(&run(&whole).output().unwrap());
    let bytes = std::fs::read(&whole).unwrap();
    for (fits, signal, code) in [(&killed, "-KILL", None), (&ended, "-INT", Some(130))] {
        let child = run(fits).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (ending, time) = end_at(child, "5 of 120 bins", signal);
        assert_eq!(ending, code);
        assert!(time < Duration::from_secs(1), "{time:?}");
        // What was done is recorded, and a table that tells the rest as not done.
        let records = std::fs::read_to_string(format!("{fits}.bins")).unwrap();
        let done = records.lines().count() - 1;
        assert!((5..120).contains(&done), "{done}");
        assert!(std::fs::read(fits).unwrap().windows(8).any(|text| text == b"not done"));
        let resumed = run(fits).output().unwrap();
        success(&resumed);
        assert!(std::fs::read(fits).unwrap() == bytes);
        assert!(!Path::new(&format!("{fits}.bins")).exists());
    }
}

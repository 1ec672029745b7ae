//! Two programs at once where one was meant: nothing is mixed, nothing half written, and who cannot go on, or waits, says why. `ROI_FIT_TWICE=50` tries it
//! more often.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::{program, roi_fit, success};

/// How often it is tried.
fn times() -> usize {
    std::env::var("ROI_FIT_TWICE").map_or(1, |text| text.parse().unwrap())
}

/// Runs both side by side, in a folder.
fn both(folder: &Path, commands: [&[&str]; 2]) -> [Output; 2] {
    let begun = commands.map(|arguments| {
        let mut command = program(arguments);
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    begun.map(|child| child.wait_with_output().unwrap())
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())).collect()
}

/// What a run that nobody disturbs leaves in a folder.
fn alone(folder: &Path, arguments: &[&str], out: &str) -> BTreeMap<String, Vec<u8>> {
    success(&program(arguments).current_dir(folder).output().unwrap());
    let left = files(&folder.join(out));
    std::fs::remove_dir_all(folder.join(out)).unwrap();
    left
}

#[test]
fn two_batches_of_one_folder_are_one_and_a_refusal() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let size = ["--regions", "6", "--seed", "1", "--npix", "20", "--ebins", "6", "--sources", "3"];
    let simulate = [&["simulate", "--out", "many"][..], &size].concat();
    success(&program(&simulate).current_dir(at).output().unwrap());
    let regions: Vec<String> = (1..=6).map(|seed| format!("many/seed_{seed}")).collect();
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let batch = [&["batch"][..], &regions, &["--out", "results", "--threads", "1", "--resume"]].concat();
    let results = |mut all: BTreeMap<String, Vec<u8>>| {
        // It tells how long each took.
        let journal = all.remove("journal.jsonl").unwrap();
        (all, String::from_utf8(journal).unwrap().lines().count())
    };
    let whole = results(alone(at, &batch, "results"));
    for _ in 0..times() {
        let ended = both(at, [&batch, &batch]);
        let is_refused = |output: &Output| {
            output.status.code() == Some(2) && words(output).contains("another batch is writing this journal")
        };
        let done = ended.iter().filter(|output| output.status.success()).count();
        assert!(done > 0 && ended.iter().all(|output| output.status.success() || is_refused(output)), "{ended:?}");
        assert!(results(files(&at.join("results"))) == whole, "other files");
        std::fs::remove_dir_all(at.join("results")).unwrap();
    }
}

#[test]
fn two_preparations_of_one_folder_follow_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let size = ["--events", "--days", "0.5", "--npix", "16", "--ebins", "4", "--sources", "2"];
    success(&program(&[&["simulate", "--out", "."][..], &size].concat()).current_dir(at).output().unwrap());
    let text = std::fs::read_to_string(at.join("config.yaml")).unwrap();
    // Two configurations that ask for other photons in the same folder.
    let config = |name: &str, zmax: &str| {
        assert!(text.contains("zmax: 90"));
        let text = text.replace("zmax: 90", &format!("zmax: {zmax}"));
        std::fs::write(at.join(name), format!("{text}fileio: {{outdir: out}}\n")).unwrap();
    };
    config("one.yaml", "90");
    config("other.yaml", "60");
    let [one, other] = ["one.yaml", "other.yaml"].map(|config| ["prepare", config, "--threads", "1"]);
    let [of_one, of_other] = [&one, &other].map(|arguments| alone(at, arguments, "out"));
    assert!(of_one.keys().eq(of_other.keys()) && of_one["ltcube_00.fits"] != of_other["ltcube_00.fits"]);
    let mut waited = 0;
    for _ in 0..times() {
        for (commands, expected) in [([&one, &one], vec![&of_one]), ([&one, &other], vec![&of_one, &of_other])] {
            let ended = both(at, commands.map(|arguments| &arguments[..]));
            for output in &ended {
                success(output);
            }
            waited += ended.iter().filter(|output| words(output).contains("waiting until it has ended")).count();
            let found = files(&at.join("out"));
            let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
            assert!(expected.contains(&&found), "files of both: {:?}", names(&found));
            std::fs::remove_dir_all(at.join("out")).unwrap();
        }
    }
    assert!(waited > 0, "nobody had to wait: the runs were not at the same time");
}

#[test]
fn two_light_curves_into_one_file_are_one_and_a_refusal() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let size = ["--events", "--days", "1", "--npix", "16", "--ebins", "4", "--sources", "2"];
    success(&program(&[&["simulate", "--out", "region"][..], &size].concat()).current_dir(at).output().unwrap());
    let saved = at.join("region/fit").to_str().unwrap().to_owned();
    success(&roi_fit(&["optimize", at.join("region").to_str().unwrap(), "--write-roi", &saved]));
    std::fs::create_dir(at.join("out")).unwrap();
    let common = ["lightcurve", "region", "SIM J0534.5+2200", "--model", "region/fit.json", "--threads", "1"];
    let with = |bins: &'static str| [&common[..], &["--nbins", bins, "--fits", "out/curve.fits"]].concat();
    let (coarse, fine) = (with("30"), with("60"));
    let [of_coarse, of_fine] = [&coarse, &fine].map(|arguments| {
        let left = alone(at, arguments, "out");
        std::fs::create_dir(at.join("out")).unwrap();
        left
    });
    for _ in 0..times() {
        for (commands, expected) in
            [([&coarse, &coarse], vec![&of_coarse]), ([&coarse, &fine], vec![&of_coarse, &of_fine])]
        {
            let ended = both(at, commands.map(|arguments| &arguments[..]));
            let is_refused = |output: &Output| {
                output.status.code() == Some(2)
                    && words(output).contains("another light curve writes its bins into this file")
            };
            let done = ended.iter().filter(|output| output.status.success()).count();
            assert!(done > 0 && ended.iter().all(|output| output.status.success() || is_refused(output)), "{ended:?}");
            assert!(expected.contains(&&files(&at.join("out"))), "{:?}", files(&at.join("out")).keys());
        }
    }
}

//! Batches and light curves that are killed again and again, at moments that nobody chose: what is left of each can be gone on with, and the end has the
//! bytes of a run that nobody disturbed. `cargo xtask faults` kills two hundred times each.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{program, roi_fit, success};

/// The variable that tells how often a run is killed, and how often it is otherwise.
const KILLS: (&str, usize) = ("ROI_FIT_KILLS", 6);

/// A run that can be gone on with: what begins it, in a folder of its own, and what it leaves.
struct Run<'a> {
    arguments: &'a dyn Fn(&Path) -> Vec<String>,
    files: &'a dyn Fn(&Path) -> BTreeMap<String, Vec<u8>>,
}

impl Run<'_> {
    /// One that nobody disturbs; the time that it takes.
    fn undisturbed(&self) -> (BTreeMap<String, Vec<u8>>, Duration) {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        self.end(folder.path());
        ((self.files)(folder.path()), start.elapsed())
    }

    fn end(&self, folder: &Path) {
        let arguments = (self.arguments)(folder);
        success(&roi_fit(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    }

    /// Kills it after a while; whether it had come to its end by itself.
    fn killed(&self, folder: &Path, after: Duration) -> bool {
        let arguments = (self.arguments)(folder);
        let mut command = program(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(ended.is_none_or(|status| status.success()), "what a kill left stopped the next run: {ended:?}");
        ended.is_some()
    }

    /// Kills it so often, goes on each time, and looks at what is there in the end.
    fn survives(&self) {
        let kills = std::env::var(KILLS.0).map_or(KILLS.1, |text| text.parse().unwrap());
        let (whole, time) = self.undisturbed();
        let mut random = StdRng::seed_from_u64(1);
        let (mut killed, mut rounds) = (0, 0);
        while killed < kills {
            let folder = tempfile::tempdir().unwrap();
            // A few kills a round: some go on from what a kill of a resumed run left.
            let of_round = random.random_range(1..=4);
            for _ in 0..of_round {
                if self.killed(folder.path(), time.mul_f64(random.random_range(0.0..1.0))) {
                    break;
                }
                killed += 1;
            }
            self.end(folder.path());
            let found = (self.files)(folder.path());
            let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&found), names(&whole), "after {killed} kills");
            let differ: Vec<_> =
                whole.iter().filter(|(name, bytes)| found.get(*name) != Some(bytes)).map(|(name, _)| name).collect();
            assert!(differ.is_empty(), "after {killed} kills, other bytes: {differ:?}");
            rounds += 1;
        }
        assert!(rounds > 0);
    }
}

/// Every file of a folder, by name, but for those whose name begins so.
fn files(folder: &Path, but: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
    named.filter(|(name, _)| !name.starts_with(but)).map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

#[test]
fn a_batch_killed_at_any_moment_ends_with_the_bytes_of_one_that_was_not() {
    let directory = tempfile::tempdir().unwrap();
    let many = directory.path().join("many").to_str().unwrap().to_owned();
    let size = ["--regions", "8", "--seed", "1", "--npix", "16", "--ebins", "4", "--sources", "2"];
    success(&roi_fit(&[&["simulate", "--out", &many][..], &size].concat()));
    let regions: Vec<String> = (1..=8).map(|seed| format!("{many}/seed_{seed}")).collect();
    let arguments = |folder: &Path| {
        let out = folder.to_str().unwrap().to_owned();
        // A batch that was not begun can be resumed, too.
        let options = ["--threads", "2", "--resume", "--out", &out].map(str::to_owned);
        ["batch".to_owned()].into_iter().chain(regions.clone()).chain(options).collect()
    };
    Run { arguments: &arguments, files: &|folder| files(folder, "journal") }.survives();
}

#[test]
fn a_light_curve_killed_at_any_moment_ends_with_the_bytes_of_one_that_was_not() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().join("base").to_str().unwrap().to_owned();
    let size = ["--events", "--days", "1", "--npix", "16", "--ebins", "4", "--sources", "2"];
    success(&roi_fit(&[&["simulate", "--out", &base][..], &size].concat()));
    let model = format!("{base}/fit");
    success(&roi_fit(&["optimize", &base, "--write-roi", &model]));
    let model = format!("{model}.json");
    let arguments = |folder: &Path| {
        let [fits, ecsv] = ["curve.fits", "curve.ecsv"].map(|name| folder.join(name).to_str().unwrap().to_owned());
        let words = ["lightcurve", &base, "SIM J0534.5+2200", "--model", &model, "--nbins", "20", "--threads", "2"];
        words.into_iter().chain(["--fits", &fits, "--ecsv", &ecsv]).map(str::to_owned).collect()
    };
    Run { arguments: &arguments, files: &|folder| files(folder, "nothing is left out") }.survives();
}

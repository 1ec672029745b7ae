//! Light curves that are ended before their last bin, gone on with, and looked at meanwhile.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/time_slices.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod time_slices;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use roi_estimators::{BinStatus, Error, LightCurve, LightCurveOptions, LightCurveRun, light_curve};
use roi_fit::{Event, Progress, Quiet};
use time_slices::{Observed, Sky, Told};

const FLARE: [f64; 12] = [1.0, 1.0, 1.0, 1.0, 6.0, 6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

fn curve_of(observed: &Observed, options: &LightCurveOptions) -> LightCurve {
    light_curve(&observed.whole, &observed.name, &observed.slices, options, LightCurveRun::new(&mut Quiet)).unwrap()
}

/// Ends the work after so many bins.
struct After(usize);

impl Progress for After {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        match event {
            Event::Estimate { verb: "lightcurve", done, .. } if done + 1 >= self.0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn file_of(found: &LightCurve, folder: &std::path::Path) -> Vec<u8> {
    let path = folder.join("curve.fits");
    found.write_fits(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_run_that_was_ended_goes_on_to_the_same_bytes_and_fits_no_bin_twice() {
    let observed = Sky::new(20.0).observe(&FLARE, 10);
    let options = LightCurveOptions::default();
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("curve.bins");
    let whole = file_of(&curve_of(&observed, &options), folder.path());
    let run = |progress: &mut dyn Progress, options: &LightCurveOptions, asked: &AtomicUsize| {
        let count = |_: usize| {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        let data = Told(&observed.slices, count);
        let run = LightCurveRun::new(progress).with_records(&records);
        light_curve(&observed.whole, &observed.name, &data, options, run).unwrap()
    };
    let ended = run(&mut After(4), &options, &AtomicUsize::new(0));
    let done = ended.bins.iter().filter(|bin| bin.status != BinStatus::NotDone).count();
    assert!((4..12).contains(&done) && !ended.is_complete(), "{done}");
    assert_eq!(ended.to_json()["status"].as_array().unwrap().len(), 12);
    // A kill in the middle of a line.
    let text = std::fs::read_to_string(&records).unwrap();
    assert_eq!(text.lines().count(), done + 1);
    std::fs::write(&records, &text[..text.len() - 100]).unwrap();
    let asked = AtomicUsize::new(0);
    let resumed = run(&mut Quiet, &options, &asked);
    assert_eq!(asked.load(Ordering::Relaxed), 12 - (done - 1));
    assert!(file_of(&resumed, folder.path()) == whole);
    // All of it stands.
    let asked = AtomicUsize::new(0);
    assert!(file_of(&run(&mut Quiet, &options, &asked), folder.path()) == whole);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    // Other options are another light curve.
    run(&mut Quiet, &options.clone().with_free_radius(Some(1.0)), &asked);
    assert_eq!(asked.load(Ordering::Relaxed), 12);
}

#[test]
fn two_runs_do_not_write_into_one_file() {
    let observed = Sky::new(20.0).observe(&FLARE, 2);
    let options = LightCurveOptions::default();
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("curve.bins");
    let run = || {
        let mut quiet = Quiet;
        let run = LightCurveRun::new(&mut quiet).with_records(&records);
        light_curve(&observed.whole, &observed.name, &observed.slices, &options, run)
    };
    // As a run that is at work holds it.
    let held = std::fs::File::create(&records).unwrap();
    held.lock().unwrap();
    let error = run().unwrap_err();
    assert!(matches!(&error, Error::Busy { path } if *path == records), "{error}");
    assert_eq!(std::fs::metadata(&records).unwrap().len(), 0, "nothing was written into it");
    drop(held);
    assert!(run().unwrap().is_complete());
}

#[test]
fn the_curve_is_shown_after_every_bin_but_the_last() {
    let observed = Sky::new(20.0).observe(&FLARE, 10);
    let options = LightCurveOptions::default();
    let folder = tempfile::tempdir().unwrap();
    let whole = curve_of(&observed, &options);
    let done = |curve: &LightCurve| curve.bins.iter().filter(|bin| bin.status != BinStatus::NotDone).count();
    let mut seen = Vec::new();
    let mut show = |curve: &LightCurve| {
        let same = curve.bins.iter().zip(&whole.bins).filter(|(bin, end)| bin == end).count();
        // As who looks at it reads it.
        file_of(curve, folder.path());
        seen.push((done(curve), same));
        Ok(())
    };
    let mut quiet = Quiet;
    let run = LightCurveRun::new(&mut quiet).with_so_far(&mut show);
    let found = light_curve(&observed.whole, &observed.name, &observed.slices, &options, run).unwrap();
    assert_eq!(seen, (1..12).map(|n| (n, n)).collect::<Vec<_>>());
    assert!(found.is_complete() && file_of(&found, folder.path()) == file_of(&whole, folder.path()));

    // A disk that is full is told.
    let mut left = 3;
    let mut refuse = |_: &LightCurve| {
        left -= 1;
        if left > 0 { Ok(()) } else { Err(Error::Stopped) }
    };
    let mut quiet = Quiet;
    let run = LightCurveRun::new(&mut quiet).with_so_far(&mut refuse);
    let error = light_curve(&observed.whole, &observed.name, &observed.slices, &options, run).unwrap_err();
    assert!(matches!(error, Error::Stopped), "{error}");
}

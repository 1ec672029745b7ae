//! Closed tests of positions and widths, few enough for every run; `examples/closure.rs` makes as many as one wants.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

#[path = "support/closure.rs"]
mod closure;

use closure::{Truth, extended, localized};
use roi_estimators::{
    Error, ExtensionOptions, LocalizeOptions, TrialPlace, TrialSession, TrialShape, extension, localize,
};
use roi_fit::{Quiet, Session, climb};

fn mean_and_rms(pulls: &[f64]) -> (f64, f64) {
    let n = pulls.len() as f64;
    let mean = pulls.iter().sum::<f64>() / n;
    (mean, (pulls.iter().map(|pull| pull * pull).sum::<f64>() / n).sqrt())
}

/// Mean and root mean square of normal numbers, to 3.3 of their errors.
fn are_normal(what: &str, pulls: &[f64]) {
    let (mean, rms) = mean_and_rms(pulls);
    let n = pulls.len() as f64;
    println!(
        "{what}: {} pulls, mean {mean:.3} +- {:.3}, rms {rms:.3} +- {:.3}",
        pulls.len(),
        n.powf(-0.5),
        (2.0 * n).powf(-0.5)
    );
    assert!(mean.abs() < 3.3 / n.sqrt() && (rms - 1.0).abs() < 3.3 / (2.0 * n).sqrt(), "{what}: {mean} {rms}");
}

#[test]
fn positions_are_where_the_truth_is_within_their_errors() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let found: Vec<_> = (1..=16).map(|seed| localized(&truth, seed)).collect();
    are_normal("positions", &found.iter().flat_map(|(pulls, _)| *pulls).collect::<Vec<_>>());
    let covered = found.iter().filter(|(_, is_inside)| *is_inside).count();
    println!("r95 holds {covered} of {}", found.len());
    assert!(covered >= 12);
}

#[test]
fn widths_of_a_disk_and_of_a_gaussian_are_those_of_the_truth_within_their_errors() {
    for (shape, size) in [(TrialShape::Disk, 0.3), (TrialShape::Gaussian, 0.2)] {
        let truth = Truth::new(shape, size, 4.0);
        let found: Vec<(f64, f64)> = (1..=6).map(|seed| extended(&truth, seed, shape)).collect();
        println!("{shape:?}: ts_ext {:?}", found.iter().map(|(_, ts)| *ts).collect::<Vec<_>>());
        assert!(found.iter().all(|(_, ts)| *ts > 25.0));
        are_normal(shape.name(), &found.iter().map(|(pull, _)| *pull).collect::<Vec<_>>());
    }
}

#[test]
fn points_are_no_wider_than_points() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let found: Vec<f64> = (1..=10).map(|seed| extended(&truth, seed, TrialShape::Gaussian).1).collect();
    println!("ts_ext of points {found:?}");
    // Half a chi-square: none below rounding, none beyond a chance of 1e-4.
    assert!(found.iter().all(|ts| (-0.1..13.8).contains(ts)));
}

#[test]
fn ts_ext_is_twice_the_gain_of_a_fit_as_wide_as_found_over_one_of_a_point() {
    let truth = Truth::new(TrialShape::Disk, 0.3, 4.0);
    let point = TrialPlace::point(truth.place.direction);
    let session = truth.draw_displaced(2, point);
    let options = ExtensionOptions::default().with_spatial_model(TrialShape::Disk).with_width_nstep(3);
    let found = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    let disk = TrialPlace { shape: TrialShape::Disk, size: found.ext / TrialShape::Disk.r68_of_size(), ..point };
    let fitted = |place: TrialPlace| {
        let mut trial = TrialSession::at(&session, &truth.makers, &truth.name, place).unwrap();
        let source = trial.source();
        for id in trial.session().roi().ids().filter(|id| *id != source).collect::<Vec<_>>() {
            let parameters = trial.session_mut().roi_mut()[id].spectrum_mut().parameters_mut();
            for parameter in parameters.iter_mut() {
                parameter.set_free(false);
            }
        }
        climb(trial.session_mut(), None).unwrap().loglike
    };
    let ts = 2.0 * (fitted(disk) - fitted(point));
    println!("ts_ext {}, of two fits {ts}", found.ts_ext());
    assert!(ts > 25.0 && (found.ts_ext() - ts).abs() < 1e-3);
}

#[test]
fn results_are_the_same_bits_for_any_number_of_threads() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw(3);
    let run = || {
        let options = LocalizeOptions::default().with_nstep(3).with_free_background(true);
        let place = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
        let options = ExtensionOptions::default().with_width_nstep(3).with_fit_position(true);
        let width = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
        (place.to_json(), width.to_json())
    };
    let [one, three] =
        [1, 3].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run));
    assert_eq!(one, three);
}

#[test]
fn a_source_that_may_not_go_where_it_is_says_so_and_has_no_errors() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw_displaced(5, truth.place.moved(0.3, 0.0).unwrap());
    let options = LocalizeOptions::default().with_dtheta_max(0.1).with_nstep(0);
    let found = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    assert!(!found.fit_success && !found.fit_inbounds && found.ellipse.is_none(), "{:?}", found.to_json());
    assert!(found.warnings.iter().any(|warning| warning.contains("dtheta_max")), "{:?}", found.warnings);
    assert!(found.to_json()["pos_r95"].is_null() && found.pos_offset() <= 0.1 + 1e-9);
}

#[test]
fn what_cannot_be_localized_is_told_before_any_work() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let options = LocalizeOptions::default();
    let refused = |session: &Session| {
        localize(session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap_err().to_string()
    };
    let outside = truth.draw_displaced(1, truth.place.moved(9.0, 0.0).unwrap());
    assert!(refused(&outside).contains("outside the map of component 00"), "{}", refused(&outside));
    let mut dark = truth.draw(1);
    let id = dark.roi().id_of(&truth.name).unwrap();
    let norm = dark.roi()[id].spectrum().norm_index().unwrap();
    dark.roi_mut()[id].spectrum_mut().parameters_mut()[norm].set_value(0.0).unwrap();
    assert!(refused(&dark).contains("norm of 0"), "{}", refused(&dark));
    let error = extension(&dark, &truth.makers, "galdiff", &ExtensionOptions::default(), &mut Quiet).unwrap_err();
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
}

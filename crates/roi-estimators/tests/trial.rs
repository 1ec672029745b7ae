//! Derivatives of the likelihood with respect to place and width, by finite differences, with energy dispersion of either kind.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use roi_estimators::{Coordinate, Error, TrialPlace, TrialSession, TrialShape};
use support::{empty_region, point_source, recorded_analysis};

/// Place and coordinates of a test: a point off its place, a Gaussian, a disk.
fn cases(at: TrialPlace) -> Vec<(TrialPlace, Vec<Coordinate>)> {
    let point = at.moved(0.03, -0.02).unwrap();
    let place = [Coordinate::East, Coordinate::North];
    let all = [Coordinate::East, Coordinate::North, Coordinate::Size];
    vec![
        (point, place.to_vec()),
        (TrialPlace { shape: TrialShape::Gaussian, size: 0.1, ..point }, all.to_vec()),
        (TrialPlace { shape: TrialShape::Disk, size: 0.15, ..point }, all.to_vec()),
    ]
}

fn stepped(place: TrialPlace, coordinate: Coordinate, h: f64) -> TrialPlace {
    match coordinate {
        Coordinate::East => place.moved(h, 0.0).unwrap(),
        Coordinate::North => place.moved(0.0, h).unwrap(),
        _ => TrialPlace { size: place.size + h, ..place },
    }
}

#[test]
fn derivatives_with_respect_to_place_and_width_are_those_of_the_likelihood() {
    for config in ["config_edisp0.yaml", "config_edisp2.yaml", "config_edispm2.yaml", "config_weighted_edisp2.yaml"] {
        let Some(analysis) = recorded_analysis(config) else { return };
        let mut trial = TrialSession::new(analysis.session(), analysis.trial_makers(), "src01").unwrap();
        for (place, coordinates) in cases(trial.place()) {
            trial.set_place(place).unwrap();
            let found = trial.derivatives(&coordinates).unwrap();
            // What the others are told is what they are without the coordinates.
            let plain = trial.session_mut().derivatives().unwrap();
            assert!((found.loglike - plain.loglike).abs() < 1e-6, "{} {}", found.loglike, plain.loglike);
            for (a, b) in found.gradient.iter().zip(&plain.gradient) {
                assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{a} {b}");
            }
            let h = 4e-3;
            for (k, &coordinate) in coordinates.iter().enumerate() {
                let mut at = |h: f64| {
                    trial.look_at(stepped(place, coordinate, h)).unwrap();
                    let d = trial.session_mut().derivatives().unwrap();
                    (d.loglike, d.gradient)
                };
                let ((low, g_low), (high, g_high)) = (at(-h), at(h));
                let (slope, own) = ((high - low) / (2.0 * h), found.gradient[found.n_free + k]);
                let scale = found.hessian[[found.n_free + k, found.n_free + k]].abs().sqrt();
                println!(
                    "{config} {:?} {coordinate:?}: {own:.2} by differences {slope:.2}, root of the curvature {scale:.1}",
                    place.shape
                );
                // In units of what one sigma of the coordinate changes.
                assert!((slope - own).abs() < 0.02 * scale + 0.01 * own.abs(), "{slope} {own} {scale}");
                for i in 0..found.n_free {
                    let mixed = (g_high[i] - g_low[i]) / (2.0 * h);
                    let own = found.hessian[[found.n_free + k, i]];
                    let scale = scale * found.hessian[[i, i]].abs().sqrt();
                    assert!((mixed - own).abs() < 0.02 * scale + 0.02 * own.abs(), "mixed {i}: {mixed} {own} {scale}");
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_moved_is_refused_with_what_to_do() {
    let session = empty_region();
    let name = point_source(&session);
    let error = TrialSession::new(&session, &[], &name).unwrap_err();
    assert!(matches!(error, Error::NoMakers { .. }) && error.to_string().contains("bexpmap"), "{error}");
    let error = TrialSession::new(&session, &[], "galdiff").unwrap_err();
    assert!(error.to_string().contains("'galdiff'") && error.to_string().contains("RadialDisk"), "{error}");
    assert!(TrialSession::new(&session, &[], "nowhere").is_err());
}

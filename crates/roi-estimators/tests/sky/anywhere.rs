//! Estimators anywhere: outside the map, at the poles, with any sizes and energies. They end, in a result of numbers or an error in words, and leave the
//! analysis alone. `ROI_FIT_CASES=1000` tries more.

use std::sync::{LazyLock, Mutex, PoisonError};

use proptest::prelude::*;
use roi_estimators::{
    ExtensionOptions, LocalizeOptions, PsMapOptions, ResidMapOptions, SedOptions, TrialPlace, TrialSession, TrialShape,
    TsMapOptions, bowtie, extension, localize, psmap, residmap, sed, tsmap,
};
use roi_fit::Quiet;
use roi_model::SkyDirection;
use serde_json::Value;

use crate::region::{CENTER, Pixels, SkyRegion};

fn cases(ordinary: u32) -> ProptestConfig {
    let cases = std::env::var("ROI_FIT_CASES").map_or(ordinary, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A small region; an analysis is no thread's own.
static REGION: LazyLock<Mutex<SkyRegion>> = LazyLock::new(|| Mutex::new(SkyRegion::new(&[Pixels::Image(24, 0.25)])));

/// Runs with the region, and sees that it is left as it was.
fn with_region(run: impl FnOnce(&roi_fit::Analysis)) {
    let region = REGION.lock().unwrap_or_else(PoisonError::into_inner);
    let before = region.analysis.roi().state();
    run(&region.analysis);
    assert_eq!(region.analysis.roi().state(), before, "the analysis was changed");
}

fn direction() -> impl Strategy<Value = SkyDirection> {
    let at = |(ra, dec): (f64, f64)| SkyDirection::new(ra, dec).unwrap();
    prop_oneof![
        4 => (-4.0..4.0_f64, -4.0..4.0_f64).prop_map(move |(x, y)| at((CENTER[0] + x, CENTER[1] + y))),
        1 => (0.0..360.0_f64, -90.0..=90.0_f64).prop_map(at),
        1 => prop::sample::select(vec![(0.0, 90.0), (123.0, -90.0), (CENTER[0] + 180.0, -CENTER[1]), (360.0, 0.0)]).prop_map(at),
    ]
}

/// A size in degrees, or what is none.
fn size() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.01..3.0_f64, 2 => 3.0..400.0_f64, 1 => prop::sample::select(vec![0.0, -1.0, 1e-300, 1e300, f64::NAN, f64::INFINITY])]
}

/// Bounds of energies, log10 of MeV.
fn loge() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 2.5..4.5_f64, 1 => -10.0..10.0_f64, 1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, 1e300])]
}

/// That an error has words.
fn told<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<T> {
    result.map_err(|error| assert!(!error.to_string().is_empty())).ok()
}

/// That the dictionary of a result can be written.
fn is_sound(json: &Value) {
    assert!(json.is_object() && serde_json::to_string(json).is_ok());
}

proptest! {
    #![proptest_config(cases(25))]

    #[test]
    fn a_trial_source_anywhere_has_a_likelihood_or_an_error(
        place in direction(), r68 in size(), shape in prop::sample::select(vec![TrialShape::Point, TrialShape::Disk, TrialShape::Gaussian]),
    ) {
        with_region(|analysis| {
            let place = TrialPlace::of_r68(place, shape, r68);
            if let Some(mut trial) = told(TrialSession::at(analysis.session(), analysis.trial_makers(), "known", place)) {
                let loglike = told(trial.session_mut().loglike());
                assert!(loglike.is_none_or(f64::is_finite), "{loglike:?}");
                if let Some(maps) = told(trial.source_maps()) {
                    assert!(maps.iter().all(|map| map.planes().iter().all(|value| value.is_finite() && *value >= 0.0)), "{place:?}");
                }
            }
        });
    }

    #[test]
    fn maps_of_anywhere_hold_numbers(
        center in direction(), wide in size(), radius in size(), bounds in [loge(), loge()], refit in any::<bool>(), local in any::<bool>(),
    ) {
        with_region(|analysis| {
            let options = TsMapOptions::default().with_map_skydir(Some(center)).with_map_size(Some(wide)).with_max_kernel_radius(radius);
            let options = options.with_loge_bounds([Some(bounds[0]), Some(bounds[1])]).with_refit_background(refit).with_local_psf(local);
            if let Some(map) = told(tsmap(analysis, &options, &mut Quiet)) {
                assert!(map.ts.iter().all(|ts| !ts.is_infinite()) && map.amplitude.iter().all(|norm| !norm.is_infinite()));
                is_sound(&map.to_json());
            }
            let options = ResidMapOptions::default().with_loge_bounds([Some(bounds[0]), Some(bounds[1])]);
            if let Some(map) = told(residmap(analysis, &options, &mut Quiet)) {
                assert!(map.sigma.iter().all(|sigma| !sigma.is_infinite()));
                is_sound(&map.to_json());
            }
            let [emin, emax] = bounds.map(|loge| 10_f64.powf(loge));
            if let Some(map) = told(psmap(analysis, &PsMapOptions::default().with_emin(emin).with_emax(emax).with_nbinloge(4), &mut Quiet)) {
                is_sound(&map.to_json());
            }
        });
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn places_and_widths_are_looked_for_within_any_bounds(
        dtheta in size(), steps in 0..7_usize, widths in prop::collection::vec(size(), 0..4), shape in prop::sample::select(vec![TrialShape::Disk, TrialShape::Gaussian]),
    ) {
        with_region(|analysis| {
            let (session, makers) = (analysis.session(), analysis.trial_makers());
            let options = LocalizeOptions::default().with_dtheta_max(dtheta).with_nstep(steps);
            if let Some(found) = told(localize(session, makers, "known", &options, &mut Quiet)) {
                is_sound(&found.to_json());
            }
            let options = ExtensionOptions::default().with_spatial_model(shape).with_width(widths.clone()).with_width_nstep(steps);
            if let Some(found) = told(extension(session, makers, "known", &options, &mut Quiet)) {
                is_sound(&found.to_json());
            }
        });
    }

    #[test]
    fn spectra_of_any_bins_hold_numbers(
        edges in prop::collection::vec(loge(), 0..5), index in prop_oneof![4 => -5.0..5.0_f64, 1 => size()], confidence in prop_oneof![4 => 0.5..0.99_f64, 1 => size()], points in 0..12_usize,
        energies in prop::collection::vec(prop_oneof![4 => 100.0..1e5_f64, 1 => size()], 0..4),
    ) {
        with_region(|analysis| {
            let options = SedOptions::default().with_loge_bins((!edges.is_empty()).then_some(edges.clone())).with_bin_index(index);
            let options = options.with_ul_confidence(confidence).with_llscan_npts(points);
            if let Some(found) = told(sed(analysis.session(), "known", &options)) {
                is_sound(&found.to_json());
            }
            if let Some(found) = told(bowtie(analysis.session(), "known", Some(&energies))) {
                assert!(found.dnde.iter().all(|value| value.is_finite()), "{found:?}");
            }
        });
    }
}
